// DEFLATE without any container (RFC 1951), as URLs carry it. The one user of zlib.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "slo/saml/result.hpp"

namespace slo::saml {

/// deflated compresses `octets`. Throws std::bad_alloc.
[[nodiscard]] std::string deflated(std::string_view octets);

/// inflated undoes it. `octets` are one whole stream with nothing behind it; no more than `max_octets` and one are ever
/// written. Errors: Errc::query_deflate; message_too_large if there would be more. Throws std::bad_alloc.
[[nodiscard]] Result<std::string> inflated(std::string_view octets, std::size_t max_octets);

}  // namespace slo::saml
