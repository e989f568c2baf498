// The names that others make with SHA-1: a Redis server for scripts, the Metadata Query Protocol for entityIDs.
#pragma once

#include <string>
#include <string_view>

namespace slo::saml {

/// The SHA-1 of `text` in 40 lower-case hex digits. It names a text of our own and proves nothing. Empty where OpenSSL
/// gives no SHA-1. Throws std::bad_alloc.
[[nodiscard]] std::string sha1_name(std::string_view text);

}  // namespace slo::saml
