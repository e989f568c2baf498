// A web server that says exactly what its test wants, over TCP or TLS, on a port of 127.0.0.1 of its own.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "certificates.hpp"

namespace slo::test {

/// A server's certificate in TLS.
struct ServerIdentity {
    X509* certificate = nullptr;  ///< borrowed for the constructor's time
    EVP_PKEY* key = nullptr;
    X509* client_ca = nullptr;  ///< clients must show a certificate by it; null: they needn't
};

/// At the end of an answer: nothing more is said until the client goes.
inline const std::string and_nothing_more("\0wait", 5);
/// An answer: the connection closes.
inline const std::string hang_up("\0close", 6);
/// An answer: `start`, and then the octets of `cycle` over and over, one after the other, until the client goes.
[[nodiscard]] std::string dripping(const std::string& start, const std::string& cycle);

class LoopbackServer {
public:
    /// The fate of a connection after a reply.
    enum class Afterwards {
        as_agreed,     ///< it closes where the request or the reply says so, or nothing else ends the reply
        close,         ///< unannounced: a client that asks again before it sees that has lost its request
        next_request,  ///< it's kept, whatever was said
    };

    /// The octets of the whole reply to a request's octets. Empty: nothing is said until the client goes. Called in the
    /// server's threads, one call after the other.
    using Answer = std::function<std::string(const std::string& request)>;

    explicit LoopbackServer(Answer answer, Afterwards afterwards = Afterwards::as_agreed);
    LoopbackServer(Answer answer, const ServerIdentity& identity, Afterwards afterwards = Afterwards::as_agreed);
    /// The fixture tests/fixtures/tls/server.pem, for localhost and 127.0.0.1.
    [[nodiscard]] static ServerIdentity usual_identity();
    /// The same, for clients with a certificate by tests/fixtures/tls/client-ca.pem alone, e.g. client.pem beside it.
    [[nodiscard]] static ServerIdentity identity_for_known_clients();
    ~LoopbackServer();
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// "http://127.0.0.1:port" or "https://localhost:port", and `path`.
    [[nodiscard]] std::string url(const std::string& path = "/metadata") const;
    /// The requests so far.
    [[nodiscard]] std::vector<std::string> requests() const;
    [[nodiscard]] std::size_t connections() const noexcept { return connections_; }
    /// Waits until the server has closed its side of `count` connections.
    void wait_until_closed(std::size_t count) const;

private:
    void listen();
    void serve();
    void attend(int connection);
    void converse(int connection, SSL* tls);
    [[nodiscard]] bool goes_on(const std::string& request, const std::string& reply) const;

    Answer answer_;
    Afterwards afterwards_;
    std::unique_ptr<SSL_CTX, FreedBy<SSL_CTX_free>> tls_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<std::size_t> connections_ = 0;
    std::mutex answering_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    bool stopping_ = false;
    std::size_t closed_ = 0;
    std::vector<int> open_;
    std::vector<std::string> requests_;
    std::vector<std::thread> threads_;  ///< one for each connection
    std::thread accepting_;
};

/// A reply with `body` and its length. `headers` are whole lines with CRLF.
[[nodiscard]] std::string reply_with(const std::string& body, const std::string& headers = {},
                                     const std::string& status = "200 OK");

/// SHA-256 of a certificate's SubjectPublicKeyInfo in lower-case hex.
[[nodiscard]] std::string key_hash_of(X509* certificate);

}  // namespace slo::test
