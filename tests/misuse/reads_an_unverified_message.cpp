// An unverified message tells its claimed sender, and nothing on which a caller could act.
#include "slo/saml/unverified.hpp"

const slo::saml::EntityID& misuse(const slo::saml::UnverifiedLogoutRequest& request) {
#ifdef SLO_MISUSE
    static_cast<void>(request.session_indexes);
#endif
    return request.claimed_issuer();
}
