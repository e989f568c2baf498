// How a query's signature is made by the binding, and opened by the verifier.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/query_signature.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml::detail {

/// QueryParts are raw parameters with their names, and what they decode to. Absent ones are empty.
struct QueryParts {
    std::string_view message;
    std::string_view relay_state;
    std::string_view sig_alg;
    std::string algorithm;  ///< SigAlg's value
    std::string value;      ///< Signature's value: base64 text
    std::string octets;     ///< the message
};

inline constexpr std::string_view empty_relay_state = "RelayState=";

struct QueryAccess {
    [[nodiscard]] static redirect::QuerySignature make(QueryParts parts);

    /// open verifies the signature and parses the message that it covers. Errors: Errc::signature_missing (no SigAlg or
    /// no Signature, or an empty one), signature_algorithm_not_allowed, signature_structure, no_verification_key,
    /// signature_invalid; those of xml::Document::parse; xml_duplicate_id.
    [[nodiscard]] static Result<xml::Document> open(const redirect::QuerySignature& signature,
                                                    std::span<const VerificationKey> keys,
                                                    const AlgorithmPolicy& policy);
};

}  // namespace slo::saml::detail
