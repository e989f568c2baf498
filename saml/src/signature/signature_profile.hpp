// The one shape of signature that SAML allows (Core 5.4), checked before xmlsec1 sees it.
#pragma once

#include <string>
#include <vector>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// SignatureProfile is a signature of exactly the allowed shape, whose value isn't verified yet.
struct SignatureProfile {
    xml::Element signature;
    SignatureAlgorithm signature_algorithm;
    DigestAlgorithm digest_algorithm;
    std::string digest_value;                          ///< decoded
    std::string signature_value;                       ///< decoded
    std::vector<std::string> inclusive_prefixes = {};  ///< InclusiveNamespaces/@PrefixList; "" is #default
};

/// stands_where_it_must says whether `signature` is the child of `parent` that the schema has for it: right behind
/// Issuer in a message and in an Assertion; in metadata, which has no Issuer, the first.
[[nodiscard]] bool stands_where_it_must(const xml::Element& signature, const xml::Element& parent);

/// signatures_in returns each ds:Signature of `document`, wherever it is.
[[nodiscard]] std::vector<xml::Element> signatures_in(const xml::Document& document);

/// has_signature says whether a ds:Signature is anywhere in `document`.
[[nodiscard]] bool has_signature(const xml::Document& document);

/// read_signature reads one ds:Signature element, wherever it is. Errors: as verify_enveloped(), from
/// signature_structure to digest_algorithm_not_allowed.
[[nodiscard]] Result<SignatureProfile> read_signature(const xml::Element& signature, const std::string& id,
                                                      const AlgorithmPolicy& policy);

/// read_signature_profile checks names, order, attributes and identifiers by pointer walk: no XPath, no ID look-up,
/// no KeyInfo. xmlsec1 1.2.37 runs transforms, opens URIs and evaluates XPointers before it checks the signature's
/// value, so forbidden content must not reach it. Errors: as verify_enveloped(), up to
/// digest_algorithm_not_allowed, and Errc::base64_malformed never: a bad value is signature_structure.
[[nodiscard]] Result<SignatureProfile> read_signature_profile(const xml::Document& document, const xml::Element& root,
                                                              const std::string& id, const AlgorithmPolicy& policy);

}  // namespace slo::saml
