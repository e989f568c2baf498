// What every engine of the FlowStore checks alike.
#pragma once

#include <string_view>

#include "slo/sp/flow_store.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp {

/// The first part of each keyed digest: no handle has the digest of an assertion.
inline constexpr std::string_view flow_digest_part = "flow";
inline constexpr std::string_view claim_digest_part = "claim";

/// check_end refuses an end that is not after `now`, or further away than `longest`.
[[nodiscard]] inline Result<void> check_end(Instant until, Instant now, std::chrono::milliseconds longest) {
    if (until <= now) return fail(StoreErrc::flow_malformed, "its end is past: compare this host's clock");
    if (until - now > longest) return fail(StoreErrc::flow_malformed, "its end is too far in the future");
    return Done{};
}

/// check_not_forgotten refuses a claim that may have been there and dropped: `floor` is the latest end of those that
/// were. Its end is then after now only because the clock has gone back since.
[[nodiscard]] inline Result<void> check_not_forgotten(Instant until, Instant floor) {
    if (until > floor) return Done{};
    return fail(StoreErrc::flow_malformed, "this host's clock went back: claims up to that end have been dropped");
}

/// check_flow refuses a pending record that can't be kept.
[[nodiscard]] inline Result<void> check_flow(std::string_view record, Instant until, Instant now) {
    if (record.size() > largest_flow_record) return fail(StoreErrc::flow_malformed, "the record is over 4 KiB");
    return check_end(until, now, longest_flow);
}

}  // namespace slo::sp
