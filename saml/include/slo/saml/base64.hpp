// Base64 with strict decoding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "slo/saml/result.hpp"

namespace slo::saml {

/// decode_base64 reads RFC 4648 base64 with padding; XML white space between characters is skipped (xs:base64Binary).
/// Refused: other characters, missing or surplus padding, set bits after the last octet, more than `max_octets`
/// decoded. Errors: Errc::base64_malformed.
[[nodiscard]] Result<std::string> decode_base64(std::string_view text, std::size_t max_octets);

/// encode_base64 writes one line with padding.
[[nodiscard]] std::string encode_base64(std::string_view octets);

}  // namespace slo::saml
