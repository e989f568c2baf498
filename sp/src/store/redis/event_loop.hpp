// The client's one thread: sockets, TLS, names and timers. Hides Asio, which only event_loop.cpp includes.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "address.hpp"
#include "slo/saml/result.hpp"
#include "slo/sp/redis_session_store.hpp"

namespace slo::sp::redis {

using SteadyClock = std::chrono::steady_clock;
using Moment = SteadyClock::time_point;

/// What our side of TLS needs; shared by all connections.
struct TlsClient;
/// Errors: StoreErrc::store_unusable.
[[nodiscard]] Result<std::shared_ptr<TlsClient>> make_tls_client(const RedisTlsOptions& options);

/// Everything below is called on the loop's thread only, unless it says otherwise.

/// StreamListener hears what becomes of a Stream. It may destroy the stream in any of these.
class StreamListener {
public:
    virtual ~StreamListener() = default;
    virtual void on_open() = 0;
    virtual void on_octets(std::string_view octets) = 0;
    virtual void on_written() = 0;
    /// The last event. `why` is the local system's or the TLS library's word, never the peer's.
    virtual void on_closed(std::string why) = 0;
};

/// Stream is one connection to a server. Destroying it closes it; nothing is heard of it afterwards.
class Stream {
public:
    virtual ~Stream() = default;
    /// One at a time: the next after on_written().
    virtual void write(std::string octets) = 0;
};

class Timer {
public:
    virtual ~Timer() = default;  ///< stops it
    /// Replaces what it was started for before.
    virtual void start(Moment when, std::function<void()> then) = 0;
    virtual void stop() = 0;
};

class EventLoop {
public:
    EventLoop();
    ~EventLoop();  ///< what is posted and not done yet is dropped
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// From any thread: runs `act` on the loop's thread.
    void post(std::function<void()> act);
    /// From any thread: ends the loop and waits for its thread.
    void stop();
    /// `begin_anew` is called when something was thrown through the loop: memory ran out in the middle of an event, and
    /// nobody knows what is half done. Where it throws itself, it is called again.
    void when_broken(std::function<void()> begin_anew);

    [[nodiscard]] std::unique_ptr<Timer> make_timer();
    /// Begins to connect; `tls` may be null. `listener` must outlive the stream.
    [[nodiscard]] std::unique_ptr<Stream> connect(const Address& address, std::shared_ptr<TlsClient> tls,
                                                  StreamListener& listener);

    /// Lets `object` live until the present event is over: for whoever is destroyed by what he called.
    void retire(std::shared_ptr<void> object);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    std::thread thread_;
};

}  // namespace slo::sp::redis
