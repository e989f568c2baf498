// Strict UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace slo::saml {

/// The number of code points in `octets`, or nothing if they aren't UTF-8 (RFC 3629: no overlong form, no surrogate,
/// nothing above U+10FFFF).
[[nodiscard]] std::optional<std::size_t> utf8_length(std::string_view octets) noexcept;

}  // namespace slo::saml
