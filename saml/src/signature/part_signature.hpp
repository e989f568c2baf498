// The signature of one part of a document that may have another one: a Response and its Assertion each have their own.
#pragma once

#include <span>
#include <string>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"
#include "slo/saml/xml_signature.hpp"

namespace slo::saml {

/// verify_enveloped_at is verify_enveloped() for `element` and `signature`, its child, where the caller has checked
/// that each ds:Signature of `document` stands at a place of a closed list. Errors: those of verify_enveloped() but
/// signature_missing and signature_count.
[[nodiscard]] Result<SignedOctets> verify_enveloped_at(const xml::Document& document, const xml::Element& element,
                                                       const xml::Element& signature, const std::string& id,
                                                       std::span<const VerificationKey> keys,
                                                       const AlgorithmPolicy& policy);

}  // namespace slo::saml
