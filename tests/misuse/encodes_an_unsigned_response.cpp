// A response leaves signed or not at all.
#include <string>

#include "slo/saml/soap.hpp"

std::string misuse(const slo::saml::LogoutResponse& response, const slo::saml::SignedMessage& signed_response) {
#ifdef SLO_MISUSE
    return slo::saml::soap::encode(response);
#endif
    static_cast<void>(response);
    return slo::saml::soap::encode(signed_response);
}
