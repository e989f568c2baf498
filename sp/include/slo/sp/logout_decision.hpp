// The decision, pure: what the store found and what the policy says, to what happens next.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "slo/saml/logout_response.hpp"
#include "slo/sp/policy.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// End these sessions in the applications, then complete the logout.
struct EndSessions {
    std::vector<Session> sessions;
};
/// Nothing of this principal lives here: complete at once.
struct NothingToEnd {};
/// This very request was answered before: answer the same.
struct AnswerAgain {
    LogoutOutcome recorded;
};
using LogoutDecision = std::variant<EndSessions, NothingToEnd, AnswerAgain>;

/// decide is pure and total.
[[nodiscard]] LogoutDecision decide(BegunLogout begun);

/// status_for maps an outcome to the Status to be signed: Success only if everything is gone (normative rows 23-27).
[[nodiscard]] saml::Status status_for(const LogoutOutcome& outcome, const Policy& policy);

}  // namespace slo::sp
