// Block encryption of XML Encryption 1.1, section 5.2: AES-GCM, and AES-CBC for IdPs that still send it.
#pragma once

#include <openssl/evp.h>

#include <optional>
#include <string>
#include <string_view>

#include "secret.hpp"
#include "slo/saml/algorithms.hpp"

namespace slo::saml {

enum class CipherMode { gcm, cbc };

/// ContentCipher is one content encryption algorithm.
struct ContentCipher {
    std::string_view uri;
    CipherMode mode;
    const EVP_CIPHER* (*cipher)();
    std::size_t key_octets;
};

/// content_cipher returns the algorithm that `uri` names, if `policy` allows it.
[[nodiscard]] const ContentCipher* content_cipher(std::string_view uri, const AlgorithmPolicy& policy) noexcept;
[[nodiscard]] const ContentCipher& content_cipher(ContentEncryption algorithm) noexcept;

/// decrypt_content decrypts a CipherValue. std::nullopt if the key hasn't the algorithm's length, the ciphertext is
/// empty or cut short, the authentication tag is wrong (GCM), or the padding is (CBC).
[[nodiscard]] std::optional<std::string> decrypt_content(const ContentCipher& cipher, const SecretOctets& key,
                                                         std::string_view ciphertext);

/// encrypt_content uses AES-GCM with a new IV in front; the tag is at the end. std::nullopt if OpenSSL fails.
[[nodiscard]] std::optional<std::string> encrypt_content(const ContentCipher& cipher, const SecretOctets& key,
                                                         std::string_view plaintext);

}  // namespace slo::saml
