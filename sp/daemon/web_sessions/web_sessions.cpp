#include "web_sessions.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "slo/saml/base64.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/time.hpp"

namespace slo::daemon {
namespace {

using sp::HttpReply;
using sp::HttpRequest;

constexpr std::string_view auth_path = "/auth";
constexpr std::string_view gate_path = "/gate";
constexpr std::string_view sealed_as = "web session";
/// Browsers keep cookies of 4096 octets, name and attributes included.
constexpr std::size_t largest_cookie = 4000;

/// What is behind `path` in a target: nothing, a query, or another path; std::nullopt if it isn't there.
std::optional<std::string_view> behind(std::string_view target, std::string_view path) noexcept {
    if (!target.starts_with(path)) return std::nullopt;
    const std::string_view rest = target.substr(path.size());
    return rest.empty() || rest.front() == '/' || rest.front() == '?' ? std::optional(rest) : std::nullopt;
}

std::string_view header_of(const HttpRequest& request, std::string_view name) {
    return request.header(name).value_or("");
}

std::string joined_values(const std::vector<saml::Attribute>& attributes, std::string_view name) {
    std::string all;
    for (const saml::Attribute& attribute : attributes) {
        if (attribute.name != name) continue;
        for (const std::string& value : attribute.values) {
            if (!all.empty()) all += ',';
            all += saml::form::escape(value);
        }
    }
    return all;
}

HttpReply bare(int status) {
    return {status, {{"Cache-Control", "no-store"}}, {}};
}

/// What the user asked the proxy for. A form that was posted can't be posted again by a redirect.
std::string_view asked_for(const HttpRequest& request, std::string_view below) {
    const std::string_view method = header_of(request, "X-Forwarded-Method");
    if (!method.empty() && method != "GET" && method != "HEAD") return {};
    for (const char* name : {"X-Original-URI", "X-Forwarded-Uri"}) {
        if (const auto uri = header_of(request, name); !uri.empty()) return uri;
    }
    return below.starts_with('/') ? below : std::string_view();
}

}  // namespace

/// Identity is the content of a cookie.
struct WebSessions::Identity {
    sp::LocalSessionID session;
    bool has_name = true;  ///< else the store has a NameID of our own making
    std::vector<saml::form::Field> headers;
};

WebSessions::WebSessions(sp::SessionStore& store, saml::RecordCipher cipher, sp::SignOnOptions options,
                         saml::EndpointUrl login, std::vector<IdentityHeader> headers)
    : store_(store),
      cipher_(std::move(cipher)),
      options_(std::move(options)),
      login_(std::move(login)),
      headers_(std::move(headers)),
      cookie_{.name = "saml-session",
              .same_site = sp::SameSite::lax,
              .transport = login_.str().starts_with("https:") ? sp::CookieTransport::https
                                                              : sp::CookieTransport::plain_http_for_development} {}

std::optional<sp::HostSession> WebSessions::open(const sp::SignedOn& who, const HttpRequest&) {
    const auto random = saml::random_message_id();
    if (!random) return std::nullopt;
    auto session = sp::LocalSessionID::parse("web" + random->str());
    if (!session) return std::nullopt;
    std::string content = session->str() + (who.principal().name_id() ? "=named" : "=nameless");
    for (const IdentityHeader& header : headers_) {
        const std::string values = joined_values(who.principal().attributes(), header.attribute);
        if (!values.empty()) content += "&" + header.name + "=" + saml::form::escape(values);
    }
    const auto sealed = cipher_.seal(content, sealed_as);
    if (!sealed) return std::nullopt;
    std::string cookie = sp::set_cookie(cookie_, saml::encode_base64(*sealed), options_.session_lifetime);
    if (cookie.size() > largest_cookie) return std::nullopt;
    return sp::HostSession{*std::move(session), std::move(cookie)};
}

bool WebSessions::answers(std::string_view target) noexcept {
    return behind(target, auth_path) || behind(target, gate_path);
}

sp::HttpStep WebSessions::handle(const HttpRequest& request) noexcept {
    try {
        return check(request);
    } catch (const std::exception&) {
        return HttpReply{.status = 503, .headers = {}, .body = {}};
    }
}

/// Whatever a browser sends that isn't a cookie of ours counts as none.
std::optional<WebSessions::Identity> WebSessions::identity_in(const HttpRequest& request) const {
    const sp::CookieValue cookie = sp::cookie_value(cookie_, request.headers);
    const auto* text = std::get_if<std::string>(&cookie);
    if (text == nullptr) return std::nullopt;
    const auto sealed = saml::decode_base64(*text, largest_cookie);
    if (!sealed) return std::nullopt;
    const auto content = cipher_.open(*sealed, sealed_as);
    if (!content) return std::nullopt;
    auto fields = saml::form::parse_fields(*content);
    if (!fields || fields->empty()) return std::nullopt;
    auto session = sp::LocalSessionID::parse(fields->front().name);
    if (!session) return std::nullopt;
    const bool has_name = fields->front().value == "named";
    fields->erase(fields->begin());
    return Identity{*std::move(session), has_name, *std::move(fields)};
}

HttpReply WebSessions::check(const HttpRequest& request) {
    const auto identity = identity_in(request);
    if (!identity) return send_to_login(request);
    const auto session = store_.find(identity->session);
    if (!session) return bare(503);
    if (!*session) return send_to_login(request);
    return let_in(*identity, **session);
}

HttpReply WebSessions::let_in(const Identity& identity, const sp::Session& session) const {
    HttpReply reply = bare(200);
    reply.headers.emplace_back("X-Saml-Session", session.id.str());
    reply.headers.emplace_back("X-Saml-IdP", saml::form::escape(session.idp.str()));
    if (identity.has_name) {
        reply.headers.emplace_back("X-Saml-NameID", saml::form::escape(session.name_id.value));
        if (session.name_id.format) reply.headers.emplace_back("X-Saml-NameID-Format", *session.name_id.format);
    }
    reply.headers.emplace_back("X-Saml-Authn-Instant", saml::format_instant(session.authn_instant));
    for (const saml::form::Field& field : identity.headers) {
        // A header that the configuration has no more isn't handed out, whatever an older cookie has.
        const auto is_it = [&](const IdentityHeader& header) { return header.name == field.name; };
        if (std::ranges::any_of(headers_, is_it)) reply.headers.emplace_back(field.name, field.value);
    }
    return reply;
}

HttpReply WebSessions::send_to_login(const HttpRequest& request) const {
    const auto below_gate = behind(request.target, gate_path);
    const std::string_view below = below_gate ? *below_gate : behind(request.target, auth_path).value_or("");
    const auto target = sp::LocalTarget::parse(asked_for(request, below), options_.targets);
    const std::string login = sp::StartLink(login_, nullptr, target ? &*target : nullptr).href();
    HttpReply reply = bare(below_gate ? 302 : 401);
    reply.headers.emplace_back(below_gate ? "Location" : "X-Saml-Login", login);
    return reply;
}

}  // namespace slo::daemon
