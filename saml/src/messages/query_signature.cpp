#include "slo/saml/query_signature.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "algorithm_names.hpp"
#include "ecdsa_form.hpp"
#include "key_access.hpp"
#include "query_access.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"

namespace slo::saml {

namespace redirect {

std::string QuerySignature::signed_octets() const {
    //= SAML Bindings 3.4.4.1 l.624
    //# if there is no RelayState value, the entire parameter should be excluded from the signature computation (and not
    //# included as an empty parameter name).
    const bool has_value = !relay_state_.empty() && relay_state_ != detail::empty_relay_state;
    return has_value ? message_ + "&" + relay_state_ + "&" + sig_alg_ : message_ + "&" + sig_alg_;
}

}  // namespace redirect

namespace {

constexpr std::size_t max_signature_octets = 8192 / 8;  // RSA with the largest key

/// The value in the form of `key`. The standard has no form for ECDSA: XML Signature's is r||s, and software that signs
/// with a general library sends DER.
std::optional<std::string> in_form_of(const VerificationKey& key, const std::string& value) {
    const std::size_t octets = detail::KeyAccess::signature_octets(key);
    if (value.size() == octets) return value;
    const bool is_ec = key.fits(SignatureAlgorithm::ecdsa_sha256);
    return is_ec ? p1363_from_der(value, octets) : std::nullopt;
}

/// Errors: those of xml::Document::parse; Errc::xml_duplicate_id.
Result<xml::Document> content_of(const std::string& octets) {
    auto document = xml::Document::parse(octets);
    if (!document) return document;
    if (!document->has_unique_ids()) return fail(Errc::xml_duplicate_id);
    return document;
}

}  // namespace

namespace detail {

redirect::QuerySignature QueryAccess::make(QueryParts parts) {
    redirect::QuerySignature signature;
    signature.message_ = parts.message;
    signature.relay_state_ = parts.relay_state;
    signature.sig_alg_ = parts.sig_alg;
    signature.algorithm_ = std::move(parts.algorithm);
    signature.value_ = std::move(parts.value);
    signature.octets_ = std::move(parts.octets);
    return signature;
}

Result<xml::Document> QueryAccess::open(const redirect::QuerySignature& signature,
                                        std::span<const VerificationKey> keys, const AlgorithmPolicy& policy) {
    if (signature.algorithm_.empty() || signature.value_.empty()) {
        return fail(Errc::signature_missing, "the query has no SigAlg, or no Signature");
    }
    const auto algorithm = signature_algorithm(signature.algorithm_);
    if (!algorithm || !policy.allows(*algorithm)) {
        return fail(Errc::signature_algorithm_not_allowed, std::string(algorithm_name(signature.algorithm_)));
    }
    const auto value = decode_base64(signature.value_, max_signature_octets);
    if (!value) return fail(Errc::signature_structure, "Signature isn't base64 of a fitting length");

    std::vector<std::string> readings{signature.signed_octets()};
    // An empty RelayState isn't signed; some senders sign it all the same.
    if (signature.relay_state_ == empty_relay_state) {
        readings.push_back(signature.message_ + "&" + signature.relay_state_ + "&" + signature.sig_alg_);
    }
    const auto tried = keys.first(std::min(keys.size(), max_verification_keys));
    bool some_key_fits = false;
    for (const VerificationKey& key : tried) {
        if (!key.fits(*algorithm)) continue;
        some_key_fits = true;
        const auto form = in_form_of(key, *value);
        const bool is_signed = form && std::ranges::any_of(readings, [&](const std::string& octets) {
                                   return key.verifies(*algorithm, octets, *form);
                               });
        if (is_signed) return content_of(signature.octets_);
    }
    const std::string among = "none of " + std::to_string(keys.size()) + " known keys ";
    if (!some_key_fits) {
        return fail(Errc::no_verification_key, among + "is for " + std::string(algorithm_name(uri(*algorithm))));
    }
    return fail(Errc::signature_invalid, among + "verifies the query's octets as they came");
}

}  // namespace detail
}  // namespace slo::saml
