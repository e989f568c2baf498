#include "url_matching.hpp"

#include <algorithm>

#include "slo/saml/url_view.hpp"

namespace slo::saml {
namespace {

bool equal_but_for_case(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// RFC 3986 6.2.2.1 and 6.2.3: scheme and host have no letter case, and a default port may be left out.
std::uint16_t port_of(const UrlView& url) noexcept {
    return url.port.value_or(url.scheme == "https" ? 443 : 80);
}

}  // namespace

bool is_ours(std::string_view theirs, const EndpointUrl& ours, UrlMatching matching) noexcept {
    if (theirs == ours.str()) return true;
    if (matching == UrlMatching::exact) return false;
    const auto there = split_url(theirs);
    const UrlView here = view_of(ours);
    return there && equal_but_for_case(there->scheme, here.scheme) && equal_but_for_case(there->host, here.host) &&
           port_of(*there) == port_of(here) && there->path_and_query == here.path_and_query;
}

}  // namespace slo::saml
