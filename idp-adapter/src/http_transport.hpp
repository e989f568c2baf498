// One HTTP exchange over TCP or TLS. Hides Asio and Beast, which only http_transport.cpp includes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>

#include "slo/idp_adapter/http_client.hpp"
#include "slo/idp_adapter/url_parts.hpp"

namespace slo::idp_adapter {

/// What every step of an exchange is held to.
struct HttpBounds {
    std::chrono::steady_clock::time_point deadline;
    std::stop_token stop;
    std::uint64_t max_body;
    std::size_t max_header_octets;
};

class HttpTransport {
public:
    /// `tls` must outlive the transport. Errors: HttpErrc::client_setup.
    [[nodiscard]] static Result<std::unique_ptr<HttpTransport>> open(const TlsClientOptions& tls);
    ~HttpTransport();
    HttpTransport(const HttpTransport&) = delete;
    HttpTransport& operator=(const HttpTransport&) = delete;

    /// Connects to `to`, sends `request`, an HTTP/1.1 message as it stands, and reads the final reply to it. The body
    /// of a 200 goes to `sink`; no other is read. Errors: HttpErrc, but url_refused and too_many_redirects; the sink's.
    [[nodiscard]] Result<HttpHead> exchange(const UrlParts& to, const std::string& request, const HttpBounds& bounds,
                                            const BodySink& sink);

private:
    struct Impl;
    explicit HttpTransport(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::idp_adapter
