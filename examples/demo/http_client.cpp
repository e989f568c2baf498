#include "http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>

namespace slo::examples {
namespace {

/// Socket closes its descriptor.
class Socket {
public:
    Socket() noexcept : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    ~Socket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    [[nodiscard]] int get() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

sockaddr_in loopback(std::uint16_t port) noexcept {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool send_all(const Socket& socket, std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t sent = ::send(socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

/// We ask for Connection: close, so the answer ends with the connection.
std::optional<std::string> receive_all(const Socket& socket) {
    std::string octets;
    char buffer[4096];
    for (;;) {
        const ssize_t count = ::recv(socket.get(), buffer, sizeof buffer, 0);
        if (count < 0) return std::nullopt;
        if (count == 0) return octets;
        octets.append(buffer, static_cast<std::size_t>(count));
    }
}

/// Whether a body is as long as its head says, if that says so: the other side may have died amid it.
bool is_whole(std::string_view head, std::size_t body_octets) {
    constexpr std::string_view name = "\r\nContent-Length: ";
    const auto at = head.find(name);
    if (at == std::string_view::npos) return true;
    std::size_t length = 0;
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
    return length == body_octets;
}

std::optional<HttpAnswer> parse(const std::string& octets) {
    const auto head_end = octets.find("\r\n\r\n");
    if (!octets.starts_with("HTTP/1.1 ") || head_end == std::string::npos) return std::nullopt;
    if (!is_whole(std::string_view(octets).substr(0, head_end), octets.size() - head_end - 4)) return std::nullopt;
    HttpAnswer answer{.status = 0, .body = octets.substr(head_end + 4)};
    std::from_chars(octets.data() + 9, octets.data() + 12, answer.status);
    for (auto at = octets.find("\r\n") + 2; at < head_end;) {
        const auto end = octets.find("\r\n", at);
        const auto colon = octets.find(": ", at);
        if (colon < end)
            answer.headers.emplace_back(octets.substr(at, colon - at), octets.substr(colon + 2, end - colon - 2));
        at = end + 2;
    }
    return answer;
}

std::string compose(std::uint16_t port, const HttpCall& request) {
    const std::string host = request.host.empty() ? "127.0.0.1:" + std::to_string(port) : request.host;
    std::string head = std::string(request.method) + " " + request.path + " HTTP/1.1\r\nHost: " + host +
                       "\r\nConnection: close\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
    if (!request.content_type.empty()) head += "Content-Type: " + std::string(request.content_type) + "\r\n";
    if (!request.cookie.empty()) head += "Cookie: " + request.cookie + "\r\n";
    return head + "\r\n" + std::string(request.body);
}

}  // namespace

std::string HttpAnswer::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

std::optional<HttpAnswer> call(std::uint16_t port, const HttpCall& request) {
    const Socket socket;
    const timeval patience{.tv_sec = request.patience.count(), .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const sockaddr_in address = loopback(port);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return std::nullopt;
    if (!send_all(socket, compose(port, request))) return std::nullopt;
    const auto octets = receive_all(socket);
    return octets ? parse(*octets) : std::nullopt;
}

std::uint16_t free_port() {
    const Socket socket;
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.get(), generic, size) != 0 || ::getsockname(socket.get(), generic, &size) != 0) return 0;
    return ntohs(address.sin_port);
}

}  // namespace slo::examples
