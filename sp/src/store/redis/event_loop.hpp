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

/// TlsClient is our side of TLS; shared by all connections.
struct TlsClient;
/// make_tls_client makes one. Errors: StoreErrc::store_unusable.
[[nodiscard]] Result<std::shared_ptr<TlsClient>> make_tls_client(const RedisTlsOptions& options);

/// Everything below is called on the loop's thread only, unless it says otherwise.

/// StreamListener gets a Stream's events. It may destroy the stream in any of these.
class StreamListener {
public:
    virtual ~StreamListener() = default;
    virtual void on_open() = 0;
    virtual void on_octets(std::string_view octets) = 0;
    virtual void on_written() = 0;
    /// on_closed is the last event. `why` comes from the local system or the TLS library, never from the peer.
    virtual void on_closed(std::string why) = 0;
};

/// Stream is one connection to a server. Its destructor closes it; no event comes afterwards.
class Stream {
public:
    virtual ~Stream() = default;
    /// write sends `octets`; one at a time: the next after on_written().
    virtual void write(std::string octets) = 0;
};

class Timer {
public:
    virtual ~Timer() = default;  ///< stops it
    /// start replaces what it was started for before.
    virtual void start(Moment when, std::function<void()> then) = 0;
    virtual void stop() = 0;
};

class EventLoop {
public:
    EventLoop();
    ~EventLoop();  ///< drops posted tasks that haven't run
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// post runs `act` on the loop's thread. Callable from any thread.
    void post(std::function<void()> act);
    /// stop ends the loop and waits for its thread. Callable from any thread.
    void stop();
    /// when_broken sets the call that follows an exception in the loop: memory ran out in the middle of an event, and
    /// which steps of it were done is unknown. If `begin_anew` throws too, it is called again.
    void when_broken(std::function<void()> begin_anew);

    [[nodiscard]] std::unique_ptr<Timer> make_timer();
    /// connect begins a connection; `tls` may be null. `listener` must outlive the stream.
    [[nodiscard]] std::unique_ptr<Stream> connect(const Address& address, std::shared_ptr<TlsClient> tls,
                                                  StreamListener& listener);

    /// retire keeps `object` alive until the present event is over: for objects destroyed by a function they called.
    void retire(std::shared_ptr<void> object);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    std::thread thread_;
};

}  // namespace slo::sp::redis
