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

std::optional<sp::LogoutReason> reason_in(Form& form, sp::LogoutReason usual) {
    const auto values = form.all("reason");
    if (values.empty()) return usual;
    if (values.size() > 1) return std::nullopt;
    if (values.front() == "user") return sp::LogoutReason::user;
    if (values.front() == "admin") return sp::LogoutReason::admin;
    return std::nullopt;
}

std::string json_of(const sp::IdpLogoutResult& part) {
    return JsonObject()
        .add("idp", part.idp.str())
        .add("result", sp::name(part.extent))
        .add("why", part.why)
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

Result<sp::SessionSelection> selection_in(Form& form) {
    const auto ids = form.all("local_id");
    auto idp_text = form.one("idp");
    auto name = form.one("name_id");
    if (!ids.empty()) {
        if (idp_text || name) return Form::malformed("local_id beside idp or name_id");
        return sessions_by_id(ids);
    }
    std::optional<saml::EntityID> idp;
    if (idp_text) {
        auto parsed = saml::EntityID::parse(*idp_text);
        if (!parsed) return Form::malformed("idp isn't what it should be");
        idp = *std::move(parsed);
    }
    if (!name && !idp) return Form::malformed("neither local_id nor name_id nor idp");
    if (!name) return sp::SessionSelection(sp::SessionsOfIdp{*std::move(idp)});
    sp::SessionsOfPrincipal principal{.idp = std::move(idp), .name_id = name_id_in(form, *std::move(name))};
    const saml::NameID& wanted = principal.name_id;
    const bool text_alone =
        !wanted.format && !wanted.name_qualifier && !wanted.sp_name_qualifier && !wanted.sp_provided_id;
    // An administrator knows the user's name, hardly the attributes that an IdP gave it.
    if (text_alone) principal.matching = saml::NameIDMatching::value_only;
    return sp::SessionSelection(std::move(principal));
}

bool is_form(const HttpRequest& request) {
    return request.body.empty() || request.media_type() == saml::form::media_type;
}

}  // namespace

HttpReply LocalLogouts::answer(const HttpRequest& request) {
    if (request.method != "POST") {
        HttpReply refused = refusal(405, "POST starts a logout");
        refused.headers.emplace_back("Allow", "POST");
        return refused;
    }
    if (request.target == "/logouts/preview") return preview(request);
    if (!is_form(request)) return refusal(415, "send application/x-www-form-urlencoded");
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
    auto form = Form::parse(request.body);
    if (!form) return failed(form.error());
    const auto reason = reason_in(*form, sp::LogoutReason::user);
    if (!reason || form->has_others()) return refusal(400, "the only field is reason, user or admin");
    return start(sp::SessionsByID{{*std::move(id)}}, *reason);
}

HttpReply LocalLogouts::log_out(const HttpRequest& request) {
    auto form = Form::parse(request.body);
    if (!form) return failed(form.error());
    const auto reason = reason_in(*form, sp::LogoutReason::admin);
    const auto dry_run = form->one("dry_run");
    const auto selection = selection_in(*form);
    const bool dry_run_is_clear = !dry_run || *dry_run == "true" || *dry_run == "false";
    if (!reason || !selection || !dry_run_is_clear || form->has_others()) {
        return refusal(400,
                       "name local_id, or name_id (with idp and its attributes, if wanted), or idp; "
                       "reason is user or admin, dry_run true or false");
    }
    if (dry_run == "true") return told(service_.preview(*selection));
    return start(*selection, *reason);
}

HttpReply LocalLogouts::preview(const HttpRequest& request) {
    const auto preview = sp::BackChannel(service_).preview({.body = request.body, .content_type = "text/xml"});
    if (preview) return told(*preview);
    if (preview.error().code == sp::StoreErrc::store_failed) return failed(preview.error());
    return reply(422, JsonObject().add("refused", preview.error().code.message()).str());
}

HttpReply LocalLogouts::start(const sp::SessionSelection& selection, sp::LogoutReason reason) {
    const auto result = service_.start_logout(selection, reason, stop_.get_token());
    return result ? told(*result) : failed(result.error());
}

}  // namespace slo::daemon
