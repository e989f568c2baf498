// The one grammar for URLs that this library connects to, and for its own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "slo/saml/identifiers.hpp"

namespace slo::saml {

/// UrlView is an http or https URL in its parts: views of the original text, which must outlive them.
struct UrlView {
    using Ipv6 = std::array<unsigned char, 16>;  ///< in the order of the network

    std::string_view scheme;   ///< "http" or "https"
    std::string_view host;     ///< as written: a name, an IPv4 address, or an IPv6 address without its brackets
    std::optional<Ipv6> ipv6;  ///< if `host` is one
    std::optional<std::uint16_t> port;  ///< std::nullopt if none is written; never 0
    std::string_view path_and_query;    ///< as written: empty, or it begins with '/' or '?'
};

/// split_url reads `scheme "://" host [ ":" port ] [ "/" path ] [ "?" query ]` of ASCII: RFC 3986, narrowed to URLs
/// that can be connected to. So there is no user information, no fragment, no empty port, and no host that is empty, an
/// IPvFuture, an address with a zone (RFC 6874: it means something on one machine alone), or a name with
/// percent-encoding (3.2.2: names for DNS are written as RFC 1123 has them). Any other name is accepted: the resolver
/// decides whether it exists, and metadata::check_endpoint whether a partner may lead to it. The scheme is in lower
/// case, as URLs are compared byte by byte.
[[nodiscard]] std::optional<UrlView> split_url(std::string_view text) noexcept;

/// view_of returns the parts of `url`, which must outlive them.
[[nodiscard]] UrlView view_of(const EndpointUrl& url) noexcept;
UrlView view_of(EndpointUrl&&) = delete;

}  // namespace slo::saml
