// Validators of HTTP: dates and entity tags.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slo/saml/time.hpp"

namespace slo::sp {

/// http_date writes an IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
[[nodiscard]] std::string http_date(Instant instant);
/// parse_http_date reads an IMF-fixdate, the only form in use today; std::nullopt for another. The day's name isn't
/// checked.
[[nodiscard]] std::optional<Instant> parse_http_date(std::string_view text);

/// names_tag says whether the value of an If-None-Match holds `tag` (quoted), weak or strong, or is "*".
[[nodiscard]] bool names_tag(std::string_view value, std::string_view tag);

}  // namespace slo::sp
