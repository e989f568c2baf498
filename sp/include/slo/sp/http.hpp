// HTTP as values: a server's requests and replies.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace slo::sp {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method;
    std::string target;  ///< path and query, as on the request line
    HttpHeaders headers;
    std::string body;  ///< already de-chunked
    /// The TLS client's key, as in idp_adapter::ClientCredentials::tls_key; empty without a client certificate.
    std::string tls_key = {};
    std::string peer = {};  ///< address of the peer, e.g. "192.0.2.7"; that of the proxy, if there is one

    /// header returns the value of the one header with this name (any case); std::nullopt if it is absent or repeated.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
    [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
    /// media_type returns that of the one Content-Type, in lower case and without its parameters; std::nullopt if it is
    /// absent, repeated or malformed (RFC 9110, 8.3.1), or says that the body is in another charset than UTF-8.
    [[nodiscard]] std::optional<std::string> media_type() const;
    /// is_form says whether the body is an application/x-www-form-urlencoded in UTF-8. A charset that encodes ASCII as
    /// UTF-8 does (such as ISO-8859-1) is no obstacle if names and values consist of ASCII.
    [[nodiscard]] bool is_form() const;
};

struct HttpReply {
    int status = 200;
    HttpHeaders headers = {};  ///< without Content-Length, Connection and Date, which the server adds
    std::string body = {};
};

/// PendingReply is a reply that needs time: start it, wait for `done` or `budget`, then take finish(). See
/// PendingLogout.
struct PendingReply {
    std::chrono::milliseconds budget;
    std::function<void(std::function<void()> done)> start;
    std::function<HttpReply()> finish;
};
using HttpStep = std::variant<HttpReply, PendingReply>;

/// HttpRule is why HTTP refuses a request, whatever its body says. docs/audit.md tells what each of them means.
enum class HttpRule {
    path = 1,        ///< http.path: nothing is at this path
    method,          ///< http.method: the path has other methods
    content_type,    ///< http.content_type: the path doesn't take it
    content_coding,  ///< http.content_coding: the body is compressed
    size,            ///< http.size: the body is too long
    head,            ///< http.head: the request line or a field is malformed
    body,            ///< http.body: the chunks are malformed
    framing,         ///< http.framing: where the body ends is ambiguous, or a transfer coding is unknown
    host,            ///< http.host: not one that is served
    fields,          ///< http.fields: the head is too long, or has too many fields
    version,         ///< http.version: neither HTTP/1.1 nor HTTP/1.0
    expectation,     ///< http.expectation: another one than 100-continue
    timeout,         ///< http.timeout: the peer took too long
    closed,          ///< http.closed: the peer closed before its request was complete, or before it had its answer
    connections,     ///< http.connections: there were too many
    tls_handshake,   ///< tls.handshake: it failed
};
/// name of the rule, as the audit has it. Static storage.
[[nodiscard]] std::string_view name(HttpRule rule) noexcept;

/// RefusedByServer is what a server has refused by itself. The views last as long as the call.
struct RefusedByServer {
    HttpRule rule;
    int status = 0;  ///< of the reply; 0: there was none
    std::string_view peer = {};
    std::string_view target = {};  ///< as the peer wrote it; empty where no request line was read
    std::string_view detail = {};  ///< what would have been right, in our words
};

/// HttpHandler answers requests; thread-safe, and must not throw. An HttpEndpoint's store may block in it, and so in
/// handle() and finish(): SQLite as long as the disk, Redis up to its deadline. HttpServerOptions::handler_threads and
/// async_answer keep that from an event loop.
class HttpHandler {
public:
    /// Lane says which of a server's threads handle a request.
    enum class Lane {
        usual,
        waiting,  ///< its answer waits for others than the store: HttpServerOptions::waiting_threads
    };
    virtual ~HttpHandler() = default;
    /// lane is called once for each request, before handle(), in a thread that mustn't be blocked.
    [[nodiscard]] virtual Lane lane(const HttpRequest&) const noexcept { return Lane::usual; }
    /// max_body returns how many octets the body of a request for `target` may have, where that isn't
    /// HttpServerOptions::max_body_octets, which is `usual`. Called once for each request, before its body is read, in
    /// a thread that mustn't be blocked.
    [[nodiscard]] virtual std::size_t max_body(std::string_view target, std::size_t usual) const noexcept {
        static_cast<void>(target);
        return usual;
    }
    [[nodiscard]] virtual HttpStep handle(const HttpRequest& request) noexcept = 0;
    /// refused is called for each request that the server refuses without handle(), before the reply goes out, and for
    /// each connection that fails during a request; in a thread that mustn't be blocked.
    virtual void refused(const RefusedByServer&) noexcept {}
};

/// wait_for is the blocking driver: it waits in this thread until `step` is a reply.
[[nodiscard]] HttpReply wait_for(HttpStep step);

}  // namespace slo::sp
