// Percent-encoding with a choice of what stays as it is (RFC 3986, 2.1).
#pragma once

#include <string>
#include <string_view>

namespace slo::saml::form {

/// escaped_except escapes each octet of `text` but letters, digits and `others`.
[[nodiscard]] std::string escaped_except(std::string_view text, std::string_view others);

}  // namespace slo::saml::form
