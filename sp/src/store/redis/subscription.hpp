// A channel's messages, from any master. The loop's thread only.
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

/// Subscription connects to one of the masters, to another at each try: a message published at one of a Cluster's
/// reaches all of them. It reports a gap at every loss, at every failed try and at every beginning: a cache of its
/// messages is wrong for a second at most, once the loss is noticed.
class Subscription {
public:
    Subscription(EventLoop& loop, SubscriptionOptions options);
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    /// doubt: messages may not arrive from `master` any more; it begins anew, with another one if there are more.
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
