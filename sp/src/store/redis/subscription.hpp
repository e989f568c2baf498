// A channel's messages, from whichever master. The loop's thread only.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "back_off.hpp"
#include "connection.hpp"

namespace slo::sp::redis {

struct SubscriptionOptions {
    ConnectionOptions connection;  ///< without its address
    std::string channel;
    std::function<void(std::string_view)> on_message;
    std::function<void()> on_gap;
    std::function<std::vector<Address>()> masters;
};

/// Subscription connects to one of the masters, to another at each try: what is published at one of a Cluster's is
/// heard at all of them. It tells of a gap at every loss, at every try that fails and at every beginning: whoever keeps
/// what he was told keeps it wrongly for a second at most, once the loss is noticed.
class Subscription {
public:
    Subscription(EventLoop& loop, SubscriptionOptions options);
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    /// What is published may not arrive from `master` any more: begins anew, with another where there are more.
    void doubt(const Address& master);

private:
    void connect();
    void subscribe();
    void hear(const Reply& reply);
    void ping();
    void try_later();

    EventLoop& loop_;
    SubscriptionOptions options_;
    std::unique_ptr<Timer> retry_timer_;
    std::unique_ptr<Timer> ping_timer_;
    std::shared_ptr<Connection> connection_;
    std::size_t next_ = 0;
    bool pong_awaited_ = false;
    BackOff back_off_;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace slo::sp::redis
