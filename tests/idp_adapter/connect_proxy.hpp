// A proxy that makes tunnels to one port of 127.0.0.1, whatever it's asked for.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace slo::test {

class ConnectProxy {
public:
    /// The octets after a reply that makes no tunnel, until the client goes.
    enum class Afterwards { nothing, one_octet_after_the_other };

    /// `reply` is said to CONNECT. A tunnel is made where it begins with "HTTP/1.1 2" and is a whole head.
    explicit ConnectProxy(std::uint16_t target_port, std::string reply = "HTTP/1.1 200 Connection established\r\n\r\n",
                          Afterwards afterwards = Afterwards::nothing);
    ~ConnectProxy();
    ConnectProxy(const ConnectProxy&) = delete;
    ConnectProxy& operator=(const ConnectProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// The heads of what it was asked.
    [[nodiscard]] std::vector<std::string> requests() const;

private:
    void serve();
    void attend(int client);

    const std::uint16_t target_port_;
    const std::string reply_;
    const Afterwards afterwards_;
    int listener_ = -1;
    int stop_[2] = {-1, -1};
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

}  // namespace slo::test
