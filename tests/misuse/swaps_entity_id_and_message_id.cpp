// Both are strings on the wire; neither passes for the other.
#include "slo/saml/identifiers.hpp"

void remember(const slo::saml::EntityID& issuer, const slo::saml::MessageID& id);

void misuse(const slo::saml::EntityID& issuer, const slo::saml::MessageID& id) {
#ifdef SLO_MISUSE
    remember(id, issuer);
#endif
    remember(issuer, id);
}
