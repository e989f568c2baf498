#include "loopback_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "localhost.hpp"

namespace slo::test {
namespace {

using OwnedSsl = std::unique_ptr<SSL, FreedBy<SSL_free>>;

/// One connection, in TLS or not.
class Wire {
public:
    Wire(int socket, SSL* tls) : socket_(socket), tls_(tls) {}

    bool read_some(std::string& into) {
        std::array<char, 4096> octets;
        const int count = tls_ != nullptr ? SSL_read(tls_, octets.data(), static_cast<int>(octets.size()))
                                          : static_cast<int>(::recv(socket_, octets.data(), octets.size(), 0));
        if (count > 0) into.append(octets.data(), static_cast<std::size_t>(count));
        return count > 0;
    }
    /// One octet of `octets` after the other, endlessly, until the client has closed.
    void drip(const std::string& octets) {
        std::string ignored;
        for (std::size_t i = 0;; i = (i + 1) % octets.size()) {
            pollfd gone{.fd = socket_, .events = POLLIN, .revents = 0};
            const bool has_news = ::poll(&gone, 1, 1) > 0;
            if (has_news && !read_some(ignored)) return;
            write({octets[i]});
        }
    }
    void write(const std::string& octets) {
        for (std::size_t sent = 0; sent < octets.size();) {
            const auto rest = octets.size() - sent;
            const long count = tls_ != nullptr ? SSL_write(tls_, octets.data() + sent, static_cast<int>(rest))
                                               : ::send(socket_, octets.data() + sent, rest, MSG_NOSIGNAL);
            if (count <= 0) return;
            sent += static_cast<std::size_t>(count);
        }
    }

private:
    int socket_;
    SSL* tls_;
};

const std::string then_drips("\0drip", 5);

template <class Parse>
auto* read_pem(const std::string& file, Parse parse) {
    std::FILE* const stream = std::fopen((std::string(SLO_FIXTURES) + "/tls/" + file).c_str(), "rb");
    if (stream == nullptr) throw std::runtime_error("no fixture " + file);
    auto* const parsed = parse(stream, nullptr, nullptr, nullptr);
    std::fclose(stream);
    return parsed;
}

std::size_t length_of_body(const std::string& head) {
    const auto at = head.find("\r\nContent-Length: ");
    return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 18, nullptr, 10);
}

bool says_close(const std::string& message) {
    return message.substr(0, message.find("\r\n\r\n") + 2).find("\r\nConnection: close\r\n") != std::string::npos;
}

/// Whether the end of `reply` shows in itself, so that nothing has to be closed to show it.
bool ends_by_itself(std::string reply) {
    std::size_t head_end = reply.find("\r\n\r\n");
    while (reply.starts_with("HTTP/1.1 1") && head_end != std::string::npos) {  // 100 and its kin
        reply.erase(0, head_end + 4);
        head_end = reply.find("\r\n\r\n");
    }
    if (!reply.starts_with("HTTP/1.1 ") || head_end == std::string::npos) return false;
    const std::string head = reply.substr(0, head_end + 2);
    const std::size_t body = reply.size() - head_end - 4;
    if (head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos) return reply.ends_with("\r\n0\r\n\r\n");
    if (head.find("\r\nContent-Length: ") != std::string::npos) return body == length_of_body(head);
    return head.starts_with("HTTP/1.1 204 ") && body == 0;
}

}  // namespace

LoopbackServer::LoopbackServer(Answer answer, Afterwards afterwards)
    : answer_(std::move(answer)), afterwards_(afterwards) {
    listen();
}

LoopbackServer::LoopbackServer(Answer answer, const ServerIdentity& identity, Afterwards afterwards)
    : answer_(std::move(answer)), afterwards_(afterwards), tls_(SSL_CTX_new(TLS_server_method())) {
    if (SSL_CTX_use_certificate(tls_.get(), identity.certificate) != 1 ||
        SSL_CTX_use_PrivateKey(tls_.get(), identity.key) != 1) {
        throw std::runtime_error("no certificate for the test's server");
    }
    if (identity.client_ca != nullptr) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(tls_.get()), identity.client_ca);
        SSL_CTX_set_verify(tls_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    listen();
}

ServerIdentity LoopbackServer::usual_identity() {
    static const std::unique_ptr<X509, FreedBy<X509_free>> certificate(read_pem("server.pem", PEM_read_X509));
    static const std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>> key(read_pem("server.key", PEM_read_PrivateKey));
    return {.certificate = certificate.get(), .key = key.get()};
}

ServerIdentity LoopbackServer::identity_for_known_clients() {
    static const std::unique_ptr<X509, FreedBy<X509_free>> ca(read_pem("client-ca.pem", PEM_read_X509));
    ServerIdentity identity = usual_identity();
    identity.client_ca = ca.get();
    return identity;
}

void LoopbackServer::listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
        throw std::runtime_error("no port for the test's server");
    }
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { serve(); });
}

LoopbackServer::~LoopbackServer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const int connection : open_) ::shutdown(connection, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    for (auto& thread : threads_) thread.join();
    ::close(listener_);
}

void LoopbackServer::serve() {
    sigset_t pipe{};  // OpenSSL writes to a closed socket as to any other
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    while (true) {
        const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) return;
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            ::close(connection);
            return;
        }
        ++connections_;
        open_.push_back(connection);
        threads_.emplace_back([this, connection] { attend(connection); });
    }
}

void LoopbackServer::attend(int connection) {
    {
        const OwnedSsl tls(tls_ ? SSL_new(tls_.get()) : nullptr);
        if (tls) SSL_set_fd(tls.get(), connection);
        if (!tls || SSL_accept(tls.get()) == 1) {
            converse(connection, tls.get());
            if (tls) SSL_shutdown(tls.get());
        }
        ERR_clear_error();
    }
    ::shutdown(connection, SHUT_WR);
    {
        const std::lock_guard lock(mutex_);
        ++closed_;
    }
    changed_.notify_all();
    // Closing with something unread would reset the connection and destroy the reply.
    pollfd gone{.fd = connection, .events = POLLIN, .revents = 0};
    std::array<char, 256> rest;
    while (::poll(&gone, 1, 5000) > 0 && ::recv(connection, rest.data(), rest.size(), 0) > 0) continue;
    const std::lock_guard lock(mutex_);
    std::erase(open_, connection);
    ::close(connection);
}

void LoopbackServer::converse(int connection, SSL* tls) {
    Wire wire(connection, tls);
    while (true) {
        std::string request;
        std::size_t head_end = 0;
        while ((head_end = request.find("\r\n\r\n")) == std::string::npos) {
            if (!wire.read_some(request)) return;
        }
        while (request.size() < head_end + 4 + length_of_body(request)) {
            if (!wire.read_some(request)) return;
        }
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
        }
        const std::string reply = [&] {
            const std::lock_guard lock(answering_);
            return answer_(request);
        }();
        if (reply == hang_up) return;
        if (const auto mark = reply.find(then_drips); mark != std::string::npos) {
            wire.write(reply.substr(0, mark));
            return wire.drip(reply.substr(mark + then_drips.size()));
        }
        const bool is_all = !reply.empty() && !reply.ends_with(and_nothing_more);
        wire.write(is_all || reply.empty() ? reply : reply.substr(0, reply.size() - and_nothing_more.size()));
        if (!is_all) {
            std::string ignored;
            while (wire.read_some(ignored)) continue;
            return;
        }
        if (!goes_on(request, reply)) return;
    }
}

bool LoopbackServer::goes_on(const std::string& request, const std::string& reply) const {
    if (afterwards_ != Afterwards::as_agreed) return afterwards_ == Afterwards::next_request;
    return ends_by_itself(reply) && !says_close(request) && !says_close(reply);
}

void LoopbackServer::wait_until_closed(std::size_t count) const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ >= count; });
}

std::string LoopbackServer::url(const std::string& path) const {
    return (tls_ ? "https://" + localhost() : "http://127.0.0.1") + ":" + std::to_string(port_) + path;
}

std::vector<std::string> LoopbackServer::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

std::string dripping(const std::string& start, const std::string& cycle) {
    return start + then_drips + cycle;
}

std::string reply_with(const std::string& body, const std::string& headers, const std::string& status) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" +
           body;
}

std::string key_hash_of(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), &length, EVP_sha256(), nullptr);
    OPENSSL_free(der);
    std::string hex;
    for (unsigned i = 0; i < length; ++i) {
        hex += "0123456789abcdef"[digest[i] >> 4U];
        hex += "0123456789abcdef"[digest[i] & 0xFU];
    }
    return hex;
}

}  // namespace slo::test
