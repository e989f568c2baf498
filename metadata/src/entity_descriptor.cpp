#include "slo/metadata/entity_descriptor.hpp"

namespace slo::metadata {

saml::VerificationKeys IdpRole::verification_keys() const {
    saml::VerificationKeys verifying;
    for (const KeyDescriptor& descriptor : keys) {
        if (verifying.size() == saml::max_verification_keys) break;
        if (descriptor.use != KeyUse::encryption) verifying.push_back(descriptor.key);
    }
    return verifying;
}

}  // namespace slo::metadata
