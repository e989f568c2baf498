// Where a server is.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "slo/saml/result.hpp"

namespace slo::sp::redis {

/// Address is a host and port, or the path of a Unix socket.
struct Address {
    std::string host = {};  ///< a name, or an IP address without brackets
    std::uint16_t port = 0;
    std::string path = {};

    [[nodiscard]] bool is_unix() const noexcept { return !path.empty(); }
    /// str returns the text as parse_address() reads it.
    [[nodiscard]] std::string str() const;
    friend auto operator<=>(const Address&, const Address&) = default;
};

/// parse_address reads "host:port", "[v6]:port" or "unix:/path". Errors: StoreErrc::store_unusable.
[[nodiscard]] Result<Address> parse_address(std::string_view text);

/// parse_port reads a port in decimal; 0 for any other text.
[[nodiscard]] std::uint16_t parse_port(std::string_view text) noexcept;

/// is_host says whether a text from a server can be a host: 1 to 255 printable octets without blanks.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

}  // namespace slo::sp::redis
