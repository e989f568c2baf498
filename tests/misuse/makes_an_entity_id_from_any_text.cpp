// An EntityID exists only after parse() accepted it.
#include <string>

#include "slo/saml/identifiers.hpp"

slo::Result<slo::saml::EntityID> misuse(const std::string& text) {
#ifdef SLO_MISUSE
    return slo::saml::EntityID(text);
#endif
    return slo::saml::EntityID::parse(text);
}
