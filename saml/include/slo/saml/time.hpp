// Points in time as SAML writes them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "slo/saml/result.hpp"

namespace slo {

/// Instant is a point in time, UTC, to the millisecond (SAML Core 1.3.3: nobody may rely on finer).
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

}  // namespace slo

namespace slo::saml {

/// parse_instant reads `YYYY-MM-DDThh:mm:ss[.f...]Z` (SAML Core 1.3.3 l.311-314), 1 to 9 fraction digits, cut to
/// milliseconds. 24:00:00 is the next day's midnight; :60, offsets, a missing Z, and years other than four digits are
/// not. Errors: Errc::time_malformed.
[[nodiscard]] Result<Instant> parse_instant(std::string_view text);

/// format_instant writes `YYYY-MM-DDThh:mm:ssZ`, with `.mmm` where the milliseconds are not zero. Years 0000 to 9999.
[[nodiscard]] std::string format_instant(Instant instant);

}  // namespace slo::saml
