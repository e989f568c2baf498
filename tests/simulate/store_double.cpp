#include "store_double.hpp"

#include <algorithm>

#include "site.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::simulate {

using namespace std::chrono_literals;

namespace {

std::string name_of(const sp::LogoutKey& key) {
    return key.idp.str() + " " + key.request_id.str();
}

}  // namespace

/// The events before the engine is asked, and the fate of its answer.
StoreDouble::Fate StoreDouble::before(const char* what) {
    if (process_.is_dead) return Fate::dead;
    Site& site = process_.site;
    Actor& actor = *site.world.actor();
    const unsigned number = actor.calls++;
    const auto fault = std::ranges::find(actor.faults, number, &Fault::call);
    fault_ = fault != actor.faults.end() && !site.is_quiet ? std::optional(fault->kind) : std::nullopt;
    const bool is_stall = fault_ == Fault::Kind::stall_before || fault_ == Fault::Kind::stall_after;
    // The protocol's bound: while an application is at work, its round's report takes no longer than the claim.
    if (is_stall && site.calls.is_at_work_for(actor)) fault_.reset();
    const auto kind = fault_;
    const Milliseconds delay = kind == Fault::Kind::stall_before ? Milliseconds(18s) : 0ms;
    site.world.sleep(delay);
    if (process_.is_dead) return Fate::dead;
    site.trace(std::string(what) + (kind ? ", " + describe(*kind) : std::string()));
    if (kind) actor.is_hurt = true;
    if (kind == Fault::Kind::crash_before) site.crash(process_);
    if (process_.is_dead) return Fate::dead;
    fault_ = kind;
    return kind == Fault::Kind::refused ? Fate::refused : Fate::usual;
}

StoreDouble::Fate StoreDouble::after(Fault::Kind kind) {
    Site& site = process_.site;
    if (kind == Fault::Kind::crash_after) site.crash(process_);
    if (kind == Fault::Kind::stall_after) site.world.sleep(18s);
    return kind == Fault::Kind::lost ? Fate::lost : Fate::usual;
}

template <class Work>
auto StoreDouble::call(const char* what, Work work) -> decltype(work()) {
    const Fate fate = before(what);
    if (fate == Fate::dead || fate == Fate::refused) return sp::fail(sp::StoreErrc::store_failed, "refused");
    const auto fault = fault_;
    auto result = work();
    process_.site.oracle.has_changed();
    process_.site.world.yield();
    const Fate end = fault ? after(*fault) : Fate::usual;
    if (process_.is_dead || end == Fate::lost) return sp::fail(sp::StoreErrc::store_failed, "the answer was lost");
    return result;
}

sp::RoundClaim StoreDouble::planted(sp::RoundClaim claim) const {
    if (process_.site.plant == Plant::rounds_together) claim.round = {1, 1};
    return claim;
}

/// Notes the engine's grants, and removes those that a planted fault hides.
template <class Logout>
void StoreDouble::note(const sp::LogoutKey& key, const sp::RoundID& round, Logout& logout) {
    Site& site = process_.site;
    site.oracle.has_named(key, logout.ending);
    site.oracle.has_named(key, logout.in_another_round);
    for (const sp::Session& session : logout.ending) site.last_round[session.id.str()] = round;
    if (site.plant == Plant::none) return;
    Share& share = shares_[{name_of(key), round.number}];
    if (site.plant == Plant::expired_unnamed) {
        const Instant now = site.clocks[process_.node]->now();
        const auto is_expired = [now](const sp::Session& session) { return session.expires <= now; };
        for (const sp::Session& session : logout.ending) {
            if (is_expired(session)) share.hidden.push_back(session.id);
        }
        std::erase_if(logout.ending, is_expired);
        std::erase_if(logout.in_another_round, is_expired);
    }
    share.granted = logout.ending.size();
}

Result<sp::Admission> StoreDouble::admit(const sp::Session& session) {
    return call("admit", [&] { return process_.site.engine->admit(session); });
}

Result<sp::Admission> StoreDouble::would_admit(const sp::Session& session) {
    return call("would_admit", [&] { return process_.site.engine->would_admit(session); });
}

Result<sp::BegunLogout> StoreDouble::begin_logout(const sp::LogoutOrder& order, const sp::RoundClaim& claim) {
    bool is_done = false;
    auto begun = call("begin_logout", [&] {
        auto result = process_.site.engine->begin_logout(order, planted(claim));
        if (result) std::visit([&](auto& logout) { note(order.key, claim.round, logout); }, *result);
        is_done = result.has_value();
        return result;
    });
    const bool is_lost = !begun && is_done && !process_.is_dead;
    if (is_lost && process_.site.plant == Plant::lost_is_not_done) return sp::fail(sp::StoreErrc::store_full);
    return begun;
}

Result<sp::RepeatedLogout> StoreDouble::resume_logout(const sp::LogoutKey& key, const sp::RoundClaim& claim) {
    return call("resume_logout", [&] {
        auto result = process_.site.engine->resume_logout(key, planted(claim));
        if (result) note(key, claim.round, *result);
        return result;
    });
}

/// Makes the rounds that hold these sessions report them too.
void StoreDouble::forget_for_others(const sp::LogoutKey& key, const sp::RoundReport& report) {
    Site& site = process_.site;
    for (const sp::LocalSessionID& id : report.gone) {
        const auto last = site.last_round.find(id.str());
        if (last == site.last_round.end() || last->second == report.round) continue;
        static_cast<void>(site.engine->complete_logout(key, {.round = last->second, .gone = {id}}));
    }
}

Result<sp::LogoutOutcome> StoreDouble::complete_logout(const sp::LogoutKey& key, const sp::RoundReport& given) {
    return call("complete_logout", [&] {
        Site& site = process_.site;
        sp::RoundReport report = given;
        if (site.plant == Plant::none) return site.engine->complete_logout(key, report);
        const Share share = shares_[{name_of(key), given.round.number}];
        if (site.plant == Plant::rounds_together) report.round = {1, 1};
        if (site.plant == Plant::late_rounds_give_back) report.at_work_until.reset();
        if (site.plant == Plant::others_sessions_forgotten) forget_for_others(key, report);
        std::ranges::copy(share.hidden, std::back_inserter(report.gone));
        auto outcome = site.engine->complete_logout(key, report);
        if (outcome && site.plant == Plant::complete_by_own_report) {
            const std::size_t left = share.granted - std::min(share.granted, given.gone.size());
            outcome->failed = static_cast<std::uint32_t>(left) + given.near_misses;
        }
        return outcome;
    });
}

Result<std::optional<sp::Session>> StoreDouble::find(const sp::LocalSessionID& id) {
    auto found = call("find", [&] { return process_.site.engine->find(id); });
    if (found && *found) process_.site.world.actor()->found.push_back(id.str());
    return found;
}

Result<std::vector<sp::UnfinishedLogout>> StoreDouble::unfinished_logouts() {
    return call("unfinished_logouts", [&] { return process_.site.engine->unfinished_logouts(); });
}

Result<std::vector<sp::Session>> StoreDouble::named_by(const sp::SessionNaming& naming) {
    auto named = call("named_by", [&] { return process_.site.engine->named_by(naming); });
    if (!named) return named;
    for (const sp::Session& session : *named) process_.site.world.actor()->named.push_back(session.id.str());
    return named;
}

Result<std::vector<sp::NearMiss>> StoreDouble::near_misses(const sp::LogoutOrder& order) {
    auto misses = call("near_misses", [&] { return process_.site.engine->near_misses(order); });
    if (misses && process_.site.plant == Plant::near_misses_untold) misses->clear();
    return misses;
}

Result<sp::SessionPage> StoreDouble::sessions_of(const saml::EntityID& idp, const std::string& after,
                                                 std::size_t count) {
    return call("sessions_of", [&] { return process_.site.engine->sessions_of(idp, after, count); });
}

Result<std::vector<saml::EntityID>> StoreDouble::idps_of_sessions() {
    return call("idps_of_sessions", [&] { return process_.site.engine->idps_of_sessions(); });
}

Result<void> StoreDouble::keep_request(const sp::KeptRequest& request) {
    return call("keep_request", [&] { return process_.site.engine->keep_request(request); });
}

Result<std::vector<sp::KeptRequest>> StoreDouble::take_due_requests(Instant now, Instant until, std::size_t count) {
    return call("take_due_requests", [&] { return process_.site.engine->take_due_requests(now, until, count); });
}

Result<void> StoreDouble::drop_request(const sp::LogoutKey& key) {
    return call("drop_request", [&] {
        Site& site = process_.site;
        if (!site.world.actor()->has_asked) site.oracle.is_forgotten_unasked(key);
        return site.engine->drop_request(key);
    });
}

std::size_t StoreDouble::sweep_some() {
    if (process_.is_dead) return 0;
    process_.site.world.yield();
    process_.site.oracle.has_changed();
    return process_.is_dead ? 0 : process_.site.engine->sweep_some();
}

}  // namespace slo::simulate
