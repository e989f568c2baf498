// A served endpoint and a keep-alive client for it, over loopback.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "slo/sp/http.hpp"
#include "slo/sp/http_server.hpp"

namespace slo::bench {

enum class Transport { http, tls };

/// An HttpServer with one thread of its own, for as long as this lives.
class ServedEndpoint {
public:
    ServedEndpoint(sp::HttpHandler& handler, Transport transport, std::size_t handler_threads = 0);
    ~ServedEndpoint();
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] sp::HttpServer::Counters counters() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// One connection, one request after the other.
class Client {
public:
    Client(std::uint16_t port, Transport transport);
    ~Client();
    /// Sends and waits; returns the body. Throws on anything unexpected.
    std::string post(const std::string& target, const std::string& body);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::bench
