// One trial: a topology, a load, faults, and the result.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "judge.hpp"
#include "site.hpp"

namespace slo::test {

enum class Topology { single, cluster, sentinel, sqlite };

struct TrialOptions {
    std::string endpoint_program;
    std::string host_program;
    NodeKind nodes = NodeKind::endpoints;
    std::chrono::milliseconds clocks_apart{4000};  ///< of hosts
    Topology topology = Topology::single;
    Replication replication = {};  ///< with Sentinels
    std::chrono::milliseconds duration{60000};
    std::uint64_t seed = 1;
    std::optional<FaultMix> node_faults = {};  ///< absent: every kind that is possible
    bool store_faults = true;
    Plant plant = Plant::nothing;
    Strain strain = Strain::none;
    std::size_t deaths = 0;   ///< of Strain::memory: how many; 0: as many as there is time for
    bool is_promised = true;  ///< otherwise violations are shown, and no logs kept
};

struct TrialReport {
    std::size_t logins = 0;
    std::size_t late_logins_refused = 0;
    std::size_t checks = 0;
    std::size_t logouts = 0;  ///< with a signed Success
    std::size_t attempts = 0;
    std::size_t put_off = 0;      ///< attempts with Responder, 503 or no answer
    std::size_t repeats = 0;      ///< after a Success
    std::size_t near_misses = 0;  ///< logouts that were put off while they nearly named a session
    std::map<ApplicationAnswer, std::size_t> calls = {};  ///< of the application, for one session each
    std::size_t long_calls = 0;                           ///< longer than the nodes waited for
    unsigned failovers = 0;
    std::size_t logins_lost_by_failover = 0;
    std::size_t left_to_dead_rounds = 0;  ///< logouts without Success, as a dead node's round had a session still
    double unavailable = 0;               ///< the share of 503 among the local interface's answers
    double unanswered = 0;                ///< of logins and checks
    double median_ms = 0;                 ///< of a logout, from its first sending to its Success
    double p99_ms = 0;
    double recovery_ms =
        0;  ///< the longest time from a fault's beginning to the next Success of a request sent after it
    std::vector<int> each_second = {};  ///< how many logouts got their Success in it
    std::map<FaultKind, int> faults = {};
    std::map<DepartureAnswer, std::size_t> departures = {};  ///< logouts that started here: the attempts' answers
    std::size_t kept = 0;                                    ///< of them; their IdP was to be asked again
    std::size_t given_up = 0;
    std::size_t words = 0;   ///< the other IdP's signed Successes
    std::size_t probes = 0;  ///< during a trouble that didn't concern them
    std::size_t troubles = 0;
    std::size_t refused_to_greed = 0;
    std::size_t crowded = 0;
    std::size_t logins_unavailable = 0;
    std::size_t starved_by_themselves = 0;
    std::size_t lines_told = 0;  ///< of logouts
    std::size_t lines_lost = 0;
    bool is_strained = true;  ///< the strain had its effect
    std::vector<Violation> violations = {};
};

/// From a signal handler: the present trial ends with an exception, and so cleans up.
void interrupt() noexcept;

/// Throws std::runtime_error if the set-up failed, or it was interrupted. Prints the faults' schedule, and
/// traces of violations.
[[nodiscard]] TrialReport run_trial(Network& network, const TrialOptions& options);

/// The topology, the duration and the seed.
[[nodiscard]] std::string describe(const TrialOptions& options);
void print(const TrialOptions& options, const TrialReport& report);

}  // namespace slo::test
