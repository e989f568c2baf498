// A client that can be as rude as its test needs: raw blocking sockets, every octet chosen by the test.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace slo::test {

struct Answer {
    int status = 0;    ///< 0: none came
    std::string head;  ///< status line and fields
    std::string body;

    [[nodiscard]] bool has(std::string_view line) const { return head.find(line) != std::string::npos; }
};

class Client {
public:
    /// From 127.0.0.`last_octet`: all of 127.0.0.0/8 is this host, so that one test can be many peers.
    explicit Client(std::uint16_t port, std::uint8_t last_octet = 1)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        // Longer than anything takes that works, so that a broken server fails a test instead of hanging it.
        const timeval patience{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        const auto source = loopback(0, last_octet);
        ::bind(socket_, reinterpret_cast<const sockaddr*>(&source), sizeof source);
        connect(port);
    }
    Client(Client&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_), unread_(std::move(other.unread_)) {}
    Client& operator=(Client&&) = delete;
    ~Client() { close(); }

    [[nodiscard]] bool connected() const noexcept { return connected_; }
    [[nodiscard]] int native() const noexcept { return socket_; }

    void connect(std::uint16_t port) {
        const auto address = loopback(port, 1);
        connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }

    /// False: the server doesn't listen to us any more.
    bool send(std::string_view octets) {
        while (!octets.empty()) {
            const auto sent =
                again_if_interrupted([&] { return ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL); });
            if (sent <= 0) return false;
            octets.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// The next answer; status 0 where the connection ends first.
    Answer receive() {
        Answer answer;
        std::size_t end = 0;
        while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive_some()) return answer;
        }
        answer.head = unread_.substr(0, end + 2);
        unread_.erase(0, end + 4);
        const auto length = content_length(answer.head);
        while (unread_.size() < length) {
            if (!receive_some()) return answer;
        }
        answer.body = unread_.substr(0, length);
        unread_.erase(0, length);
        answer.status = std::atoi(answer.head.substr(9, 3).c_str());
        return answer;
    }

    Answer ask(std::string_view request) {
        send(request);
        return receive();
    }

    /// Whether the server closes in order, with nothing more to say. A reset doesn't count: it can destroy an answer.
    bool closed_by_server() {
        char octet = 0;
        return unread_.empty() && ::recv(socket_, &octet, 1, 0) == 0;
    }

    bool readable_within(std::chrono::milliseconds time) const {
        pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
        return ::poll(&wanted, 1, static_cast<int>(time.count())) > 0;
    }

    void finish_sending() { ::shutdown(socket_, SHUT_WR); }

    /// Closes with a reset instead of in order.
    void reset() {
        const linger none{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        close();
    }

    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }

private:
    static sockaddr_in loopback(std::uint16_t port, std::uint8_t last_octet) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~in_addr_t{0xff}) | last_octet);
        return address;
    }

    /// libFuzzer's alarm clock interrupts a call that has a time limit, whatever SA_RESTART says.
    template <class Call>
    static ssize_t again_if_interrupted(Call call) {
        while (true) {
            const ssize_t result = call();
            if (result >= 0 || errno != EINTR) return result;
        }
    }

    bool receive_some() {
        std::array<char, 4096> octets;
        const auto size = again_if_interrupted([&] { return ::recv(socket_, octets.data(), octets.size(), 0); });
        if (size <= 0) return false;
        unread_.append(octets.data(), static_cast<std::size_t>(size));
        return true;
    }

    static std::size_t content_length(const std::string& head) {
        constexpr std::string_view name = "\r\nContent-Length: ";
        const auto at = head.find(name);
        return at == std::string::npos ? 0 : static_cast<std::size_t>(std::atol(head.c_str() + at + name.size()));
    }

    int socket_;
    bool connected_ = false;
    std::string unread_;
};

}  // namespace slo::test
