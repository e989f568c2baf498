// Only the verifier may turn a message into a verified one.
#include "slo/saml/message_verifier.hpp"

void end_sessions_of(const slo::saml::Verified<slo::saml::LogoutRequest>& request);

void misuse(const slo::saml::LogoutRequest& anybodys_request) {
#ifdef SLO_MISUSE
    end_sessions_of(slo::saml::Verified<slo::saml::LogoutRequest>{anybodys_request, slo::saml::Evidence::signature});
#endif
    static_cast<void>(anybodys_request);
}
