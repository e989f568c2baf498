// An unverified request's EncryptedID isn't even decrypted: errors would answer an attacker's questions (erratum E93).
#include "slo/saml/encryption.hpp"
#include "slo/saml/unverified.hpp"

slo::Result<slo::saml::NameID> misuse(const slo::saml::UnverifiedLogoutRequest& unverified,
                                      const slo::saml::Verified<slo::saml::LogoutRequest>& verified,
                                      const slo::saml::EntityID& us, const slo::saml::AlgorithmPolicy& policy) {
#ifdef SLO_MISUSE
    return slo::saml::open_name_id(unverified, {}, us, policy);
#endif
    static_cast<void>(unverified);
    return slo::saml::open_name_id(verified, {}, us, policy);
}
