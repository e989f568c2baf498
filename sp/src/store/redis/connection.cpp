#include "connection.hpp"

#include <utility>

namespace slo::sp::redis {
namespace {

constexpr std::size_t gathered_octets = 256 * 1024;  // per write; the rest waits for the next

std::string with_code(std::string text, const Reply& reply) {
    const std::string_view code = error_code(reply);
    return code.empty() ? text : std::move(text) + " (" + std::string(code) + ")";
}

bool is_master(const Reply& role) {
    return role.kind == Reply::Kind::array && !role.elements.empty() && role.elements.front().text == "master";
}

}  // namespace

std::size_t append_greeting(std::string& octets, const Credentials& credentials, Expected expected) {
    std::size_t count = 1;
    if (!credentials.password.empty()) {
        ++count;
        if (credentials.user.empty()) {
            append_command(octets, {"AUTH", credentials.password});
        } else {
            append_command(octets, {"AUTH", credentials.user, credentials.password});
        }
    }
    append_command(octets, {"CLIENT", "SETNAME", "slo"});
    if (expected == Expected::master) {
        ++count;
        append_command(octets, {"ROLE"});
    }
    return count;
}

std::optional<Trouble> trouble_of_greeting(const std::vector<Reply>& replies, const Credentials& credentials,
                                           Expected expected) {
    if (!credentials.password.empty() && replies.front().is_error()) {
        const bool loading = error_code(replies.front()) == "LOADING";
        return Trouble{
            with_code("it refuses our user and password", replies.front()) + ": check both, and the server's ACL",
            !loading};
    }
    // A server without a password has no objection to the name; whether ours has one shows here, too.
    const Reply& name = replies[credentials.password.empty() ? 0 : 1];
    if (error_code(name) == "NOAUTH") return Trouble{"it wants a password (NOAUTH): configure user and password", true};
    if (expected == Expected::anyone || is_master(replies.back())) return std::nullopt;
    if (!replies.back().is_error()) return Trouble{"it is no master: name the master, or use Sentinels or a Cluster"};
    const std::string_view code = error_code(replies.back());
    return Trouble{with_code("it doesn't tell its ROLE", replies.back()), code == "NOPERM"};
}

Connection::Connection(EventLoop& loop, ConnectionOptions options, std::function<void()> on_ready,
                       std::function<void(Trouble)> on_lost)
    : loop_(loop),
      options_(std::move(options)),
      on_ready_(std::move(on_ready)),
      on_lost_(std::move(on_lost)),
      timer_(loop.make_timer()) {}

void Connection::begin() {
    heard_ = SteadyClock::now();
    watch();
    stream_ = loop_.connect(options_.address, options_.tls, *this);
}

void Connection::send(Exchange exchange) {
    if (ended_) return exchange.done({});
    enqueue(std::move(exchange));
}

void Connection::listen(const std::string& octets, std::function<void(const Reply&)> on_push) {
    on_push_ = std::move(on_push);
    tell(octets);
}

void Connection::tell(const std::string& octets) {
    if (ended_) return;
    unsent_ += octets;
    schedule_flush();
}

// Memory may run out. An exchange whose octets weren't sent, or octets without their exchange, would give a caller the
// reply to another question.
void Connection::enqueue(Exchange exchange) {
    if (exchanges_.empty()) heard_ = SteadyClock::now();
    const std::string octets = std::move(exchange.octets);
    unsent_.reserve(unsent_.size() + octets.size());
    exchanges_.push_back(std::move(exchange));
    unsent_ += octets;
    watch();
    schedule_flush();
}

// Deferred: requests of other callers in the same turn go into the same write.
void Connection::schedule_flush() {
    if (writing_ || flush_scheduled_ || unsent_.empty()) return;
    loop_.post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->flush();
    });
    flush_scheduled_ = true;  // not before: with no memory to post it, the next exchange tries again
}

void Connection::flush() {
    flush_scheduled_ = false;
    if (ended_ || writing_ || unsent_.empty()) return;
    writing_ = true;
    asked_ = exchanges_.size();
    if (unsent_.size() <= gathered_octets) return stream_->write(std::exchange(unsent_, {}));
    std::string head = unsent_.substr(0, gathered_octets);
    unsent_.erase(0, gathered_octets);
    stream_->write(std::move(head));
}

void Connection::on_open() {
    writing_ = false;
    greet();
}

void Connection::greet() {
    Exchange greeting;
    greeting.reply_count = append_greeting(greeting.octets, options_.credentials, options_.expected);
    greeting.done = [this](const std::vector<Reply>& replies) {
        if (!replies.empty()) judge_greeting(replies);
    };
    enqueue(std::move(greeting));
}

void Connection::judge_greeting(const std::vector<Reply>& replies) {
    if (auto trouble = trouble_of_greeting(replies, options_.credentials, options_.expected)) {
        return lose(*std::move(trouble));
    }
    ready_ = true;
    on_ready_();
}

void Connection::on_written() {
    writing_ = false;
    flush();
}

void Connection::on_closed(std::string why) {
    lose({std::move(why)});
}

void Connection::on_octets(std::string_view octets) {
    const auto self = shared_from_this();  // an answer may make our owner release us
    heard_ = SteadyClock::now();
    reader_.feed(octets);
    while (!ended_) {
        auto reply = reader_.next();
        if (!reply) return lose({std::move(reply).error().detail});
        if (!*reply) return;
        if (on_push_) {
            on_push_(**reply);
        } else if (asked_ == 0) {
            return lose({"it answers what nobody asked"});
        } else {
            take(**std::move(reply));
        }
    }
}

void Connection::take(Reply reply) {
    replies_.push_back(std::move(reply));
    if (replies_.size() < exchanges_.front().reply_count) return;
    const Exchange answered = std::move(exchanges_.front());
    exchanges_.pop_front();
    --asked_;
    answered.done(std::exchange(replies_, {}));
}

void Connection::lose(Trouble trouble) {
    if (ended_) return;
    const auto self = shared_from_this();
    const auto on_lost = on_lost_;
    give_back();
    trouble.text = options_.address.str() + ": " + trouble.text;
    on_lost(std::move(trouble));
}

void Connection::give_back() {
    const auto unanswered = std::exchange(exchanges_, {});
    close();
    for (const Exchange& exchange : unanswered) exchange.done({});
}

void Connection::close() {
    ended_ = true;
    ready_ = false;
    exchanges_.clear();
    stream_.reset();
    timer_->stop();
}

void Connection::watch() {
    if (watching_) return;
    timer_->start(heard_ + options_.patience, [this] { check_patience(); });
    watching_ = true;
}

void Connection::check_patience() {
    watching_ = false;
    if (ready_ && exchanges_.empty()) return;
    if (heard_ + options_.patience > SteadyClock::now()) return watch();
    lose({"it doesn't answer"});
}

}  // namespace slo::sp::redis
