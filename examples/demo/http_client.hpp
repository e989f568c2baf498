// A tiny blocking HTTP/1.1 client for loopback: one request, one connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slo/saml/form.hpp"

namespace slo::examples {

struct HttpAnswer {
    int status = 0;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers = {};

    /// The value of the first field of that name; empty if there is none.
    [[nodiscard]] std::string header(std::string_view name) const;
};

struct HttpCall {
    std::string_view method;
    std::string path;
    std::string_view content_type = {};  ///< empty: none is sent
    std::string_view body = {};
    std::string host = {};    ///< the Host header; empty: 127.0.0.1 and the port
    std::string cookie = {};  ///< the Cookie header; empty: none is sent
    std::chrono::seconds patience{5};
};

/// call sends one request to 127.0.0.1:`port` and reads the answer. std::nullopt if no complete answer came, or no
/// octet for `patience`.
[[nodiscard]] std::optional<HttpAnswer> call(std::uint16_t port, const HttpCall& request);

/// free_port finds a port of 127.0.0.1 without a listener; 0 if there is none.
[[nodiscard]] std::uint16_t free_port();

using saml::form::escape;

}  // namespace slo::examples
