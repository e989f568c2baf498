// Sessions and logouts by number, as wide as real ones: 64 entityIDs of 60 characters, NameIDs of 48, SessionIndexes of
// 33, local ids of 32.
#pragma once

#include <cstdint>
#include <string>

#include "measured.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::bench {

/// StandingClock shows one instant until it is set.
struct StandingClock final : sp::Clock {
    [[nodiscard]] Instant now() const noexcept override { return time; }
    Instant time{std::chrono::hours(490'000)};
};

enum class Indexes { usual, too_short_to_be_found_by };

[[nodiscard]] sp::LocalSessionID local_id(std::uint64_t number);
/// A session of a principal of its own, from a login at `now`, for eight hours.
[[nodiscard]] sp::Session session(std::uint64_t number, Instant now, Indexes indexes = Indexes::usual);
/// Orders that session(number)'s index ends.
[[nodiscard]] sp::LogoutOrder order(std::uint64_t number, Instant now, Indexes indexes = Indexes::usual);
/// Begins and completes; aborts unless exactly one session ended.
void log_out(sp::SessionStore& store, const sp::LogoutOrder& order);
[[nodiscard]] std::size_t resident_bytes();

}  // namespace slo::bench
