// An HTTP client for the few requests of a service provider: for metadata, and for the end of a session.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "slo/idp_adapter/tls_client.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/rule.hpp"

namespace slo::idp_adapter {

enum class HttpErrc {
    url_refused = 1,  ///< not https (and http isn't allowed), or a redirect that leaves https
    unreachable,      ///< no address, no connection, or none through the proxy
    tls_failed,       ///< no handshake, the peer isn't the expected one, or it refuses us
    timed_out,        ///< the whole exchange took longer than its deadline
    reply_malformed,  ///< not HTTP, or it broke off
    reply_too_large,
    too_many_redirects,
    client_setup,      ///< a CA, certificate or key of ours can't be used, or a header or credentials can't be sent
    stopped,           ///< by the caller's request
    redirect_refused,  ///< a redirect into a network, or to a machine, that the call's own URL doesn't lead to
};
[[nodiscard]] std::string_view name(HttpErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(HttpErrc code) noexcept;

/// BasicCredentials is for HTTP Basic (RFC 7617). Both without controls, `user` without a colon.
struct BasicCredentials {
    std::string user;
    std::string password;
    friend bool operator==(const BasicCredentials&, const BasicCredentials&) = default;
};

/// HttpProxy is a proxy that makes tunnels (CONNECT, RFC 9110 9.3.6). It sees host names and sizes, no content of
/// https; plain http goes through a tunnel, too. The proxy is spoken to in plain TCP, so its credentials are visible
/// to it and to the network between.
struct HttpProxy {
    std::string host;
    std::uint16_t port = 0;
    std::optional<BasicCredentials> credentials = {};
    friend bool operator==(const HttpProxy&, const HttpProxy&) = default;
};

struct HttpClientOptions {
    PeerTrust peer = SystemCertificates{};
    std::filesystem::path client_certificate = {};  ///< PEM chain; empty: none is shown
    std::filesystem::path client_key = {};
    enum class Http { refused, accepted };
    Http http = Http::refused;                   ///< plain http URLs
    std::chrono::milliseconds deadline{30'000};  ///< for name look-up, connection, redirects and body together
    std::uint64_t max_body = 16 * 1024 * 1024;   ///< octets
    std::size_t max_header_octets = 16 * 1024;   ///< of one reply
    /// 301, 302, 303, 307, 308 of a GET; each judged like the first URL, and it may lead to this machine, to a
    /// link-local or to a private address only if the first URL leads to such a one itself.
    unsigned max_redirects = 0;
    /// Sent in the first request, over https or to this machine only, and not to a redirect's destination.
    std::optional<BasicCredentials> credentials = {};
    std::optional<HttpProxy> proxy = {};  ///< for every connection but those to this machine
    std::chrono::seconds keep_idle{0};    ///< for how long the connection is kept for another call; 0: closed at once

    friend bool operator==(const HttpClientOptions&, const HttpClientOptions&) = default;
};

/// tls_options_of returns the options of its TLS context: clients for which they are equal may share one.
[[nodiscard]] TlsClientOptions tls_options_of(const HttpClientOptions& options);

/// HttpCall is one request. Its views must outlive the call.
struct HttpCall {
    saml::EndpointUrl url;
    std::string_view method = "GET";
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string_view body = {};
    std::vector<int> bodies_of = {200};  ///< the statuses whose replies' bodies are read; others end with their head
    enum class BodyRule {
        whole_and_plain,  ///< neither coded nor of unknown length: a truncated one couldn't be noticed
        as_it_comes,      ///< for a body that is proven, by a signature; the caller judges Content-Encoding
    };
    BodyRule body_rule = BodyRule::whole_and_plain;
};

struct HttpHead {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;  ///< as received
    /// header returns the one header of this name, in any case; std::nullopt if there is none, or more than one.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

/// BodySink takes the octets of a reply's body as they arrive; a failure ends the exchange and is returned as it is.
using BodySink = std::function<Result<void>(std::string_view octets)>;

/// HttpClient makes one exchange at a time and blocks until it's over. No cookies, no compression, no authentication
/// that wasn't given. Connects only to the host of a URL (or of an allowed redirect); a redirect never leaves https.
///
/// A request is never sent twice. A connection is kept only after a whole HTTP/1.1 reply with nothing behind it that
/// doesn't say `Connection: close`, and is checked before it's used again: if the server has closed it, or has sent
/// anything unasked, another one is opened. A close at the very moment of the request looks like a reply that
/// broke off.
///
/// The system's resolver can't be interrupted: if names take longer than the deadline, call() returns in time all
/// the same, and the destructor waits. Not thread-safe.
class HttpClient {
public:
    /// open makes a client. Errors: HttpErrc::client_setup.
    [[nodiscard]] static Result<HttpClient> open(HttpClientOptions options);
    /// This overload uses a context that other clients share, made with tls_options_of(`options`).
    [[nodiscard]] static Result<HttpClient> open(HttpClientOptions options,
                                                 std::shared_ptr<const TlsClientContext> tls);
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;

    /// call makes one exchange; `stop` ends it early. Errors: HttpErrc above; the sink's own; no octet of the peer.
    [[nodiscard]] Result<HttpHead> call(const HttpCall& call, const BodySink& sink, const std::stop_token& stop = {});

    /// may_have_been_seen says whether a server may have received the last call's request, or a part of it. If not, a
    /// failed call has surely changed nothing.
    [[nodiscard]] bool may_have_been_seen() const noexcept;

private:
    struct Impl;
    explicit HttpClient(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::idp_adapter

template <>
struct std::is_error_code_enum<slo::idp_adapter::HttpErrc> : std::true_type {};
