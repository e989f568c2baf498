// Enveloped XML signatures in SAML's form (Core 5.4), verified so strictly that only one reading is left.
#pragma once

#include <span>
#include <string>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// SignedOctets are the canonical octets that a verified signature covers: its parent without the ds:Signature. Only
/// verify_enveloped() makes one, and its sibling for the parts of a Response. Signed content is read from these, and
/// from nothing else.
class [[nodiscard]] SignedOctets {
public:
    [[nodiscard]] const std::string& str() const noexcept { return octets_; }

private:
    friend Result<SignedOctets> verify_enveloped(const xml::Document&, const xml::Element&, const std::string&,
                                                 std::span<const VerificationKey>, const AlgorithmPolicy&);
    friend Result<SignedOctets> verify_enveloped_at(const xml::Document&, const xml::Element&, const xml::Element&,
                                                    const std::string&, std::span<const VerificationKey>,
                                                    const AlgorithmPolicy&);
    explicit SignedOctets(std::string octets) : octets_(std::move(octets)) {}
    std::string octets_;
};

/// verify_enveloped checks the one ds:Signature in `document`, which must be a child of `root` and cover it by its
/// attribute ID = `id`, against `keys` in their order. KeyInfo is never believed:
/// after a refusal its certificate is compared with `keys`, for the detail.
///
/// Errors: Errc::xml_duplicate_id, signature_missing, signature_count, signature_position, signature_structure,
/// signature_attribute, signature_object, reference_count, reference_not_to_root, transform_not_allowed,
/// canonicalization_not_allowed, signature_algorithm_not_allowed, digest_algorithm_not_allowed, no_verification_key,
/// signature_invalid, signed_octets_differ, crypto_failure. Spec: SAML Core 5.4.1-5.4.5 (l.2925-2955), errata E81, E91.
/// Thread-safe for different documents.
[[nodiscard]] Result<SignedOctets> verify_enveloped(const xml::Document& document, const xml::Element& root,
                                                    const std::string& id, std::span<const VerificationKey> keys,
                                                    const AlgorithmPolicy& policy);

}  // namespace slo::saml
