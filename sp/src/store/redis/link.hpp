// A connection to one server that is made again after each loss. The loop's thread only.
#pragma once

#include <functional>
#include <memory>
#include <random>

#include "back_off.hpp"
#include "connection.hpp"
#include "event_loop.hpp"

namespace slo::sp::redis {

class Link {
public:
    struct Events {
        std::function<void()> on_up;
        std::function<void(const Trouble&)> on_down;  ///< or couldn't be made
    };
    Link(EventLoop& loop, ConnectionOptions options, Events events);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    [[nodiscard]] bool is_up() const noexcept { return connection_ && connection_->is_ready(); }
    /// is_lost says, within on_down, whether there was a connection that served.
    [[nodiscard]] bool is_lost() const noexcept { return was_up_; }
    void send(Exchange exchange);
    /// drop gives the connection up and makes another.
    void drop(Trouble trouble);
    /// close ends it for good: exchanges at work get no replies, and no event comes.
    void close();

private:
    void connect();
    void on_lost(const Trouble& trouble);

    EventLoop& loop_;
    ConnectionOptions options_;
    Events events_;
    std::unique_ptr<Timer> timer_;
    std::shared_ptr<Connection> connection_;
    bool was_up_ = false;
    BackOff back_off_;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace slo::sp::redis
