// EncryptedIDs of every kind, good and hostile, made with OpenSSL directly.
#pragma once

#include <openssl/rsa.h>

#include <optional>
#include <string>
#include <string_view>

#include "hostile_keys.hpp"
#include "slo/saml/logout_request.hpp"

namespace slo::saml::test {

inline constexpr std::string_view aes128_gcm = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
inline constexpr std::string_view aes256_gcm = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
inline constexpr std::string_view aes128_cbc = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
inline constexpr std::string_view aes256_cbc = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
inline constexpr std::string_view oaep_mgf1p = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
inline constexpr std::string_view oaep_11 = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
inline constexpr std::string_view rsa_1_5 = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";

inline const std::string plain_alice =
    R"(<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">alice</saml:NameID>)";

inline unsigned char* octets(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}
inline const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

inline const EVP_CIPHER* gcm_cipher(std::size_t key_octets) {
    if (key_octets == 16) return EVP_aes_128_gcm();
    return key_octets == 24 ? EVP_aes_192_gcm() : EVP_aes_256_gcm();
}

/// IV, ciphertext and tag.
inline std::string seal_gcm(std::string_view key, std::string_view plaintext) {
    const std::string iv = "twelve bytes";
    const OwnedCipherCtx context = made(OwnedCipherCtx(EVP_CIPHER_CTX_new()));
    std::string body(plaintext.size(), '\0');
    std::string tag(16, '\0');
    int written = 0;
    must(
        EVP_EncryptInit_ex2(context.get(), gcm_cipher(key.size()), octets(key), octets(std::string_view(iv)), nullptr));
    must(EVP_EncryptUpdate(context.get(), octets(body), &written, octets(plaintext),
                           static_cast<int>(plaintext.size())));
    must(EVP_EncryptFinal_ex(context.get(), octets(body) + written, &written));
    must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag.data()));
    return iv + body + tag;
}

/// IV and ciphertext of text that is padded already.
inline std::string seal_cbc(std::string_view key, std::string_view padded) {
    const std::string iv = "sixteen bytes iv";
    const OwnedCipherCtx context = made(OwnedCipherCtx(EVP_CIPHER_CTX_new()));
    std::string body(padded.size() + 16, '\0');
    int written = 0;
    must(EVP_EncryptInit_ex2(context.get(), key.size() == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc(), octets(key),
                             octets(std::string_view(iv)), nullptr));
    must(EVP_CIPHER_CTX_set_padding(context.get(), 0));
    must(EVP_EncryptUpdate(context.get(), octets(body), &written, octets(padded), static_cast<int>(padded.size())));
    return iv + body.substr(0, padded.size());
}

/// XML Encryption's padding (5.2.1): arbitrary octets, the last one counts them.
inline std::string padded(std::string text) {
    const auto count = 16 - text.size() % 16;
    text.append(count - 1, 'p');
    return text + static_cast<char>(count);
}

/// How a content key is wrapped; the identifiers say the same to the reader.
struct Wrapping {
    std::string_view algorithm = oaep_mgf1p;
    int padding = RSA_PKCS1_OAEP_PADDING;
    std::optional<std::string> digest{};
    const EVP_MD* md = EVP_sha1();
    std::optional<std::string> mgf{};
    const EVP_MD* mgf_md = EVP_sha1();
    std::string label{};
    std::optional<std::string> recipient{};
};

inline EncryptedKey wrap(EVP_PKEY* recipient_key, std::string_view content_key, const Wrapping& how = {}) {
    const OwnedPkeyCtx context = made(OwnedPkeyCtx(EVP_PKEY_CTX_new(recipient_key, nullptr)));
    must(EVP_PKEY_encrypt_init(context.get()));
    must(EVP_PKEY_CTX_set_rsa_padding(context.get(), how.padding));
    if (how.padding == RSA_PKCS1_OAEP_PADDING) {
        must(EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), how.md));
        must(EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), how.mgf_md));
    }
    if (!how.label.empty()) {
        must(EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), OPENSSL_memdup(how.label.data(), how.label.size()),
                                              static_cast<int>(how.label.size())));  // the context owns the copy
    }
    std::string wrapped(static_cast<std::size_t>(EVP_PKEY_get_size(recipient_key)), '\0');
    std::size_t size = wrapped.size();
    must(EVP_PKEY_encrypt(context.get(), octets(wrapped), &size, octets(content_key), content_key.size()));
    wrapped.resize(size);
    return {.algorithm = std::string(how.algorithm),
            .digest = how.digest,
            .mgf = how.mgf,
            .oaep_params = how.label,
            .recipient = how.recipient,
            .ciphertext = wrapped};
}

/// The content key in an rsa-oaep-mgf1p block in its default form: SHA-1 twice.
inline std::string unwrap_oaep(EVP_PKEY* private_key, std::string_view wrapped) {
    const OwnedPkeyCtx context = made(OwnedPkeyCtx(EVP_PKEY_CTX_new(private_key, nullptr)));
    must(EVP_PKEY_decrypt_init(context.get()));
    must(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING));
    std::string key(wrapped.size(), '\0');
    std::size_t size = key.size();
    must(EVP_PKEY_decrypt(context.get(), octets(key), &size, octets(wrapped), wrapped.size()));
    key.resize(size);
    return key;
}

/// The plaintext of AES-256-GCM, from IV, ciphertext and tag.
inline std::string open_aes256_gcm(std::string_view key, std::string_view sealed) {
    const OwnedCipherCtx context = made(OwnedCipherCtx(EVP_CIPHER_CTX_new()));
    const std::string_view body = sealed.substr(12, sealed.size() - 28);
    std::string tag(sealed.substr(sealed.size() - 16));
    std::string plaintext(body.size(), '\0');
    int written = 0;
    must(EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), octets(key), octets(sealed), nullptr));
    must(EVP_DecryptUpdate(context.get(), octets(plaintext), &written, octets(body), static_cast<int>(body.size())));
    must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, 16, tag.data()));
    must(EVP_DecryptFinal_ex(context.get(), octets(plaintext) + written, &written));
    return plaintext;
}

}  // namespace slo::saml::test
