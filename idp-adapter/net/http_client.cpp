#include "slo/idp_adapter/http_client.hpp"

#include <algorithm>
#include <array>

#include "basic_authorization.hpp"
#include "http_fields.hpp"
#include "http_transport.hpp"
#include "slo/idp_adapter/url_parts.hpp"

namespace slo::idp_adapter {
namespace {

using Clock = std::chrono::steady_clock;

/// Whether a text may be in a request without ending a line or a word of it.
bool is_printable(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}
bool is_word(std::string_view text) noexcept {
    return is_printable(text) && text.find(' ') == std::string_view::npos;
}

std::string host_field(const UrlParts& to) {
    const std::uint16_t usual = to.scheme == "https" ? 443 : 80;
    return bracketed(to.host) + (to.port == usual ? "" : ":" + std::to_string(to.port));
}

Result<std::string> basic_value(const BasicCredentials& credentials) {
    auto value = basic_authorization(credentials);
    if (value) return *std::move(value);
    return fail(HttpErrc::client_setup, "HTTP Basic: a control, or a colon in the user's name, can't be sent");
}

bool is_same_server(const UrlParts& a, const UrlParts& b) {
    return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

/// The fields of a request about us and our connection. `authorization` is a header's value, or empty.
struct Manners {
    std::string authorization;
    bool keeps_connection = false;
};

Result<std::string> compose(const UrlParts& to, const HttpCall& call, const Manners& manners) {
    // An EndpointUrl is ASCII without blanks and controls.
    std::string request = std::string(call.method) + " " + to.target + " HTTP/1.1\r\nHost: " + host_field(to) +
                          "\r\nUser-Agent: saml-slo\r\nAccept-Encoding: identity\r\n";
    if (!manners.keeps_connection) request += "Connection: close\r\n";
    if (!manners.authorization.empty()) request += "Authorization: " + manners.authorization + "\r\n";
    for (const auto& [name, value] : call.headers) {
        if (!is_word(name) || !is_printable(value)) {
            return fail(HttpErrc::client_setup, "a header of ours would break the request");
        }
        request += name + ": " + value + "\r\n";
    }
    if (call.method != "GET") request += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
    return request + "\r\n" + std::string(call.body);
}

Result<void> judge(const UrlParts& to, HttpClientOptions::Http http) {
    if (to.scheme == "https" || http == HttpClientOptions::Http::accepted) return Done{};
    return fail(HttpErrc::url_refused, "plain http: whoever is on the way could answer instead");
}

bool is_redirect(int status) noexcept {
    constexpr std::array redirects{301, 302, 303, 307, 308};
    return std::find(redirects.begin(), redirects.end(), status) != redirects.end();
}

/// The URL to which `head` redirects. A path is on the same server; other relative forms have no use between machines.
Result<saml::EndpointUrl> next_url(const HttpHead& head, const UrlParts& from) {
    const auto location = head.header("Location");
    if (!location) return fail(HttpErrc::reply_malformed, "a redirect without one Location");
    std::string text(*location);
    if (text.starts_with("//")) {
        text.insert(0, from.scheme + ":");
    } else if (text.starts_with('/')) {
        text.insert(0, from.scheme + "://" + host_field(from));
    }
    auto url = saml::EndpointUrl::parse(text);
    if (!url) return fail(HttpErrc::url_refused, "a redirect to something that is no http(s) URL");
    if (from.scheme == "https" && parts_of(*url).scheme != "https") {
        return fail(HttpErrc::url_refused, "a redirect from https to http");
    }
    return url;
}

}  // namespace

std::string_view name(HttpErrc code) noexcept {
    switch (code) {
        case HttpErrc::url_refused:
            return "http.url";
        case HttpErrc::unreachable:
            return "http.unreachable";
        case HttpErrc::tls_failed:
            return "http.tls";
        case HttpErrc::timed_out:
            return "http.timeout";
        case HttpErrc::reply_malformed:
            return "http.reply";
        case HttpErrc::reply_too_large:
            return "http.too_large";
        case HttpErrc::too_many_redirects:
            return "http.redirects";
        case HttpErrc::client_setup:
            return "http.setup";
        case HttpErrc::stopped:
            return "http.stopped";
        case HttpErrc::redirect_refused:
            return "http.redirect_refused";
    }
    return "http.unknown";
}

std::error_code make_error_code(HttpErrc code) noexcept {
    return rule_code(code, "slo.idp_adapter.http");
}

std::optional<std::string_view> HttpHead::header(std::string_view name) const {
    return only_value(headers, name);
}

struct HttpClient::Impl {
    explicit Impl(HttpClientOptions given) : options(std::move(given)) {}

    Result<void> open(std::shared_ptr<const TlsClientContext> tls);
    Result<Manners> manners_towards(const UrlParts& to, const UrlParts& first) const;

    HttpClientOptions options;
    std::string authorization;
    bool may_have_been_seen = false;
    std::unique_ptr<HttpTransport> transport;
};

Result<void> HttpClient::Impl::open(std::shared_ptr<const TlsClientContext> tls) {
    HttpRoute route{.tunnel = std::nullopt, .keep_idle = options.keep_idle};
    if (options.credentials) {
        auto value = basic_value(*options.credentials);
        if (!value) return std::move(value).error();
        authorization = *std::move(value);
    }
    if (options.proxy) {
        route.tunnel = HttpTunnel{.host = options.proxy->host, .port = options.proxy->port, .authorization = {}};
        if (options.proxy->credentials) {
            auto value = basic_value(*options.proxy->credentials);
            if (!value) return std::move(value).error();
            route.tunnel->authorization = *std::move(value);
        }
    }
    transport = HttpTransport::open(std::move(tls), std::move(route));
    return Done{};
}

Result<Manners> HttpClient::Impl::manners_towards(const UrlParts& to, const UrlParts& first) const {
    Manners manners{.authorization = {}, .keeps_connection = options.keep_idle > std::chrono::seconds(0)};
    if (authorization.empty() || !is_same_server(to, first)) return manners;
    if (to.scheme != "https" && !is_loopback(to.host)) {
        return fail(HttpErrc::client_setup, "HTTP Basic over plain http: whoever is on the way could read it");
    }
    manners.authorization = authorization;
    return manners;
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

TlsClientOptions tls_options_of(const HttpClientOptions& options) {
    return {.peer = options.peer,
            .certificate = options.client_certificate,
            .key = options.client_key,
            .peers = "the server",
            .code = make_error_code(HttpErrc::client_setup)};
}

Result<HttpClient> HttpClient::open(HttpClientOptions options) {
    auto tls = TlsClientContext::make(tls_options_of(options));
    if (!tls) return std::move(tls).error();
    return open(std::move(options), *std::move(tls));
}

Result<HttpClient> HttpClient::open(HttpClientOptions options, std::shared_ptr<const TlsClientContext> tls) {
    auto impl = std::make_unique<Impl>(std::move(options));
    if (auto opened = impl->open(std::move(tls)); !opened) return std::move(opened).error();
    return HttpClient(std::move(impl));
}

Result<HttpHead> HttpClient::call(const HttpCall& call, const BodySink& sink, const std::stop_token& stop) {
    const HttpClientOptions& options = impl_->options;
    HttpBounds bounds{.deadline = Clock::now() + options.deadline,
                      .stop = stop,
                      .max_body = options.max_body,
                      .max_header_octets = options.max_header_octets};
    saml::EndpointUrl url = call.url;
    const UrlParts first = parts_of(url);
    impl_->may_have_been_seen = false;
    for (unsigned redirects = 0;; ++redirects) {
        const UrlParts to = parts_of(url);
        if (auto judged = judge(to, options.http); !judged) return judged.error();
        const auto manners = impl_->manners_towards(to, first);
        if (!manners) return manners.error();
        const auto request = compose(to, call, *manners);
        if (!request) return request.error();
        auto head = impl_->transport->exchange(to, *request, call, bounds, sink);
        impl_->may_have_been_seen = impl_->may_have_been_seen || impl_->transport->has_begun_to_send();
        if (!head || !is_redirect(head->status) || call.method != "GET") return head;
        if (redirects == options.max_redirects) {
            return fail(HttpErrc::too_many_redirects,
                        "more redirects than the " + std::to_string(options.max_redirects) + " that are allowed");
        }
        auto next = next_url(*head, to);
        if (!next) return std::move(next).error();
        url = *std::move(next);
        if (!bounds.redirected_from) bounds.redirected_from = impl_->transport->reached();
    }
}

bool HttpClient::may_have_been_seen() const noexcept {
    return impl_->may_have_been_seen;
}

}  // namespace slo::idp_adapter
