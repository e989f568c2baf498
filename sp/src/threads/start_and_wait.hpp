// Waits, blocking, for work that other threads do.
#pragma once

#include <memory>

#include "slo/sp/pace.hpp"

namespace slo::sp {

/// `start` takes an `on_complete`, as PendingLogout and ApplicationRound do. The alarm is shared: the call may come
/// after the wait is over.
template <class Start>
void start_and_wait(const Pace& pace, Start start, SteadyTime deadline) {
    const auto alarm = std::make_shared<Alarm>();
    start([alarm] { alarm->ring(); });
    pace.wait(*alarm, deadline);
}

}  // namespace slo::sp
