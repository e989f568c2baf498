#include "slo/idp_adapter/url_parts.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace slo::idp_adapter {

UrlParts parts_of(const saml::EndpointUrl& url) {
    // An EndpointUrl is known to have a scheme, a host, a port that fits where there is one, and no user information;
    // its scheme is in lower case.
    const std::string_view text = url.str();
    const auto scheme_end = text.find("://");
    const std::string_view rest = text.substr(scheme_end + 3);
    const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    const bool is_bracketed = authority.starts_with('[');
    const auto host_end = is_bracketed ? authority.find(']') + 1 : std::min(authority.find(':'), authority.size());

    UrlParts parts{
        .scheme = std::string(text.substr(0, scheme_end)),
        .host = std::string(is_bracketed ? authority.substr(1, host_end - 2) : authority.substr(0, host_end)),
        .port = 0,
        .target = {}};
    parts.port = parts.scheme == "https" ? 443 : 80;
    if (host_end < authority.size()) {
        const std::string_view port = authority.substr(host_end + 1);
        std::from_chars(port.data(), port.data() + port.size(), parts.port);
    }
    // RFC 9112, 3.2.1: an empty path is sent as "/", also before a query.
    const std::string_view target = rest.substr(authority_end);
    if (!target.starts_with('/')) parts.target = '/';
    parts.target += target;
    return parts;
}

std::string bracketed(const std::string& host) {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return is_ipv6 ? "[" + host + "]" : host;
}

bool is_loopback(const std::string& host) {
    in_addr v4{};
    if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    return host == "localhost" || host == "::1";
}

}  // namespace slo::idp_adapter
