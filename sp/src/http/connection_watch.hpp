// The deadlines of all connections of one io_context, watched by one timer.
//
// A deadline is a time stamp that the timer checks some times a second. Setting it is a store, while re-arming a
// timer for every request costs about 2 us, a quarter of what the server spends on one. Timeouts come
// up to a tick late.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <unordered_set>

namespace slo::sp {

class Watched {
public:
    using Time = std::chrono::steady_clock::time_point;

    virtual ~Watched() = default;
    [[nodiscard]] virtual Time deadline() const noexcept = 0;
    /// The deadline has passed.
    virtual void expire() noexcept = 0;
    /// The server stops: end now unless a request is at work.
    virtual void end_if_idle() noexcept = 0;
    /// end_now: the server has stopped waiting; end the request at work as if its time had run out.
    virtual void end_now() noexcept = 0;
};

/// ConnectionWatch is used from its io_context's thread only.
class ConnectionWatch {
public:
    ConnectionWatch(boost::asio::io_context& io, std::chrono::milliseconds tick) : timer_(io), tick_(tick) {}

    void add(Watched& connection) {
        if (!ticking_) tick();
        connections_.insert(&connection);
    }

    void remove(Watched& connection) noexcept {
        connections_.erase(&connection);
        if (draining_) stop_if_empty();
    }

    void drain(std::chrono::milliseconds timeout) noexcept {
        draining_ = true;
        drained_by_ = std::chrono::steady_clock::now() + timeout;
        for (auto* connection : connections_) connection->end_if_idle();
        stop_if_empty();
    }
    [[nodiscard]] bool draining() const noexcept { return draining_; }

    /// resume goes on after an exception left the io_context's run().
    void resume() {
        if (!ticking_ && !connections_.empty()) tick();
    }

private:
    /// stop_if_empty lets run() return at once instead of after the next tick.
    void stop_if_empty() noexcept {
        if (!connections_.empty()) return;
        timer_.cancel();
        ticking_ = false;
    }

    void tick() {
        timer_.expires_after(tick_);
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            ticking_ = false;
            sweep();
            if (!connections_.empty()) tick();
        });
        ticking_ = true;
    }

    void sweep() noexcept {
        const auto now = std::chrono::steady_clock::now();
        const bool over = draining_ && now >= drained_by_;
        // Neither call ends a connection at once: they post, so the set stays as it is.
        for (auto* connection : connections_) {
            if (over) {
                connection->end_now();
            } else if (now >= connection->deadline()) {
                connection->expire();
            }
        }
    }

    boost::asio::steady_timer timer_;
    std::chrono::milliseconds tick_;
    std::unordered_set<Watched*> connections_;
    Watched::Time drained_by_{};
    bool ticking_ = false;
    bool draining_ = false;
};

}  // namespace slo::sp
