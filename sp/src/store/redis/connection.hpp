// One connection to one server: it greets, then answers come in the order of the requests. The loop's thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "address.hpp"
#include "codec.hpp"
#include "event_loop.hpp"
#include "reply.hpp"

namespace slo::sp::redis {

struct Credentials {
    std::string user = {};
    std::string password = {};
};

/// Expected says which kind of server the connection is for.
enum class Expected {
    master,  ///< any other server counts as unreachable
    anyone,
};

/// Trouble says why a connection was lost, in our own words.
struct Trouble {
    std::string text;
    /// Whether another try won't help: an operator must act.
    bool lasting = false;
};

struct ConnectionOptions {
    Address address;
    std::shared_ptr<TlsClient> tls = nullptr;
    Credentials credentials = {};
    Expected expected = Expected::master;
    std::chrono::milliseconds patience{2000};  ///< for connecting and greeting, and for the next octet of an answer
};

/// Exchange is some commands that are sent together, and the function that gets their replies.
struct Exchange {
    std::string octets;
    std::size_t reply_count = 1;
    /// done is called once: with the replies, or with none if the connection was lost before all of them came.
    std::function<void(std::vector<Reply>)> done;
};

class Connection final : public std::enable_shared_from_this<Connection>, StreamListener {
public:
    Connection(EventLoop& loop, ConnectionOptions options, std::function<void()> on_ready,
               std::function<void(Trouble)> on_lost);
    void begin();
    [[nodiscard]] bool is_ready() const noexcept { return ready_; }
    void send(Exchange exchange);
    /// listen makes `on_push` get each reply from now on, requested or not; no exchange may be at work. Sends `octets`.
    void listen(const std::string& octets, std::function<void(const Reply&)> on_push);
    /// tell sends `octets`, whose replies go to on_push.
    void tell(const std::string& octets);
    /// lose ends it: every exchange at work gets no replies, then on_lost is called.
    void lose(Trouble trouble);
    /// give_back ends it: every exchange at work gets no replies.
    void give_back();
    /// close ends it and calls no function.
    void close();

private:
    void on_open() override;
    void on_octets(std::string_view octets) override;
    void on_written() override;
    void on_closed(std::string why) override;

    void greet();
    void judge_greeting(const std::vector<Reply>& replies);
    void enqueue(Exchange exchange);
    void schedule_flush();
    void flush();
    void take(Reply reply);
    void watch();
    void check_patience();

    EventLoop& loop_;
    ConnectionOptions options_;
    std::function<void()> on_ready_;
    std::function<void(Trouble)> on_lost_;
    std::function<void(const Reply&)> on_push_;
    std::unique_ptr<Stream> stream_;
    std::unique_ptr<Timer> timer_;
    ReplyReader reader_;
    std::deque<Exchange> exchanges_;  // in the order that their replies come in
    std::size_t asked_ = 0;           // how many of them have been handed to the stream
    std::vector<Reply> replies_;      // of the first of them, so far
    std::string unsent_;
    Moment heard_{};
    bool ready_ = false;
    bool ended_ = false;
    bool writing_ = true;  // until it is open
    bool flush_scheduled_ = false;
    bool watching_ = false;
};

/// Appends "AUTH", "CLIENT SETNAME" and "ROLE" as far as they are needed, and returns the number of replies.
[[nodiscard]] std::size_t append_greeting(std::string& octets, const Credentials& credentials, Expected expected);
/// Returns what is wrong with the replies to the greeting; std::nullopt if they are good.
[[nodiscard]] std::optional<Trouble> trouble_of_greeting(const std::vector<Reply>& replies,
                                                         const Credentials& credentials, Expected expected);

}  // namespace slo::sp::redis
