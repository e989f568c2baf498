// A TLS client that offers what its test needs, and the server for it.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "certificates.hpp"
#include "running_server.hpp"

namespace slo::test {

inline const std::string tls_folder = std::string(SLO_FIXTURES) + "/tls/";

using Context = std::unique_ptr<SSL_CTX, FreedBy<SSL_CTX_free>>;
using Stream = std::unique_ptr<SSL, FreedBy<SSL_free>>;
using Session = std::unique_ptr<SSL_SESSION, FreedBy<SSL_SESSION_free>>;

/// OpenSSL writes to a closed socket as to any other, and the signal for that would end the test. Only this thread is
/// spared: the server must not need it.
class WithoutPipeSignal {
public:
    WithoutPipeSignal() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    WithoutPipeSignal(const WithoutPipeSignal&) = delete;
    WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;
    ~WithoutPipeSignal() {
        const timespec at_once{};
        while (::sigtimedwait(&pipe_, nullptr, &at_once) > 0) continue;
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t pipe_{};
    sigset_t before_{};
};

enum class Tickets { welcome, declined };

struct TlsClientOptions {
    int version = TLS1_3_VERSION;
    std::string certificate = {};        ///< a name below tests/fixtures/tls
    const Identity* identity = nullptr;  ///< instead of it
    std::vector<const Identity*> chain = {};
    const char* ciphers = nullptr;
    const char* groups = nullptr;
    const char* server_name = nullptr;  ///< SNI
    Tickets tickets = Tickets::welcome;
    SSL_SESSION* resume = nullptr;
    std::string early_data = {};
};

class TlsClient {
public:
    TlsClient(Client socket, const TlsClientOptions& options)
        : socket_(std::move(socket)), context_(SSL_CTX_new(TLS_client_method())) {
        auto* context = context_.get();
        SSL_CTX_set_security_level(context, 0);
        SSL_CTX_set_min_proto_version(context, options.version);
        SSL_CTX_set_max_proto_version(context, options.version);
        SSL_CTX_load_verify_file(context, (tls_folder + "server.pem").c_str());
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
        if (options.ciphers) SSL_CTX_set_cipher_list(context, options.ciphers);
        if (!options.certificate.empty()) {
            SSL_CTX_use_certificate_file(context, (tls_folder + options.certificate + ".pem").c_str(),
                                         SSL_FILETYPE_PEM);
            SSL_CTX_use_PrivateKey_file(context, (tls_folder + options.certificate + ".key").c_str(), SSL_FILETYPE_PEM);
        }
        if (options.identity) present(*options.identity, options.chain);
        if (options.groups) SSL_CTX_set1_groups_list(context, options.groups);
        if (options.tickets == Tickets::declined) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        stream_.reset(SSL_new(context));
        if (options.server_name) SSL_set_tlsext_host_name(stream_.get(), options.server_name);
        SSL_set1_host(stream_.get(), "localhost");
        SSL_set_fd(stream_.get(), socket_.native());
        if (options.resume) SSL_set_session(stream_.get(), options.resume);
        const WithoutPipeSignal guard;
        if (std::size_t sent = 0; !options.early_data.empty()) {
            SSL_write_early_data(stream_.get(), options.early_data.data(), options.early_data.size(), &sent);
        }
        connected_ = SSL_connect(stream_.get()) == 1;
        ERR_clear_error();
    }

    [[nodiscard]] bool connected() const noexcept { return connected_; }
    [[nodiscard]] SSL* native() const noexcept { return stream_.get(); }
    [[nodiscard]] Session session() const { return Session(SSL_get1_session(stream_.get())); }

    std::string ask(const std::string& request) {
        const WithoutPipeSignal guard;
        SSL_write(stream_.get(), request.data(), static_cast<int>(request.size()));
        return read();
    }

    /// The octets until the reply's head is there; empty if none come.
    std::string read() {
        std::string answer;
        std::array<char, 4096> octets;
        for (int size = 1; size > 0 && answer.find("\r\n\r\n") == std::string::npos;) {
            size = SSL_read(stream_.get(), octets.data(), static_cast<int>(octets.size()));
            if (size > 0) answer.append(octets.data(), static_cast<std::size_t>(size));
        }
        ERR_clear_error();
        return answer;
    }

private:
    void present(const Identity& identity, const std::vector<const Identity*>& chain) {
        SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
        SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
        for (const auto* issuer : chain) SSL_CTX_add1_chain_cert(context_.get(), issuer->certificate.get());
    }

    Client socket_;
    Context context_;
    Stream stream_;
    bool connected_ = false;
};

struct TlsServer : RunningServer {
    explicit TlsServer(sp::ClientCertificates certificates = sp::ClientCertificates::none,
                       std::chrono::milliseconds handshake_timeout = std::chrono::seconds(5),
                       const std::string& ca = "client-ca.pem", RecordingHandler::Answering answering = {})
        : RunningServer({.tls = sp::TlsOptions{.certificate_chain_file = tls_folder + "server.pem",
                                               .private_key_file = tls_folder + "server.key",
                                               .client_certificates = certificates,
                                               .client_ca_file = ca.starts_with('/') ? ca : tls_folder + ca},
                         .handshake_timeout = handshake_timeout},
                        std::move(answering)) {}

    explicit TlsServer(sp::HttpServerOptions options) : RunningServer(std::move(options)) {}

    [[nodiscard]] TlsClient connect_tls(const TlsClientOptions& options = {}) const { return {connect(), options}; }
    [[nodiscard]] bool answers(const TlsClientOptions& options = {}) const {
        return connect_tls(options).ask(get("/a")).starts_with("HTTP/1.1 200 ");
    }
};

}  // namespace slo::test
