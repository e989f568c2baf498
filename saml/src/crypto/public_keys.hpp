// Public keys, made from their numbers: what OpenSSL's decoders do for any key, in a tenth of their time for the usual.
#pragma once

#include <string_view>

#include "owned.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

/// number reads big-endian octets. Null where memory lacks.
[[nodiscard]] OwnedBignum number(std::string_view octets);

/// rsa_public_key takes modulus and exponent as big-endian octets. Errors: Errc::key_unreadable.
[[nodiscard]] Result<OwnedPkey> rsa_public_key(std::string_view modulus, std::string_view exponent);

/// ec_public_key takes an uncompressed point (0x04, x, y) and sees that it lies on the curve. Errors:
/// Errc::key_unreadable.
[[nodiscard]] Result<OwnedPkey> ec_public_key(NamedCurve curve, std::string_view point);

/// usual_public_key reads the key of nearly every certificate: RSA without parameters, two positive numbers and nothing
/// else (RFC 3279, section 2.3.1), or an uncompressed point on P-256, P-384 or P-521 by name (RFC 5480). The key is the
/// one that OpenSSL's decoder makes of the same SubjectPublicKeyInfo. Null for anything else, which says nothing about
/// it: that is for the decoder to judge.
[[nodiscard]] OwnedPkey usual_public_key(const X509_PUBKEY* subject_public_key_info);

}  // namespace slo::saml
