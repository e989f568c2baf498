// One connection to one server: it greets, then answers come in the order of the questions. The loop's thread only.
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

/// Whom we want to talk to.
enum class Expected {
    master,  ///< else it is as if nobody were there
    anyone,
};

/// What a connection was lost for, in our own words.
struct Trouble {
    std::string text;
    /// Trying again won't help: an operator must do something.
    bool lasting = false;
};

struct ConnectionOptions {
    Address address;
    std::shared_ptr<TlsClient> tls = nullptr;
    Credentials credentials = {};
    Expected expected = Expected::master;
    std::chrono::milliseconds patience{2000};  ///< for connecting and greeting, and for the next octet of an answer
};

/// Some commands that are sent together, and who wants their replies.
struct Exchange {
    std::string octets;
    std::size_t reply_count = 1;
    /// Called once: with the replies, or with none where the connection was lost before all of them came.
    std::function<void(std::vector<Reply>)> done;
};

class Connection final : public std::enable_shared_from_this<Connection>, StreamListener {
public:
    Connection(EventLoop& loop, ConnectionOptions options, std::function<void()> on_ready,
               std::function<void(Trouble)> on_lost);
    void begin();
    [[nodiscard]] bool is_ready() const noexcept { return ready_; }
    void send(Exchange exchange);
    /// From now on `on_push` gets every reply, asked for or not: nothing may be at work. Sends `octets`.
    void listen(const std::string& octets, std::function<void(const Reply&)> on_push);
    /// Sends `octets`, whose replies go to on_push.
    void tell(const std::string& octets);
    /// Ends it: every exchange at work gets no replies, then on_lost is called.
    void lose(Trouble trouble);
    /// Ends it: every exchange at work gets no replies.
    void give_back();
    /// Ends it without a word to anybody.
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

/// Appends "AUTH", "CLIENT SETNAME" and "ROLE" as far as they are needed, and returns how many replies to expect.
[[nodiscard]] std::size_t append_greeting(std::string& octets, const Credentials& credentials, Expected expected);
/// Why the replies to the greeting are no good; none if they are.
[[nodiscard]] std::optional<Trouble> trouble_of_greeting(const std::vector<Reply>& replies,
                                                         const Credentials& credentials, Expected expected);

}  // namespace slo::sp::redis
