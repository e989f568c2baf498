// The decision, pure: from what became of the sessions to what is signed.
#pragma once

#include "slo/saml/logout_response.hpp"
#include "slo/sp/policy.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// names_nobody tells whether nothing of what was ordered was ever here.
[[nodiscard]] constexpr bool names_nobody(const LogoutOutcome& outcome) noexcept {
    return outcome == LogoutOutcome{};
}

/// status_for maps an outcome to the Status to be signed: Success only if everything is gone (normative rows 23-27).
[[nodiscard]] saml::Status status_for(const LogoutOutcome& outcome, const Policy& policy);

}  // namespace slo::sp
