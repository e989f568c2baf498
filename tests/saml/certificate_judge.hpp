// What OpenSSL's own functions, in their plain order, say of a certificate: the judge of ours, which takes a shorter
// way.
#pragma once

#include <openssl/x509.h>

#include <chrono>
#include <string>
#include <string_view>

#include "c_errors.hpp"
#include "digest.hpp"
#include "key_access.hpp"
#include "key_policy.hpp"
#include "owned.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/keys.hpp"

namespace slo::saml::test {

/// The certificate that is all of `der` and has a time on either side of its validity. Null for anything else.
inline OwnedX509 certificate_by_openssl(std::string_view der) {
    const auto* const begin = reinterpret_cast<const unsigned char*>(der.data());
    const unsigned char* cursor = begin;
    OwnedX509 x509(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
    std::tm fields{};
    const bool taken = x509 && cursor == begin + der.size() &&
                       ASN1_TIME_to_tm(X509_get0_notBefore(x509.get()), &fields) == 1 &&
                       ASN1_TIME_to_tm(X509_get0_notAfter(x509.get()), &fields) == 1;
    if (!taken) x509.reset();
    return x509;
}

inline std::string public_key_der(EVP_PKEY* key) {
    unsigned char* octets = nullptr;
    const int size = i2d_PUBKEY(key, &octets);
    const OwnedOpensslMemory owner(octets);
    return size <= 0 ? std::string() : std::string(reinterpret_cast<const char*>(octets), std::size_t(size));
}

/// What differs between our key and OpenSSL's; empty if nothing does.
inline std::string key_difference(const Certificate& ours, EVP_PKEY* theirs) {
    EVP_PKEY* const key = detail::KeyAccess::pkey(ours);
    if ((key == nullptr) != (theirs == nullptr)) return "only one of the two has a key";
    const auto verifying = VerificationKey::from(ours);
    if (key == nullptr) return verifying ? "a key from nowhere" : "";
    const std::string octets = public_key_der(theirs);
    if (public_key_der(key) != octets || EVP_PKEY_eq(key, theirs) != 1) return "another key";
    if (EVP_PKEY_get_bits(key) != EVP_PKEY_get_bits(theirs) || EVP_PKEY_get_size(key) != EVP_PKEY_get_size(theirs)) {
        return "a key of another length";
    }
    const auto shape = shape_of(theirs);
    if (verifying.has_value() != shape.has_value()) return "the policy for keys sees another key";
    if (!verifying) return verifying.error().code == shape.error().code ? "" : "refused for another reason";
    if (verifying->fingerprint() != sha256_hex(octets)) return "another fingerprint";
    if (shape->family == KeyFamily::rsa) return "";  // looking for its factors would take milliseconds
    const OwnedPkeyCtx context(EVP_PKEY_CTX_new(theirs, nullptr));
    return EVP_PKEY_public_check(context.get()) == 1 ? "" : "a point that the whole validation refuses";
}

/// What differs between our reading of `der` and OpenSSL's; empty if nothing does. Only for at most 8 KiB.
inline std::string difference(std::string_view der) {
    const CErrorScope quiet;
    const auto ours = Certificate::from_base64(encode_base64(der));
    const OwnedX509 theirs = certificate_by_openssl(der);
    if (ours.has_value() != (theirs != nullptr)) return ours ? "only we can read it" : "only OpenSSL can read it";
    if (!ours) return "";
    const auto is = [](Instant instant, const ASN1_TIME* time) {
        return ASN1_TIME_cmp_time_t(time, std::chrono::system_clock::to_time_t(instant)) == 0;
    };
    if (!is(ours->not_before(), X509_get0_notBefore(theirs.get())) ||
        !is(ours->not_after(), X509_get0_notAfter(theirs.get()))) {
        return "another date";
    }
    if (ours->der() != der) return "other octets";
    const OwnedPkey key(X509_get_pubkey(theirs.get()));
    return key_difference(*ours, key.get());
}

}  // namespace slo::saml::test
