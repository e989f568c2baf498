// SHA-1 names in other protocols: a Redis server's for scripts, the Metadata Query Protocol's for entityIDs.
#pragma once

#include <string>
#include <string_view>

namespace slo::saml {

/// sha1_name returns the SHA-1 of `text` in 40 lower-case hex digits. It names a text of our own and proves nothing.
/// Empty if OpenSSL has no SHA-1. Throws std::bad_alloc.
[[nodiscard]] std::string sha1_name(std::string_view text);

}  // namespace slo::saml
