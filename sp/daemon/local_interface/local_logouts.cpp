#include "local_logouts.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "form.hpp"
#include "local_replies.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/back_channel.hpp"
#include "slo/sp/json.hpp"

namespace slo::daemon {
namespace {

using sp::HttpReply;
using sp::HttpRequest;
using sp::JsonObject;

constexpr std::string_view sessions_prefix = "/sessions/";
constexpr std::string_view logout_suffix = "/logout";

/// Errors: sp::StoreErrc::session_malformed.
Result<sp::LogoutReason> reason_in(const Form& form, sp::LogoutReason usual) {
    const auto reason = form.one("reason");
    if (!reason) return usual;
    if (*reason == "user") return sp::LogoutReason::user;
    if (*reason == "admin") return sp::LogoutReason::admin;
    return Form::malformed("reason is neither user nor admin");
}

/// Whether it's only to be told what would end. Errors: sp::StoreErrc::session_malformed.
Result<bool> is_dry_run(const Form& form) {
    const auto dry_run = form.one("dry_run");
    if (dry_run && *dry_run != "true" && *dry_run != "false")
        return Form::malformed("dry_run is neither true nor false");
    return dry_run == "true";
}

const FieldNames& logout_fields() {
    static const FieldNames names{.once = {"idp", "name_id", "format", "name_qualifier", "sp_name_qualifier",
                                           "sp_provided_id", "reason", "dry_run"},
                                  .any_number = {"local_id"}};
    return names;
}

std::string json_of(const sp::IdpLogoutResult& part) {
    return JsonObject()
        .add("idp", part.idp.str())
        .add("result", sp::name(part.extent))
        .add("why", part.why)
        .add("idp_status", part.verdict.status ? idp_adapter::status_names(*part.verdict.status) : std::string())
        .add("logouts", static_cast<std::int64_t>(part.logouts))
        .add("ended", std::int64_t{part.local.ended})
        .add("already_gone", std::int64_t{part.local.already_gone})
        .add("failed", std::int64_t{part.local.failed})
        .add_value("retried", part.retried == sp::Retried::yes ? "true" : "false")
        .str();
}

HttpReply told(const sp::GlobalLogoutResult& result) {
    std::vector<std::string> idps;
    for (const auto& part : result.idps) idps.push_back(json_of(part));
    return reply(200,
                 JsonObject().add("result", sp::name(result.extent)).add_value("idps", sp::json_array(idps)).str());
}

JsonObject json_of(const sp::Session& session) {
    return JsonObject()
        .add("local_id", session.id.str())
        .add("idp", session.idp.str())
        .add("authn_instant", saml::format_instant(session.authn_instant))
        .add("expires", saml::format_instant(session.expires));
}

std::string json_of(const std::vector<sp::Session>& sessions) {
    std::vector<std::string> list;
    for (const sp::Session& session : sessions) list.push_back(json_of(session).str());
    return sp::json_array(list);
}

HttpReply told(const Result<std::vector<sp::Session>>& sessions) {
    if (!sessions) return failed(sessions.error());
    return reply(200, JsonObject().add_value("would_end", json_of(*sessions)).str());
}

HttpReply told(const sp::LogoutPreview& preview) {
    std::vector<std::string> misses;
    for (const sp::NearMiss& miss : preview.near_misses) {
        misses.push_back(
            json_of(miss.session).add("rule", sp::name(miss.kind)).add("remedy", sp::remedy_for(miss.kind)).str());
    }
    return reply(200, JsonObject()
                          .add_value("would_end", json_of(preview.would_end))
                          .add_value("near_misses", sp::json_array(misses))
                          .str());
}

/// How an IdP would have posted the message. curl calls everything a form by default, and none begins with '<'.
std::string_view type_of(const HttpRequest& request) {
    return request.is_form() && !request.body.starts_with('<') ? saml::form::media_type : "text/xml";
}

/// Errors: sp::StoreErrc::session_malformed, local_session_id_malformed.
Result<sp::SessionSelection> sessions_by_id(const std::vector<std::string>& texts) {
    sp::SessionsByID selection;
    for (const std::string& text : texts) {
        auto id = sp::LocalSessionID::parse(text);
        if (!id) return std::move(id).error();
        selection.ids.push_back(*std::move(id));
    }
    return sp::SessionSelection(std::move(selection));
}

/// Whether the form names a principal or an attribute of one; which of them, if so.
std::string_view first_of_name_id(const Form& form) {
    for (const std::string_view name : name_id_fields) {
        if (form.one(name)) return name;
    }
    return {};
}

/// Errors: sp::StoreErrc::session_malformed.
Result<std::optional<saml::EntityID>> idp_in(const Form& form) {
    const auto text = form.one("idp");
    if (!text) return std::optional<saml::EntityID>();
    auto idp = saml::EntityID::opaque(*text);
    if (!idp) return Form::malformed("idp isn't " + std::string(an_entity_id));
    return std::optional(*std::move(idp));
}

/// Errors: sp::StoreErrc::session_malformed, local_session_id_malformed.
Result<sp::SessionSelection> selection_in(const Form& form) {
    const auto ids = form.all("local_id");
    const std::string_view of_name_id = first_of_name_id(form);
    if (!ids.empty()) {
        if (form.one("idp")) return Form::malformed("idp stands beside local_id, which is enough");
        if (!of_name_id.empty())
            return Form::malformed(std::string(of_name_id) + " stands beside local_id, which is enough");
        return sessions_by_id(ids);
    }
    auto idp = idp_in(form);
    if (!idp) return std::move(idp).error();
    if (of_name_id.empty()) {
        if (!*idp) return Form::malformed("local_id, name_id and idp are missing: name one of them");
        return sp::SessionSelection(sp::SessionsOfIdp{**std::move(idp)});
    }
    auto text = form.required("name_id");
    if (!text) return Form::malformed("name_id is missing beside " + std::string(of_name_id));
    auto name_id = name_id_in(form, *std::move(text));
    if (!name_id) return std::move(name_id).error();
    sp::SessionsOfPrincipal principal{.idp = *std::move(idp), .name_id = *std::move(name_id)};
    const saml::NameID& wanted = principal.name_id;
    const bool text_alone =
        !wanted.format && !wanted.name_qualifier && !wanted.sp_name_qualifier && !wanted.sp_provided_id;
    // An administrator knows the user's name, hardly the attributes that an IdP gave it.
    if (text_alone) principal.matching = saml::NameIDMatching::value_only;
    return sp::SessionSelection(std::move(principal));
}

}  // namespace

HttpReply LocalLogouts::answer(const HttpRequest& request) {
    if (request.method != "POST") {
        HttpReply refused = refusal(405, "POST starts a logout");
        refused.headers.emplace_back("Allow", "POST");
        return refused;
    }
    if (request.target == "/logouts/preview") return preview(request);
    if (!request.body.empty() && !request.is_form()) return refusal(415, send_a_form);
    if (request.target == "/logouts") return log_out(request);
    if (request.target.starts_with(sessions_prefix)) return log_out_one(request);
    return refusal(404, "only /logouts, /logouts/preview and /sessions/<local_id>/logout are here");
}

HttpReply LocalLogouts::log_out_one(const HttpRequest& request) {
    std::string_view escaped = request.target;
    escaped.remove_prefix(sessions_prefix.size());
    escaped.remove_suffix(logout_suffix.size());
    const auto text = saml::form::unescape(escaped, saml::form::Plus::itself);
    auto id = sp::LocalSessionID::parse(text.value_or(""));
    if (!id) return failed(id.error());
    const auto form = Form::parse(request.body, {.once = {"reason"}});
    if (!form) return failed(form.error());
    const auto reason = reason_in(*form, sp::LogoutReason::user);
    if (!reason) return failed(reason.error());
    return start(sp::SessionsByID{{*std::move(id)}}, *reason);
}

HttpReply LocalLogouts::log_out(const HttpRequest& request) {
    const auto form = Form::parse(request.body, logout_fields());
    if (!form) return failed(form.error());
    const auto reason = reason_in(*form, sp::LogoutReason::admin);
    if (!reason) return failed(reason.error());
    const auto dry_run = is_dry_run(*form);
    if (!dry_run) return failed(dry_run.error());
    const auto selection = selection_in(*form);
    if (!selection) return failed(selection.error());
    if (*dry_run) return told(service_.preview(*selection));
    return start(*selection, *reason);
}

HttpReply LocalLogouts::preview(const HttpRequest& request) {
    const auto preview = sp::BackChannel(service_).preview({.body = request.body, .content_type = type_of(request)});
    if (preview) return told(*preview);
    if (preview.error().code == sp::StoreErrc::store_failed) return failed(preview.error());
    return reply(422, JsonObject().add("refused", preview.error().code.message()).str());
}

HttpReply LocalLogouts::start(const sp::SessionSelection& selection, sp::LogoutReason reason) {
    const auto result = service_.start_logout(selection, reason, stop_.get_token());
    return result ? told(*result) : failed(result.error());
}

}  // namespace slo::daemon
