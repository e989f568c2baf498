// When a place is asked again, and when to warn. Pure: time and chance come in as values.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "slo/saml/time.hpp"

namespace slo::idp_adapter {

struct RefreshBounds {
    std::chrono::seconds shortest;
    std::chrono::seconds longest;
};

/// freshness returns how long an answer may be kept, by its server's Cache-Control (RFC 9111, 5.2.2): max-age, or no
/// time at all for no-cache and no-store. std::nullopt if it doesn't say, or not clearly.
[[nodiscard]] std::optional<std::chrono::seconds> freshness(std::string_view cache_control);

/// after_answer: the shortest of the longest refresh, cacheDuration and max-age, but the shortest refresh at least;
/// up to a tenth of it earlier, as `chance` in [0, 1) says, so that nodes that started together drift apart.
[[nodiscard]] Instant after_answer(Instant asked, const RefreshBounds& bounds,
                                   std::optional<std::chrono::seconds> cache_duration,
                                   std::optional<std::chrono::seconds> max_age, double chance);

/// after_failure, with `failures` (1 or more) in a row: the shortest refresh, doubled to the longest, times 0.5 to 1.
[[nodiscard]] Instant after_failure(Instant asked, const RefreshBounds& bounds, unsigned failures, double chance);

enum class Expiry { far, soon, passed };
/// expiry_at: other clocks may be `skew` behind; the verification of messages grants them as much.
[[nodiscard]] Expiry expiry_at(std::optional<Instant> valid_until, Instant now, std::chrono::seconds warn_before,
                               std::chrono::seconds skew);

/// between_warnings is the interval at which warnings are repeated.
inline constexpr std::chrono::hours between_warnings{1};

}  // namespace slo::idp_adapter
