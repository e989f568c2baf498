#include "slo/saml/url_view.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace slo::saml {
namespace {

std::optional<std::uint16_t> read_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool is_port = error == std::errc{} && end == text.data() + text.size() && text.size() <= 5 && port != 0;
    return is_port ? std::optional(port) : std::nullopt;
}

/// RFC 3986's IPv6address is what inet_pton reads; a zone isn't.
std::optional<UrlView::Ipv6> read_ipv6(std::string_view text) noexcept {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.size() >= terminated.size()) return std::nullopt;
    std::ranges::copy(text, terminated.begin());
    UrlView::Ipv6 address{};
    const bool is_address = ::inet_pton(AF_INET6, terminated.data(), address.data()) == 1;
    return is_address ? std::optional(address) : std::nullopt;
}

/// Takes the host off the front of `authority`, with its brackets. False where there is none.
bool take_host(std::string_view& authority, UrlView& url) noexcept {
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) return false;
        url.host = authority.substr(1, end - 1);
        url.ipv6 = read_ipv6(url.host);
        authority.remove_prefix(end + 1);
        return url.ipv6.has_value();
    }
    url.host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(url.host.size());
    return !url.host.empty() && url.host.find_first_of("@%[]") == std::string_view::npos;
}

bool is_ascii(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::optional<UrlView> split_url(std::string_view text) noexcept {
    // ASCII, as it goes into an HTTP request line as it is.
    if (!is_absolute_uri(text) || !is_ascii(text) || text.find('#') != std::string_view::npos) return std::nullopt;
    UrlView url{.scheme = text.substr(0, text.find(':')), .host = {}, .ipv6 = {}, .port = {}, .path_and_query = {}};
    if (url.scheme != "https" && url.scheme != "http") return std::nullopt;
    std::string_view rest = text.substr(url.scheme.size() + 1);
    if (!rest.starts_with("//")) return std::nullopt;
    rest.remove_prefix(2);
    std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    url.path_and_query = rest.substr(authority.size());
    if (!take_host(authority, url)) return std::nullopt;
    if (authority.empty()) return url;
    url.port = authority.starts_with(':') ? read_port(authority.substr(1)) : std::nullopt;
    return url.port ? std::optional(url) : std::nullopt;
}

UrlView view_of(const EndpointUrl& url) noexcept {
    return *split_url(url.str());  // that there is one makes it an EndpointUrl
}

}  // namespace slo::saml
