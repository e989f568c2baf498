#include "link.hpp"

#include <utility>

namespace slo::sp::redis {

Link::Link(EventLoop& loop, ConnectionOptions options, Events events)
    : loop_(loop), options_(std::move(options)), events_(std::move(events)), timer_(loop.make_timer()) {
    connect();
}

Link::~Link() {
    if (connection_) connection_->close();
}

void Link::close() {
    timer_->stop();
    if (!connection_) return;
    connection_->give_back();
    loop_.retire(std::exchange(connection_, nullptr));
}

void Link::connect() {
    const auto on_up = [this] {
        back_off_.reset();
        was_up_ = true;
        events_.on_up();
    };
    was_up_ = false;
    connection_ =
        std::make_shared<Connection>(loop_, options_, on_up, [this](const Trouble& trouble) { on_lost(trouble); });
    connection_->begin();
}

void Link::send(Exchange exchange) {
    if (!is_up()) return exchange.done({});
    connection_->send(std::move(exchange));
}

void Link::drop(Trouble trouble) {
    if (connection_) connection_->lose(std::move(trouble));
}

void Link::on_lost(const Trouble& trouble) {
    connection_.reset();
    timer_->start(SteadyClock::now() + back_off_.next(random_), [this] { connect(); });
    events_.on_down(trouble);
}

}  // namespace slo::sp::redis
