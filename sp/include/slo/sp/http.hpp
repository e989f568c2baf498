// HTTP as values: a server's requests and replies.
#pragma once

#include <chrono>
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
    std::string target;  ///< as on the request line, origin-form
    HttpHeaders headers;
    std::string body;  ///< already de-chunked
    /// The TLS client's key, as in idp_adapter::ClientCredentials::tls_key; empty without a client certificate.
    std::string tls_key = {};

    /// header returns the value of the one header with this name (any case); std::nullopt if it is absent or repeated.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
    [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
    /// media_type returns that of the one Content-Type, in lower case and without its parameters; std::nullopt if it is
    /// absent, repeated or malformed (RFC 9110, 8.3.1), or says that the body is in another charset than UTF-8.
    [[nodiscard]] std::optional<std::string> media_type() const;
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
    [[nodiscard]] virtual HttpStep handle(const HttpRequest& request) noexcept = 0;
};

/// wait_for is the blocking driver: it waits in this thread until `step` is a reply.
[[nodiscard]] HttpReply wait_for(HttpStep step);

}  // namespace slo::sp
