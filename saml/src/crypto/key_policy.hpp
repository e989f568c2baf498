// The public keys that may be used at all: one rule for verification, signing and encryption.
#pragma once

#include "owned.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

enum class KeyFamily { rsa, ec_p256, ec_p384, ec_p521 };

/// KeyShape describes a key that passed the policy.
struct KeyShape {
    KeyFamily family;
    std::size_t signature_octets;  ///< on the wire: the modulus' for RSA, twice the coordinate's for EC
};

/// shape_of checks `key`'s public part: RSA of 2048 to 8192 bits with an odd modulus and an odd exponent from 65537
/// to 64 bits, or a point on the named curve P-256, P-384 or P-521. Errors: KeyErrc::key_not_allowed.
[[nodiscard]] Result<KeyShape> shape_of(EVP_PKEY* key);

}  // namespace slo::saml
