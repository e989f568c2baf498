#include "content_cipher.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "owned.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t gcm_iv_octets = 12;
constexpr std::size_t gcm_tag_octets = 16;
constexpr std::size_t block_octets = 16;

constexpr auto ciphers = std::to_array<ContentCipher>({
    {"http://www.w3.org/2009/xmlenc11#aes128-gcm", CipherMode::gcm, EVP_aes_128_gcm, 16},
    {"http://www.w3.org/2009/xmlenc11#aes256-gcm", CipherMode::gcm, EVP_aes_256_gcm, 32},
    {"http://www.w3.org/2001/04/xmlenc#aes128-cbc", CipherMode::cbc, EVP_aes_128_cbc, 16},
    {"http://www.w3.org/2001/04/xmlenc#aes256-cbc", CipherMode::cbc, EVP_aes_256_cbc, 32},
});

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

std::optional<std::string> decrypt_gcm(const EVP_CIPHER* cipher, const SecretOctets& key, std::string_view text) {
    // A shorter tag would be taken by OpenSSL and guessed by an attacker; an empty ciphertext holds no NameID.
    if (text.size() <= gcm_iv_octets + gcm_tag_octets) return std::nullopt;
    const std::string_view iv = text.substr(0, gcm_iv_octets);
    const std::string_view body = text.substr(gcm_iv_octets, text.size() - gcm_iv_octets - gcm_tag_octets);
    std::string tag(text.substr(text.size() - gcm_tag_octets));

    const OwnedCipherCtx context(EVP_CIPHER_CTX_new());
    std::string plaintext(body.size(), '\0');
    const auto size = static_cast<int>(body.size());
    int written = 0;
    int rest = 0;
    if (!context || EVP_DecryptInit_ex2(context.get(), cipher, key.data(), octets(iv), nullptr) != 1 ||
        EVP_DecryptUpdate(context.get(), octets(plaintext), &written, octets(body), size) != 1 ||
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), tag.data()) != 1 ||
        EVP_DecryptFinal_ex(context.get(), octets(plaintext) + written, &rest) != 1) {
        return std::nullopt;
    }
    return plaintext;
}

std::optional<std::string> decrypt_cbc(const EVP_CIPHER* cipher, const SecretOctets& key, std::string_view text) {
    if (text.size() < 2 * block_octets || text.size() % block_octets != 0) return std::nullopt;
    const std::string_view body = text.substr(block_octets);

    const OwnedCipherCtx context(EVP_CIPHER_CTX_new());
    std::string plaintext(body.size() + block_octets, '\0');
    const auto size = static_cast<int>(body.size());
    int written = 0;
    int rest = 0;
    // OpenSSL knows PKCS#7 padding only. XML Encryption fixes the last octet and leaves the others free (5.2.1).
    if (!context || EVP_DecryptInit_ex2(context.get(), cipher, key.data(), octets(text), nullptr) != 1 ||
        EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
        EVP_DecryptUpdate(context.get(), octets(plaintext), &written, octets(body), size) != 1 ||
        EVP_DecryptFinal_ex(context.get(), octets(plaintext) + written, &rest) != 1) {
        return std::nullopt;
    }
    const std::size_t padding = static_cast<unsigned char>(plaintext[body.size() - 1]);
    if (padding == 0 || padding > block_octets) return std::nullopt;
    plaintext.resize(body.size() - padding);
    return plaintext;
}

}  // namespace

const ContentCipher* content_cipher(std::string_view uri, const AlgorithmPolicy& policy) noexcept {
    const auto* const found = std::ranges::find(ciphers, uri, &ContentCipher::uri);
    if (found == ciphers.end()) return nullptr;
    const bool cbc_allowed = policy.cbc == AlgorithmPolicy::Cbc::accepted_once_authenticated;
    return found->mode == CipherMode::gcm || cbc_allowed ? found : nullptr;
}

const ContentCipher& content_cipher(ContentEncryption algorithm) noexcept {
    return algorithm == ContentEncryption::aes128_gcm ? ciphers[0] : ciphers[1];
}

std::optional<std::string> decrypt_content(const ContentCipher& cipher, const SecretOctets& key,
                                           std::string_view ciphertext) {
    if (key.size() != cipher.key_octets) return std::nullopt;
    return cipher.mode == CipherMode::gcm ? decrypt_gcm(cipher.cipher(), key, ciphertext)
                                          : decrypt_cbc(cipher.cipher(), key, ciphertext);
}

std::optional<std::string> encrypt_content(const ContentCipher& cipher, const SecretOctets& key,
                                           std::string_view plaintext) {
    std::string out(gcm_iv_octets + plaintext.size() + gcm_tag_octets, '\0');
    unsigned char* const iv = octets(out);
    unsigned char* const body = iv + gcm_iv_octets;
    unsigned char* const tag = body + plaintext.size();

    const OwnedCipherCtx context(EVP_CIPHER_CTX_new());
    int written = 0;
    int rest = 0;
    if (!context || RAND_bytes(iv, gcm_iv_octets) != 1 ||
        EVP_EncryptInit_ex2(context.get(), cipher.cipher(), key.data(), iv, nullptr) != 1 ||
        EVP_EncryptUpdate(context.get(), body, &written, octets(plaintext), static_cast<int>(plaintext.size())) != 1 ||
        EVP_EncryptFinal_ex(context.get(), body + written, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, gcm_tag_octets, tag) != 1) {
        return std::nullopt;
    }
    return out;
}

}  // namespace slo::saml
