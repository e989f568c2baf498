#include "slo/idp_adapter/idp.hpp"

#include <algorithm>
#include <utility>

#include "slo/metadata/algorithm_support.hpp"
#include "slo/metadata/metadata_parser.hpp"

namespace slo::idp_adapter {

Result<Idp> make_idp(const metadata::EntityDescriptor& descriptor, InteropProfile profile) {
    if (!descriptor.idp) {
        return Failure{make_error_code(metadata::Errc::not_metadata),
                       "the entity has no IDPSSODescriptor for SAML 2.0: it is no IdP"};
    }
    auto keys = descriptor.idp->verification_keys();
    if (keys.empty()) {
        return Failure{make_error_code(metadata::Errc::no_usable_key), "the IdP has no key that may verify"};
    }
    return Idp{.entity_id = descriptor.entity_id,
               .keys = std::move(keys),
               .single_logout_services = descriptor.idp->single_logout_services,
               .valid_until = descriptor.valid_until,
               .profile = std::move(profile),
               .algorithms = descriptor.idp->algorithms};
}

Result<saml::MessageSigner> signer_for(const Idp& idp, const saml::MessageSigner& signer) {
    const auto usual = signer.key().algorithm();
    const bool anything = idp.algorithms == metadata::AlgorithmSupport{};
    const auto algorithm = anything ? Result<saml::SignatureAlgorithm>(usual)
                                    : metadata::choose_signature_algorithm(idp.algorithms, signer.key());
    if (!algorithm) return algorithm.error();
    if (*algorithm == usual) return signer.with_prefixes(idp.profile.prefixes);
    auto key = signer.key().using_algorithm(*algorithm);
    if (!key) return std::move(key).error();
    return saml::MessageSigner(*std::move(key), idp.profile.prefixes);
}

const metadata::Endpoint* soap_logout_endpoint(const Idp& idp) noexcept {
    const bool takes_http = idp.profile.outgoing.http.http == HttpClientOptions::Http::accepted;
    // Chosen by its binding, never by its place among the others: IdPs list it first, last or in between.
    const auto found = std::ranges::find_if(idp.single_logout_services, [takes_http](const metadata::Endpoint& one) {
        return one.binding == metadata::soap_binding && (takes_http || one.location.str().starts_with("https:"));
    });
    return found == idp.single_logout_services.end() ? nullptr : &*found;
}

}  // namespace slo::idp_adapter
