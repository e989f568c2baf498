#include "slo/sp/front_channel.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "browser_wire.hpp"
#include "query_text.hpp"
#include "slo/idp_adapter/url_parts.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/redirect.hpp"
#include "support_number.hpp"

namespace slo::sp {
namespace {

bool has_message(std::string_view query) noexcept {
    return query.find("SAML") != std::string_view::npos;
}

HttpReply bare(int status, HttpHeaders headers = {}) {
    headers.emplace_back("Cache-Control", "no-store");
    headers.emplace_back("X-Content-Type-Options", "nosniff");
    return {status, std::move(headers), {}};
}

/// Brought is what came, and what its answer must know of it.
struct Brought {
    BroughtMessage about;
    Result<saml::ReceivedMessage> message;
    std::optional<saml::redirect::QuerySignature> signature = {};  ///< of a query
};

BroughtMessage about(const HttpRequest& request, saml::Binding came_by) {
    return {.came_by = came_by,
            .relay_state = std::nullopt,
            .language = std::string(request.header("Accept-Language").value_or("")),
            .number = support_number()};
}

/// One that is too long isn't a reason to let a session live: it stays behind.
std::optional<saml::redirect::RelayState> as_echo(std::optional<saml::redirect::RelayState> state) {
    if (state && state->octets().size() > saml::redirect::max_echoed_relay_state_octets) state.reset();
    return state;
}

Brought by_redirect(const HttpRequest& request) {
    BroughtMessage brought = about(request, saml::Binding::redirect);
    auto read = saml::redirect::decode(query_of(request.target));
    if (!read) return {std::move(brought), read.error()};
    brought.relay_state = as_echo(std::move(read->relay_state));
    if (read->kind == saml::redirect::Kind::response) {
        return {std::move(brought), saml::fail(saml::Errc::not_a_saml_request,
                                               "a SAMLResponse, and no request of ours went by the browser")};
    }
    return {std::move(brought), std::move(read->message), std::move(read->signature)};
}

Brought by_post(const HttpRequest& request) {
    BroughtMessage brought = about(request, saml::Binding::post);
    // The same name in both would be another message for another reader.
    if (has_message(query_of(request.target)))
        return {std::move(brought), saml::fail(saml::Errc::form_fields, "a message in the query of a form")};
    auto read = saml::form::decode_request(request.body);
    if (!read) return {std::move(brought), read.error()};
    if (read->relay_state) {
        auto state = saml::redirect::RelayState::echo(*read->relay_state);
        if (state) brought.relay_state = *std::move(state);
    }
    return {std::move(brought), std::move(read->message)};
}

HttpStep answer(LogoutService& service, const FrontChannelOptions& options, const Pages& pages, Brought brought) {
    const auto wire = std::make_shared<const BrowserWire>(std::move(brought.about), pages);
    if (!brought.message) return wire->reply(service.refuse(brought.message.error(), *wire));
    LogoutEvidence evidence{.wire = *wire, .destinations = options.urls};
    if (brought.signature) evidence.query = &*brought.signature;
    LogoutStep step = service.begin(*std::move(brought.message), evidence);
    if (auto* done = std::get_if<LogoutAnswer>(&step)) return wire->reply(std::move(*done));
    auto pending = std::get<PendingLogout>(std::move(step));
    return PendingReply{
        .budget = pending.budget(),
        .start = [pending](std::function<void()> done) mutable { pending.start(std::move(done)); },
        .finish = [pending, wire]() mutable { return wire->reply(pending.finish()); },
    };
}

}  // namespace

FrontChannel::FrontChannel(LogoutService& service, FrontChannelOptions options)
    : service_(service),
      options_(std::move(options)),
      pages_(options_.pages != nullptr ? *options_.pages : default_pages()),
      path_(idp_adapter::parts_of(options_.urls.front()).target) {}

bool FrontChannel::serves(std::string_view target) const noexcept {
    return path_of(target) == path_;
}

std::size_t FrontChannel::max_body(std::string_view target, std::size_t usual) const noexcept {
    return serves(target) ? options_.max_body : usual;
}

HttpReply FrontChannel::refuse(const HttpRequest& request, std::string_view rule, HttpReply reply,
                               std::string_view detail) {
    service_.note_refusal({.peer = request.peer,
                           .path = path_,
                           .status = std::to_string(reply.status),
                           .trouble = {.stage = std::string(rule.substr(0, rule.find('.'))),
                                       .rule = std::string(rule),
                                       .detail = std::string(detail)}});
    return reply;
}

HttpReply FrontChannel::after_exception(const HttpRequest& request) noexcept {
    try {
        return refuse(request, "internal.exception", {500, {}, {}}, "memory ran out, or a page threw");
    } catch (...) {
        return {500, {}, {}};  // no memory for the line
    }
}

HttpStep FrontChannel::handle(const HttpRequest& request) noexcept {
    try {
        if (request.method == "HEAD") return bare(200);  // link checkers: nothing ends
        if (request.method == "GET") {
            if (has_message(query_of(request.target))) return answer(service_, options_, pages_, by_redirect(request));
            return bare(303, {{"Location", origin_of(options_.urls.front()) + "/"}});  // a bookmark
        }
        if (request.method != "POST")
            return refuse(request, name(HttpRule::method), bare(405, {{"Allow", "GET, HEAD, POST"}}),
                          "GET and POST go there");
        if (!request.is_form()) {
            return refuse(request, name(HttpRule::content_type),
                          bare(415, {{"Accept-Post", std::string(saml::form::media_type)}}), "a browser posts a form");
        }
        if (request.body.size() > options_.max_body)
            return refuse(request, name(HttpRule::size), bare(413),
                          "a form's most octets are " + std::to_string(options_.max_body));
        return answer(service_, options_, pages_, by_post(request));
    } catch (...) {
        return after_exception(request);
    }
}

}  // namespace slo::sp
