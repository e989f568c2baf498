#include "verdict.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace slo::sp::redis {
namespace {

/// "MOVED 3999 127.0.0.1:6381", "ASK 3999 :6381" where the host is the one that was asked; IPv6 without brackets.
std::optional<Address> redirected_to(std::string_view text, const Address& asked) {
    const std::size_t before_place = text.rfind(' ');
    const std::size_t colon = text.rfind(':');
    if (before_place == std::string_view::npos || colon == std::string_view::npos || colon < before_place)
        return std::nullopt;
    const std::string_view host = text.substr(before_place + 1, colon - before_place - 1);
    const std::uint16_t port = parse_port(text.substr(colon + 1));
    if (port == 0 || (!host.empty() && !is_host(host))) return std::nullopt;
    return Address{.host = host.empty() || host == "?" ? asked.host : std::string(host), .port = port, .path = {}};
}

}  // namespace

Verdict judge(const Reply& reply, const Address& asked) {
    static constexpr std::array<std::string_view, 4> passing{"TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN"};
    if (!reply.is_error()) return IsAnswer{};
    const std::string_view code = error_code(reply);
    if (code == "MOVED" || code == "ASK") {
        const auto address = redirected_to(reply.text, asked);
        if (!address) return TryLater{};
        return Redirection{*address, code == "ASK"};
    }
    if (code == "NOSCRIPT") return SendSource{};
    // Redis 6 wraps what a script's command met.
    if (code == "READONLY" || reply.text.find(" -READONLY ") != std::string::npos) return NotMaster{};
    if (std::ranges::find(passing, code) != passing.end()) return TryLater{};
    return IsAnswer{};
}

}  // namespace slo::sp::redis
