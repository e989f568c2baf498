// The HTTP/1.1 server in front of an HttpHandler. Has sockets and TLS, no SAML.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slo/saml/result.hpp"
#include "slo/sp/http.hpp"

namespace slo::sp {

enum class ClientCertificates {
    none,      ///< no certificate is requested
    optional,  ///< one of client_ca_file, or none
    required,  ///< one of client_ca_file
    /// Requested, and accepted if its key could be an IdP's (saml::VerificationKey), whatever CA issued it:
    /// HttpRequest::tls_key is that key, and the handler decides what it proves.
    any,
};

struct TlsOptions {
    std::string certificate_chain_file = {};  ///< PEM, leaf first
    std::string private_key_file = {};        ///< PEM
    ClientCertificates client_certificates = ClientCertificates::none;
    std::string client_ca_file = {};  ///< PEM; needed for `optional` and `required`
};

struct HttpServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one, see HttpServer::port()
    std::optional<TlsOptions> tls = {};
    std::vector<std::string> hosts = {};  ///< accepted Host values, with the port where clients send one; empty: any
    std::size_t threads = 1;              ///< one io_context each
    /// How many threads the handler may block, beside those above. 0: it runs in those, where each wait holds up all of
    /// a thread's connections; right for the memory engine, whose requests would only pay for the change of threads.
    /// When all are busy, requests wait, at most one for each connection, with no limit but their client's patience: a
    /// budget begins with the handler.
    std::size_t handler_threads = 0;
    /// How many more there are for requests of HttpHandler::Lane::waiting, so that no other request ever waits behind
    /// them. 0: they are like all others.
    std::size_t waiting_threads = 0;

    // At a cap a newcomer takes the place of the connection that has waited longest for its peer. It is refused if all
    // are being answered. A limit of descriptors below the first cap has the same effect.
    std::size_t max_connections = 1024;
    std::size_t max_connections_per_address = 256;  ///< an IPv6 network of 64 bits counts as one address
    std::size_t max_requests_per_connection = 1000;
    std::size_t max_header_octets = 8 * 1024;
    std::size_t max_header_fields = 64;
    std::size_t max_body_octets = 64 * 1024;
    std::chrono::milliseconds handshake_timeout{5000};
    std::chrono::milliseconds header_timeout{5000};  ///< from a request's first octet, in total; until the first one
    std::chrono::milliseconds body_timeout{10000};   ///< in total
    std::chrono::milliseconds write_timeout{10000};  ///< in total
    std::chrono::milliseconds idle_timeout{30000};   ///< between requests
    std::chrono::milliseconds drain_timeout{5000};   ///< for requests at work when it is stopped
};

/// HttpServer listens from construction on and serves while run() runs. No request can end the process: an exception
/// closes its connection only. A request that isn't plain HTTP/1.1 is refused and its connection closed:
/// no obs-fold, chunk extension, trailer, absolute target with another authority than Host, or transfer coding other
/// than chunked. The handler gets each refusal (HttpHandler::refused).
class HttpServer {
public:
    /// open binds and loads the TLS files; run() starts the threads. `handler` must outlive the server. Errors:
    /// ServerErrc::address_in_use, tls_setup_failed, configuration_invalid; `detail` says what is wrong and the remedy.
    [[nodiscard]] static Result<HttpServer> open(HttpServerOptions options, HttpHandler& handler);

    HttpServer(HttpServer&&) noexcept;
    HttpServer& operator=(HttpServer&&) noexcept;
    ~HttpServer();

    [[nodiscard]] std::uint16_t port() const noexcept;

    /// run serves on this thread and `threads` - 1 more, until stop(). Returns after the last reply was sent or, at the
    /// latest, drain_timeout; replies that are pending then are finished as if their budget had passed, requests that
    /// wait for a handler thread get a 503, and a thread that blocks is waited for. Once only.
    void run();
    /// stop accepts no more, lets requests at work finish, then ends run(). From any thread, not from a signal handler.
    void stop() noexcept;
    /// stop_on_signals calls stop() on SIGINT and SIGTERM. Process-wide: for programs. Call it before run().
    void stop_on_signals();

    struct Counters {
        std::uint64_t connections = 0;
        std::uint64_t refused_connections = 0;    ///< over one of the two caps
        std::uint64_t displaced_connections = 0;  ///< closed to make room for new ones
        std::uint64_t failed_handshakes = 0;
        std::uint64_t requests = 0;      ///< passed to the handler
        std::uint64_t bad_requests = 0;  ///< refused by the server itself
        std::uint64_t timeouts = 0;      ///< of handshake, header, body or write
        std::uint64_t failures = 0;      ///< an exception; that connection was closed
    };
    /// counters may be called from any thread; the figures needn't be of one moment.
    [[nodiscard]] Counters counters() const noexcept;

private:
    struct Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
