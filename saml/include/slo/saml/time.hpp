// Points in time in SAML's notation.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "slo/saml/result.hpp"

namespace slo {

/// Instant is a point in time, UTC, to the millisecond (SAML Core 1.3.3: finer ones must not be relied on).
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

}  // namespace slo

namespace slo::saml {

/// parse_instant reads `YYYY-MM-DDThh:mm:ss[.f...]Z` (SAML Core 1.3.3 l.311-314), 1 to 20 fraction digits, cut to
/// milliseconds. 24:00:00 is the next day's midnight; :60, offsets, a missing Z, and years other than four digits are
/// not. Errors: Errc::time_malformed.
[[nodiscard]] Result<Instant> parse_instant(std::string_view text);

/// parse_instant_however_written reads the same with `+00:00`, `-00:00` or nothing in the place of `Z`. Errors:
/// Errc::time_malformed.
[[nodiscard]] Result<Instant> parse_instant_however_written(std::string_view text);

/// format_instant writes `YYYY-MM-DDThh:mm:ssZ`, with `.mmm` if the milliseconds are not zero. Years 0000 to 9999.
[[nodiscard]] std::string format_instant(Instant instant);

/// parse_duration reads an xs:duration that isn't negative (XML Schema part 2, 3.2.6):
/// `P[nY][nM][nD][T[nH][nM][n[.n]S]]` with one part at least, and one after a T. Only seconds have a fraction; it is
/// cut off. A year counts 365 days and a month 28, the least they can be: a duration here says for how long a copy may
/// be kept, so never too long. Refused from ten thousand such years up, where sums with an Instant would overflow.
/// Errors: Errc::time_malformed.
[[nodiscard]] Result<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace slo::saml
