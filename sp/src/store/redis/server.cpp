#include "server.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "codec.hpp"

namespace slo::sp::redis {
namespace {

constexpr std::size_t largest_batch = 256;

ConnectionOptions patient(ConnectionOptions options) {
    options.patience *= 2;  // WAIT may be silent until an operation's deadline
    return options;
}

void append_info(std::string& octets) {
    append_command(octets, {"INFO", "replication"});
}

std::optional<ReplicationInfo> info_in(const Reply& reply) {
    if (reply.kind != Reply::Kind::text) return std::nullopt;
    return parse_replication_info(reply.text);
}

std::string remedy_of_info(const Reply& reply) {
    return error_code(reply) == "NOPERM" ? "it doesn't tell INFO (NOPERM): allow it to our user"
                                         : "it doesn't tell INFO of its replication";
}

// WAIT must end before the deadlines, so that the callers still learn how many replicas had it. A server checks only
// ten times a second whether a WAIT is over.
std::chrono::milliseconds patience_of(const std::vector<OperationPtr>& batch) {
    Moment earliest = Moment::max();
    for (const auto& operation : batch) earliest = std::min(earliest, operation->deadline);
    const auto rest = std::chrono::floor<std::chrono::milliseconds>(earliest - SteadyClock::now());
    const auto margin = std::max(rest / 8, std::min(rest / 2, std::chrono::milliseconds(150)));
    return std::max(rest - margin, std::chrono::milliseconds(1));  // WAIT takes 0 for "for ever"
}

}  // namespace

Server::Server(EventLoop& loop, ServerOptions options, ServerListener& listener)
    : loop_(loop),
      options_(std::move(options)),
      listener_(listener),
      poll_timer_(loop.make_timer()),
      settling_timer_(loop.make_timer()),
      batch_timer_(loop.make_timer()),
      link_(std::make_unique<Link>(loop_, options_.connection, ordinary_events())) {
    if (keeps_lease()) {
        waiting_link_ = std::make_unique<Link>(loop_, patient(options_.connection), waiting_events());
    }
}

Link::Events Server::ordinary_events() {
    return {.on_up =
                [this] {
                    if (keeps_lease()) return poll();
                    listener_.on_ready(*this);
                },
            .on_down =
                [this](const Trouble& trouble) {
                    lease_.end();
                    poll_timer_->stop();
                    if (link_->is_lost()) listener_.on_lost(*this);
                    listener_.on_trouble(*this, trouble);
                }};
}

Link::Events Server::waiting_events() {
    return {.on_up = [this] { greet_waiting(); },
            .on_down =
                [this](const Trouble& trouble) {
                    waiting_greeted_ = false;
                    batch_at_work_ = false;
                    batch_timer_->stop();
                    settling_timer_->stop();
                    for (OperationPtr& operation : std::exchange(waiting_, {})) {
                        listener_.on_unanswered(std::move(operation));
                    }
                    if (waiting_link_->is_lost()) listener_.on_lost(*this);
                    listener_.on_trouble(*this, trouble);
                }};
}

bool Server::takes(const Operation& operation) const noexcept {
    const Moment now = SteadyClock::now();
    if (waits() && operation.wants_replicas()) {
        return waiting_link_->is_up() && waiting_greeted_ && reign_.is_settled(now);
    }
    return link_->is_up() && (!keeps_lease() || lease_.stands(now));
}

void Server::submit(OperationPtr operation) {
    if (!waits() || !operation->wants_replicas()) return send(std::move(operation));
    waiting_.push_back(std::move(operation));
    // Deferred: other operations of this turn share the WAIT.
    if (!batch_at_work_) {
        batch_timer_->start(SteadyClock::now(), [this] { send_batch(); });
        batch_at_work_ = true;
    }
}

void Server::send(OperationPtr operation) {
    Exchange exchange;
    exchange.reply_count = append_operation(exchange.octets, *operation);
    exchange.done = [this, operation = std::move(operation)](std::vector<Reply> replies) {
        // An answer of a master without a lease doesn't count: another may have taken its place.
        if (replies.empty() || (keeps_lease() && !lease_.stands(SteadyClock::now()))) {
            return listener_.on_unanswered(operation);
        }
        listener_.on_reply(*this, operation, {.reply = std::move(replies.back()), .replicas = 0});
    };
    link_->send(std::move(exchange));
}

void Server::distrust() {
    link_->drop({"it is no master any more"});
    if (waits()) waiting_link_->drop({"it is no master any more"});
}

void Server::close() {
    poll_timer_->stop();
    settling_timer_->stop();
    batch_timer_->stop();
    link_->close();
    if (waits()) waiting_link_->close();
    for (OperationPtr& operation : std::exchange(waiting_, {})) listener_.on_unanswered(std::move(operation));
}

void Server::poll() {
    Exchange exchange;
    append_info(exchange.octets);
    exchange.done = [this, asked = SteadyClock::now()](const std::vector<Reply>& replies) {
        if (!replies.empty()) judge_poll(replies, asked);
    };
    link_->send(std::move(exchange));
}

void Server::judge_poll(const std::vector<Reply>& replies, Moment asked) {
    const auto info = info_in(replies.front());
    if (!info) return link_->drop({remedy_of_info(replies.front()), error_code(replies.front()) == "NOPERM"});
    if (!info->is_master) return distrust();
    const Moment now = SteadyClock::now();
    const bool stood = lease_.stands(now);
    if (info->fresh_replicas >= options_.replicas) lease_.renew(asked);
    poll_timer_->start(std::max(asked + lease_poll, now), [this] { poll(); });
    if (!stood && lease_.stands(now)) return listener_.on_ready(*this);
    if (!lease_.stands(now)) {
        listener_.on_trouble(*this,
                             {address().str() + ": fewer replicas than `replicas` are connected and up to date: " +
                              "mend them, or configure fewer"});
    }
}

void Server::greet_waiting() {
    Exchange exchange;
    append_info(exchange.octets);
    exchange.done = [this](const std::vector<Reply>& replies) {
        if (replies.empty()) return;
        const auto info = info_in(replies.front());
        if (!info) return waiting_link_->drop({remedy_of_info(replies.front())});
        if (!info->is_master) return distrust();
        const Moment now = SteadyClock::now();
        reign_.observe(info->replication_id, now);
        waiting_greeted_ = true;
        if (reign_.is_settled(now)) return listener_.on_ready(*this);
        settling_timer_->start(reign_.settles(), [this] { listener_.on_ready(*this); });
    };
    waiting_link_->send(std::move(exchange));
}

// One WAIT counts for all that was sent before it on the connection; one INFO behind it shows that no other reign has
// begun.
void Server::send_batch() {
    batch_at_work_ = false;
    std::vector<OperationPtr> batch;
    while (!waiting_.empty() && batch.size() < largest_batch) {
        if (!waiting_.front()->finished) batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    if (batch.empty()) return;
    batch_at_work_ = true;
    Exchange exchange{.octets = {}, .reply_count = 2, .done = {}};
    for (const auto& operation : batch) exchange.reply_count += append_operation(exchange.octets, *operation);
    append_command(exchange.octets,
                   {"WAIT", std::to_string(options_.replicas), std::to_string(patience_of(batch).count())});
    append_info(exchange.octets);
    exchange.done = [this, batch = std::move(batch)](const std::vector<Reply>& replies) {
        judge_batch(batch, replies);
    };
    waiting_link_->send(std::move(exchange));
}

void Server::judge_batch(const std::vector<OperationPtr>& batch, const std::vector<Reply>& replies) {
    const auto unanswered = [&] {
        for (const auto& operation : batch) listener_.on_unanswered(operation);
    };
    if (replies.empty()) return unanswered();
    const auto info = info_in(replies.back());
    const Reply& waited = replies[replies.size() - 2];
    const bool same_reign = info && info->is_master && reign_.observe(info->replication_id, SteadyClock::now());
    if (!same_reign || waited.kind != Reply::Kind::integer || waited.integer < 0) {
        unanswered();
        return waiting_link_->drop({"its replication changed, or it doesn't tell"});
    }
    auto reply = replies.begin();
    for (const auto& operation : batch) {
        if (operation->redirection && operation->redirection->asking) ++reply;
        listener_.on_reply(*this, operation, {.reply = *reply++, .replicas = static_cast<unsigned>(waited.integer)});
    }
    send_batch();
}

}  // namespace slo::sp::redis
