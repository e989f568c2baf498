// The parts of an endpoint's URL, as HTTP needs them.
#pragma once

#include <cstdint>
#include <string>

#include "slo/saml/identifiers.hpp"

namespace slo::idp_adapter {

struct UrlParts {
    std::string scheme;  ///< "http" or "https"
    std::string host;    ///< without port; an IPv6 address without its brackets
    std::uint16_t port;  ///< the scheme's default if the URL has none
    std::string target;  ///< as it is sent: with its query, at least "/"
};

[[nodiscard]] UrlParts parts_of(const saml::EndpointUrl& url);

/// bracketed returns `host` as it is before a port: an IPv6 address gets its brackets.
[[nodiscard]] std::string bracketed(const std::string& host);

/// is_loopback says whether `host` is an address of this machine itself, or the name for it.
[[nodiscard]] bool is_loopback(const std::string& host);

}  // namespace slo::idp_adapter
