#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>

#include "slo/metadata/metadata_document.hpp"
#include "slo/saml/url_view.hpp"

namespace slo::metadata {
namespace {

struct Ipv4Block {
    std::uint32_t network;
    int bits;
};
// IANA's special-purpose registry (RFC 6890): the blocks without public servers on the internet.
constexpr Ipv4Block private_ipv4[] = {
    {0x00000000, 8},   // "this network"
    {0x0A000000, 8},   // RFC 1918
    {0x64400000, 10},  // carrier-grade NAT
    {0x7F000000, 8},   // loopback
    {0xA9FE0000, 16},  // link-local, and the metadata services of clouds
    {0xAC100000, 12},  // RFC 1918
    {0xC0000000, 24},  // IETF protocol assignments
    {0xC0A80000, 16},  // RFC 1918
    {0xC6120000, 15},  // benchmarking
    {0xE0000000, 4},   // multicast
    {0xF0000000, 4},   // reserved, and broadcast
};

bool is_private(std::uint32_t address) noexcept {
    return std::ranges::any_of(private_ipv4, [&](const Ipv4Block& block) {
        return (address >> (32 - block.bits)) == (block.network >> (32 - block.bits));
    });
}

/// Decimal, octal with a leading 0, hexadecimal with 0x, in one to four parts: as resolvers read it.
std::optional<std::uint32_t> read_ipv4(const std::string& host) noexcept {
    in_addr address{};
    return ::inet_aton(host.c_str(), &address) == 1 ? std::optional<std::uint32_t>(ntohl(address.s_addr))
                                                    : std::nullopt;
}

bool ends_in_a_number(std::string_view host) noexcept {
    const std::string_view last = host.substr(host.rfind('.') + 1);
    return !last.empty() && (last.find_first_not_of("0123456789") == std::string_view::npos || last.starts_with("0x"));
}

/// Public are 2000::/3 and addresses that carry a public IPv4 one; all others are special (RFC 4291, RFC 6890).
bool is_private(const saml::UrlView::Ipv6& address) noexcept {
    const auto ipv4_at = [&](std::size_t octet) {
        return std::accumulate(address.begin() + octet, address.begin() + octet + 4, std::uint32_t{0},
                               [](std::uint32_t value, unsigned char next) { return (value << 8) | next; });
    };
    const auto begins_with = [&](std::initializer_list<unsigned char> prefix) {
        return std::equal(prefix.begin(), prefix.end(), address.begin());
    };
    if (begins_with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF})) return is_private(ipv4_at(12));     // ::ffff:a.b.c.d
    if (begins_with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) return is_private(ipv4_at(12));           // ::a.b.c.d
    if (begins_with({0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0})) return is_private(ipv4_at(12));  // NAT64
    if (begins_with({0x20, 0x02})) return is_private(ipv4_at(2));                                    // 6to4
    if (begins_with({0x20, 0x01, 0, 0})) return true;                                                // Teredo
    return (address[0] & 0xE0) != 0x20;
}

/// Whether it's known to be no private address: one that can't be parsed here may be one to another parser.
bool is_public(const saml::UrlView& url) {
    if (url.ipv6) return !is_private(*url.ipv6);
    // Letter case and the root's dot have no meaning in a name.
    std::string host(url.host);
    std::ranges::transform(host, host.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (host.ends_with('.')) host.pop_back();
    if (host.empty()) return false;
    if (ends_in_a_number(host)) {
        const auto address = read_ipv4(host);
        return address && !is_private(*address);
    }
    return host != "localhost" && !host.ends_with(".localhost") && host != "localhost.localdomain";
}

Failure not_allowed(std::string_view why) {
    return Failure{make_error_code(Errc::endpoint_not_allowed), std::string(why)};
}

}  // namespace

Result<void> check_endpoint(const saml::EndpointUrl& url, const EndpointRule& rule) {
    const saml::UrlView view = saml::view_of(url);
    if (rule.http == EndpointRule::Http::refused && view.scheme != "https") {
        return not_allowed("a URL without TLS");
    }
    if (rule.private_addresses == EndpointRule::PrivateAddresses::refused && !is_public(view)) {
        return not_allowed("a URL whose host is a private address or none that can be judged");
    }
    return Done{};
}

}  // namespace slo::metadata
