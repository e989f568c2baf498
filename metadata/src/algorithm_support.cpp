#include "slo/metadata/algorithm_support.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "slo/metadata/error.hpp"

namespace slo::metadata {
namespace {

using saml::SignatureAlgorithm;

// What our keys may sign with; SHA-1 is not among it (profile 2.6: a partner's list never overrides ours).
constexpr std::array<SignatureAlgorithm, 9> signable = {
    SignatureAlgorithm::rsa_sha256,     SignatureAlgorithm::rsa_sha384,     SignatureAlgorithm::rsa_sha512,
    SignatureAlgorithm::ecdsa_sha256,   SignatureAlgorithm::ecdsa_sha384,   SignatureAlgorithm::ecdsa_sha512,
    SignatureAlgorithm::rsa_pss_sha256, SignatureAlgorithm::rsa_pss_sha384, SignatureAlgorithm::rsa_pss_sha512};

/// One choice, seen from our side: our key can, we allow it, the partner takes its digest.
class Candidates {
public:
    Candidates(const AlgorithmSupport& partner, const saml::VerificationKey& key, SignatureAlgorithm usual,
               std::span<const SignatureAlgorithm> blocked)
        : partner_(partner), key_(key), usual_(usual), blocked_(blocked) {}

    [[nodiscard]] bool has(SignatureAlgorithm algorithm) const {
        if (std::ranges::find(signable, algorithm) == signable.end() || !key_.fits(algorithm)) return false;
        // RSA-PSS is the configuration's choice alone.
        if (is_rsa_pss(algorithm) != is_rsa_pss(usual_)) return false;
        if (std::ranges::find(blocked_, algorithm) != blocked_.end()) return false;
        return partner_.digests.empty() ||
               std::ranges::find(partner_.digests, uri(digest_of(algorithm))) != partner_.digests.end();
    }
    [[nodiscard]] std::optional<SignatureAlgorithm> from(const SigningMethod& method) const {
        const auto algorithm = saml::signature_algorithm(method.algorithm);
        if (!algorithm || !has(*algorithm)) return std::nullopt;
        const unsigned bits = key_.bits();
        if (bits < method.min_key_size.value_or(bits) || bits > method.max_key_size.value_or(bits)) return std::nullopt;
        return algorithm;
    }

private:
    const AlgorithmSupport& partner_;
    const saml::VerificationKey& key_;
    SignatureAlgorithm usual_;
    std::span<const SignatureAlgorithm> blocked_;
};

}  // namespace

Result<SignatureAlgorithm> choose_signature_algorithm(const AlgorithmSupport& partner, const saml::SigningKey& ours,
                                                      std::span<const SignatureAlgorithm> blocked) {
    const auto key = saml::VerificationKey::from(ours.certificate());
    if (!key) return key.error();
    const Candidates candidates(partner, *key, ours.algorithm(), blocked);
    if (partner.signing.empty()) {
        if (candidates.has(ours.algorithm())) return ours.algorithm();
        const auto other = std::ranges::find_if(signable, [&](auto algorithm) { return candidates.has(algorithm); });
        if (other != signable.end()) return *other;
    }
    for (const SigningMethod& method : partner.signing) {
        if (const auto algorithm = candidates.from(method)) return *algorithm;
    }
    return Failure{make_error_code(Errc::no_common_algorithm),
                   "the partner's metadata lists no signature algorithm, digest and key size that our signing key has "
                   "and we allow: sign for it with another key, or have its metadata corrected"};
}

}  // namespace slo::metadata
