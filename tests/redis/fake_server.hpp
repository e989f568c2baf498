// A server with scripted answers, whatever it is asked.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace slo::test {

inline const std::string a_masters_role = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
/// A master's answer to a client's greeting without a password.
inline const std::string a_masters_greeting = "+OK\r\n" + a_masters_role;

class FakeServer {
public:
    enum class Then { stay_silent, close };
    /// The answer to a command; may be empty. Called by the server's own thread.
    using Answer = std::function<std::string(const std::vector<std::string>& words)>;

    /// Answers the n-th time that octets come on a connection with `says[n]`, and nothing after the last. Listens at a
    /// Unix socket.
    explicit FakeServer(std::vector<std::string> says, Then then = Then::stay_silent);
    /// Answers each command, but for a client's greeting, which gets a master's. Listens at a loopback port.
    explicit FakeServer(Answer answer);
    ~FakeServer();
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    [[nodiscard]] const std::string& address() const { return address_; }

private:
    struct Peer {
        std::size_t said = 0;
        std::string unread;  // of a command that isn't complete
    };

    void start();
    void serve();
    [[nodiscard]] bool hear(int descriptor, Peer& peer) const;
    static void say(int descriptor, const std::string& text);

    std::vector<std::string> says_;
    Then then_ = Then::stay_silent;
    Answer answer_;
    std::filesystem::path directory_;  // empty for a port
    std::string address_;
    int listener_ = -1;
    int stop_read_ = -1;
    int stop_write_ = -1;
    std::map<int, Peer> peers_;
    std::thread thread_;
};

/// A loopback address at which no server listens, and none will as long as this lives.
class DeafPort {
public:
    DeafPort();
    ~DeafPort();
    DeafPort(const DeafPort&) = delete;
    DeafPort& operator=(const DeafPort&) = delete;

    [[nodiscard]] const std::string& address() const { return address_; }

private:
    int descriptor_ = -1;
    std::string address_;
};

}  // namespace slo::test
