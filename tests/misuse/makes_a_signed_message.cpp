// Only the signer may say that a text is signed.
#include <string>

#include "slo/saml/soap.hpp"

std::string misuse(const std::string& unsigned_xml) {
#ifdef SLO_MISUSE
    return slo::saml::soap::encode(slo::saml::SignedMessage{unsigned_xml});
#endif
    return unsigned_xml;
}
