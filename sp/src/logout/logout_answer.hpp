// The end of every request: one signed answer (or Fault, or bare HTTP status) and one audit line.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slo/saml/logout_response.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::sp {

/// What its sender can take as an answer.
enum class AnswerKind {
    soap,    ///< a LogoutResponse or a Fault in an envelope
    base64,  ///< a LogoutResponse as base64, or an HTTP status alone
    bare,    ///< an HTTP status alone
    silent,  ///< the same, where 204 stands for Success
};

/// Which event a request makes, as far as it's known.
enum class RequestEvent { refused, logout, repeat, recover };

/// RequestAudit gathers what the audit entry of one request will tell.
struct RequestAudit : AuditedRequest, AuditTrouble, AuditedSessions {
    Instant time;
    AuditLane lane = AuditLane::sampled;  ///< until something is proven
    RequestEvent event = RequestEvent::refused;
    std::string status;
};

/// What is known about one request so far: what its answer must say, and what the audit line will.
struct RequestTrace {
    RequestTrace(SteadyTime its_begin, Instant now, std::shared_ptr<const ServiceKeys> our_keys)
        : begun(its_begin), keys(std::move(our_keys)) {
        audit.time = now;
    }

    SteadyTime begun;
    std::shared_ptr<const ServiceKeys> keys;  ///< in force when the request came
    RequestAudit audit;
    bool is_proven = false;  ///< to be its IdP's (prove())
    std::optional<saml::MessageID> in_response_to;
    saml::Version version;                              ///< of the answer
    std::optional<saml::RefusedRequest> other_request;  ///< its answer has another element name
    AnswerKind answer_kind = AnswerKind::soap;
    std::shared_ptr<const idp_adapter::Idp> partner;  ///< whom the answer is for; null where nobody is known
};

/// refuse answers as the table says for `failure`. Writes the audit line.
[[nodiscard]] SoapReply refuse(const LogoutServiceParts& parts, RequestTrace& trace, const Failure& failure);

/// refuse_unsigned answers with a bare HTTP status. Writes the audit line.
[[nodiscard]] SoapReply refuse_unsigned(const LogoutServiceParts& parts, RequestTrace& trace, const Failure& failure,
                                        int http_status);

/// answer signs `status`; a Fault if that fails (Profiles 4.4.4.2 l.1309). Writes the audit line.
[[nodiscard]] SoapReply answer(const LogoutServiceParts& parts, RequestTrace& trace, const saml::Status& status);

/// answer_exception is the last resort, for an exception from a host's port or for lack of memory. Writes the audit
/// line if it can.
[[nodiscard]] SoapReply answer_exception(const LogoutServiceParts& parts, RequestTrace& trace) noexcept;

/// blame notes the broken rule for the audit line; its stage is the part before the dot.
void blame(RequestTrace& trace, std::string_view rule);

/// The same for `failure`. Where the store failed, its detail goes along: only the operator can mend that.
void blame(RequestTrace& trace, const Failure& failure);

/// What stands for a NameID and for a SessionIndex of `idp` in every audit line: keyed hashes.
[[nodiscard]] std::string hashed(const LogoutServiceParts& parts, const saml::EntityID& idp,
                                 const saml::NameID& name_id);
[[nodiscard]] std::string hashed(const LogoutServiceParts& parts, const saml::EntityID& idp,
                                 const saml::SessionIndex& index);

/// Writes the audit line with the time that passed, and takes `trace.audit` for it.
void write_audit(const LogoutServiceParts& parts, RequestTrace& trace) noexcept;

}  // namespace slo::sp
