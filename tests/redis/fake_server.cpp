#include "fake_server.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace slo::test {
namespace {

/// Whether `descriptor` has something to read before `stop` has.
bool readable_before(int descriptor, int stop) {
    std::array<pollfd, 2> watched{{{descriptor, POLLIN, 0}, {stop, POLLIN, 0}}};
    while (::poll(watched.data(), watched.size(), -1) < 0) continue;
    return watched[1].revents == 0;
}

}  // namespace

FakeServer::FakeServer(std::vector<std::string> says, Then then) : says_(std::move(says)), then_(then) {
    std::string name = (std::filesystem::temp_directory_path() / "slo-fake-XXXXXX").string();
    std::array<int, 2> ends{};
    if (::mkdtemp(name.data()) == nullptr || ::pipe(ends.data()) != 0) throw std::runtime_error("no fake server");
    directory_ = name;
    path_ = directory_ / "socket";
    stop_read_ = ends[0];
    stop_write_ = ends[1];
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.string().copy(address.sun_path, sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 8) != 0) {
        throw std::runtime_error("no fake server");
    }
    thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
    ::close(stop_write_);
    thread_.join();
    ::close(stop_read_);
    ::close(listener_);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void FakeServer::serve() {
    while (readable_before(listener_, stop_read_)) {
        const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (peer < 0) continue;
        converse(peer);
        ::close(peer);
    }
}

void FakeServer::converse(int peer) const {
    std::size_t said = 0;
    std::array<char, 4096> asked{};
    while (readable_before(peer, stop_read_) && ::recv(peer, asked.data(), asked.size(), 0) > 0) {
        if (said < says_.size()) ::send(peer, says_[said].data(), says_[said].size(), MSG_NOSIGNAL);
        if (++said >= says_.size() && then_ == Then::close) return;
    }
}

}  // namespace slo::test
