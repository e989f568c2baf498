// The end of each request: one answer and one audit line.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proving.hpp"
#include "reply_mapping.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::sp {

/// RequestEvent is the event that a request causes, as far as it's known.
enum class RequestEvent { refused, logout, repeat, recover };

/// RequestAudit gathers the content of one request's audit entry.
struct RequestAudit : AuditedRequest, AuditTrouble, AuditedSessions {
    Instant time;
    AuditLane lane = AuditLane::sampled;  ///< until something is proven
    RequestEvent event = RequestEvent::refused;
    std::string status;
    std::string number;  ///< BrowserLeg::number
};

/// LineDraft is the content of one logout's audit line, as far as it's known.
struct LineDraft {
    LineDraft(SteadyTime its_begin, Instant now) : begun(its_begin) { entry.time = now; }

    SteadyTime begun;
    RequestAudit entry;
};

/// AnswerDraft is the data for an answer, as far as it's known, and for its audit line.
struct AnswerDraft {
    AnswerDraft(LineDraft its_line, std::shared_ptr<const ServiceKeys> our_keys, const LogoutWire& its_wire)
        : line(std::move(its_line)), keys(std::move(our_keys)), wire(&its_wire) {
        if (const BrowserLeg* const browser = its_wire.browser_leg()) line.entry.number = browser->number();
    }

    LineDraft line;
    std::shared_ptr<const ServiceKeys> keys;  ///< in force when the request came
    const LogoutWire* wire;
    Addressee to;
    bool is_proven = false;     ///< to be its IdP's, with a content that may count
    bool is_authentic = false;  ///< it's its IdP's, whatever its content
    bool is_silent = false;     ///< its sender wants no answer
};

/// is_for_the_user says whether the answer is a page, whatever its status: a browser brought what isn't authentic.
[[nodiscard]] inline bool is_for_the_user(const AnswerDraft& draft) noexcept {
    return draft.wire->browser_leg() != nullptr && !draft.is_authentic;
}

/// note takes over the answer's addressee, and the parts of the request that may be logged.
void note(AnswerDraft& draft, const Proven& proven);
void note(AnswerDraft& draft, Addressee of_unproven);

/// answer_failure answers as the table says for `failure`. Writes the audit line.
[[nodiscard]] LogoutAnswer answer_failure(const LogoutServiceParts& parts, AnswerDraft& draft, const Failure& failure);

/// answer_refusal answers with `refusal`, whatever the table says. Writes the audit line.
[[nodiscard]] LogoutAnswer answer_refusal(const LogoutServiceParts& parts, AnswerDraft& draft, Refusal refusal);

/// answer signs `status`, if its sender reads one; Refusal::failed if that fails (Profiles 4.4.4.2 l.1309). Writes
/// the audit line.
[[nodiscard]] LogoutAnswer answer(const LogoutServiceParts& parts, AnswerDraft& draft, const saml::Status& status,
                                  Gist gist);

/// answer_exception is the last resort, for an exception from a host's port or for lack of memory. Writes the audit
/// line with what it has by now.
[[nodiscard]] LogoutAnswer answer_exception(const LogoutServiceParts& parts, AnswerDraft& draft) noexcept;

/// trouble_of is the part of a line about `failure`: its rule, the stage in front of the rule's dot, and its detail,
/// our own words and numbers for the operator.
[[nodiscard]] AuditTrouble trouble_of(const Failure& failure);

/// blame notes the broken rule for the audit line; its stage is the part before the dot.
void blame(LineDraft& line, std::string_view rule);

/// This overload takes `failure`, with its detail: our own words and numbers, for the operator.
void blame(LineDraft& line, const Failure& failure);

/// hashed replaces a NameID or a SessionIndex of `idp` in every audit line: a keyed hash.
[[nodiscard]] std::string hashed(const LogoutServiceParts& parts, const saml::EntityID& idp,
                                 const saml::NameID& name_id);
[[nodiscard]] std::string hashed(const LogoutServiceParts& parts, const saml::EntityID& idp,
                                 const saml::SessionIndex& index);

/// write_audit writes the audit line with the time that passed, and takes `line.entry` for it.
void write_audit(const LogoutServiceParts& parts, LineDraft& line) noexcept;

}  // namespace slo::sp
