#include "fake_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <utility>

namespace slo::test {
namespace {

struct BoundPort {
    int descriptor;
    std::string address;
};

BoundPort bind_a_port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(descriptor, any, length) != 0 || ::getsockname(descriptor, any, &length) != 0) {
        throw std::runtime_error("no port for a fake server");
    }
    return {descriptor, "127.0.0.1:" + std::to_string(ntohs(address.sin_port))};
}

int bind_a_socket(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("no socket for a fake server");
    }
    return descriptor;
}

/// "*2\r\n" or "$3\r\n" at the beginning of `octets`: the number, and where the content begins.
std::optional<std::pair<std::size_t, std::size_t>> counted(const std::string& octets, std::size_t at) {
    const std::size_t end = octets.find("\r\n", at);
    if (end == std::string::npos) return std::nullopt;
    return std::pair{std::strtoull(octets.c_str() + at + 1, nullptr, 10), end + 2};
}

/// Takes a command off the front of `octets`; std::nullopt if it isn't complete.
std::optional<std::vector<std::string>> take_command(std::string& octets) {
    auto place = counted(octets, 0);
    if (!place) return std::nullopt;
    std::vector<std::string> words;
    for (std::size_t left = place->first; left > 0; --left) {
        place = counted(octets, place->second);
        if (!place || octets.size() < place->second + place->first + 2) return std::nullopt;
        words.push_back(octets.substr(place->second, place->first));
        place->second += place->first + 2;
    }
    octets.erase(0, place->second);
    return words;
}

}  // namespace

FakeServer::FakeServer(std::vector<std::string> says, Then then) : says_(std::move(says)), then_(then) {
    std::string name = (std::filesystem::temp_directory_path() / "slo-fake-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory for a fake server");
    directory_ = name;
    address_ = "unix:" + (directory_ / "socket").string();
    listener_ = bind_a_socket(directory_ / "socket");
    start();
}

FakeServer::FakeServer(Answer answer) : answer_(std::move(answer)) {
    BoundPort port = bind_a_port();
    listener_ = port.descriptor;
    address_ = std::move(port.address);
    start();
}

void FakeServer::start() {
    std::array<int, 2> ends{};
    if (::listen(listener_, 8) != 0 || ::pipe(ends.data()) != 0) throw std::runtime_error("no fake server");
    stop_read_ = ends[0];
    stop_write_ = ends[1];
    thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
    ::close(stop_write_);
    thread_.join();
    ::close(stop_read_);
    ::close(listener_);
    for (const auto& peer : peers_) ::close(peer.first);
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

void FakeServer::serve() {
    while (true) {
        std::vector<pollfd> watched{{stop_read_, POLLIN, 0}, {listener_, POLLIN, 0}};
        for (const auto& peer : peers_) watched.push_back({peer.first, POLLIN, 0});
        if (::poll(watched.data(), watched.size(), -1) < 0) continue;
        if (watched[0].revents != 0) return;
        for (std::size_t i = 2; i < watched.size(); ++i) {
            if (watched[i].revents == 0 || hear(watched[i].fd, peers_[watched[i].fd])) continue;
            ::close(watched[i].fd);
            peers_.erase(watched[i].fd);
        }
        if (watched[1].revents == 0) continue;
        if (const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); peer >= 0) peers_[peer] = {};
    }
}

/// Reads once; whether it goes on.
bool FakeServer::hear(int descriptor, Peer& peer) const {
    std::array<char, 4096> octets{};
    const ssize_t count = ::recv(descriptor, octets.data(), octets.size(), 0);
    if (count <= 0) return false;
    if (!answer_) {
        if (peer.said < says_.size()) say(descriptor, says_[peer.said]);
        return ++peer.said < says_.size() || then_ == Then::stay_silent;
    }
    peer.unread.append(octets.data(), static_cast<std::size_t>(count));
    while (const auto words = take_command(peer.unread)) {
        if (words->front() == "CLIENT") {
            say(descriptor, "+OK\r\n");
        } else if (words->front() == "ROLE") {
            say(descriptor, a_masters_role);
        } else {
            say(descriptor, answer_(*words));
        }
    }
    return true;
}

void FakeServer::say(int descriptor, const std::string& text) {
    ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
}

DeafPort::DeafPort() {
    BoundPort port = bind_a_port();
    descriptor_ = port.descriptor;
    address_ = std::move(port.address);
}

DeafPort::~DeafPort() {
    ::close(descriptor_);
}

}  // namespace slo::test
