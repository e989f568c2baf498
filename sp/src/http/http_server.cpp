// The server's translation unit with Asio and Beast: each such unit costs half a minute to compile.
#include "slo/sp/http_server.hpp"

#include <fcntl.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <memory>
#include <thread>

#include "admission.hpp"
#include "http_connection.hpp"
#include "slo/sp/server_error.hpp"
#include "tls_context.hpp"

namespace slo::sp {
namespace {

namespace asio = boost::asio;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr std::chrono::milliseconds accept_back_off{100};
constexpr std::size_t largest_header_limit = 60 * 1024;  // Beast's fields hold up to 64 KiB each, and throw beyond

/// Timeouts come at most a quarter late, and four times a second suffices for the long ones.
std::chrono::milliseconds tick_of(const HttpServerOptions& options) {
    const auto shortest = std::min({options.handshake_timeout, options.header_timeout, options.body_timeout,
                                    options.write_timeout, options.idle_timeout, options.drain_timeout});
    return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

/// A child process of the host mustn't inherit our sockets.
void close_on_exec(int descriptor) noexcept {
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

/// One thread's share: an io_context and the connections in it.
class Worker {
public:
    explicit Worker(std::chrono::milliseconds tick) : watch(io, tick), work_(asio::make_work_guard(io)) {}

    /// Returns when drained. An exception through the event loop ends one connection, not the loop; `resume` begins
    /// again the other coroutines that it may have ended.
    template <class Resume>
    void run(std::atomic<std::uint64_t>& failures, Resume resume) noexcept {
        for (;;) {
            try {
                watch.resume();
                resume();
                io.run();
                if (!std::exchange(interrupted_, false)) return;
                io.restart();
            } catch (...) {
                ++failures;
            }
        }
    }

    /// From its own thread: has run() resume.
    void interrupt() noexcept {
        interrupted_ = true;
        io.stop();
    }

    void drain(std::chrono::milliseconds timeout) {
        watch.drain(timeout);
        work_.reset();
    }

    asio::io_context io{1};
    ConnectionWatch watch;

private:
    asio::executor_work_guard<Executor> work_;
    bool interrupted_ = false;
};

/// One IPv6 customer has a /64 at least: its addresses count as one.
ConnectionAdmission::Address counted_as(const asio::ip::address& address) {
    if (address.is_v4()) return asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
    auto octets = address.to_v6().to_bytes();
    if (!address.to_v6().is_v4_mapped()) std::fill(octets.begin() + 8, octets.end(), std::uint8_t{0});
    return octets;
}

/// Without the detour of an IPv4 peer over IPv6.
std::string text_of(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address.to_string();
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
}

Task<void> serve_connection(Service& service, ConnectionWatch& watch, Socket socket, asio::ip::address peer,
                            ConnectionAdmission::Place place) {
    try {
        const auto connection =
            std::make_shared<Connection>(service, watch, std::move(socket), text_of(peer), std::move(place));
        co_await connection->serve();
    } catch (...) {
        ++service.counters.failures;
    }
}

/// Tries until there is memory for it: otherwise the server would never end.
template <class Work>
void post_surely(asio::io_context& io, Work work) noexcept {
    for (;;) {
        try {
            return asio::post(io, work);
        } catch (...) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
}

Failure unusable(const HttpServerOptions& options, const std::string& why) {
    return fail(ServerErrc::options_invalid, "the server can't use " + options.address + ": " + why);
}

Result<void> check(const HttpServerOptions& options) {
    if (options.threads == 0 || options.threads > 256) {
        return fail(ServerErrc::options_invalid, "the server's number of threads must be 1 to 256");
    }
    if (options.handler_threads > 1024) {
        return fail(ServerErrc::options_invalid, "the server's handler_threads must be at most 1024");
    }
    if (options.waiting_threads > 1024) {
        return fail(ServerErrc::options_invalid, "the server's waiting_threads must be at most 1024");
    }
    if (options.max_header_octets > largest_header_limit) {
        return fail(ServerErrc::options_invalid,
                    "the server's max_header_octets must be at most " + std::to_string(largest_header_limit));
    }
    if (options.max_connections == 0 || options.max_connections_per_address == 0 ||
        options.max_requests_per_connection == 0) {
        return fail(ServerErrc::options_invalid, "a server that may have no connections serves nobody: raise its caps");
    }
    return Done{};
}

Result<void> listen(Acceptor& acceptor, const HttpServerOptions& options) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) return unusable(options, "write an IP address, such as 127.0.0.1, 0.0.0.0 or ::");
    const auto place =
        (address.is_v6() ? "[" + options.address + "]" : options.address) + ":" + std::to_string(options.port);

    const asio::ip::tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), error);
    if (error) return unusable(options, error.message());
    close_on_exec(acceptor.native_handle());
    // A restart mustn't wait for the last connections' TIME_WAIT. It doesn't let two servers listen at one port.
    acceptor.set_option(Acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(Acceptor::max_listen_connections, error);
    if (error == asio::error::address_in_use) {
        return fail(ServerErrc::address_in_use,
                    place + " is already in use: stop the program that listens there, or choose another port");
    }
    if (error)
        return unusable(options,
                        place + ": " + error.message() + "; choose an address of this host and a port it may use");
    return Done{};
}

}  // namespace

/// One acceptor hands connections to the workers in turn. With SO_REUSEPORT and an acceptor for each the kernel would
/// spread them by a hash, which puts the few connections of an IdP onto one thread, and would let a second server share
/// our port unnoticed. The price is one wake-up for a connection, not for a request.
struct HttpServer::Impl {
    Impl(HttpServerOptions server_options, HttpHandler& handler)
        : service{.options = std::move(server_options), .handler = handler, .tls = {}, .counters = {}},
          admission(service.options.max_connections, service.options.max_connections_per_address) {
        for (std::size_t i = 0; i < service.options.threads; ++i) {
            workers.push_back(std::make_unique<Worker>(tick_of(service.options)));
        }
        acceptor.emplace(workers.front()->io);
    }

    class Accepting;
    /// Accepts until the server stops, even if it once found no memory for that.
    void keep_accepting();
    [[nodiscard]] Task<void> accept_all(Accepting present);
    [[nodiscard]] Task<bool> accept_one(Worker& worker);
    [[nodiscard]] Task<std::optional<ConnectionAdmission::Place>> place_for(ConnectionAdmission::Address address);
    void run();
    void stop() noexcept;
    void drain() noexcept;

    Service service;
    ConnectionAdmission admission;
    // The io_contexts own the connections, which use everything above; the members below use an io_context.
    std::vector<std::unique_ptr<Worker>> workers;
    std::optional<Acceptor> acceptor;
    std::optional<asio::signal_set> signals;
    std::uint16_t port = 0;
    std::atomic<bool> stopping = false;
    bool accepting = false;  ///< of the first worker's thread
};

/// The acceptor's coroutine, for as long as it lives. Asio begins an operation outside of the coroutine that waits for
/// it: an exception there can't be caught inside, and destroys it, a little later and silently.
class HttpServer::Impl::Accepting {
public:
    explicit Accepting(Impl& server) noexcept : server_(&server) { server.accepting = true; }
    Accepting(Accepting&& other) noexcept : server_(std::exchange(other.server_, nullptr)) {}
    Accepting& operator=(Accepting&&) = delete;
    ~Accepting() {
        if (server_ == nullptr || server_->stopping) return;
        server_->accepting = false;
        server_->workers.front()->interrupt();
    }

private:
    Impl* server_;
};

void HttpServer::Impl::keep_accepting() {
    if (accepting || stopping) return;
    asio::co_spawn(workers.front()->io, accept_all(Accepting(*this)), asio::detached);
}

// Out of descriptors or memory, a connection gives its own back. If none can, an immediate retry would only burn the
// time in which some are freed.
Task<void> HttpServer::Impl::accept_all(Accepting) {
    Timer pause(workers.front()->io);
    bool lacking = false;
    for (std::size_t next = 0; !stopping; next = (next + 1) % workers.size()) {
        try {
            if (std::exchange(lacking, false)) {
                pause.expires_after(admission.make_room() ? std::chrono::milliseconds(0) : accept_back_off);
                provide_for_an_operation();
                co_await pause.async_wait(use_task);
            }
            lacking = !co_await accept_one(*workers[next]);
        } catch (...) {
            ++service.counters.failures;
            lacking = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));  // nor may there be memory for a timer
        }
    }
}

/// A connection told to leave goes as soon as its thread gets to it, and a new one can be told as soon as its thread
/// has begun with it; the next connection waits for that, and so do all behind it.
Task<std::optional<ConnectionAdmission::Place>> HttpServer::Impl::place_for(ConnectionAdmission::Address address) {
    Timer pause(workers.front()->io);
    for (;;) {
        const bool room_to_come = admission.is_unsettled();
        if (auto place = admission.enter(address); place || !room_to_come || stopping) co_return place;
        pause.expires_after(std::chrono::milliseconds(1));
        provide_for_an_operation();
        co_await pause.async_wait(use_task);
    }
}

/// False: no connection can be had now.
Task<bool> HttpServer::Impl::accept_one(Worker& worker) {
    provide_for_an_operation();
    auto [error, socket] = co_await acceptor->async_accept(worker.io, use_task);
    if (error == asio::error::connection_aborted) co_return true;  // caused by the peer, not by our limits
    if (error) co_return false;
    if (stopping) co_return true;

    ++service.counters.connections;
    close_on_exec(socket.native_handle());
    const auto peer = socket.remote_endpoint(error);
    if (error) co_return true;  // it has gone already
    auto place = co_await place_for(counted_as(peer.address()));
    if (!place) {
        ++service.counters.refused_connections;
        RefusalTelling(service.handler, text_of(peer.address()))
            .tell({0, HttpRule::connections, "all connections are being answered: raise max_connections"});
        co_return true;
    }
    socket.set_option(asio::ip::tcp::no_delay(true), error);  // best effort: it only makes replies faster
    asio::co_spawn(worker.io,
                   serve_connection(service, worker.watch, std::move(socket), peer.address(), std::move(*place)),
                   asio::detached);
    co_return true;
}

void HttpServer::Impl::run() {
    // Made here and not in open(), between which a program may change its user or narrow what its threads may do.
    // Gone after the event loops have ended: a loop ends when every request of its connections is answered.
    std::optional<HandlerThreads> handlers;
    std::optional<HandlerThreads> waiting;
    std::vector<std::jthread> threads;
    try {
        if (service.options.handler_threads != 0) {
            service.threads = &handlers.emplace(service.options.handler_threads);
        }
        if (service.options.waiting_threads != 0) {
            service.waiting_threads = &waiting.emplace(service.options.waiting_threads);
        }
        for (std::size_t i = 1; i < workers.size(); ++i) {
            threads.emplace_back([this, i] { workers[i]->run(service.counters.failures, [] {}); });
        }
        keep_accepting();
    } catch (...) {
        drain();  // so that the threads end, which are joined as this is thrown on
        throw;
    }
    workers.front()->run(service.counters.failures, [this] { keep_accepting(); });
}

void HttpServer::Impl::stop() noexcept {
    if (stopping.exchange(true)) return;
    try {
        asio::post(workers.front()->io, [this] { drain(); });
    } catch (...) {
        ++service.counters.failures;
        stopping = false;  // out of memory: the caller may try again
    }
}

void HttpServer::Impl::drain() noexcept {
    boost::system::error_code ignored;  // closing twice does no harm
    acceptor->close(ignored);
    if (signals) signals->cancel(ignored);
    for (const auto& worker : workers) {
        post_surely(worker->io,
                    [&worker = *worker, timeout = service.options.drain_timeout] { worker.drain(timeout); });
    }
}

Result<HttpServer> HttpServer::open(HttpServerOptions options, HttpHandler& handler) {
    if (auto sound = check(options); !sound) return std::move(sound).error();
    try {
        auto impl = std::make_unique<Impl>(std::move(options), handler);
        auto& service = impl->service;
        if (service.options.tls) {
            auto& context = service.tls.emplace(asio::ssl::context::tls_server);
            if (auto ready = configure_tls(context.native_handle(), *service.options.tls); !ready) {
                return std::move(ready).error();
            }
        }
        if (auto listening = listen(*impl->acceptor, service.options); !listening) return std::move(listening).error();
        impl->port = impl->acceptor->local_endpoint().port();
        return HttpServer(std::move(impl));
    } catch (const std::exception& error) {
        return fail(ServerErrc::options_invalid, std::string("the server can't be set up (") + error.what() +
                                                     "): check its limits of descriptors and memory");
    }
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer& HttpServer::operator=(HttpServer&&) noexcept = default;
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const noexcept {
    return impl_->port;
}
void HttpServer::run() {
    impl_->run();
}
void HttpServer::stop() noexcept {
    impl_->stop();
}

void HttpServer::stop_on_signals() {
    auto& signals = impl_->signals.emplace(impl_->workers.front()->io, SIGINT, SIGTERM);
    signals.async_wait([impl = impl_.get()](const boost::system::error_code& error, int) {
        if (!error) impl->stop();
    });
}

HttpServer::Counters HttpServer::counters() const noexcept {
    const auto& counters = impl_->service.counters;
    return {.connections = counters.connections,
            .refused_connections = counters.refused_connections,
            .displaced_connections = impl_->admission.displaced(),
            .failed_handshakes = counters.failed_handshakes,
            .requests = counters.requests,
            .bad_requests = counters.bad_requests,
            .timeouts = counters.timeouts,
            .failures = counters.failures};
}

}  // namespace slo::sp
