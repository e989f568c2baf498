// The only translation unit of the client that includes Asio: it costs half a minute to compile.
#include "event_loop.hpp"

#include <fcntl.h>

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "tls_client.hpp"

namespace slo::sp::redis {

namespace asio = boost::asio;
using asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Protocol = asio::generic::stream_protocol;
using Socket = asio::basic_stream_socket<Protocol, Executor>;
using Resolver = asio::ip::basic_resolver<tcp, Executor>;
using WaitableTimer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
using Error = boost::system::error_code;

struct TlsClient {
    std::shared_ptr<const idp_adapter::TlsClientContext> policy;
    asio::ssl::context context{policy->counted_once_more()};
    std::string server_name;
};

Result<std::shared_ptr<TlsClient>> make_tls_client(const RedisTlsOptions& options) {
    auto policy = idp_adapter::TlsClientContext::make(tls_policy(options));
    if (!policy) return std::move(policy).error();
    return std::shared_ptr<TlsClient>(new TlsClient{.policy = *std::move(policy), .server_name = options.server_name});
}

namespace {

constexpr std::size_t read_octets = 64 * 1024;

/// A child process of the host mustn't inherit our sockets.
void close_on_exec(int descriptor) noexcept {
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

/// SharedStream is what Asio's handlers hold: it outlives the Stream until the last of them has run.
class SharedStream : public std::enable_shared_from_this<SharedStream> {
public:
    SharedStream(asio::io_context& io, Address address, std::shared_ptr<TlsClient> tls, StreamListener& listener)
        : listener_(&listener), address_(std::move(address)), tls_(std::move(tls)), resolver_(io), socket_(io) {}

    void begin() {
        if (address_.is_unix()) {
            endpoints_.emplace_back(asio::local::stream_protocol::endpoint(address_.path));
            return connect_next({});
        }
        Error error;
        const auto numeric = asio::ip::make_address(address_.host, error);
        if (!error) {
            endpoints_.emplace_back(tcp::endpoint(numeric, address_.port));
            return connect_next({});
        }
        resolver_.async_resolve(address_.host, std::to_string(address_.port),
                                [self = shared_from_this()](Error resolving, const tcp::resolver::results_type& found) {
                                    if (self->listener_ == nullptr) return;
                                    if (resolving) return self->close(resolving.message());
                                    for (const auto& one : found) self->endpoints_.emplace_back(one.endpoint());
                                    self->connect_next({});
                                });
    }

    void write(std::string octets) {
        written_ = std::move(octets);
        const auto done = [self = shared_from_this()](Error error, std::size_t) {
            if (self->listener_ == nullptr) return;
            if (error) return self->close(error.message());
            self->listener_->on_written();
        };
        if (secured_) {
            asio::async_write(*secured_, asio::buffer(written_), done);
        } else {
            asio::async_write(socket_, asio::buffer(written_), done);
        }
    }

    /// After this the listener gets no event.
    void forget() noexcept {
        listener_ = nullptr;
        Error ignored;
        socket_.close(ignored);
        try {
            resolver_.cancel();
        } catch (...) {
            // Without memory for that, a look-up goes on, and its end is ignored.
        }
    }

private:
    void connect_next(const Error& last) {
        if (listener_ == nullptr) return;
        if (next_ == endpoints_.size()) return close(last ? last.message() : "the name has no address");
        const Protocol::endpoint endpoint = endpoints_[next_++];
        Error error;
        socket_.close(error);
        socket_.open(endpoint.protocol(), error);
        if (error) return connect_next(error);
        close_on_exec(socket_.native_handle());
        socket_.async_connect(endpoint, [self = shared_from_this()](Error connecting) {
            if (self->listener_ == nullptr) return;
            if (connecting) return self->connect_next(connecting);
            self->on_connected();
        });
    }

    void on_connected() {
        Error ignored;
        if (!address_.is_unix()) {
            socket_.set_option(tcp::no_delay(true), ignored);
            socket_.set_option(Socket::keep_alive(true), ignored);
        }
        if (!tls_) return on_ready();
        secured_.emplace(socket_, tls_->context);
        const std::string& name = tls_->server_name.empty() ? address_.host : tls_->server_name;
        if (auto expected = idp_adapter::expect_server(secured_->native_handle(), tls_->policy->options(), name);
            !expected) {
            return close(expected.error().detail);
        }
        secured_->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](Error error) {
            if (self->listener_ == nullptr) return;
            if (error) return self->close("TLS: " + error.message());
            self->on_ready();
        });
    }

    void on_ready() {
        listener_->on_open();
        read();
    }

    void read() {
        if (listener_ == nullptr) return;
        const auto done = [self = shared_from_this()](Error error, std::size_t count) {
            if (self->listener_ == nullptr) return;
            if (error) return self->close(error == asio::error::eof ? "the server closed it" : error.message());
            self->listener_->on_octets({self->read_.data(), count});
            self->read();
        };
        if (secured_) {
            secured_->async_read_some(asio::buffer(read_), done);
        } else {
            socket_.async_read_some(asio::buffer(read_), done);
        }
    }

    void close(std::string why) {
        StreamListener* const listener = std::exchange(listener_, nullptr);
        forget();
        if (listener != nullptr) listener->on_closed(std::move(why));
    }

    StreamListener* listener_;
    Address address_;
    std::shared_ptr<TlsClient> tls_;
    Resolver resolver_;
    std::vector<Protocol::endpoint> endpoints_;
    std::size_t next_ = 0;
    Socket socket_;
    std::optional<asio::ssl::stream<Socket&>> secured_;
    std::string written_;
    std::array<char, read_octets> read_{};
};

class AsioStream final : public Stream {
public:
    explicit AsioStream(std::shared_ptr<SharedStream> shared) : shared_(std::move(shared)) {}
    ~AsioStream() override { shared_->forget(); }
    AsioStream(const AsioStream&) = delete;
    AsioStream& operator=(const AsioStream&) = delete;
    void write(std::string octets) override { shared_->write(std::move(octets)); }

private:
    std::shared_ptr<SharedStream> shared_;
};

class AsioTimer final : public Timer {
public:
    explicit AsioTimer(asio::io_context& io) : shared_(std::make_shared<Shared>(io)) {}
    ~AsioTimer() override { stop(); }
    AsioTimer(const AsioTimer&) = delete;
    AsioTimer& operator=(const AsioTimer&) = delete;

    void start(Moment when, std::function<void()> then) override {
        shared_->then = std::move(then);
        shared_->timer.expires_at(when);
        // A handler that was already on its way when the timer was started anew comes without an error.
        shared_->timer.async_wait([shared = shared_, round = ++shared_->round](Error error) {
            if (error || round != shared->round || !shared->then) return;
            const auto act = std::exchange(shared->then, nullptr);
            act();
        });
    }
    void stop() override {
        shared_->then = nullptr;
        ++shared_->round;
        shared_->timer.cancel();
    }

private:
    struct Shared {
        explicit Shared(asio::io_context& io) : timer(io) {}
        WaitableTimer timer;
        std::function<void()> then;
        std::uint64_t round = 0;
    };
    std::shared_ptr<Shared> shared_;
};

}  // namespace

struct EventLoop::Impl {
    void begin_anew() noexcept;

    asio::io_context io{1};
    asio::executor_work_guard<Executor> work = asio::make_work_guard(io);
    std::function<void()> when_broken = [] {};
};

void EventLoop::Impl::begin_anew() noexcept {
    while (!io.stopped()) {
        try {
            return when_broken();
        } catch (...) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));  // nothing here works before there is memory
        }
    }
}

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {
    thread_ = std::thread([this]() noexcept {
        for (;;) {
            try {
                impl_->io.run();
                return;
            } catch (...) {
                impl_->begin_anew();
            }
        }
    });
}

EventLoop::~EventLoop() {
    stop();
}

void EventLoop::post(std::function<void()> act) {
    asio::post(impl_->io, std::move(act));
}

void EventLoop::stop() {
    impl_->io.stop();
    if (thread_.joinable()) thread_.join();
}

void EventLoop::when_broken(std::function<void()> begin_anew) {
    impl_->when_broken = std::move(begin_anew);
}

std::unique_ptr<Timer> EventLoop::make_timer() {
    return std::make_unique<AsioTimer>(impl_->io);
}

std::unique_ptr<Stream> EventLoop::connect(const Address& address, std::shared_ptr<TlsClient> tls,
                                           StreamListener& listener) {
    auto shared =
        std::make_shared<SharedStream>(impl_->io, address, address.is_unix() ? nullptr : std::move(tls), listener);
    auto stream = std::make_unique<AsioStream>(shared);
    // Deferred: the caller doesn't hold the stream yet that the event would be about.
    asio::post(impl_->io, [shared = std::move(shared)] { shared->begin(); });
    return stream;
}

void EventLoop::retire(std::shared_ptr<void> object) {
    post([object = std::move(object)] { static_cast<void>(object); });
}

}  // namespace slo::sp::redis
