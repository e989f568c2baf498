#include "logout_answer.hpp"

#include <string>
#include <utility>

#include "reply_mapping.hpp"
#include "slo/saml/form.hpp"

namespace slo::sp {

namespace {

constexpr int ok = 200;
constexpr int no_content = 204;
constexpr int internal_server_error = 500;  // SOAP 1.1 section 6.2: every Fault

Result<saml::SignedMessage> sign_with(const saml::MessageSigner& signer, const RequestTrace& trace,
                                      const saml::LogoutResponse& response) {
    if (trace.other_request) return signer.sign_refusal(*trace.other_request, response);
    return signer.sign(response);
}

Result<saml::SignedMessage> sign(const LogoutServiceParts& parts, const RequestTrace& trace,
                                 const saml::Status& status) {
    Result<saml::MessageID> id = saml::random_message_id();
    if (!id) return std::move(id).error();
    const saml::LogoutResponse response{
        .id = std::move(*id),
        .version = trace.version,
        .issue_instant = parts.clock.now(),
        .destination = std::nullopt,  // the answer goes back on the IdP's own connection
        .consent = std::nullopt,
        .in_response_to = trace.in_response_to,
        .issuer = parts.entity_id,
        .status = status,
    };
    const saml::MessageSigner& signer = trace.keys->signer;
    if (!trace.partner) return sign_with(signer, trace, response);
    const auto fitting = idp_adapter::signer_for(*trace.partner, signer);
    if (!fitting) return fitting.error();
    return sign_with(*fitting, trace, response);
}

/// Takes what `audit` has, so that no memory is needed.
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
    return LogoutRefused{.request = std::move(request),
                         .status = std::move(audit.status),
                         .trouble = std::move(trouble),
                         .duration = duration};
}

bool takes_a_message(const RequestTrace& trace) noexcept {
    return trace.answer_kind == AnswerKind::soap || trace.answer_kind == AnswerKind::base64;
}

SoapReply answer_http(const LogoutServiceParts& parts, RequestTrace& trace, int status) {
    trace.audit.status = std::to_string(status);
    write_audit(parts, trace);
    return {status, {}};
}

SoapReply answer_fault(const LogoutServiceParts& parts, RequestTrace& trace, saml::soap::FaultCode code) {
    if (trace.answer_kind != AnswerKind::soap) return answer_http(parts, trace, bare_status(code));
    trace.audit.status = describe(code);
    SoapReply reply{internal_server_error, make_fault(code)};
    write_audit(parts, trace);
    return reply;
}

/// `bare` is the HTTP status that says the same.
SoapReply answer_status(const LogoutServiceParts& parts, RequestTrace& trace, const saml::Status& status, int bare) {
    trace.audit.status = describe(status);
    SoapReply reply{trace.answer_kind == AnswerKind::silent && bare == ok ? no_content : bare, {}};
    if (takes_a_message(trace)) {
        const Result<saml::SignedMessage> message = sign(parts, trace, status);
        if (!message) {
            blame(trace, rule_of(message.error()));
            return answer_fault(parts, trace, saml::soap::FaultCode::server);
        }
        if (trace.answer_kind == AnswerKind::soap) {
            reply = {ok, saml::soap::encode(*message)};
        } else {
            reply = {bare, saml::form::encode(*message), saml::form::answer_content_type};
        }
    }
    write_audit(parts, trace);
    return reply;
}

}  // namespace

void blame(RequestTrace& trace, std::string_view rule) {
    trace.audit.rule = rule;
    trace.audit.stage = rule.substr(0, rule.find('.'));
}

void blame(RequestTrace& trace, const Failure& failure) {
    blame(trace, rule_of(failure));
    if (trace.audit.stage == "store") trace.audit.detail = failure.detail;
}

std::string hashed(const LogoutServiceParts& parts, const saml::EntityID& idp, const saml::NameID& name_id) {
    return parts.audit_digest.hex({"name_id", idp.str(), name_id.value});
}

std::string hashed(const LogoutServiceParts& parts, const saml::EntityID& idp, const saml::SessionIndex& index) {
    return parts.audit_digest.hex({"session_index", idp.str(), index.str()});
}

void write_audit(const LogoutServiceParts& parts, RequestTrace& trace) noexcept {
    const auto duration =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - trace.begun);
    parts.audit.record({.time = trace.audit.time, .lane = trace.audit.lane, .event = event_of(trace.audit, duration)});
}

SoapReply answer(const LogoutServiceParts& parts, RequestTrace& trace, const saml::Status& status) {
    return answer_status(parts, trace, status, bare_status(StatusAnswer{status.code}));
}

SoapReply refuse(const LogoutServiceParts& parts, RequestTrace& trace, const Failure& failure) {
    blame(trace, failure);
    const WireAnswer wire = answer_to(failure);
    if (const auto* fault = std::get_if<FaultAnswer>(&wire)) return answer_fault(parts, trace, fault->code);
    if (const auto* http = std::get_if<HttpAnswer>(&wire)) return answer_http(parts, trace, http->status);
    return answer_status(parts, trace, make_status(std::get<StatusAnswer>(wire), parts.policy), bare_status(failure));
}

SoapReply refuse_unsigned(const LogoutServiceParts& parts, RequestTrace& trace, const Failure& failure,
                          int http_status) {
    blame(trace, rule_of(failure));
    return answer_http(parts, trace, http_status);
}

SoapReply answer_exception(const LogoutServiceParts& parts, RequestTrace& trace) noexcept {
    try {
        blame(trace, "internal.exception");
        // Erratum E19: once there is a SAML request, the answer is SAML's.
        if (trace.is_proven) return answer(parts, trace, make_status({saml::TopLevelStatus::responder}, parts.policy));
        return answer_fault(parts, trace, saml::soap::FaultCode::server);
    } catch (...) {
        return {internal_server_error, {}};
    }
}

}  // namespace slo::sp
