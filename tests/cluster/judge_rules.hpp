// The judge's conclusions about each session, and the rules that need no more than these.
#pragma once

#include <optional>
#include <vector>

#include "judge.hpp"

namespace slo::test {

/// The history's bounds for one session.
struct Bounds {
    std::optional<Moment> asked = {};       ///< the first attempt to admit it
    std::optional<Moment> admitted = {};    ///< the first acknowledgement
    std::optional<Moment> endangered = {};  ///< from here on a logout that names it is on its way
    std::optional<Moment> dead = {};        ///< from here on the IdP holds a Success of one that names it
    std::optional<std::size_t> killer = {};
    std::optional<Moment> doubtful = {};   ///< from here on a logout that forbids its login is on its way
    std::optional<Moment> forbidden = {};  ///< from here on the IdP holds a Success of one that does
    std::optional<std::size_t> barrier = {};
};

/// One for each session.
[[nodiscard]] std::vector<Bounds> bounds_of(const History& history);

[[nodiscard]] std::optional<Rule> broken_by(const Check& check, const SessionFacts& session, const Bounds& bounds);
[[nodiscard]] std::optional<Rule> broken_by(const LoginAttempt& login, const SessionFacts& session,
                                            const Bounds& bounds);

/// at_work, unended, untold.
void judge_applications(const History& history, const std::vector<Bounds>& bounds, std::vector<Violation>& violations);
void judge_near_misses(const History& history, const std::vector<Bounds>& bounds, std::vector<Violation>& violations);
/// stays, unproven, unsent, waited, line_missing, and absurd answers to logouts that start here.
void judge_departures(const History& history, std::vector<Violation>& violations);

}  // namespace slo::test
