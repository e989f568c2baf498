// The one shape of signature that SAML allows (Core 5.4), checked before xmlsec1 sees it.
#pragma once

#include <string>
#include <vector>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// A signature of exactly the allowed shape: what is left to find out is whether it is true.
struct SignatureProfile {
    xml::Element signature;
    SignatureAlgorithm signature_algorithm;
    DigestAlgorithm digest_algorithm;
    std::string digest_value;                          ///< decoded
    std::string signature_value;                       ///< decoded
    std::vector<std::string> inclusive_prefixes = {};  ///< InclusiveNamespaces/@PrefixList; "" is #default
};

/// Whether a ds:Signature stands anywhere in `document`.
[[nodiscard]] bool has_signature(const xml::Document& document);

/// read_signature reads one ds:Signature element, wherever it stands. Errors: as verify_enveloped(), from
/// signature_structure to digest_algorithm_not_allowed.
[[nodiscard]] Result<SignatureProfile> read_signature(const xml::Element& signature, const std::string& id,
                                                      const AlgorithmPolicy& policy);

/// read_signature_profile looks at names, order, attributes and identifiers by pointer walk: no XPath, no ID look-up,
/// no KeyInfo. xmlsec1 1.2.37 runs transforms, opens URIs and evaluates XPointers before it looks at the signature's
/// value, so whatever it should not do must not reach it. Errors: as verify_enveloped(), up to
/// digest_algorithm_not_allowed, and Errc::base64_malformed never: a bad value is signature_structure.
[[nodiscard]] Result<SignatureProfile> read_signature_profile(const xml::Document& document, const xml::Element& root,
                                                              const std::string& id, const AlgorithmPolicy& policy);

}  // namespace slo::saml
