#include "subscription.hpp"

#include <utility>

#include "codec.hpp"

namespace slo::sp::redis {

Subscription::Subscription(EventLoop& loop, SubscriptionOptions options)
    : loop_(loop), options_(std::move(options)), retry_timer_(loop.make_timer()), ping_timer_(loop.make_timer()) {
    connect();
}

Subscription::~Subscription() {
    if (connection_) connection_->close();
}

void Subscription::doubt(const Address& master) {
    if (connection_ && options_.connection.address == master) connection_->lose({"its master is doubted"});
}

void Subscription::connect() {
    const auto masters = options_.masters();
    if (masters.empty()) return try_later();
    options_.connection.address = masters[next_++ % masters.size()];
    connection_ = std::make_shared<Connection>(
        loop_, options_.connection, [this] { subscribe(); }, [this](const Trouble&) { try_later(); });
    connection_->begin();
}

void Subscription::try_later() {
    if (connection_) loop_.retire(std::exchange(connection_, nullptr));
    ping_timer_->stop();
    options_.on_gap();
    retry_timer_->start(SteadyClock::now() + back_off_.next(random_), [this] { connect(); });
}

void Subscription::subscribe() {
    std::string octets;
    append_command(octets, {"SUBSCRIBE", options_.channel});
    connection_->listen(octets, [this](const Reply& reply) { hear(reply); });
    pong_awaited_ = true;  // the confirmation counts for one
    ping_timer_->start(SteadyClock::now() + options_.connection.patience, [this] { ping(); });
}

// ["subscribe", channel, count], ["message", channel, text], ["pong", ""].
void Subscription::hear(const Reply& reply) {
    const auto& parts = reply.elements;
    if (reply.kind != Reply::Kind::array || parts.empty()) {
        return connection_->lose({"it refuses the subscription: allow our user the channel and SUBSCRIBE"});
    }
    pong_awaited_ = false;
    if (parts.front().text == "subscribe") {
        back_off_.reset();
        // Messages published before this moment weren't received.
        options_.on_gap();
    } else if (parts.front().text == "message" && parts.size() == 3 && parts[1].text == options_.channel) {
        options_.on_message(parts[2].text);
    }
}

// A connection that is cut off would stay silent for ever.
void Subscription::ping() {
    if (std::exchange(pong_awaited_, true)) return connection_->lose({"it doesn't answer"});
    std::string octets;
    append_command(octets, {"PING"});
    connection_->tell(octets);
    ping_timer_->start(SteadyClock::now() + options_.connection.patience, [this] { ping(); });
}

}  // namespace slo::sp::redis
