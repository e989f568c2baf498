// Only a key or a secret proves the sender of an unsigned message.
#include "slo/saml/sender.hpp"

void believe(const slo::saml::AuthenticatedSender& sender);

void misuse(const slo::saml::EntityID& somebody) {
#ifdef SLO_MISUSE
    believe(slo::saml::AuthenticatedSender{somebody, slo::saml::AuthenticatedSender::Proof::tls_client_key});
#endif
    static_cast<void>(somebody);
}
