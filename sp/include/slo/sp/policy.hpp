// The switches of the responder, each with the safe default.
#pragma once

#include <chrono>

#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// UnknownPrincipal is the status for a request that names no known principal (normative rows 25, 26: left open).
enum class UnknownPrincipal { success, unknown_principal };
/// SecondLevelCodes: whether refusals have a second-level StatusCode (optional, Core 3.2.2.2 l.1630; off: no oracle).
enum class SecondLevelCodes { omitted, sent };

struct Policy {
    UnknownPrincipal unknown_principal = UnknownPrincipal::success;
    SecondLevelCodes second_level_codes = SecondLevelCodes::sent;
    std::chrono::seconds clock_skew{180};
    /// How many proven requests of one IdP are handled per second, twice as many at once, and as many repeats of recent
    /// ones besides; beyond that, RequestDenied without any effect. A request counts once more for each 64
    /// SessionIndexes, or for each one where it stands for the principal. Keeps an IdP, or a thief of its key, from
    /// starving the others, and a replay from starving the IdP.
    unsigned requests_per_second_per_idp = 1000;
    /// How many refusals are signed per second for senders that prove nothing, twice as many at once; beyond that,
    /// a bare 503.
    unsigned unproven_answers_per_second = 100;
    std::chrono::milliseconds application_deadline{
        3000};  ///< total, for all applications together; IdPs wait 5 s at least
    std::chrono::seconds logout_record_horizon{
        3600};                                      ///< how long a logout is kept at least; NotOnOrAfter may prolong it
    std::chrono::seconds logout_record_cap{86400};  ///< and at most, whatever NotOnOrAfter says
};

}  // namespace slo::sp
