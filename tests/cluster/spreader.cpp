#include "spreader.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>

namespace slo::test {
namespace {

sockaddr_in loopback(std::uint16_t port) noexcept {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// One direction of a connection: octets read from one side and not yet written to the other.
class Way {
public:
    [[nodiscard]] bool wants_to_read() const noexcept { return !ended_ && waiting_.size() < capacity; }
    [[nodiscard]] bool wants_to_write() const noexcept { return !waiting_.empty(); }
    [[nodiscard]] bool is_over() const noexcept { return ended_ && waiting_.empty(); }

    /// False: the connection is broken.
    bool read(int from) {
        std::array<char, 16384> octets{};
        const ssize_t count = ::recv(from, octets.data(), octets.size(), 0);
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        if (count == 0) ended_ = true;
        waiting_.append(octets.data(), static_cast<std::size_t>(count));
        return true;
    }

    bool write(int to) {
        const ssize_t count = ::send(to, waiting_.data(), waiting_.size(), MSG_NOSIGNAL);
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        waiting_.erase(0, static_cast<std::size_t>(count));
        return true;
    }

    /// Passes the end on, once.
    void end(int to) {
        if (is_over() && !std::exchange(told_, true)) ::shutdown(to, SHUT_WR);
    }

private:
    static constexpr std::size_t capacity = 65536;
    std::string waiting_;
    bool ended_ = false;
    bool told_ = false;
};

short events(const Way& in, const Way& out) noexcept {
    return static_cast<short>((in.wants_to_read() ? POLLIN : 0) | (out.wants_to_write() ? POLLOUT : 0));
}

}  // namespace

struct Spreader::Connection {
    Connection(Descriptor its_client, Descriptor its_node) : client(std::move(its_client)), node(std::move(its_node)) {}

    Descriptor client;
    Descriptor node;
    Way forth;
    Way back;
    bool loses_answers = false;

    /// False: it is over.
    bool advance(short at_client, short at_node) {
        constexpr short readable = POLLIN | POLLHUP | POLLERR;
        if ((at_client & readable) != 0 && forth.wants_to_read() && !forth.read(client.get())) return false;
        if ((at_node & readable) != 0 && back.wants_to_read() && !back.read(node.get())) return false;
        if (loses_answers && back.wants_to_write()) return false;
        if (forth.wants_to_write() && !forth.write(node.get())) return false;
        if (back.wants_to_write() && !back.write(client.get())) return false;
        forth.end(node.get());
        back.end(client.get());
        // A client that hung up waits for nothing more.
        return !back.is_over() && ((at_client | at_node) & POLLERR) == 0 && (at_client & POLLHUP) == 0;
    }
};

Spreader::Spreader(std::vector<Backend> backends)
    : backends_(std::move(backends)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 128) != 0 ||
        ::getsockname(listener_.get(), generic, &size) != 0) {
        throw std::runtime_error("the spreader can't listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

Spreader::~Spreader() = default;

/// A loopback answers at once whether a server listens, so a blocking connect doesn't block.
Descriptor Spreader::dial() {
    for (std::size_t tries = 0; tries < backends_.size(); ++tries) {
        const Backend& backend = backends_[next_++ % backends_.size()];
        Descriptor node;
        backend.machine->run([&node] { node = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); });
        const sockaddr_in address = loopback(backend.port);
        const timeval patience{.tv_sec = 0, .tv_usec = 100000};  // a paused node's full backlog
        ::setsockopt(node.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (::connect(node.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) continue;
        ::fcntl(node.get(), F_SETFL, O_NONBLOCK);
        return node;
    }
    return Descriptor();
}

void Spreader::take() {
    Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client.is_open()) return;
    Descriptor node = dial();
    if (!node.is_open()) return;
    connections_.push_back(std::make_unique<Connection>(std::move(client), std::move(node)));
    const std::size_t one_of = loses_one_of_;
    connections_.back()->loses_answers = one_of > 0 && ++taken_ % one_of == 0;
}

void Spreader::serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::vector<pollfd> polled{{.fd = listener_.get(), .events = POLLIN, .revents = 0}};
        for (const auto& one : connections_) {
            polled.push_back({.fd = one->client.get(), .events = events(one->forth, one->back), .revents = 0});
            polled.push_back({.fd = one->node.get(), .events = events(one->back, one->forth), .revents = 0});
        }
        constexpr int look_for_stop_ms = 50;
        if (::poll(polled.data(), polled.size(), look_for_stop_ms) <= 0) continue;
        std::size_t at = 1;
        std::erase_if(connections_, [&](const auto& one) {
            const short at_client = polled[at].revents;
            const short at_node = polled[at + 1].revents;
            at += 2;
            return !one->advance(at_client, at_node);
        });
        if (polled.front().revents != 0) take();
    }
}

}  // namespace slo::test
