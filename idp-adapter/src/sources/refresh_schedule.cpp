#include "refresh_schedule.hpp"

#include <algorithm>
#include <charconv>

#include "http_fields.hpp"

namespace slo::idp_adapter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Instant later(Instant asked, seconds interval, double part) {
    const auto count = static_cast<double>(std::chrono::duration_cast<milliseconds>(interval).count()) * part;
    return asked + milliseconds(static_cast<milliseconds::rep>(count));
}

}  // namespace

std::optional<seconds> freshness(std::string_view cache_control) {
    std::optional<seconds> shortest;
    for (std::string_view rest = cache_control; !rest.empty();) {
        const std::string_view directive = cut_member(rest);
        if (same_ignoring_case(directive, "no-cache") || same_ignoring_case(directive, "no-store")) return seconds(0);
        constexpr std::string_view name = "max-age=";
        if (!same_ignoring_case(directive.substr(0, name.size()), name)) continue;
        const std::string_view digits = directive.substr(name.size());
        std::uint32_t count = 0;  // more than a century is none
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
        if (error != std::errc{} || end != digits.data() + digits.size()) continue;
        shortest = std::min(shortest.value_or(seconds::max()), seconds(count));
    }
    return shortest;
}

Instant after_answer(Instant asked, const RefreshBounds& bounds, std::optional<seconds> cache_duration,
                     std::optional<seconds> max_age, double chance) {
    seconds interval = bounds.longest;
    if (cache_duration) interval = std::min(interval, *cache_duration);
    if (max_age) interval = std::min(interval, *max_age);
    return later(asked, std::max(interval, bounds.shortest), 1.0 - 0.1 * chance);
}

Instant after_failure(Instant asked, const RefreshBounds& bounds, unsigned failures, double chance) {
    seconds interval = bounds.shortest;
    for (unsigned i = 1; i < failures && interval < bounds.longest; ++i) interval *= 2;
    return later(asked, std::min(interval, std::max(bounds.longest, bounds.shortest)), 1.0 - 0.5 * chance);
}

Expiry expiry_at(std::optional<Instant> valid_until, Instant now, seconds warn_before, seconds skew) {
    if (!valid_until) return Expiry::far;
    if (*valid_until + skew <= now) return Expiry::passed;
    return *valid_until <= now + warn_before ? Expiry::soon : Expiry::far;
}

}  // namespace slo::idp_adapter
