// One HTTP exchange over TCP or TLS. Hides Asio and Beast, which only http_transport.cpp includes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "address_kind.hpp"
#include "slo/idp_adapter/http_client.hpp"
#include "slo/idp_adapter/url_parts.hpp"

namespace slo::idp_adapter {

/// HttpBounds limits every step of an exchange.
struct HttpBounds {
    std::chrono::steady_clock::time_point deadline;
    std::stop_token stop;
    std::uint64_t max_body;
    std::size_t max_header_octets;
    std::optional<AddressKind> redirected_from = {};  ///< where the call's own URL led; none: this is it
};

/// HttpTunnel is the proxy, with its credentials.
struct HttpTunnel {
    std::string host;
    std::uint16_t port;
    std::string authorization;  ///< the value of Proxy-Authorization; empty: none
};

/// HttpRoute says how connections are made and how long they last.
struct HttpRoute {
    std::optional<HttpTunnel> tunnel;  ///< but for this machine
    std::chrono::seconds keep_idle;
};

class HttpTransport {
public:
    /// Throws std::bad_alloc and std::system_error.
    [[nodiscard]] static std::unique_ptr<HttpTransport> open(std::shared_ptr<const TlsClientContext> tls,
                                                             HttpRoute route);
    ~HttpTransport();
    HttpTransport(const HttpTransport&) = delete;
    HttpTransport& operator=(const HttpTransport&) = delete;

    /// exchange connects to `to`, or uses a connection to it that is still good, sends `request`, an HTTP/1.1 message
    /// as it is, and reads the final reply to it. It obeys the rules of `call` about bodies; they go to `sink`.
    /// Errors: HttpErrc, but url_refused and too_many_redirects; the sink's.
    [[nodiscard]] Result<HttpHead> exchange(const UrlParts& to, const std::string& request, const HttpCall& call,
                                            const HttpBounds& bounds, const BodySink& sink);

    /// reached returns where the last exchange was connected to; of a name behind a tunnel, only the proxy knows.
    [[nodiscard]] AddressKind reached() const noexcept;
    /// has_begun_to_send says whether the last exchange began to send its request.
    [[nodiscard]] bool has_begun_to_send() const noexcept;

private:
    struct Impl;
    explicit HttpTransport(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::idp_adapter
