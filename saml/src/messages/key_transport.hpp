// RSA-OAEP of XML Encryption 1.1, section 5.5.2. RSA PKCS#1 v1.5 isn't here, so nothing can ask for it.
#pragma once

#include <openssl/evp.h>

#include <optional>

#include "secret.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/logout_request.hpp"

namespace slo::saml {

/// unwrap_key decrypts the content key in `wrapped` with `private_key`. std::nullopt for another algorithm than
/// rsa-oaep-mgf1p and xmlenc11 rsa-oaep, an unknown digest or mask generation function, or another key's ciphertext.
[[nodiscard]] std::optional<SecretOctets> unwrap_key(const EncryptedKey& wrapped, EVP_PKEY* private_key);

/// is_supported says whether any key could open `wrapped`: its algorithm, digest and mask generation function are ours.
[[nodiscard]] bool is_supported(const EncryptedKey& wrapped);

/// Wraps `key` for `recipient` with rsa-oaep-mgf1p and a SHA-256 digest. Nothing if OpenSSL fails.
[[nodiscard]] std::optional<EncryptedKey> wrap_key(const SecretOctets& key, EVP_PKEY* public_key,
                                                   const EntityID& recipient);

}  // namespace slo::saml
