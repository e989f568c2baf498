// A decision takes what the store began for a verified order; a request that anybody may have written is no such thing.
#include <utility>

#include "slo/saml/unverified.hpp"
#include "slo/sp/logout_decision.hpp"

slo::sp::LogoutDecision misuse(const slo::saml::UnverifiedLogoutRequest& request, slo::sp::BegunLogout begun) {
#ifdef SLO_MISUSE
    return slo::sp::decide(request);
#endif
    static_cast<void>(request);
    return slo::sp::decide(std::move(begun));
}
