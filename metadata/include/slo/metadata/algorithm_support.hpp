// The algorithms that a partner can verify (SAML v2.0 Metadata Profile for Algorithm Support 1.0).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"

namespace slo::metadata {

/// SigningMethod is alg:SigningMethod. The sizes are in bits.
struct SigningMethod {
    std::string algorithm;  ///< a URI, known to us or not
    std::optional<unsigned> min_key_size;
    std::optional<unsigned> max_key_size;
    friend bool operator==(const SigningMethod&, const SigningMethod&) = default;
};

/// AlgorithmSupport is what one role declares; document order is preference. An empty list says nothing (profile, 2.5).
struct AlgorithmSupport {
    std::vector<std::string> digests;  ///< alg:DigestMethod
    std::vector<SigningMethod> signing;
    friend bool operator==(const AlgorithmSupport&, const AlgorithmSupport&) = default;
};

/// choose_signature_algorithm returns the algorithm of `ours` for a partner that declares `partner`: the first of its
/// methods that our key can do and that isn't `blocked`, with a digest that the partner takes too. Without declared
/// methods it is the key's own algorithm, and if that doesn't fit, another one of its family. SHA-1 is never chosen,
/// whatever the partner declares, and RSA-PSS by a key of that algorithm alone, which gets no other. Pure. Errors:
/// Errc::no_common_algorithm; `detail` says what to change. Spec: profile 2.5 and 2.6; Kantara IIP-MD10, IIP-ALG08.
[[nodiscard]] Result<saml::SignatureAlgorithm> choose_signature_algorithm(
    const AlgorithmSupport& partner, const saml::SigningKey& ours,
    std::span<const saml::SignatureAlgorithm> blocked = {});

}  // namespace slo::metadata
