// Deadlines that must pass after a test has reached a certain point.
#pragma once

#include <chrono>

namespace slo::test {

/// Calls `attempt` with a deadline, and again with longer ones, of six seconds in the end, until it returns true: it
/// got to the point at which the deadline had to find it. Only a busy machine needs more than the first, so `attempt`
/// mustn't fail for want of time. False: no deadline was long enough.
template <class Attempt>
[[nodiscard]] bool in_enough_time(Attempt attempt) {
    for (std::chrono::milliseconds deadline{50}; deadline < std::chrono::seconds(10); deadline *= 5) {
        if (attempt(deadline)) return true;
    }
    return false;
}

}  // namespace slo::test
