#include "connect_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace slo::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/// False where nothing more comes.
bool pass_on(int from, int to) {
    std::array<char, 4096> octets;
    const auto count = ::recv(from, octets.data(), octets.size(), 0);
    return count > 0 && ::send(to, octets.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
}

}  // namespace

ConnectProxy::ConnectProxy(std::uint16_t target_port, std::string reply, Afterwards afterwards)
    : target_port_(target_port),
      reply_(std::move(reply)),
      afterwards_(afterwards),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, generic, &size) != 0 || ::pipe(stop_) != 0) {
        throw std::runtime_error("no port for the test's proxy");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

ConnectProxy::~ConnectProxy() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
    ::close(listener_);
}

std::vector<std::string> ConnectProxy::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void ConnectProxy::serve() {
    while (true) {
        std::array<pollfd, 2> ready{pollfd{.fd = listener_, .events = POLLIN, .revents = 0},
                                    pollfd{.fd = stop_[0], .events = POLLIN, .revents = 0}};
        ::poll(ready.data(), ready.size(), -1);
        if (ready[1].revents != 0) return;
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) return;
        attend(client);
        ::close(client);
    }
}

void ConnectProxy::attend(int client) {
    std::string head;
    for (char octet = 0; !head.ends_with("\r\n\r\n"); head += octet) {
        if (::recv(client, &octet, 1, 0) != 1) return;
    }
    {
        const std::lock_guard lock(mutex_);
        requests_.push_back(head);
    }
    ::send(client, reply_.data(), reply_.size(), MSG_NOSIGNAL);
    const bool is_open = reply_.starts_with("HTTP/1.1 2") && reply_.ends_with("\r\n\r\n");
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in target = loopback(target_port_);
    if (is_open) ::connect(server, reinterpret_cast<const sockaddr*>(&target), sizeof target);
    std::array<pollfd, 3> ready{pollfd{.fd = client, .events = POLLIN, .revents = 0},
                                pollfd{.fd = is_open ? server : -1, .events = POLLIN, .revents = 0},
                                pollfd{.fd = stop_[0], .events = POLLIN, .revents = 0}};
    const bool drips = !is_open && afterwards_ == Afterwards::one_octet_after_the_other;
    while (::poll(ready.data(), ready.size(), drips ? 1 : -1) >= 0 && ready[2].revents == 0) {
        if (drips && ::send(client, "x", 1, MSG_NOSIGNAL) != 1) break;
        if (ready[0].revents != 0 && !pass_on(client, server)) break;
        if (ready[1].revents != 0 && !pass_on(server, client)) break;
    }
    ::close(server);
}

}  // namespace slo::test
