// The decision, pure: from the sessions' outcome to the Status to sign.
#pragma once

#include "slo/saml/logout_response.hpp"
#include "slo/sp/policy.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// names_nobody says whether no session that the order names was ever here.
[[nodiscard]] constexpr bool names_nobody(const LogoutOutcome& outcome) noexcept {
    return outcome == LogoutOutcome{};
}

/// status_for maps an outcome to the Status to be signed: Success only if everything is gone (normative rows 23-27).
[[nodiscard]] saml::Status status_for(const LogoutOutcome& outcome, const Policy& policy);

}  // namespace slo::sp
