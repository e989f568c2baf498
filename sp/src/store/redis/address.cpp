#include "address.hpp"

#include <algorithm>
#include <charconv>

#include "slo/sp/store_error.hpp"

namespace slo::sp::redis {
namespace {

constexpr std::size_t longest_path = 107;  // sockaddr_un holds 108 octets with the NUL

Failure malformed(std::string_view text) {
    return fail(StoreErrc::store_unusable, "\"" + std::string(text) +
                                               "\" is no address of a Redis server: write host:port, [::1]:port or "
                                               "unix:/path");
}

}  // namespace

std::string Address::str() const {
    if (is_unix()) return "unix:" + path;
    const bool is_v6 = host.find(':') != std::string::npos;
    return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::uint16_t parse_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, port);
    return error == std::errc{} && rest == end ? port : std::uint16_t{0};
}

bool is_host(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
}

Result<Address> parse_address(std::string_view text) {
    constexpr std::string_view unix_scheme = "unix:";
    if (text.starts_with(unix_scheme)) {
        const std::string_view path = text.substr(unix_scheme.size());
        if (!path.starts_with('/') || path.size() > longest_path || path.find('\0') != std::string_view::npos)
            return malformed(text);
        return Address{.host = {}, .port = 0, .path = std::string(path)};
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return malformed(text);
    std::string_view host = text.substr(0, colon);
    const std::uint16_t port = parse_port(text.substr(colon + 1));
    const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (is_bracketed) host = host.substr(1, host.size() - 2);
    if (port == 0 || !is_host(host) || host.find_first_of("[]") != std::string_view::npos ||
        (host.find(':') != std::string_view::npos) != is_bracketed)
        return malformed(text);
    return Address{.host = std::string(host), .port = port, .path = {}};
}

}  // namespace slo::sp::redis
