// A plain TCP spreader in front of the nodes: each connection goes to the next node that accepts it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "network.hpp"

namespace slo::test {

/// A node's port on a machine's loopback.
struct Backend {
    std::shared_ptr<const Machine> machine;
    std::uint16_t port;
};

/// Spreader listens on 127.0.0.1 where it was made, and passes octets on in a thread of its own. It knows nothing of
/// health: a node that is dead refuses connections, one that is paused takes them and doesn't answer. It can be told to
/// lose answers.
class Spreader {
public:
    /// Throws std::runtime_error if it can't listen.
    explicit Spreader(std::vector<Backend> backends);
    ~Spreader();
    Spreader(const Spreader&) = delete;
    Spreader& operator=(const Spreader&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// From now on one of so many new connections is cut when the node answers: the request is done.
    void lose_one_of(std::size_t connections) noexcept { loses_one_of_ = connections; }

private:
    struct Connection;
    void serve(const std::stop_token& stop);
    void take();
    [[nodiscard]] Descriptor dial();

    std::vector<Backend> backends_;
    std::size_t next_ = 0;
    std::size_t taken_ = 0;
    std::atomic<std::size_t> loses_one_of_ = 0;  // 0: none
    Descriptor listener_;
    std::uint16_t port_ = 0;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::jthread thread_;
};

}  // namespace slo::test
