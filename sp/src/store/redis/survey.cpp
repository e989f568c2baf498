#include "survey.hpp"

#include <algorithm>
#include <utility>

namespace slo::sp::redis {
namespace {

constexpr std::chrono::milliseconds shortest_interval{100};
constexpr std::chrono::milliseconds interval_in_doubt{250};

}  // namespace

Survey::Survey(EventLoop& loop, SurveyOptions options)
    : loop_(loop), options_(std::move(options)), timer_(loop.make_timer()) {}

Survey::~Survey() {
    if (connection_) connection_->close();
}

void Survey::doubt() {
    in_doubt_ = true;
    if (!busy_) schedule(begun_ + shortest_interval);
}

void Survey::schedule(Moment when) {
    timer_->start(std::max(when, SteadyClock::now()), [this] { begin_round(); });
    busy_ = true;
}

// Each round begins with another: one that is stale must not be asked for ever.
void Survey::begin_round() {
    begun_ = SteadyClock::now();
    to_ask_ = options_.candidates();
    if (!to_ask_.empty()) {
        const auto first = static_cast<std::ptrdiff_t>(rounds_++ % to_ask_.size());
        std::rotate(to_ask_.begin(), to_ask_.begin() + first, to_ask_.end());
    }
    std::ranges::reverse(to_ask_);
    ask_next();
}

void Survey::ask_next() {
    if (to_ask_.empty()) return end_round();
    asked_ = std::move(to_ask_.back());
    to_ask_.pop_back();
    options_.connection.address = asked_;
    connection_ = std::make_shared<Connection>(
        loop_, options_.connection, [this] { ask(); },
        [this](const Trouble& trouble) {
            options_.on_trouble(trouble);
            ask_next();
        });
    connection_->begin();
}

void Survey::ask() {
    Exchange exchange{.octets = options_.octets, .reply_count = 1, .done = {}};
    exchange.done = [this](const std::vector<Reply>& replies) {
        if (replies.empty()) return;  // on_trouble follows
        if (!options_.accept(replies.front(), asked_)) {
            return connection_->lose(
                {"its answer doesn't help" +
                 (error_code(replies.front()).empty() ? "" : " (" + std::string(error_code(replies.front())) + ")")});
        }
        to_ask_.clear();
        end_round();
    };
    connection_->send(std::move(exchange));
}

void Survey::end_round() {
    if (connection_) {
        connection_->close();
        loop_.retire(std::exchange(connection_, nullptr));
    }
    busy_ = false;
    if (in_doubt_) schedule(begun_ + interval_in_doubt);
}

}  // namespace slo::sp::redis
