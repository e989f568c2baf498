#include "bench_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "slo/saml/keys.hpp"
#include "slo/sp/clock.hpp"

namespace slo::bench {

struct ServedEndpoint::Impl {
    std::filesystem::path folder;
    std::unique_ptr<sp::HttpServer> server;
    std::thread thread;
};

ServedEndpoint::ServedEndpoint(sp::HttpHandler& handler, Transport transport, std::size_t handler_threads)
    : impl_(std::make_unique<Impl>()) {
    sp::HttpServerOptions options;
    options.handler_threads = handler_threads;
    options.max_requests_per_connection = 1'000'000'000;
    if (transport == Transport::tls) {
        const auto tls_key =
            saml::generate_key(saml::KeyKind::ec_p256, "127.0.0.1", sp::SystemClock().now(), std::chrono::days(1))
                .value();
        char name[] = "/tmp/slo-bench-XXXXXX";
        impl_->folder = ::mkdtemp(name);
        std::ofstream(impl_->folder / "key.pem") << tls_key.private_key_pem;
        std::ofstream(impl_->folder / "cert.pem") << tls_key.certificate_pem;
        options.tls = sp::TlsOptions{.certificate_chain_file = impl_->folder / "cert.pem",
                                     .private_key_file = impl_->folder / "key.pem",
                                     .client_certificates = sp::ClientCertificates::none,
                                     .client_ca_file = {}};
    }
    auto server = sp::HttpServer::open(options, handler);
    if (!server) throw std::runtime_error(server.error().detail);
    impl_->server = std::make_unique<sp::HttpServer>(*std::move(server));
    impl_->thread = std::thread([this] { impl_->server->run(); });
}

ServedEndpoint::~ServedEndpoint() {
    impl_->server->stop();
    impl_->thread.join();
    if (!impl_->folder.empty()) std::filesystem::remove_all(impl_->folder);
}

std::uint16_t ServedEndpoint::port() const {
    return impl_->server->port();
}

sp::HttpServer::Counters ServedEndpoint::counters() const {
    return impl_->server->counters();
}

struct Client::Impl {
    int socket = -1;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{nullptr, SSL_CTX_free};
    std::unique_ptr<SSL, decltype(&SSL_free)> tls{nullptr, SSL_free};
    std::string received;

    void send_all(const std::string& octets) const {
        if (tls) {
            if (SSL_write(tls.get(), octets.data(), static_cast<int>(octets.size())) <= 0)
                throw std::runtime_error("TLS write");
            return;
        }
        if (::send(socket, octets.data(), octets.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(octets.size())) {
            throw std::runtime_error("send");
        }
    }
    void receive_more() {
        char buffer[16384];
        const auto n = tls ? SSL_read(tls.get(), buffer, sizeof buffer) : ::recv(socket, buffer, sizeof buffer, 0);
        if (n <= 0) throw std::runtime_error("connection closed");
        received.append(buffer, static_cast<std::size_t>(n));
    }
};

Client::Client(std::uint16_t port, Transport transport) : impl_(std::make_unique<Impl>()) {
    impl_->socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    ::setsockopt(impl_->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(impl_->socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("connect");
    if (transport == Transport::http) return;
    impl_->context.reset(SSL_CTX_new(TLS_client_method()));
    impl_->tls.reset(SSL_new(impl_->context.get()));
    SSL_set_fd(impl_->tls.get(), impl_->socket);
    if (SSL_connect(impl_->tls.get()) != 1) throw std::runtime_error("TLS handshake");
}

Client::~Client() {
    if (impl_->socket >= 0) ::close(impl_->socket);
}

std::string Client::post(const std::string& target, const std::string& body) {
    impl_->send_all("POST " + target +
                    " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
    std::string& received = impl_->received;
    std::size_t head = std::string::npos;
    while ((head = received.find("\r\n\r\n")) == std::string::npos) impl_->receive_more();
    const std::size_t length_at = received.find("Content-Length: ");
    if (length_at == std::string::npos || length_at > head) throw std::runtime_error("no Content-Length");
    const std::size_t length = std::stoul(received.substr(length_at + 16));
    while (received.size() < head + 4 + length) impl_->receive_more();
    std::string answer = received.substr(head + 4, length);
    received.erase(0, head + 4 + length);
    return answer;
}

}  // namespace slo::bench
