// The texts of URLs: percent-encoding (RFC 3986, 2.1) and origins.
#pragma once

#include <string>
#include <string_view>

#include "slo/saml/identifiers.hpp"

namespace slo::sp {

/// percent_decoded decodes once. A '%' without two hex digits stays as it is, as in browsers.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// path_of and query_of return what is before and behind the first '?' of a request's target, as it was sent.
[[nodiscard]] std::string_view path_of(std::string_view target) noexcept;
[[nodiscard]] std::string_view query_of(std::string_view target) noexcept;

/// with_parameter appends `name` and the encoded `value` to the query of `url`, which has no fragment.
[[nodiscard]] std::string with_parameter(std::string url, std::string_view name, std::string_view value);

/// origin_of returns scheme, host and port of `url`, as they are written there.
[[nodiscard]] std::string origin_of(const saml::EndpointUrl& url);

}  // namespace slo::sp
