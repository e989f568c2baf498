// The only translation unit of this room that includes Asio and Beast: it costs half a minute to compile.
#include "http_transport.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "http_steps.hpp"

namespace slo::idp_adapter {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Resolver = asio::ip::basic_resolver<tcp, Executor>;
using Parser = http::response_parser<http::buffer_body>;
using Clock = Steps::Clock;

constexpr std::size_t piece_octets = 64 * 1024;
constexpr int max_interim_replies = 4;  // 100 and its kin

/// Whether the error is a TLS alert of the server's, which is authenticated.
bool is_tls_alert(const Error& error) {
    if (error.category() != asio::error::get_ssl_category()) return false;
    const auto code = static_cast<unsigned long>(error.value());
    return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET;
}

/// Asio's and Beast's messages are fixed texts.
Failure reply_failure(const Error& error) {
    if (error == http::error::body_limit) return fail(HttpErrc::reply_too_large, "the body is larger than allowed");
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        return fail(HttpErrc::reply_too_large, "the head is larger than allowed");
    }
    if (error == http::error::end_of_stream || error == http::error::partial_message || error == asio::error::eof ||
        error == asio::ssl::error::stream_truncated || error == asio::error::connection_reset) {
        return fail(HttpErrc::reply_malformed, "the reply broke off");
    }
    // In TLS 1.3 the client's part of the greeting is over before its certificate is judged, or missed.
    if (is_tls_alert(error)) return fail(HttpErrc::tls_failed, "the server ends TLS (" + error.message() + ")");
    return fail(HttpErrc::reply_malformed, "the reply can't be read (" + error.message() + ")");
}

Failure ended_early(Ending ending, std::string_view during) {
    if (ending == Ending::stopped) return fail(HttpErrc::stopped, "stopped while " + std::string(during));
    return fail(HttpErrc::timed_out, "out of time while " + std::string(during));
}

/// Beast 1.81 takes other transfer codings for a body that ends with the connection, and both lengths at once; either
/// would let a reply that broke off pass for whole.
std::string_view framing_complaint(const Parser& parser, HttpCall::BodyRule rule) {
    const auto& fields = parser.get();
    const auto codings = fields.equal_range(http::field::transfer_encoding);
    const auto count = std::distance(codings.first, codings.second);
    if (count > 1 || (count == 1 && !boost::beast::iequals(codings.first->value(), "chunked"))) {
        return "it has another transfer coding than chunked";
    }
    if (count == 1 && fields.count(http::field::content_length) != 0) return "it has two lengths";
    if (count == 1 && fields.version() != 11) return "it's in chunks, which HTTP/1.0 doesn't have";
    if (rule == HttpCall::BodyRule::as_it_comes) return {};
    if (parser.need_eof()) return "its length isn't said";
    for (const auto& field : fields) {
        if (field.name() == http::field::content_encoding && !boost::beast::iequals(field.value(), "identity")) {
            return "it's compressed, which wasn't asked for";
        }
    }
    return {};
}

HttpHead head_of(const Parser& parser) {
    HttpHead head{.status = static_cast<int>(parser.get().result_int()), .headers = {}};
    for (const auto& field : parser.get()) {
        head.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    return head;
}

/// A connection to a server, in TLS or not.
struct Connection {
    explicit Connection(asio::io_context& io) : socket(io) {}

    Socket socket;
    std::optional<asio::ssl::stream<Socket&>> secured;
    std::string server;  ///< as server_of() has it
    AddressKind kind = AddressKind::anybody_s;
    Clock::time_point idle_since;
};

std::string server_of(const UrlParts& to) {
    return to.scheme + "://" + to.host + ":" + std::to_string(to.port);
}

bool is_allowed(const HttpBounds& bounds, AddressKind kind) noexcept {
    return !bounds.redirected_from || may_lead_to(*bounds.redirected_from, kind);
}

Failure redirect_refused() {
    return fail(HttpErrc::redirect_refused,
                "a redirect to this machine or into a private network, where the configured URL doesn't lead; write "
                "the URL that it leads to into the configuration if that's meant");
}

AddressKind kind_of(const tcp::endpoint& endpoint) {
    const auto& address = endpoint.address();
    // Without the scope that a link-local address may have.
    return kind_of_address(address.is_v6() ? asio::ip::address_v6(address.to_v6().to_bytes()).to_string()
                                           : address.to_string());
}

/// Whether no octet has arrived since the last reply, not even the end: unsolicited data answers no request.
bool is_quiet(Connection& connection) {
    if (connection.secured) {
        SSL* const tls = connection.secured->native_handle();
        if (SSL_has_pending(tls) == 1 || BIO_pending(SSL_get_rbio(tls)) > 0 || SSL_get_shutdown(tls) != 0) return false;
    }
    char octet = 0;
    const auto count = ::recv(connection.socket.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/// One request and its reply on a stream that is open.
template <class Stream>
class Conversation {
public:
    Conversation(Stream& stream, Socket& socket, const HttpCall& call, Steps& steps)
        : stream_(stream),
          socket_(socket),
          call_(call),
          steps_(steps),
          buffer_(steps.bounds().max_header_octets + piece_octets),
          piece_(piece_octets, '\0') {}

    Result<HttpHead> ask(const std::string& request, const BodySink& sink) {
        Error error;
        auto ending = step(error, [&](auto done) { asio::async_write(stream_, asio::buffer(request), done); });
        if (ending != Ending::done) return ended_early(ending, "sending the request");
        // A server may answer and close before it has read everything.
        const bool is_sent = !error;
        std::optional<Parser> parser;
        if (auto read = read_final_head(parser); !read) return read.error();
        HttpHead head = head_of(*parser);
        const auto complaint = framing_complaint(*parser, call_.body_rule);
        if (std::find(call_.bodies_of.begin(), call_.bodies_of.end(), head.status) != call_.bodies_of.end()) {
            if (!complaint.empty()) {
                return fail(HttpErrc::reply_malformed, "the body can't be taken: " + std::string(complaint));
            }
            if (auto read = read_body(*parser, sink); !read) return read.error();
        }
        can_go_on_ = is_sent && complaint.empty() && parser->is_done() && parser->get().version() == 11 &&
                     parser->keep_alive() && !parser->need_eof() && buffer_.size() == 0;
        return head;
    }

    /// Whether another request may follow on this connection.
    [[nodiscard]] bool can_go_on() const noexcept { return can_go_on_; }

private:
    template <class Begin>
    Ending step(Error& error, Begin begin) {
        return steps_.run(error, Clock::time_point::max(), std::move(begin), [this] {
            Error ignored;
            socket_.close(ignored);
        });
    }

    Result<void> read_final_head(std::optional<Parser>& parser) {
        for (int interim = 0; interim <= max_interim_replies; ++interim) {
            parser.emplace();
            parser->header_limit(static_cast<std::uint32_t>(steps_.bounds().max_header_octets));
            parser->body_limit(steps_.bounds().max_body);
            Error error;
            const auto ending =
                step(error, [&](auto done) { http::async_read_header(stream_, buffer_, *parser, done); });
            if (ending != Ending::done) return ended_early(ending, "waiting for the reply");
            if (error) return reply_failure(error);
            if (parser->get().result_int() >= 200) return Done{};
        }
        return fail(HttpErrc::reply_malformed, "one interim reply after the other");
    }

    Result<void> read_body(Parser& parser, const BodySink& sink) {
        while (!parser.is_done()) {
            auto& body = parser.get().body();
            body.data = piece_.data();
            body.size = piece_.size();
            body.more = true;
            Error error;
            const auto ending = step(error, [&](auto done) { http::async_read(stream_, buffer_, parser, done); });
            if (ending != Ending::done) return ended_early(ending, "reading the reply");
            if (error && error != http::error::need_buffer) return reply_failure(error);
            const std::size_t count = piece_.size() - body.size;
            if (auto taken = sink({piece_.data(), count}); !taken) return taken;
        }
        return Done{};
    }

    Stream& stream_;
    Socket& socket_;
    const HttpCall& call_;
    Steps& steps_;
    bool can_go_on_ = false;
    boost::beast::flat_buffer buffer_;
    std::string piece_;
};

}  // namespace

struct HttpTransport::Impl {
    Impl(std::shared_ptr<const TlsClientContext> shared, HttpRoute given)
        : policy(std::move(shared)), route(std::move(given)), tls(policy->counted_once_more()) {}

    std::unique_ptr<Connection> take_kept(const UrlParts& to);
    Result<std::unique_ptr<Connection>> open_connection(const UrlParts& to, Steps& steps);
    Result<std::vector<tcp::endpoint>> resolve(const std::string& host, std::uint16_t port, Steps& steps);
    Result<void> connect(const std::vector<tcp::endpoint>& addresses, Steps& steps, Socket& socket);
    Result<void> connect_directly(const UrlParts& to, Steps& steps, Connection& connection);
    Result<void> connect_through_proxy(const UrlParts& to, Steps& steps, Connection& connection);
    Result<void> open_tunnel(const UrlParts& to, Steps& steps, Socket& socket);
    Result<void> secure(const UrlParts& to, Steps& steps, Connection& connection);
    template <class Stream>
    Result<HttpHead> converse(Stream& stream, std::unique_ptr<Connection> connection, const std::string& request,
                              const HttpCall& call, Steps& steps, const BodySink& sink);

    const std::shared_ptr<const TlsClientContext> policy;
    const HttpRoute route;
    bool has_begun_to_send = false;
    AddressKind reached = AddressKind::anybody_s;
    asio::ssl::context tls;  // gives its count of policy's context back
    asio::io_context io{1};
    /// Asio opens what it waits with at the first socket; a process that confines itself later couldn't any more.
    Socket first{io};
    std::unique_ptr<Connection> kept;
};

std::unique_ptr<Connection> HttpTransport::Impl::take_kept(const UrlParts& to) {
    auto connection = std::exchange(kept, nullptr);
    const bool is_good = connection && connection->server == server_of(to) &&
                         Clock::now() - connection->idle_since < route.keep_idle && is_quiet(*connection);
    return is_good ? std::move(connection) : nullptr;
}

Result<std::vector<tcp::endpoint>> HttpTransport::Impl::resolve(const std::string& host, std::uint16_t port,
                                                                Steps& steps) {
    Error error;
    const auto numeric = asio::ip::make_address(host, error);
    if (!error) return std::vector{tcp::endpoint(numeric, port)};

    // Shared with the handler, which may come long after this call has given up.
    const auto resolver = std::make_shared<Resolver>(io);
    const auto found = std::make_shared<std::vector<tcp::endpoint>>();
    const auto ending = steps.run_or_forget(error, [&](auto done) {
        resolver->async_resolve(host, std::to_string(port), asio::ip::resolver_base::numeric_service,
                                [resolver, found, done](const Error& failed, const auto& results) mutable {
                                    for (const auto& one : results) found->push_back(one.endpoint());
                                    done(failed);
                                });
    });
    if (ending != Ending::done) return ended_early(ending, "looking up the name");
    if (error || found->empty()) {
        return fail(HttpErrc::unreachable, "the name has no address (" + error.message() + ")");
    }
    return *found;
}

Result<void> HttpTransport::Impl::connect(const std::vector<tcp::endpoint>& addresses, Steps& steps, Socket& socket) {
    Error error;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const tcp::endpoint& address = addresses[i];
        socket.close(error);
        socket.open(address.protocol(), error);
        if (error) continue;
        ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);  // a host's child processes must not inherit it
        // An address that swallows all packets must leave time for the next one.
        const auto now = Clock::now();
        const auto share = (steps.bounds().deadline - now) / static_cast<long>(addresses.size() - i);
        const auto ending = steps.run(
            error, now + share, [&](auto done) { socket.async_connect(address, done); },
            [&] {
                Error ignored;
                socket.close(ignored);
            });
        if (ending == Ending::stopped || Clock::now() >= steps.bounds().deadline) {
            return ended_early(ending, "connecting");
        }
        if (ending == Ending::done && !error) {
            Error ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            return Done{};
        }
    }
    return fail(HttpErrc::unreachable, "no connection (" + error.message() + ")");
}

/// Asks the proxy for a tunnel to `to`. It gets no more room and time than a server.
Result<void> HttpTransport::Impl::open_tunnel(const UrlParts& to, Steps& steps, Socket& socket) {
    const std::string target = bracketed(to.host) + ":" + std::to_string(to.port);
    std::string request = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
    if (!route.tunnel->authorization.empty()) request += "Proxy-Authorization: " + route.tunnel->authorization + "\r\n";
    request += "\r\n";
    const auto give_up = [&] {
        Error ignored;
        socket.close(ignored);
    };
    Error error;
    auto ending = steps.run(
        error, Clock::time_point::max(), [&](auto done) { asio::async_write(socket, asio::buffer(request), done); },
        give_up);
    if (ending != Ending::done) return ended_early(ending, "asking the proxy");

    boost::beast::flat_buffer buffer(steps.bounds().max_header_octets + 1);
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(steps.bounds().max_header_octets));
    parser.skip(true);
    ending = steps.run(
        error, Clock::time_point::max(), [&](auto done) { http::async_read_header(socket, buffer, parser, done); },
        give_up);
    if (ending != Ending::done) return ended_early(ending, "waiting for the proxy");
    if (error) return fail(HttpErrc::unreachable, "the proxy's reply can't be read (" + error.message() + ")");
    const auto status = parser.get().result_int();
    if (status / 100 != 2) return fail(HttpErrc::unreachable, "the proxy refuses (" + std::to_string(status) + ")");
    // The server behind it speaks only after the client.
    if (buffer.size() != 0) return fail(HttpErrc::unreachable, "the proxy says more than its reply");
    return Done{};
}

Result<void> HttpTransport::Impl::secure(const UrlParts& to, Steps& steps, Connection& connection) {
    auto& secured = connection.secured.emplace(connection.socket, tls);
    if (auto expected = expect_server(secured.native_handle(), policy->options(), to.host); !expected) {
        return fail(HttpErrc::tls_failed, expected.error().detail);
    }
    Error error;
    const auto ending = steps.run(
        error, Clock::time_point::max(),
        [&](auto done) { secured.async_handshake(asio::ssl::stream_base::client, done); },
        [&] {
            Error ignored;
            connection.socket.close(ignored);
        });
    if (ending != Ending::done) return ended_early(ending, "greeting in TLS");
    if (!error) return Done{};
    const std::string_view complaint = complaint_about_peer(secured.native_handle());
    return fail(HttpErrc::tls_failed, complaint.empty()
                                          ? "no TLS handshake (" + error.message() + ")"
                                          : "the certificate isn't accepted (" + std::string(complaint) + ")");
}

/// The address of a name is judged here, not before: it may be another one at the next look-up.
Result<void> HttpTransport::Impl::connect_directly(const UrlParts& to, Steps& steps, Connection& connection) {
    auto addresses = resolve(to.host, to.port, steps);
    if (!addresses) return std::move(addresses).error();
    std::erase_if(*addresses, [&](const tcp::endpoint& one) { return !is_allowed(steps.bounds(), kind_of(one)); });
    if (addresses->empty()) return redirect_refused();
    if (auto connected = connect(*addresses, steps, connection.socket); !connected) return connected;
    Error error;
    const auto peer = connection.socket.remote_endpoint(error);
    if (error) return fail(HttpErrc::unreachable, "no connection (" + error.message() + ")");
    connection.kind = kind_of(peer);
    return Done{};
}

Result<void> HttpTransport::Impl::connect_through_proxy(const UrlParts& to, Steps& steps, Connection& connection) {
    connection.kind = kind_of_address(to.host);
    if (!is_allowed(steps.bounds(), connection.kind)) return redirect_refused();
    const auto addresses = resolve(route.tunnel->host, route.tunnel->port, steps);
    if (!addresses) return addresses.error();
    if (auto connected = connect(*addresses, steps, connection.socket); !connected) return connected;
    return open_tunnel(to, steps, connection.socket);
}

Result<std::unique_ptr<Connection>> HttpTransport::Impl::open_connection(const UrlParts& to, Steps& steps) {
    auto connection = std::make_unique<Connection>(io);
    connection->server = server_of(to);
    const bool is_tunnelled = route.tunnel && !is_loopback(to.host);
    auto connected =
        is_tunnelled ? connect_through_proxy(to, steps, *connection) : connect_directly(to, steps, *connection);
    if (!connected) return std::move(connected).error();
    if (to.scheme == "https") {
        if (auto secured = secure(to, steps, *connection); !secured) return std::move(secured).error();
    }
    return connection;
}

template <class Stream>
Result<HttpHead> HttpTransport::Impl::converse(Stream& stream, std::unique_ptr<Connection> connection,
                                               const std::string& request, const HttpCall& call, Steps& steps,
                                               const BodySink& sink) {
    has_begun_to_send = true;
    Conversation conversation(stream, connection->socket, call, steps);
    auto head = conversation.ask(request, sink);
    if (conversation.can_go_on() && route.keep_idle > std::chrono::seconds(0)) {
        connection->idle_since = Clock::now();
        kept = std::move(connection);
    }
    return head;
}

HttpTransport::HttpTransport(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
HttpTransport::~HttpTransport() = default;

std::unique_ptr<HttpTransport> HttpTransport::open(std::shared_ptr<const TlsClientContext> tls, HttpRoute route) {
    return std::unique_ptr<HttpTransport>(new HttpTransport(std::make_unique<Impl>(std::move(tls), std::move(route))));
}

Result<HttpHead> HttpTransport::exchange(const UrlParts& to, const std::string& request, const HttpCall& call,
                                         const HttpBounds& bounds, const BodySink& sink) {
    impl_->has_begun_to_send = false;
    try {
        Steps steps(impl_->io, bounds);
        auto connection = impl_->take_kept(to);
        if (!connection || !is_allowed(bounds, connection->kind)) {
            auto opened = impl_->open_connection(to, steps);
            if (!opened) return std::move(opened).error();
            connection = *std::move(opened);
        }
        impl_->reached = connection->kind;
        Socket& socket = connection->socket;
        auto& secured = connection->secured;
        if (secured) return impl_->converse(*secured, std::move(connection), request, call, steps, sink);
        return impl_->converse(socket, std::move(connection), request, call, steps, sink);
    } catch (const boost::system::system_error& error) {
        return fail(HttpErrc::unreachable, "no sockets (" + error.code().message() + ")");
    } catch (const std::exception&) {
        // Beast 1.81 throws for some trailers; or memory ran out.
        return fail(HttpErrc::reply_malformed, "the reply can't be read");
    }
}

AddressKind HttpTransport::reached() const noexcept {
    return impl_->reached;
}

bool HttpTransport::has_begun_to_send() const noexcept {
    return impl_->has_begun_to_send;
}

}  // namespace slo::idp_adapter
