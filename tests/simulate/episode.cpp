#include "episode.hpp"

#include <openssl/rand.h>

#include <algorithm>

#include "site.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::simulate {
namespace {

using namespace std::chrono_literals;

Chance& repeatable_chance() {
    static Chance chance(0);
    return chance;
}

int fill(unsigned char* octets, int count) {
    std::generate_n(octets, count, [] { return static_cast<unsigned char>(repeatable_chance().next()); });
    return 1;
}

/// IDs are made at random, and engines keep them in an order: a replay must meet the same ones.
void make_randomness_repeatable(std::uint64_t seed) {
    static const RAND_METHOD method{
        .seed = nullptr, .bytes = fill, .cleanup = nullptr, .add = nullptr, .pseudorand = fill, .status = [] {
            return 1;
        }};
    repeatable_chance() = Chance(seed);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // a provider of its own would do the same, in 200 lines
    RAND_set_rand_method(&method);
#pragma GCC diagnostic pop
}

class Player {
public:
    Player(const Cast& cast, const Script& script, Plant plant, std::vector<std::string>* trace)
        : site_(cast, script, plant, trace) {}

    Outcome play() {
        for (const Operation& one : site_.script.operations) {
            ++open_;
            site_.world.spawn(std::make_shared<Actor>("op" + std::to_string(one.number), one.seed), [this, &one] {
                site_.world.actor()->faults = one.faults;
                site_.world.sleep(one.at);
                if (!site_.is_closing) carry_out(one);
                --open_;
            });
        }
        site_.world.spawn(std::make_shared<Actor>("end", 0), [this] { bring_to_an_end(); });
        site_.world.run([this] {
            site_.oracle.check();
            return !site_.oracle.violation();
        });
        site_.shut_down();
        site_.world.run([] { return true; });
        return {.steps = site_.world.steps(), .violation = site_.oracle.violation(), .trace = {}};
    }

private:
    void bring_to_an_end() {
        site_.world.wait([this] { return open_ == 0; }, Milliseconds::max());
        site_.oracle.check_what_lives();
        site_.is_quiet = true;
        site_.trace("no more faults");
        constexpr int most_turns = 60;
        for (int i = 0; i < most_turns && !site_.oracle.is_settled(); ++i) site_.world.sleep(10s);
        if (site_.engine) site_.oracle.check_the_end();
        site_.is_closing = true;
    }

    void carry_out(const Operation& one) {
        if (one.kind == Operation::Kind::jump) return jump(one);
        const auto process = site_.process_of(one.node);
        if (!process) return;
        switch (one.kind) {
            case Operation::Kind::login:
                return log_in(one, *process);
            case Operation::Kind::order:
                return deliver(one, *process);
            case Operation::Kind::leave:
            case Operation::Kind::leave_as_principal:
                return leave(one, *process);
            case Operation::Kind::recover:
                return static_cast<void>(process->service->recover());
            case Operation::Kind::send:
                return static_cast<void>(process->service->send_kept_requests());
            case Operation::Kind::crash:
                return site_.crash(*process);
            case Operation::Kind::jump:
                return;
        }
    }

    void jump(const Operation& one) {
        OffClock& clock = one.node < site_.clocks.size() ? *site_.clocks[one.node] : site_.store_clock;
        clock.set_off(one.moved);
        site_.oracle.has_changed();
    }

    Result<sp::Admission> admit(const sp::Session& session, Process& process) const {
        const Instant ahead = site_.clocks[process.node]->now() + sp::Policy().clock_skew;
        const bool is_past_names = site_.plant == Plant::admission_past_names && session.authn_instant <= ahead;
        if (is_past_names) return process.store.admit(session);
        auto admitted = process.service->admit(session);
        const bool is_future =
            !admitted && admitted.error().code == make_error_code(sp::AdmissionErrc::authn_instant_in_future);
        if (is_future && site_.plant == Plant::future_admitted) return process.store.admit(session);
        return admitted;
    }

    /// A host's login: its own session first, then the admission.
    void log_in(const Operation& one, Process& process) {
        const sp::Session session = site_.cast.session(site_.script, one);
        const std::string& id = session.id.str();
        site_.table.put(id, {.home = one.node, .expires = one.at + one.lifetime});
        site_.oracle.logs_in(one);
        site_.trace(describe(site_.script, one));
        if (one.is_from_before) {
            if (!site_.engine->admit(session)) return site_.table.erase(id);
            return site_.oracle.is_admitted(one);
        }
        const int tries = 1 + static_cast<int>(site_.world.actor()->chance.below(2));
        for (int i = 0; i < tries; ++i) {
            const auto admitted = admit(session, process);
            if (process.is_dead) return;
            if (admitted && *admitted == sp::Admission::admitted) {
                site_.trace(id + " is admitted");
                return site_.oracle.is_admitted(one);
            }
            if (admitted) site_.oracle.is_refused(one);
            if (admitted || admitted.error().code != make_error_code(sp::StoreErrc::store_failed)) break;
        }
        site_.trace(id + " isn't admitted");
        site_.table.erase(id);
    }

    void deliver(const Operation& one, Process& process) {
        std::string& body = requests_[one.subject];
        if (body.empty()) body = site_.cast.request(site_.script, one.subject);
        const auto expected = site_.oracle.is_sent(one.subject);
        site_.trace(describe(site_.script, one));
        const sp::SoapReply reply =
            sp::BackChannel(*process.service).handle({.body = body, .content_type = "text/xml"});
        if (process.is_dead) return;
        const bool is_success = reply.body.find("status:Success\"") != std::string::npos;
        site_.trace(is_success ? "answered Success" : "answered otherwise");
        site_.oracle.is_answered(one.subject, is_success ? Oracle::Answer::success : Oracle::Answer::failure, expected,
                                 *site_.world.actor());
    }

    void leave(const Operation& one, Process& process) {
        const auto& operations = site_.script.operations;
        const auto login = std::ranges::find(operations, one.subject, &Operation::number);
        if (login == operations.end()) return;
        site_.oracle.leaves(*login);
        site_.trace(describe(site_.script, one));
        sp::SessionSelection selection = sp::SessionsByID{{site_.cast.session_id(*login)}};
        if (one.kind == Operation::Kind::leave_as_principal) {
            const Visit& visit = site_.script.visits[login->subject];
            selection = sp::SessionsOfPrincipal{site_.cast.idps[visit.idp],
                                                site_.cast.name_id(visit.principal, login->spelling)};
        }
        const auto result = process.service->start_logout(selection, sp::LogoutReason::user);
        if (process.is_dead) return;
        if (!result) return site_.trace("it can't be done: " + std::string(result.error().code.message()));
        site_.trace("it has reached: " + std::string(name(result->extent)));
        site_.oracle.has_left(one, *login, *site_.world.actor(), *result);
    }

    Site site_;
    std::size_t open_ = 0;
    std::map<std::size_t, std::string> requests_;
};

}  // namespace

Outcome play(const Cast& cast, const Script& script, Plant plant, Tracing tracing) {
    make_randomness_repeatable(script.seed);
    std::vector<std::string> trace;
    Outcome outcome = Player(cast, script, plant, tracing == Tracing::on ? &trace : nullptr).play();
    outcome.trace = std::move(trace);
    return outcome;
}

namespace {

/// With less in it, fibers take turns in another order: some order of turns may fail.
bool still_fails(const Cast& cast, Script& script, Plant plant, const std::string& rule) {
    constexpr int tries = 12;
    for (int i = 0; i < tries; ++i, ++script.turns) {
        const Outcome outcome = play(cast, script, plant, Tracing::off);
        if (outcome.violation && outcome.violation->rule == rule) return true;
    }
    return false;
}

}  // namespace

Script shrunk(const Cast& cast, Script script, Plant plant, const std::string& rule) {
    for (bool has_shrunk = true; has_shrunk;) {
        has_shrunk = false;
        for (std::size_t i = script.operations.size(); i-- > 0;) {
            Script smaller = script;
            smaller.operations.erase(smaller.operations.begin() + static_cast<std::ptrdiff_t>(i));
            if (!still_fails(cast, smaller, plant, rule)) continue;
            script = std::move(smaller);
            has_shrunk = true;
        }
        for (std::size_t i = 0; i < script.operations.size(); ++i) {
            for (std::size_t f = script.operations[i].faults.size(); f-- > 0;) {
                Script smaller = script;
                auto& faults = smaller.operations[i].faults;
                faults.erase(faults.begin() + static_cast<std::ptrdiff_t>(f));
                if (!still_fails(cast, smaller, plant, rule)) continue;
                script = std::move(smaller);
                has_shrunk = true;
            }
        }
    }
    return script;
}

}  // namespace slo::simulate
