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

std::string_view name(SignOnBinding binding) noexcept {
    switch (binding) {
        case SignOnBinding::redirect:
            return "HTTP-Redirect";
        case SignOnBinding::post:
            return "HTTP-POST";
    }
    return {};
}

std::string sign_on_obstacle(const SignOnRole& role) {
    if (!role.endpoints.empty()) return {};
    if (!role.skipped_services.empty()) return "no SingleSignOnService is usable: " + role.skipped_services.front();
    if (role.other_bindings == 0) return "its metadata has no SingleSignOnService";
    return "its metadata has no SingleSignOnService with HTTP-Redirect or HTTP-POST";
}

}  // namespace slo::metadata
