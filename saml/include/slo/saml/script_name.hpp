// The name by which a Redis server knows a script that it has seen.
#pragma once

#include <string>
#include <string_view>

namespace slo::saml {

/// The SHA-1 of `source` in 40 lower-case hex digits, as EVALSHA wants it. It names a text of our own and proves
/// nothing. Empty where OpenSSL gives no SHA-1. Throws std::bad_alloc.
[[nodiscard]] std::string script_name(std::string_view source);

}  // namespace slo::saml
