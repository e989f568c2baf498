#include "logout_answer.hpp"

#include <string>
#include <utility>

#include "slo/sp/logout_error.hpp"

namespace slo::sp {

namespace {

constexpr std::string_view exception_rule = "internal.exception";

/// On a server's wire, the answer goes back on the IdP's own connection, without Destination.
std::optional<saml::EndpointUrl> destination_of(const AnswerDraft& draft) {
    const BrowserLeg* const browser = draft.wire->browser_leg();
    return browser && draft.to.partner ? browser->destination(*draft.to.partner) : std::nullopt;
}

Result<std::string> sign(const LogoutServiceParts& parts, const AnswerDraft& draft, const saml::Status& status) {
    Result<saml::MessageID> id = saml::random_message_id();
    if (!id) return std::move(id).error();
    const auto destination = destination_of(draft);
    const saml::LogoutResponse response{
        .id = std::move(*id),
        .version = draft.to.version,
        .issue_instant = parts.clock.now(),
        .destination = destination ? std::optional(destination->str()) : std::nullopt,
        .consent = std::nullopt,
        .in_response_to = draft.to.in_response_to,
        .issuer = parts.entity_id,
        .status = status,
    };
    const saml::MessageSigner& signer = draft.keys->signer;
    if (!draft.to.partner) return draft.wire->carried(response, signer, draft.to.other_request);
    const auto fitting = idp_adapter::signer_for(*draft.to.partner, signer);
    if (!fitting) return fitting.error();
    return draft.wire->carried(response, *fitting, draft.to.other_request);
}

/// Moves the content of `audit`, so that no memory is needed.
AuditEvent event_of(RequestAudit& audit, std::chrono::microseconds duration) noexcept {
    AuditedRequest& request = audit;
    AuditTrouble& trouble = audit;
    AuditedSessions& sessions = audit;
    switch (audit.event) {
        case RequestEvent::refused:
            break;
        case RequestEvent::logout:
        case RequestEvent::repeat:
            return LogoutByIdp{
                .kind = audit.event == RequestEvent::repeat ? LogoutByIdp::Kind::repeat : LogoutByIdp::Kind::logout,
                .request = std::move(request),
                .status = std::move(audit.status),
                .trouble = std::move(trouble),
                .sessions = std::move(sessions),
                .duration = duration};
        case RequestEvent::recover:
            return LogoutRecovered{.idp = std::move(request.idp),
                                   .request_id = std::move(request.request_id),
                                   .name_id = std::move(request.name_id),
                                   .trouble = std::move(trouble),
                                   .sessions = std::move(sessions),
                                   .duration = duration};
    }
    return LogoutRefused{.number = std::move(audit.number),
                         .request = std::move(request),
                         .status = std::move(audit.status),
                         .trouble = std::move(trouble),
                         .duration = duration};
}

/// The name in the audit; empty for a signature, the usual case.
std::string_view name(saml::Evidence evidence) noexcept {
    switch (evidence) {
        case saml::Evidence::signature:
            return "";
        case saml::Evidence::tls_client_key:
            return "tls_client_key";
        case saml::Evidence::shared_secret:
            return "http_basic";
    }
    return "";
}

}  // namespace

// Copies come first: an answer counts as proven only with all that it must repeat.
void note(AnswerDraft& draft, const Proven& proven) {
    Addressee to{.partner = proven.idp, .in_response_to = proven.request->id};
    std::string idp = proven.idp->entity_id.str();
    std::string request_id = proven.request->id.str();
    std::string authenticated_by(name(proven.request.evidence()));

    draft.to = std::move(to);
    draft.line.entry.idp = std::move(idp);
    draft.line.entry.request_id = std::move(request_id);
    draft.line.entry.authenticated_by = std::move(authenticated_by);
    draft.is_proven = true;
    draft.is_authentic = true;
}

void note(AnswerDraft& draft, Addressee of_unproven) {
    draft.line.entry.idp = std::move(of_unproven.name);
    draft.to = std::move(of_unproven);
}

void blame(LineDraft& line, std::string_view rule) {
    line.entry.rule = rule;
    line.entry.stage = rule.substr(0, rule.find('.'));
}

AuditTrouble trouble_of(const Failure& failure) {
    const std::string_view rule = rule_of(failure);
    return {.stage = std::string(rule.substr(0, rule.find('.'))), .rule = std::string(rule), .detail = failure.detail};
}

void blame(LineDraft& line, const Failure& failure) {
    static_cast<AuditTrouble&>(line.entry) = trouble_of(failure);
}

std::string hashed(const LogoutServiceParts& parts, const saml::EntityID& idp, const saml::NameID& name_id) {
    return parts.audit_digest.hex({"name_id", idp.str(), name_id.value});
}

std::string hashed(const LogoutServiceParts& parts, const saml::EntityID& idp, const saml::SessionIndex& index) {
    return parts.audit_digest.hex({"session_index", idp.str(), index.str()});
}

void write_audit(const LogoutServiceParts& parts, LineDraft& line) noexcept {
    const auto duration =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - line.begun);
    parts.audit.record({.time = line.entry.time, .lane = line.entry.lane, .event = event_of(line.entry, duration)});
}

LogoutAnswer answer(const LogoutServiceParts& parts, AnswerDraft& draft, const saml::Status& status, Gist gist) {
    if (is_for_the_user(draft)) return answer_refusal(parts, draft, Refusal::unproven);
    draft.line.entry.status = describe(status);
    if (draft.is_silent || !draft.wire->carries_message(draft.to.partner.get())) {
        write_audit(parts, draft.line);
        if (draft.is_silent) return Silence{gist};
        return UnsignedAnswer{gist};
    }
    Result<std::string> carried = sign(parts, draft, status);
    if (!carried) {
        blame(draft.line, carried.error());
        return answer_refusal(parts, draft, Refusal::failed);
    }
    write_audit(parts, draft.line);
    return SignedAnswer{gist, *std::move(carried)};
}

LogoutAnswer answer_failure(const LogoutServiceParts& parts, AnswerDraft& draft, const Failure& failure) {
    blame(draft.line, failure);
    const TableAnswer said = answer_to(failure);
    if (const auto* refusal = std::get_if<Refusal>(&said)) return answer_refusal(parts, draft, *refusal);
    return answer(parts, draft, make_status(std::get<StatusAnswer>(said), parts.policy), gist_of(failure));
}

LogoutAnswer answer_refusal(const LogoutServiceParts& parts, AnswerDraft& draft, Refusal refusal) {
    draft.line.entry.status = draft.wire->name(refusal);
    write_audit(parts, draft.line);
    return refusal;
}

LogoutAnswer answer_exception(const LogoutServiceParts& parts, AnswerDraft& draft) noexcept {
    try {
        blame(draft.line, exception_rule);
        // Erratum E19: once there is a SAML request, the answer is SAML's.
        if (draft.is_proven) {
            const StatusAnswer responder{saml::TopLevelStatus::responder};
            return answer(parts, draft, make_status(responder, parts.policy), gist_of(responder));
        }
    } catch (...) {
        // No memory for more than the rest. The rule noted before isn't the reason any more.
        if (draft.line.entry.rule != exception_rule) draft.line.entry.rule.clear();
    }
    draft.line.entry.stage = "internal";  // so short that it takes no memory
    try {
        draft.line.entry.status = draft.wire->name(Refusal::failed);
    } catch (...) {
        draft.line.entry.status.clear();  // the name is a host's, and long
    }
    write_audit(parts, draft.line);
    if (draft.is_silent) return Silence{Gist::failed};
    return Refusal::failed;
}

}  // namespace slo::sp
