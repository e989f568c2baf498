// A web server that says exactly what its test wants, over TCP or TLS, on a port of 127.0.0.1 of its own.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "certificates.hpp"

namespace slo::test {

/// What a server shows in TLS.
struct ServerIdentity {
    X509* certificate = nullptr;  ///< borrowed for the constructor's time
    EVP_PKEY* key = nullptr;
    X509* client_ca = nullptr;  ///< clients must show a certificate by it; null: they needn't
};

class LoopbackServer {
public:
    /// The octets of the whole reply to a request's octets; then the connection closes. Empty: nothing is said until
    /// the client goes. Called in the server's thread, one connection after the other.
    using Answer = std::function<std::string(const std::string& request)>;

    explicit LoopbackServer(Answer answer);
    LoopbackServer(Answer answer, const ServerIdentity& identity);
    /// The fixture tests/fixtures/tls/server.pem, for localhost and 127.0.0.1.
    [[nodiscard]] static ServerIdentity usual_identity();
    ~LoopbackServer();
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// "http://127.0.0.1:port" or "https://localhost:port", and `path`.
    [[nodiscard]] std::string url(const std::string& path = "/metadata") const;
    /// What was asked so far.
    [[nodiscard]] std::vector<std::string> requests() const;
    [[nodiscard]] std::size_t connections() const noexcept { return connections_; }

private:
    void listen();
    void serve();
    void attend(int connection);

    Answer answer_;
    std::unique_ptr<SSL_CTX, FreedBy<SSL_CTX_free>> tls_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<std::size_t> connections_ = 0;
    std::atomic<int> current_ = -1;
    std::atomic<bool> stopping_ = false;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

/// A reply with `body` and its length. `headers` are whole lines with CRLF.
[[nodiscard]] std::string reply_with(const std::string& body, const std::string& headers = {},
                                     const std::string& status = "200 OK");

/// SHA-256 of a certificate's SubjectPublicKeyInfo in lower-case hex.
[[nodiscard]] std::string key_hash_of(X509* certificate);

}  // namespace slo::test
