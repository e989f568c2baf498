#include "local_sessions.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "form.hpp"
#include "local_replies.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/json.hpp"

namespace slo::daemon {
namespace {

using sp::HttpReply;
using sp::HttpRequest;

constexpr std::string_view sessions_path = "/sessions";
constexpr std::string_view logout_suffix = "/logout";

/// The value of a required field, read by `parse`; `what` it should be is said where it isn't.
template <class Parse>
auto required(const Form& form, std::string_view name, std::string_view what, Parse parse)
    -> decltype(parse(std::string())) {
    const auto text = form.required(name);
    if (!text) return text.error();
    auto value = parse(*text);
    if (!value) return Form::malformed(std::string(name) + " isn't " + std::string(what));
    return value;
}

const FieldNames& session_fields() {
    static const FieldNames names{.once = {"local_id", "idp", "name_id", "format", "name_qualifier",
                                           "sp_name_qualifier", "sp_provided_id", "authn_instant", "expires"},
                                  .any_number = {"session_index"}};
    return names;
}

bool is_for_logouts(std::string_view target) noexcept {
    return target.starts_with("/logouts") || (target.starts_with("/sessions/") && target.ends_with(logout_suffix));
}

}  // namespace

/// Logouts wait for applications and IdPs; checks and registrations never wait behind them.
sp::HttpHandler::Lane LocalSessions::lane(const HttpRequest& request) const noexcept {
    return is_for_logouts(request.target) ? Lane::waiting : Lane::usual;
}

sp::HttpStep LocalSessions::handle(const HttpRequest& request) noexcept {
    if (access_.web != nullptr && WebSessions::answers(request.target)) return access_.web->handle(request);
    try {
        return answer(request);
    } catch (const std::exception&) {
        return HttpReply{.status = 500, .headers = {}, .body = {}};
    }
}

/// A name that was re-bound to this machine isn't served.
bool LocalSessions::is_our_host(const HttpRequest& request) const {
    if (access_.hosts.empty()) return true;
    std::string host(request.header("Host").value_or(""));
    std::ranges::transform(host, host.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return std::ranges::find(access_.hosts, host) != access_.hosts.end();
}

HttpReply LocalSessions::answer(const HttpRequest& request) {
    if (!is_our_host(request)) return refusal(421, "Host is neither 127.0.0.1 nor localhost with this port");
    // Browsers send the origin of a request; no page may make this machine's browser write here.
    if (request.count("Origin") != 0) return refusal(403, "not for browsers");
    const std::string_view target = request.target;
    if (target == sessions_path) {
        if (request.method == "POST") return register_session(request);
        HttpReply answer = refusal(405, "POST a session, or GET /sessions/<local_id>");
        answer.headers.emplace_back("Allow", "POST");
        return answer;
    }
    if (is_for_logouts(target)) return logouts_.answer(request);
    if (target == "/ready" && request.method == "GET") return readiness();
    if (!target.starts_with("/sessions/")) return refusal(404, "only /sessions, /logouts and /ready are here");
    if (request.method == "GET") return look_up(target.substr(sessions_path.size() + 1));
    HttpReply answer = refusal(405, "GET asks whether it lives");
    answer.headers.emplace_back("Allow", "GET");
    return answer;
}

HttpReply LocalSessions::register_session(const HttpRequest& request) {
    if (!request.is_form()) return refusal(415, send_a_form);
    const auto session = read_session(request.body);
    if (!session) return failed(session.error());
    const auto admission = service_.admit(*session);
    if (!admission) return failed(admission.error());
    if (*admission == sp::Admission::refused_by_logout) return refusal(409, "refused by a logout that came first");
    return reply(201, R"({"alive":true})");
}

/// Of a federation's thousands, some of those that are out are named and all are counted.
HttpReply LocalSessions::readiness() const {
    constexpr std::size_t most_named = 64;
    const auto idps = service_.idps();  // one snapshot: a newer one may have another number of IdPs
    const auto out = idps ? service_.not_ready(*idps) : std::vector<idp_adapter::AbsentPartner>();
    std::vector<std::string> named;
    for (std::size_t i = 0; i < std::min(out.size(), most_named); ++i) {
        named.push_back(sp::JsonObject()
                            .add("source", out[i].source)
                            .add("idp", out[i].names.empty() ? "" : out[i].names.front().str())
                            .add("rule", out[i].why.code ? out[i].why.code.message() : "")
                            .add("detail", out[i].why.detail)
                            .str());
    }
    const auto has_ended = [](const idp_adapter::AbsentPartner& one) { return one.source.empty(); };
    const auto ended = static_cast<std::size_t>(std::ranges::count_if(out, has_ended));
    const std::size_t served = idps ? idps->size() - ended : 0;
    return reply(served == 0 ? 503 : 200, sp::JsonObject()
                                              .add_value("ready", served == 0 ? "false" : "true")
                                              .add("idps", static_cast<std::int64_t>(served))
                                              .add("out", static_cast<std::int64_t>(out.size()))
                                              .add_value("not_ready", sp::json_array(named))
                                              .str());
}

HttpReply LocalSessions::look_up(std::string_view escaped_id) {
    const auto text = saml::form::unescape(escaped_id, saml::form::Plus::itself);
    const auto id = sp::LocalSessionID::parse(text.value_or(""));
    if (!id) return failed(id.error());
    const auto session = store_.find(*id);
    if (!session) return failed(session.error());
    if (!*session) return reply(404, R"({"alive":false})");
    return reply(200, R"({"alive":true,"idp":")" + (*session)->idp.str() + R"(","authn_instant":")" +
                          saml::format_instant((*session)->authn_instant) + R"(","expires":")" +
                          saml::format_instant((*session)->expires) + "\"}");
}

Result<sp::Session> LocalSessions::read_session(std::string_view body) const {
    constexpr std::string_view instant = "a UTC xs:dateTime, such as 2030-01-01T12:00:00Z";
    const auto form = Form::parse(body, session_fields());
    if (!form) return form.error();
    auto id = required(*form, "local_id", an_id, sp::LocalSessionID::parse);
    if (!id) return std::move(id).error();
    auto idp = required(*form, "idp", an_entity_id, saml::EntityID::opaque);
    if (!idp) return std::move(idp).error();
    auto text = form->required("name_id");
    if (!text) return std::move(text).error();
    auto name_id = name_id_in(*form, *std::move(text));
    if (!name_id) return std::move(name_id).error();
    const auto authn_instant = required(*form, "authn_instant", instant, saml::parse_instant);
    if (!authn_instant) return authn_instant.error();
    const auto expires = required(*form, "expires", instant, saml::parse_instant);
    if (!expires) return expires.error();

    sp::Session session{.id = *std::move(id),
                        .idp = *std::move(idp),
                        .sp = sp_,
                        .name_id = *std::move(name_id),
                        .session_indexes = {},
                        .authn_instant = *authn_instant,
                        .expires = *expires};
    for (const std::string& one : form->all("session_index")) {
        auto index = saml::SessionIndex::parse(one);
        if (!index) return Form::malformed("session_index " + index.error().detail);
        session.session_indexes.push_back(*std::move(index));
    }
    return session;
}

}  // namespace slo::daemon
