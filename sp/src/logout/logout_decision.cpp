#include "slo/sp/logout_decision.hpp"

#include "reply_mapping.hpp"

namespace slo::sp {

saml::Status status_for(const LogoutOutcome& outcome, const Policy& policy) {
    // Profiles 4.4.3.4 l.1258. Not PartialLogout: that is the session authority's code (Core 3.2.2.2 l.1666).
    if (!outcome.complete()) return make_status({saml::TopLevelStatus::responder}, policy);
    if (names_nobody(outcome) && policy.unknown_principal == UnknownPrincipal::unknown_principal) {
        return make_status({saml::TopLevelStatus::requester, saml::SecondLevelStatus::unknown_principal}, policy);
    }
    return make_status({saml::TopLevelStatus::success}, policy);
}

}  // namespace slo::sp
