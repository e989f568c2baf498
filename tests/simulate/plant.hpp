// Faults that the code once had, or nearly had, put back at the ports: each of them must be found.
#pragma once

namespace slo::simulate {

enum class Plant {
    none = 0,
    rounds_together = 1,         ///< every claim is granted everything
    complete_by_own_report = 2,  ///< sessions of another round don't count
    lost_is_not_done = 3,        ///< a lost answer of begin_logout is told as "nothing has happened"
    near_misses_untold = 4,
    admission_past_names = 5,       ///< straight into the store, under any name
    late_rounds_give_back = 6,      ///< a round that reports while an application is at work keeps nothing
    others_sessions_forgotten = 7,  ///< a report counts for sessions that another round has
    expired_unnamed = 8,            ///< an expired session isn't told to the application
    future_admitted = 9,            ///< an AuthnInstant ahead of any clock
};
inline constexpr int plant_count = 9;

}  // namespace slo::simulate
