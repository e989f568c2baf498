#include "application_model.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "site.hpp"

namespace slo::simulate {

using namespace std::chrono_literals;

bool SessionTable::has(const std::string& id, Milliseconds now) const {
    constexpr Milliseconds late = 5s;
    const auto found = entries_.find(id);
    return found != entries_.end() && found->second.erased_by == 0 && now < found->second.expires + late;
}

bool SessionTable::try_erase(const std::string& id, int call, Milliseconds now) {
    if (!has(id, now)) return false;
    entries_[id].erased_by = call;
    return true;
}

void SessionTable::commit(const std::string& id, int call) {
    const auto found = entries_.find(id);
    if (found != entries_.end() && found->second.erased_by == call) entries_.erase(found);
}

void SessionTable::roll_back(const std::string& id, int call) {
    const auto found = entries_.find(id);
    if (found != entries_.end() && found->second.erased_by == call) found->second.erased_by = 0;
}

void SessionTable::erase_all_of(std::size_t home) {
    std::erase_if(entries_, [home](const auto& entry) { return entry.second.home == home; });
}

std::shared_ptr<Calls::Call> Calls::begin(const Process& process, const Actor& actor,
                                          std::vector<std::string> sessions) {
    const std::size_t count = sessions.size();
    calls_.push_back(
        std::make_shared<Call>(Call{++last_, &process, &actor, std::move(sessions), std::vector<bool>(count)}));
    return calls_.back();
}

void Calls::end(const Call& call) {
    std::erase_if(calls_, [&call](const auto& one) { return one.get() == &call; });
}

bool Calls::is_at_work_on(const std::string& session) const {
    return std::ranges::any_of(calls_, [&session](const auto& call) {
        return std::ranges::find(call->sessions, session) != call->sessions.end();
    });
}

bool Calls::is_at_work_for(const Actor& actor) const {
    return std::ranges::any_of(calls_, [&actor](const auto& call) { return call->actor == &actor; });
}

std::vector<std::shared_ptr<Calls::Call>> Calls::take_all_of(const Process& process) {
    std::vector<std::shared_ptr<Call>> taken;
    for (const auto& call : calls_) {
        if (call->process == &process) taken.push_back(call);
    }
    for (const auto& call : taken) end(*call);
    return taken;
}

SimulatedApplication::Manner SimulatedApplication::choose(Chance& chance) const {
    if (process_.site.is_quiet) return Manner::prompt;
    constexpr std::size_t ways = 20;
    const std::size_t way = chance.below(ways);
    if (way < 8) return Manner::prompt;
    if (way < 12) return Manner::slow;
    if (way < 14) return Manner::very_slow;
    if (way < 17) return Manner::fails_late;
    if (way == 17) return Manner::throws;
    return way == 18 ? Manner::short_list : Manner::drops_report;
}

void SimulatedApplication::end_sessions(const std::vector<sp::Session>& sessions, sp::ReportEnded report) {
    Site& site = process_.site;
    if (process_.is_dead) return;
    site.world.yield();
    if (process_.is_dead) return;
    std::vector<std::string> ids;
    for (const sp::Session& session : sessions) {
        ids.push_back(session.id.str());
        site.oracle.is_told(session.id.str());
    }
    const auto actor = site.world.actor();
    const auto call = site.calls.begin(process_, *actor, std::move(ids));
    const Manner manner = choose(actor->chance);
    site.trace("application is told of " + joined(call->sessions) + ", manner " +
               std::to_string(static_cast<int>(manner)));
    if (manner == Manner::prompt || manner == Manner::throws) {
        auto verdicts = erase_all(*call, 0ms);
        if (process_.is_dead) return;
        for (const auto& id : call->sessions) site.table.commit(id, call->number);
        site.calls.end(*call);
        if (manner == Manner::throws) throw std::runtime_error("this application throws");
        return report(std::move(verdicts));
    }
    auto worker = std::make_shared<Actor>(actor->label + "'s application", actor->chance.next());
    site.world.spawn(std::move(worker), [this, call, manner, report = std::move(report)]() mutable {
        work(*call, manner, report);
        report = nullptr;
    });
}

std::vector<sp::Ended> SimulatedApplication::erase_all(Calls::Call& call, Milliseconds longest) {
    Site& site = process_.site;
    std::vector<sp::Ended> verdicts;
    for (std::size_t i = 0; i < call.sessions.size(); ++i) {
        site.world.sleep(site.world.actor()->chance.between(0ms, longest));
        if (process_.is_dead) break;
        const bool was_here = site.table.try_erase(call.sessions[i], call.number, site.world.now());
        verdicts.push_back(was_here ? sp::Ended::ended : sp::Ended::already_gone);
        site.oracle.has_changed();
    }
    return verdicts;
}

/// Undoes a session that it had begun to end.
void SimulatedApplication::take_back(Calls::Call& call, std::vector<sp::Ended>& verdicts) {
    Chance& chance = process_.site.world.actor()->chance;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (chance.one_in(3)) continue;
        if (verdicts[i] == sp::Ended::ended) process_.site.table.roll_back(call.sessions[i], call.number);
        verdicts[i] = sp::Ended::failed;
    }
}

void SimulatedApplication::work(Calls::Call& call, Manner manner, const sp::ReportEnded& report) {
    Site& site = process_.site;
    const Milliseconds longest = manner == Manner::very_slow ? 60s : (manner == Manner::slow ? 2500ms : 4s);
    auto verdicts = erase_all(call, longest / 2);
    site.world.sleep(site.world.actor()->chance.between(0ms, longest));
    if (process_.is_dead) return;
    const bool fails = manner == Manner::fails_late || manner == Manner::drops_report;
    if (fails) take_back(call, verdicts);
    if (manner == Manner::short_list && !verdicts.empty()) {
        site.table.roll_back(call.sessions[verdicts.size() - 1], call.number);
        verdicts.pop_back();
    }
    for (const auto& id : call.sessions) site.table.commit(id, call.number);
    site.calls.end(call);
    site.oracle.has_changed();
    site.trace("application is done with " + joined(call.sessions) +
               (manner == Manner::drops_report ? ", and drops its report" : ""));
    if (manner != Manner::drops_report) report(std::move(verdicts));
}

}  // namespace slo::simulate
