#include "trial.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <utility>

#include "load.hpp"
#include "strained_load.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long logouts that have begun may take once all faults are over.
constexpr auto to_recover = 30s;
// And if an application may have been at work: a dead node's claim is over by then, unless it was made longer for an
// application that was late. The judge excuses that.
constexpr auto to_outlast_claims = 60s;
// Before the first fault and after the last one.
constexpr auto calm = 1s;

// How long a caller may wait for troubles of others, until it counts: far more than the busiest machine needs.
constexpr auto to_bear = 120s;
constexpr auto to_bear_what_is_planted = 8s;
// Requests that are kept count for a minute.
constexpr auto to_send_what_is_kept = 180s;

volatile std::sig_atomic_t interrupted = 0;

std::unique_ptr<SharedStore> make_store(Network& network, const TrialOptions& options) {
    if (options.topology == Topology::cluster) return make_cluster(network);
    if (options.topology == Topology::sentinel) return make_sentinels(network, options.replication);
    if (options.topology == Topology::sqlite) {
        // Enough for the store's reserve, or for all that is recorded.
        return make_sqlite(options.strain == Strain::disk ? 96 : 4096);
    }
    return make_single(network);
}

/// The faults of the strain, and seldom a killed node.
std::vector<FaultMix> mixes(const TrialOptions& options, const SharedStore& store) {
    const FaultMix kills{.kinds = {FaultKind::node_kill}, .hold = {300ms, 1s}, .gap = {5s, 10s}};
    FaultMix strain{.kinds = {}, .hold = {1s, 4s}, .gap = {500ms, 2s}};
    if (options.strain == Strain::hanging) {
        strain.kinds = {FaultKind::idp_hang, FaultKind::idp_drip, FaultKind::idp_rubbish, FaultKind::idp_hang_up};
    }
    if (options.strain == Strain::disk) {
        if (!store.can(FaultKind::store_full)) throw std::runtime_error("a disk of its own needs root");
        strain.kinds = {FaultKind::store_full};
    }
    if (options.strain == Strain::memory) return {{{FaultKind::node_starve}, {200ms, 1500ms}, {100ms, 400ms}}};
    if (options.strain == Strain::logs) return {{{FaultKind::log_stall}, {1s, 6s}, {500ms, 2s}}};
    if (options.plant != Plant::nothing) return {strain};
    return {strain, kills};
}

std::vector<Fault> in_order(std::vector<Fault> faults) {
    std::stable_sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) { return a.at < b.at; });
    return faults;
}

/// The nodes' faults are decided apart from the store's, so that both can happen at once.
std::vector<Fault> plan(const TrialOptions& options, const SharedStore& store, bool has_namespaces) {
    FaultMix every{.kinds = {FaultKind::node_kill, FaultKind::node_pause}, .hold = {300ms, 3s}, .gap = {1s, 4s}};
    if (has_namespaces) every.kinds.push_back(FaultKind::node_cut);
    std::vector<Fault> faults;
    if (options.strain != Strain::none) {
        std::uint64_t seed = options.seed;
        for (const FaultMix& mix : mixes(options, store)) {
            if (mix.kinds.empty()) continue;
            const std::vector<Fault> some = make_faults(seed++, options.duration - 2 * calm, mix);
            faults.insert(faults.end(), some.begin(), some.end());
        }
        if (options.deaths > 0 && options.deaths < faults.size()) faults.resize(options.deaths);
        return in_order(std::move(faults));
    }
    if (options.plant != Plant::nothing) return faults;
    faults = make_faults(options.seed, options.duration - 2 * calm, options.node_faults.value_or(every));
    if (!options.store_faults) return faults;
    const std::vector<Fault> others = make_faults(options.seed + 1, options.duration - 2 * calm, store.mix());
    faults.insert(faults.end(), others.begin(), others.end());
    return in_order(std::move(faults));
}

void print_plan(const std::vector<Fault>& faults) {
    for (const Fault& fault : faults) {
        std::printf("    at %6.2f s for %4.2f s: %s, %u\n", std::chrono::duration<double>(fault.at).count(),
                    std::chrono::duration<double>(fault.hold).count(), std::string(name_of(fault.kind)).c_str(),
                    fault.pick);
    }
}

/// A fault's beginning or end.
struct Step {
    milliseconds at;
    const Fault* fault;
    bool is_end;
};

void keep_up_until(Site& site, Moment end) {
    while (SteadyClock::now() < end) {
        if (interrupted != 0) throw std::runtime_error("interrupted");
        site.keep_up();
        std::this_thread::sleep_for(std::min<SteadyClock::duration>(20ms, end - SteadyClock::now()));
    }
}

/// No caller may wait for the end of a fault's effect: so it's mended only when none waits any more.
void end_fault(Site& site, const Fault& fault, StrainedLoad* strained, milliseconds patience) {
    if (strained == nullptr || !is_borne_alone(fault.kind)) return site.end(fault);
    site.raise_the_dead();
    strained->settle([&site] { keep_up_until(site, SteadyClock::now() + 20ms); }, patience);
    site.end(fault);
    strained->end_trouble();
}

/// Returns when each fault that could be made began, in the order of the plan.
std::vector<Moment> make_happen(Site& site, Recorder& recorder, const std::vector<Fault>& faults, Moment start,
                                StrainedLoad* strained, milliseconds patience) {
    std::vector<Step> steps;
    for (const Fault& fault : faults) {
        steps.push_back({fault.at, &fault, false});
        steps.push_back({fault.at + fault.hold, &fault, true});
    }
    std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.at < b.at; });
    std::vector<Moment> begun;
    for (const Step& step : steps) {
        keep_up_until(site, start + step.at);
        if (step.is_end) {
            end_fault(site, *step.fault, strained, patience);
        } else {
            begun.push_back(SteadyClock::now());
            site.begin(*step.fault);
            if (strained != nullptr && is_borne_alone(step.fault->kind)) strained->begin_trouble();
            if (step.fault->kind != FaultKind::node_kill) continue;
            recorder.add(NodeDeath{.node = step.fault->pick % site.nodes(), .at = SteadyClock::now()});
        }
    }
    return begun;
}

double in_ms(SteadyClock::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

bool is_near_miss(const LogoutFacts& logout) {
    const bool is_meant_so =
        !logout.form.empty() || logout.user.starts_with("other-") || logout.user.starts_with("near-");
    return is_meant_so && !logout.attempts.empty() && logout.attempts.front().answer == LogoutAnswer::responder;
}

void count_logouts(const History& history, TrialReport& report) {
    std::vector<double> times;
    for (const LogoutFacts& logout : history.logouts) {
        const auto success = logout.success();
        if (is_near_miss(logout)) ++report.near_misses;
        if (!success && !logout.attempts.empty()) ++report.left_to_dead_rounds;
        if (success) times.push_back(in_ms(*success - logout.attempts.front().span.begin));
        for (const LogoutAttempt& attempt : logout.attempts) {
            ++report.attempts;
            if (attempt.answer != LogoutAnswer::success) ++report.put_off;
            if (success && attempt.span.begin > *success) ++report.repeats;
        }
    }
    report.left_to_dead_rounds -= count(report.violations, Rule::unfinished);
    report.logouts = times.size();
    if (times.empty()) return;
    std::sort(times.begin(), times.end());
    report.median_ms = times[times.size() / 2];
    report.p99_ms = times[times.size() * 99 / 100];
}

void count_questions(const History& history, TrialReport& report) {
    double answered = 0;
    double unavailable = 0;
    double lost = 0;
    for (const LoginAttempt& login : history.logins) {
        if (login.answer == LoginAnswer::admitted) ++report.logins;
        if (login.answer == LoginAnswer::refused) ++report.late_logins_refused;
        ++(login.answer == LoginAnswer::lost ? lost : answered);
        if (login.answer == LoginAnswer::unavailable) ++unavailable;
    }
    for (const Check& check : history.checks) {
        ++(check.answer == CheckAnswer::lost ? lost : answered);
        if (check.answer == CheckAnswer::unavailable) ++unavailable;
    }
    report.checks = history.checks.size();
    report.unavailable = answered > 0 ? unavailable / answered : 0;
    report.unanswered = answered + lost > 0 ? lost / (answered + lost) : 0;
}

double longest_recovery(const History& history, const std::vector<Moment>& faults) {
    double longest = 0;
    for (const Moment begun : faults) {
        Moment next = Moment::max();
        for (const LogoutFacts& logout : history.logouts) {
            for (const LogoutAttempt& attempt : logout.attempts) {
                const bool counts = attempt.answer == LogoutAnswer::success && attempt.span.begin > begun;
                if (counts) next = std::min(next, attempt.span.end);
            }
        }
        if (next != Moment::max()) longest = std::max(longest, in_ms(next - begun));
    }
    return longest;
}

std::vector<int> successes_each_second(const History& history, Moment start) {
    std::vector<int> seconds;
    for (const LogoutFacts& logout : history.logouts) {
        const auto success = logout.success();
        if (!success) continue;
        const auto second = static_cast<std::size_t>((*success - start) / 1s);
        if (seconds.size() <= second) seconds.resize(second + 1);
        ++seconds[second];
    }
    return seconds;
}

void count_calls(const History& history, TrialReport& report) {
    for (const ApplicationCall& call : history.calls) {
        ++report.calls[call.answer];
        if (call.span.end - call.span.begin > 1s) ++report.long_calls;
    }
}

/// Asynchronous replication may forget a login that only the old primary had; no other may. No application hears of
/// a session that is forgotten, and no logout can miss it.
void excuse_failovers(Topology topology, TrialReport& report) {
    if (topology != Topology::sentinel) return;
    report.logins_lost_by_failover = count(report.violations, Rule::lost_login);
    std::erase_if(report.violations, [](const Violation& one) {
        return one.rule == Rule::lost_login || one.rule == Rule::untold || one.rule == Rule::near_miss;
    });
}

void print_violations(const History& history, const TrialReport& report, Moment start) {
    constexpr std::size_t most = 8;
    for (std::size_t i = 0; i < report.violations.size() && i < most; ++i) {
        const Violation& violation = report.violations[i];
        std::printf("  violation: %s, at %.1f ms\n%s", std::string(name_of(violation.rule)).c_str(),
                    in_ms(violation.at - start), trace(history, violation, start).c_str());
    }
}

void print_calls(const TrialReport& report) {
    const auto times = [&report](ApplicationAnswer answer) {
        const auto found = report.calls.find(answer);
        return found == report.calls.end() ? std::size_t{0} : found->second;
    };
    std::printf("\n    sessions in the application: %zu ended, %zu failed at, %zu calls broken off; %zu took longer",
                times(ApplicationAnswer::gone), times(ApplicationAnswer::failed), times(ApplicationAnswer::broken_off),
                report.long_calls);
    std::printf("\n    logouts left to rounds of dead nodes: %zu", report.left_to_dead_rounds);
}

}  // namespace

void interrupt() noexcept {
    interrupted = 1;
}

std::string describe(const TrialOptions& options) {
    std::string text = "one server";
    if (options.topology == Topology::sqlite) text = "SQLite";
    if (options.topology == Topology::cluster) text = "Cluster of three masters";
    if (options.topology == Topology::sentinel) {
        text = "three Sentinels, a primary and " + std::to_string(options.replication.replicas) +
               " that may be promoted, replicas = " + std::to_string(options.replication.required);
    }
    if (options.nodes == NodeKind::hosts) {
        text += ", hosts with clocks " + std::to_string(options.clocks_apart / 1ms) + " ms apart";
    }
    if (options.nodes == NodeKind::bare_hosts) text += ", hosts";
    if (options.strain != Strain::none) text += ", strained by: " + std::string(name_of(options.strain));
    return text + ", " + std::to_string(options.duration / 1s) + " s, seed " + std::to_string(options.seed);
}

namespace {

SiteOptions site_options(const TrialOptions& options) {
    const bool is_endpoint = options.nodes == NodeKind::endpoints;
    // The greedy IdP may fill a half, and the other one's orders need the half of the rest: of a fast store, sixty
    // logouts a second, each of which is recorded under four pairs of names.
    const bool is_planted = options.plant != Plant::nothing;
    const auto records = is_planted ? 5'000 : static_cast<std::size_t>(options.duration / 1s) * 1'200 + 20'000;
    return {.kind = options.nodes,
            .program = is_endpoint ? options.endpoint_program : options.host_program,
            .clocks_apart = options.clocks_apart,
            .plant = options.plant,
            .seed = options.seed + 3,
            .strain = options.strain,
            .logout_records = records};
}

/// Until nothing is under way any more, and then as long as requests are kept.
void wind_down(Site& site, Load& load, StrainedLoad* strained, const TrialOptions& options) {
    const bool has_hosts = options.nodes == NodeKind::hosts;
    const bool is_planted = options.plant != Plant::nothing;
    if (has_hosts) site.application()->be_quick();
    milliseconds patience = has_hosts ? milliseconds(to_outlast_claims) : milliseconds(to_recover);
    if (strained != nullptr) patience = to_bear;
    load.wind_down(is_planted ? 1s : patience);
    if (strained != nullptr) strained->wind_down(is_planted ? 1s : patience);
    const auto wait = [&site] { keep_up_until(site, SteadyClock::now() + 20ms); };
    while (load.is_working() || (strained != nullptr && strained->is_working())) wait();
    site.await_nodes();
    load.ask_for_all();
    if (strained == nullptr) return;
    strained->ask_for_all();
    const Moment end = SteadyClock::now() + to_send_what_is_kept;
    while ((strained->owes_requests() || strained->owes_lines()) && SteadyClock::now() < end && !is_planted) {
        keep_up_until(site, SteadyClock::now() + 1s);
    }
}

/// Whether the strain had an effect, so that its absence isn't taken for success.
bool was_strained(const TrialOptions& options, const TrialReport& report) {
    switch (options.strain) {
        case Strain::none:
            return true;
        case Strain::hanging:
            return report.troubles > 0 && report.kept > 0 && report.words > 0 && report.probes > 0;
        case Strain::quota:
            return report.refused_to_greed > 0 && report.crowded > 0;
        case Strain::disk:
            return report.troubles > 0 && report.put_off > 0 && report.logins_unavailable > 0;
        case Strain::memory:
            return report.put_off > 0 && !report.faults.empty();
        case Strain::logs:
            return report.troubles > 0 && report.probes > 0 && report.lines_told > 0;
        case Strain::allocations:
            return report.put_off > 0;
    }
    return false;
}

void count_strain(const History& history, const StrainedLoad* strained, TrialReport& report) {
    if (strained == nullptr) return;
    for (const Departure& departure : history.departures) {
        for (const DepartureAttempt& attempt : departure.attempts) {
            ++report.departures[attempt.answer];
            if (attempt.is_kept) ++report.kept;
        }
    }
    for (const LoginAttempt& login : history.logins) {
        if (login.answer == LoginAnswer::unavailable) ++report.logins_unavailable;
    }
    report.given_up = history.given_up;
    report.words = history.words.size();
    report.probes = history.probes.size();
    report.troubles = history.troubles.size();
    if (const Greed* const greed = strained->greed()) {
        report.refused_to_greed = greed->refused();
        report.crowded = greed->crowded();
    }
    report.lines_told = history.lines ? history.lines->told.size() : 0;
    report.lines_lost = history.lines ? history.lines->lost : 0;
}

void print_strain(const TrialReport& report) {
    std::printf("\n    logouts here:");
    for (const auto& [answer, times] : report.departures) {
        std::printf(" %s %zu;", std::string(name_of(answer)).c_str(), times);
    }
    std::printf(" kept %zu, given up %zu; the other IdP signed %zu", report.kept, report.given_up, report.words);
    std::printf("\n    troubles: %zu, and %zu questions meanwhile", report.troubles, report.probes);
    std::printf("; logins without room %zu", report.logins_unavailable);
    if (report.refused_to_greed > 0) {
        std::printf("; refused to the greedy: %zu orders, %zu logins", report.refused_to_greed, report.crowded);
    }
    if (report.lines_told > 0) {
        std::printf("\n    lines of logouts: %zu, and %zu told as lost", report.lines_told, report.lines_lost);
    }
    if (const auto deaths = report.faults.find(FaultKind::node_starve); deaths != report.faults.end()) {
        std::printf("\n    deaths for want of memory: %d, %zu of them before the process was killed", deaths->second,
                    report.starved_by_themselves);
    }
    if (!report.is_strained) std::printf("\n    NOT STRAINED");
}

}  // namespace

TrialReport run_trial(Network& network, const TrialOptions& options) {
    Recorder recorder;
    Site site(network, recorder, make_store(network, options), site_options(options));
    const std::vector<Fault> faults = plan(options, site.store(), network.has_namespaces());
    if (options.plant == Plant::nothing) print_plan(faults);
    std::fflush(stdout);

    site.lose_answers();
    std::unique_ptr<StrainedLoad> strained;
    if (options.strain != Strain::none) {
        strained = std::make_unique<StrainedLoad>(site, recorder, options.seed + 4, options.strain);
    }
    const Moment start = SteadyClock::now();
    std::vector<Moment> begun;
    {
        Load load(site, recorder, options.seed + 2);
        const auto patience = options.plant == Plant::nothing ? milliseconds(to_bear) : to_bear_what_is_planted;
        begun = make_happen(site, recorder, faults, start + calm, strained.get(), patience);
        keep_up_until(site, start + options.duration);
        wind_down(site, load, strained.get(), options);
    }
    if (site.application() != nullptr) site.application()->stop();
    const History history = recorder.copy();
    TrialReport report;
    report.violations = judge(history);
    count_questions(history, report);
    count_logouts(history, report);
    count_calls(history, report);
    count_strain(history, strained.get(), report);
    report.failovers = site.store().failovers();
    report.recovery_ms = longest_recovery(history, begun);
    report.each_second = successes_each_second(history, start);
    for (const Fault& fault : faults) ++report.faults[fault.kind];
    report.starved_by_themselves = site.starved_by_themselves();
    report.is_strained = was_strained(options, report);
    excuse_failovers(options.topology, report);
    if (options.plant == Plant::nothing) print_violations(history, report, start);
    if (options.is_promised && options.plant == Plant::nothing && !report.violations.empty()) {
        site.workspace().keep();
        std::printf("  the nodes' logs stay in %s\n", site.workspace().path().c_str());
    }
    return report;
}

void print(const TrialOptions& options, const TrialReport& report) {
    std::printf("  %s", describe(options).c_str());
    std::printf("\n    logins admitted %zu, refused by a logout %zu; checks %zu\n", report.logins,
                report.late_logins_refused, report.checks);
    std::printf(
        "    logouts done %zu in %zu attempts, %zu of them put off, %zu repeats after Success, %zu near misses\n",
        report.logouts, report.attempts, report.put_off, report.repeats, report.near_misses);
    std::printf("    logout p50 %.1f ms, p99 %.1f ms; longest time to recovery %.1f ms\n", report.median_ms,
                report.p99_ms, report.recovery_ms);
    std::printf("    answers 503: %.1f %%; questions without an answer: %.1f %%\n", 100 * report.unavailable,
                100 * report.unanswered);
    std::printf("    Success each second:");
    for (const int number : report.each_second) std::printf(" %d", number);
    std::printf("\n    faults:");
    for (const auto& [kind, times] : report.faults) std::printf(" %s %d;", std::string(name_of(kind)).c_str(), times);
    if (options.topology == Topology::sentinel) {
        std::printf("\n    failovers: %u; logins lost by them: %zu", report.failovers, report.logins_lost_by_failover);
    }
    if (options.nodes == NodeKind::hosts) print_calls(report);
    if (options.strain != Strain::none) print_strain(report);
    std::printf("\n    violations: %zu", report.violations.size());
    for (const Rule rule : all_rules) {
        if (const std::size_t times = count(report.violations, rule)) {
            std::printf(" (%s: %zu)", std::string(name_of(rule)).c_str(), times);
        }
    }
    std::printf("\n");
    std::fflush(stdout);
}

}  // namespace slo::test
