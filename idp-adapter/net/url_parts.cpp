#include "slo/idp_adapter/url_parts.hpp"

#include <arpa/inet.h>

#include "slo/saml/url_view.hpp"

namespace slo::idp_adapter {

UrlParts parts_of(const saml::EndpointUrl& url) {
    const saml::UrlView view = saml::view_of(url);
    const std::uint16_t usual = view.scheme == "https" ? 443 : 80;
    UrlParts parts{.scheme = std::string(view.scheme),
                   .host = std::string(view.host),
                   .port = view.port.value_or(usual),
                   .target = {}};
    // RFC 9112, 3.2.1: an empty path is sent as "/", also before a query.
    if (!view.path_and_query.starts_with('/')) parts.target = '/';
    parts.target += view.path_and_query;
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
