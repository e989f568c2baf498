// How the other sources of this library reach inside the opaque keys.
#pragma once

#include <string>

#include "owned.hpp"
#include "slo/saml/keys.hpp"

namespace slo::saml::detail {

/// KeyAccess lends pointers that live as long as the key does. EVP_PKEYs are never changed after construction, so that
/// threads may share them.
struct KeyAccess {
    static EVP_PKEY* pkey(const VerificationKey& key) noexcept;
    static EVP_PKEY* pkey(const SigningKey& key) noexcept;
    static EVP_PKEY* pkey(const DecryptionKey& key) noexcept;
    static EVP_PKEY* pkey(const Certificate& certificate) noexcept;
    /// The xmlsec key for verification, without a certificate on it (duplicating those costs 122 us each).
    static xmlSecKey* xmlsec_key(const VerificationKey& key) noexcept;
    /// How many octets a signature by this key has on the wire: the modulus' for RSA, twice the coordinate's for EC.
    static std::size_t signature_octets(const VerificationKey& key) noexcept;
};

}  // namespace slo::saml::detail
