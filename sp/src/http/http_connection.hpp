// One connection: octets in, requests to the handler, replies out. Included by http_server.cpp alone.
//
// The stream kind is hidden behind read_some() and write_some(), so that the logic is compiled once for TCP and TLS.
// No object that owns memory is made inside a co_await expression: g++ 12 miscompiles some of those (it emits a trap).
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "admission.hpp"
#include "connection_watch.hpp"
#include "handler_threads.hpp"
#include "http_body.hpp"
#include "http_head.hpp"
#include "http_reply.hpp"
#include "input_buffer.hpp"
#include "refusal_telling.hpp"
#include "slo/asio.hpp"
#include "slo/idp_adapter/tls_client.hpp"
#include "slo/sp/http_server.hpp"

namespace slo::sp {

// The concrete executor: any_io_executor costs an allocation or an indirect call in every operation.
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
template <class T>
using Task = boost::asio::awaitable<T, Executor>;
inline constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Executor>> use_task{};

/// Throws std::bad_alloc if there is no memory to begin an operation and wait for it; else there is. Call it before
/// each: an exception of Asio's own while it begins one destroys the coroutine from outside, and if even that finds no
/// memory, it ends the process. The thread keeps the two blocks, and Asio takes them from there.
inline void provide_for_an_operation() {
    constexpr std::size_t octets = 1000;  // the most that Asio keeps, and more than any operation of ours has
    boost::asio::recycling_allocator<char> memory;
    char* const first = memory.allocate(octets);
    char* second = nullptr;
    try {
        second = memory.allocate(octets);
    } catch (...) {
        memory.deallocate(first, octets);
        throw;
    }
    memory.deallocate(first, octets);
    memory.deallocate(second, octets);
}

/// The common objects of all connections of a server.
struct Service {
    HttpServerOptions options;
    HttpHandler& handler;
    std::optional<boost::asio::ssl::context> tls;
    HandlerThreads* threads = nullptr;  ///< none: handlers work in the connections' threads
    HandlerThreads* waiting_threads = nullptr;

    /// threads_for returns the threads for `request`; null for the connection's own.
    [[nodiscard]] HandlerThreads* threads_for(const HttpRequest& request) const noexcept {
        const bool waits = waiting_threads != nullptr && handler.lane(request) == HttpHandler::Lane::waiting;
        return waits ? waiting_threads : threads;
    }

    struct {
        std::atomic<std::uint64_t> connections = 0;
        std::atomic<std::uint64_t> refused_connections = 0;
        std::atomic<std::uint64_t> failed_handshakes = 0;
        std::atomic<std::uint64_t> requests = 0;
        std::atomic<std::uint64_t> bad_requests = 0;
        std::atomic<std::uint64_t> timeouts = 0;
        std::atomic<std::uint64_t> failures = 0;
    } counters;
};

/// Beast's reading of a head that read_head() accepted. Two parsers have to agree on it.
[[nodiscard]] inline std::optional<HttpRequest> parse_head(std::string_view head) {
    namespace http = boost::beast::http;
    http::request_parser<http::empty_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(head.size() + 1));
    parser.body_limit(boost::none);  // read_head() has compared it with ours
    boost::system::error_code error;
    parser.put(boost::asio::buffer(head), error);
    if (error || !parser.is_header_done()) return std::nullopt;

    const auto& fields = parser.get();
    HttpRequest request;
    request.method = fields.method_string();
    request.target = fields.target();
    for (const auto& field : fields) request.headers.emplace_back(field.name_string(), field.value());
    return request;
}

class Connection final : public Watched, public std::enable_shared_from_this<Connection> {
public:
    Connection(Service& service, ConnectionWatch& watch, Socket socket, std::string peer,
               ConnectionAdmission::Place place)
        : service_(service),
          watch_(watch),
          place_(std::move(place)),
          socket_(std::move(socket)),
          telling_(service.handler, std::move(peer)),
          input_(service.options.max_header_octets + read_size) {
        if (service.tls) tls_.emplace(socket_, *service.tls);
        watch_.add(*this);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() override { watch_.remove(*this); }

    /// Serves requests until the peer or a rule ends the connection.
    [[nodiscard]] Task<void> serve();

    [[nodiscard]] Time deadline() const noexcept override { return deadline_; }
    void expire() noexcept override;
    void end_if_idle() noexcept override;
    void end_now() noexcept override;

private:
    using Transfer = std::tuple<boost::system::error_code, std::size_t>;

    [[nodiscard]] Task<bool> shake_hands();
    // std::nullopt: it's over. refusal_ then has the answer, if there is still a peer to get it.
    [[nodiscard]] Task<std::optional<HttpRequest>> receive();
    [[nodiscard]] Task<std::optional<HeadScan::Complete>> receive_head();
    [[nodiscard]] Task<std::optional<std::string>> receive_body(RequestHead head);
    [[nodiscard]] Task<HttpReply> ask_handler(HttpRequest request);
    [[nodiscard]] Task<HttpReply> settle(HttpStep step);
    [[nodiscard]] Task<HttpReply> settle_elsewhere(HttpRequest request, HandlerThreads& threads);
    [[nodiscard]] Task<bool> send(std::string octets);
    [[nodiscard]] Task<void> refuse(Refusal refusal);
    [[nodiscard]] Task<void> close_gently();

    [[nodiscard]] Task<bool> fill();
    [[nodiscard]] Task<Transfer> read_some(boost::asio::mutable_buffer buffer);
    [[nodiscard]] Task<Transfer> write_some(boost::asio::const_buffer buffer);

    void offer_place();
    void make_way() noexcept;
    void allow(std::chrono::milliseconds time) noexcept;
    void hang_up() noexcept;
    std::nullopt_t refuse_with(Refusal refusal) noexcept;
    std::nullopt_t refuse_lost_peer(std::string_view in_time) noexcept;
    [[nodiscard]] PeerLoss loss() const noexcept;
    void tell_of_lost_peer() noexcept;

    static constexpr std::size_t read_size = 8 * 1024;

    Service& service_;
    ConnectionWatch& watch_;
    ConnectionAdmission::Place place_;
    Socket socket_;
    std::optional<boost::asio::ssl::stream<Socket&>> tls_;
    std::string tls_key_;  ///< of the client's certificate
    RefusalTelling telling_;
    InputBuffer input_;
    Time deadline_ = Time::max();
    bool timed_out_ = false;
    bool made_way_ = false;
    bool at_work_ = false;    ///< not waiting for a request's first octet
    bool answering_ = false;  ///< the handler has a request of ours
    bool keep_alive_ = true;
    std::size_t requests_ = 0;
    std::size_t received_ = 0;                                 ///< octets since the last request, about
    std::size_t max_body_ = service_.options.max_body_octets;  ///< of the request under way
    std::optional<Refusal> refusal_;
    std::function<void()> hurry_;  ///< ends the wait for a pending reply
};

// --- the course of a connection ---

inline Task<void> Connection::serve() {
    offer_place();
    if (tls_ && !co_await shake_hands()) co_return;

    while (keep_alive_) {
        auto request = co_await receive();
        if (!request) {
            if (refusal_) co_await refuse(*refusal_);
            co_return;
        }
        ++requests_;
        ++service_.counters.requests;
        const auto body = request->method == "HEAD" ? ReplyBody::omit : ReplyBody::send;
        const HttpReply reply = co_await ask_handler(std::move(*request));
        if (requests_ >= service_.options.max_requests_per_connection || watch_.draining()) keep_alive_ = false;

        const auto after = keep_alive_ ? AfterReply::keep_open : AfterReply::close;
        std::string octets = serialise(reply, body, after);
        if (!co_await send(std::move(octets))) co_return tell_of_lost_peer();
    }
    co_await close_gently();
}

inline Task<bool> Connection::shake_hands() {
    allow(service_.options.handshake_timeout);
    provide_for_an_operation();
    const auto [error] = co_await tls_->async_handshake(boost::asio::ssl::stream_base::server, use_task);
    if (!error) {
        if (service_.options.tls->client_certificates != ClientCertificates::none) {
            tls_key_ = idp_adapter::key_of_peer(tls_->native_handle());
        }
        co_return true;
    }
    // xmlsec1 works in this thread too, and would take our leftovers for its own failure.
    ERR_clear_error();
    ++service_.counters.failed_handshakes;
    const bool is_from_openssl = error.category() == boost::asio::error::get_ssl_category();
    telling_.tell_of_handshake(tls_->native_handle(), loss(),
                               is_from_openssl ? static_cast<unsigned long>(error.value()) : 0);
    co_return false;
}

// --- receiving ---

inline Task<std::optional<HttpRequest>> Connection::receive() {
    const auto place = co_await receive_head();
    if (!place) co_return std::nullopt;

    const auto octets = input_.unread().substr(place->begin, place->end - place->begin);
    const auto& options = service_.options;
    telling_.note_head(octets);
    max_body_ = service_.handler.max_body(telling_.target(), options.max_body_octets);
    const auto head = read_head(octets, {options.max_header_fields, max_body_, options.hosts});
    if (const auto* refusal = std::get_if<Refusal>(&head)) co_return refuse_with(*refusal);
    auto request = parse_head(octets);
    if (!request) co_return refuse_with({400, HttpRule::head, "a head is as in RFC 9112"});
    request->target = std::string(origin_form(request->target));
    input_.consume(place->end);

    auto body = co_await receive_body(std::get<RequestHead>(head));
    if (!body) co_return std::nullopt;
    request->body = std::move(*body);
    request->tls_key = tls_key_;
    request->peer = telling_.peer();
    keep_alive_ = std::get<RequestHead>(head).keep_alive;
    co_return request;
}

inline Task<std::optional<HeadScan::Complete>> Connection::receive_head() {
    const auto& options = service_.options;
    telling_.begin_request();
    received_ = input_.unread().size();
    if (input_.empty()) {
        at_work_ = false;
        if (watch_.draining()) co_return std::nullopt;
        // A new connection should speak at once; later ones are kept for the peer's next request.
        allow(requests_ == 0 ? options.header_timeout : options.idle_timeout);
        if (!co_await fill()) co_return std::nullopt;
    }
    at_work_ = true;

    HeadScan scan(options.max_header_octets);
    for (bool waiting = false;; waiting = true) {
        const auto state = scan.scan(input_.unread());
        if (const auto* place = std::get_if<HeadScan::Complete>(&state)) co_return *place;
        if (const auto* refusal = std::get_if<Refusal>(&state)) co_return refuse_with(*refusal);
        if (!waiting) allow(options.header_timeout);  // once, so that it's a total
        if (!co_await fill()) co_return refuse_lost_peer("a head is complete within header_timeout");
    }
}

inline Task<std::optional<std::string>> Connection::receive_body(RequestHead head) {
    RequestBody body(head, max_body_);
    if (!body.complete()) allow(service_.options.body_timeout);
    // A client that hasn't waited for it doesn't need it (RFC 9110, 10.1.1).
    if (head.expects_continue && !body.complete() && input_.empty()) {
        std::string octets = "HTTP/1.1 100 Continue\r\n\r\n";
        if (!co_await send(std::move(octets))) co_return refuse_lost_peer("100 Continue is taken within write_timeout");
        allow(service_.options.body_timeout);
    }
    for (;;) {
        const auto taken = body.take(input_.unread());
        if (const auto* refusal = std::get_if<Refusal>(&taken)) co_return refuse_with(*refusal);
        input_.consume(std::get<std::size_t>(taken));
        if (body.complete()) co_return body.release();
        if (!co_await fill()) co_return refuse_lost_peer("a body is complete within body_timeout");
    }
}

/// Waits for octets. False: the peer has closed (the octets before aren't a request, whatever they are), or its time is
inline Task<bool> Connection::fill() {
    const auto space = input_.space();
    const auto [error, size] = co_await read_some(boost::asio::buffer(space.data(), space.size()));
    if (error) co_return false;
    input_.received(size);
    received_ += size;
    co_return true;
}

// --- answering ---

/// An exception of the handler in finish() costs its own connection only.
inline Task<HttpReply> Connection::ask_handler(HttpRequest request) {
    deadline_ = Time::max();  // a pending reply has its own budget
    answering_ = true;
    place_.works();
    HttpReply reply;
    try {
        if (HandlerThreads* const threads = service_.threads_for(request)) {
            reply = co_await settle_elsewhere(std::move(request), *threads);
        } else {
            HttpStep step = service_.handler.handle(request);
            reply = co_await settle(std::move(step));
        }
    } catch (...) {
        ++service_.counters.failures;
        keep_alive_ = false;
        reply = error_reply(500);
    }
    hurry_ = nullptr;
    // A peer that doesn't take its reply keeps others out as much as one that doesn't send its request.
    place_.waits();
    answering_ = false;
    co_return reply;
}

inline Task<HttpReply> Connection::settle(HttpStep step) {
    auto* pending = std::get_if<PendingReply>(&step);
    if (!pending) co_return std::get<HttpReply>(std::move(step));

    pending->start = [this, start = std::move(pending->start)](std::function<void()> done) {
        hurry_ = done;
        start(std::move(done));
    };
    provide_for_an_operation();
    co_return co_await async_wait<Executor>(std::move(step));
}

/// A request that still waits for a thread when the server has stopped waiting is told to come again: it had no effect.
inline Task<HttpReply> Connection::settle_elsewhere(HttpRequest request, HandlerThreads& threads) {
    using Turn = HandlerThreads::Turn;
    const auto on = [&threads](Turn turn) {
        return [&threads, turn](std::function<void()> work) { threads.post(turn, std::move(work)); };
    };
    const auto offer_hurry = [this](std::function<void()> hurry) { hurry_ = std::move(hurry); };
    provide_for_an_operation();
    auto errand = std::make_shared<detail::Errand>(service_.handler, std::move(request));
    auto answer = detail::answer_elsewhere<Executor>(std::move(errand), on(Turn::begins), on(Turn::goes_on),
                                                     offer_hurry, error_reply(503));
    co_return co_await std::move(answer);
}

inline Task<bool> Connection::send(std::string octets) {
    allow(service_.options.write_timeout);
    for (std::string_view rest = octets; !rest.empty();) {
        const auto [error, size] = co_await write_some(boost::asio::buffer(rest));
        if (error) co_return false;
        rest.remove_prefix(size);
    }
    co_return true;
}

inline Task<void> Connection::refuse(Refusal refusal) {
    ++service_.counters.bad_requests;
    telling_.tell(refusal);
    std::string octets = serialise(error_reply(refusal.status), ReplyBody::send, AfterReply::close);
    if (!co_await send(std::move(octets))) co_return;
    co_await close_gently();
}

/// Closing while octets are unread makes the kernel send a reset, which can overtake our reply. So: shut down our side,
/// then discard what the peer still sends, for a moment and up to the size of one request.
inline Task<void> Connection::close_gently() {
    constexpr std::chrono::seconds moment{1};
    allow(moment);
    provide_for_an_operation();
    if (tls_) {
        co_await tls_->async_shutdown(use_task);
        ERR_clear_error();
    }
    boost::system::error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    input_.consume(input_.unread().size());
    const auto space = input_.space();
    while (!error && received_ < max_body_ + read_size) {
        const auto buffer = boost::asio::buffer(space.data(), space.size());
        provide_for_an_operation();
        const auto [failure, size] = co_await socket_.async_read_some(buffer, use_task);
        error = failure;
        received_ += size;
    }
}

inline std::nullopt_t Connection::refuse_with(Refusal refusal) noexcept {
    refusal_ = refusal;
    return std::nullopt;
}

/// A peer that was too slow is told so; one that has gone isn't.
inline std::nullopt_t Connection::refuse_lost_peer(std::string_view in_time) noexcept {
    if (timed_out_) return refuse_with({408, HttpRule::timeout, in_time});
    tell_of_lost_peer();
    return std::nullopt;
}

inline PeerLoss Connection::loss() const noexcept {
    if (made_way_) return PeerLoss::made_way;
    return timed_out_ ? PeerLoss::late : PeerLoss::closed;
}

/// Nothing is wrong with a peer that a stopping server hangs up on.
inline void Connection::tell_of_lost_peer() noexcept {
    if (!watch_.draining()) telling_.tell(loss());
}

// --- the two kinds of stream ---

inline Task<Connection::Transfer> Connection::read_some(boost::asio::mutable_buffer buffer) {
    provide_for_an_operation();
    if (!tls_) co_return co_await socket_.async_read_some(buffer, use_task);
    const auto result = co_await tls_->async_read_some(buffer, use_task);
    if (std::get<0>(result)) ERR_clear_error();
    co_return result;
}

inline Task<Connection::Transfer> Connection::write_some(boost::asio::const_buffer buffer) {
    provide_for_an_operation();
    if (!tls_) co_return co_await socket_.async_write_some(buffer, use_task);
    const auto result = co_await tls_->async_write_some(buffer, use_task);
    if (std::get<0>(result)) ERR_clear_error();
    co_return result;
}

// --- displacement ---

/// A new connection may have this one's place from now on, except while the handler has a request of ours.
inline void Connection::offer_place() {
    place_.when_displaced([executor = socket_.get_executor(), weak = weak_from_this()] {
        boost::asio::post(executor, [weak] {
            if (const auto connection = weak.lock()) connection->make_way();
        });
    });
    place_.waits();
}

/// Closes at once: whatever is under way fails, and so does whatever is tried after it.
inline void Connection::make_way() noexcept {
    if (answering_) return;
    made_way_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
}

// --- time ---

inline void Connection::allow(std::chrono::milliseconds time) noexcept {
    deadline_ = std::chrono::steady_clock::now() + time;
    timed_out_ = false;
}

inline void Connection::hang_up() noexcept {
    boost::system::error_code ignored;  // there's nothing left that could fail
    socket_.cancel(ignored);
}

inline void Connection::expire() noexcept {
    if (!timed_out_ && (at_work_ || requests_ == 0)) ++service_.counters.timeouts;
    timed_out_ = true;
    hang_up();
}

inline void Connection::end_if_idle() noexcept {
    if (!at_work_) hang_up();
}

inline void Connection::end_now() noexcept {
    if (hurry_) return hurry_();
    timed_out_ = true;
    hang_up();
}

}  // namespace slo::sp
