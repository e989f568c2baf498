// The switches of the responder, each with the safe default.
#pragma once

#include <chrono>

#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// What a request is answered that names no principal that we know (normative rows 25, 26: the texts leave it open).
enum class UnknownPrincipal { success, unknown_principal };
/// Whether refusals carry a second-level StatusCode (always optional, Core 3.2.2.2 l.1630; off: nothing to probe).
enum class SecondLevelCodes { omitted, sent };

struct Policy {
    UnknownPrincipal unknown_principal = UnknownPrincipal::success;
    SecondLevelCodes second_level_codes = SecondLevelCodes::sent;
    std::chrono::seconds clock_skew{180};
    /// How many proven requests of one IdP are worked on a second, twice as many at once, and as many repeats of recent
    /// ones besides; beyond that, RequestDenied, and nothing has happened. A request counts once more for each 64
    /// SessionIndexes, or for each one where it stands for the principal. Keeps an IdP, or a thief of its key, from
    /// starving the others, and a replay from starving the IdP.
    unsigned requests_per_second_per_idp = 1000;
    /// How many refusals are signed a second for senders that have proven nothing, twice as many at once; beyond that,
    /// a bare 503.
    unsigned unproven_answers_per_second = 100;
    std::chrono::milliseconds application_deadline{
        3000};  ///< total, for all applications together; IdPs wait 5 s at least
    std::chrono::seconds logout_record_horizon{
        3600};                                      ///< how long a logout is kept at least; NotOnOrAfter may prolong it
    std::chrono::seconds logout_record_cap{86400};  ///< and at most, whatever NotOnOrAfter says
};

}  // namespace slo::sp
