// A server that says what it is told to, whatever it is asked. Listens at a Unix socket.
#pragma once

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace slo::test {

/// What a master answers to a client's greeting without a password.
inline const std::string a_masters_greeting = "+OK\r\n*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";

class FakeServer {
public:
    enum class Then { stay_silent, close };

    /// Answers the n-th time that octets come on a connection with `says[n]`, and nothing after the last.
    explicit FakeServer(std::vector<std::string> says, Then then = Then::stay_silent);
    ~FakeServer();
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    [[nodiscard]] std::string address() const { return "unix:" + path_.string(); }

private:
    void serve();
    void converse(int peer) const;

    std::vector<std::string> says_;
    Then then_;
    std::filesystem::path directory_;
    std::filesystem::path path_;
    int listener_ = -1;
    int stop_read_ = -1;
    int stop_write_ = -1;
    std::thread thread_;
};

}  // namespace slo::test
