// An unverified message tells who claims to have sent it, and nothing that one could act on.
#include "slo/saml/unverified.hpp"

const slo::saml::EntityID& misuse(const slo::saml::UnverifiedLogoutRequest& request) {
#ifdef SLO_MISUSE
    static_cast<void>(request.session_indexes);
#endif
    return request.claimed_issuer();
}
