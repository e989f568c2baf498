#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "slo/metadata/metadata_document.hpp"

namespace slo::metadata {
namespace {

struct Ipv4Block {
    std::uint32_t network;
    int bits;
};
// IANA's special-purpose registry (RFC 6890), as far as nothing in it is somebody's server on the internet.
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

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// Decimal, octal with a leading 0, hexadecimal with 0x: as inet_aton reads them.
std::optional<std::uint64_t> read_number(std::string_view text) noexcept {
    int base = 10;
    if (text.starts_with("0x")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text.front() == '0') {
        base = 8;
        text.remove_prefix(1);
    }
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return value;
}

/// One to four numbers, the last of which fills what is left of 32 bits.
std::optional<std::uint32_t> read_ipv4(std::string_view host) noexcept {
    std::uint64_t address = 0;
    for (int part = 0; part < 4; ++part) {
        const std::size_t dot = host.find('.');
        const auto number = read_number(host.substr(0, dot));
        if (!number) return std::nullopt;
        if (dot == std::string_view::npos) {
            const int bits_left = 32 - 8 * part;
            if (*number >= (std::uint64_t{1} << bits_left)) return std::nullopt;
            return static_cast<std::uint32_t>((address << bits_left) | *number);
        }
        if (*number > 255) return std::nullopt;
        address = (address << 8) | *number;
        host.remove_prefix(dot + 1);
    }
    return std::nullopt;
}

bool ends_in_a_number(std::string_view host) noexcept {
    const std::string_view last = host.substr(host.rfind('.') + 1);
    return !last.empty() && (std::ranges::all_of(last, is_digit) || last.starts_with("0x"));
}

using Ipv6 = std::array<std::uint16_t, 8>;

/// Groups of up to four hexadecimal digits, appended to `out`; an IPv4 address may stand for the last two.
bool read_groups(std::string_view text, Ipv6& out, std::size_t& count) noexcept {
    while (!text.empty()) {
        const std::size_t colon = text.find(':');
        const std::string_view group = text.substr(0, colon);
        if (group.find('.') != std::string_view::npos) {
            const auto ipv4 = read_ipv4(group);
            if (!ipv4 || std::ranges::count(group, '.') != 3 || colon != std::string_view::npos || count > 6)
                return false;
            out[count++] = static_cast<std::uint16_t>(*ipv4 >> 16);
            out[count++] = static_cast<std::uint16_t>(*ipv4);
            return true;
        }
        std::uint16_t value = 0;
        const auto [stop, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
        if (error != std::errc{} || stop != group.data() + group.size() || group.size() > 4 || count == 8) return false;
        out[count++] = value;
        if (colon == std::string_view::npos) return true;
        text.remove_prefix(colon + 1);
        if (text.empty()) return false;  // a lone colon at the end
    }
    return true;
}

std::optional<Ipv6> read_ipv6(std::string_view text) noexcept {
    Ipv6 address{};
    std::size_t front = 0;
    const std::size_t gap = text.find("::");
    if (!read_groups(text.substr(0, gap), address, front)) return std::nullopt;
    if (gap == std::string_view::npos) return front == 8 ? std::optional(address) : std::nullopt;
    Ipv6 tail{};
    std::size_t back = 0;
    if (!read_groups(text.substr(gap + 2), tail, back) || front + back > 7) return std::nullopt;
    std::copy_n(tail.begin(), back, address.end() - static_cast<std::ptrdiff_t>(back));
    return address;
}

/// Public are 2000::/3 and what carries a public IPv4 address; everything else is special (RFC 4291, RFC 6890).
bool is_private(const Ipv6& address) noexcept {
    const auto ipv4_at = [&](std::size_t group) {
        return (std::uint32_t{address[group]} << 16) | std::uint32_t{address[group + 1]};
    };
    const bool zero_up_to_5 = std::all_of(address.begin(), address.begin() + 5, [](auto group) { return group == 0; });
    if (zero_up_to_5 && (address[5] == 0xFFFF || address[5] == 0)) return is_private(ipv4_at(6));  // ::ffff:a.b.c.d
    const bool nat64 = address[0] == 0x0064 && address[1] == 0xFF9B &&
                       std::all_of(address.begin() + 2, address.begin() + 6, [](auto group) { return group == 0; });
    if (nat64) return is_private(ipv4_at(6));
    if (address[0] == 0x2002) return is_private(ipv4_at(1));   // 6to4
    if (address[0] == 0x2001 && address[1] == 0) return true;  // Teredo
    return (address[0] & 0xE000) != 0x2000;
}

/// Lower case and without the root's dot, which mean nothing in a name.
std::string host_of(std::string_view url) {
    url.remove_prefix(url.find("//") + 2);
    url = url.substr(0, url.find_first_of("/?"));
    const std::size_t end = url.starts_with('[') ? url.find(']') + 1 : url.find(':');
    std::string host(url.substr(0, end));
    std::ranges::transform(host, host.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (host.ends_with('.')) host.pop_back();
    return host;
}

/// Whether it's known to be no private address: what can't be read may be one in another's eyes.
bool is_public(std::string_view host) noexcept {
    if (host.starts_with('[')) {
        const auto address = read_ipv6(host.substr(1, host.size() - 2));
        return address && !is_private(*address);
    }
    if (host.empty() || host.find('%') != std::string_view::npos) return false;
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
    const std::string& text = url.str();
    if (rule.http == EndpointRule::Http::refused && !text.starts_with("https://")) {
        return not_allowed("a URL without TLS");
    }
    if (rule.private_addresses == EndpointRule::PrivateAddresses::refused && !is_public(host_of(text))) {
        return not_allowed("a URL whose host is a private address or none that can be judged");
    }
    return Done{};
}

}  // namespace slo::metadata
