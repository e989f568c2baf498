#include "key_transport.hpp"

#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "owned.hpp"
#include "slo/saml/algorithms.hpp"

namespace slo::saml {
namespace {

constexpr std::string_view rsa_oaep_mgf1p = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
constexpr std::string_view rsa_oaep = "http://www.w3.org/2009/xmlenc11#rsa-oaep";

struct NamedDigest {
    std::string_view uri;
    const EVP_MD* (*md)();
};
constexpr auto digests = std::to_array<NamedDigest>({
    {"http://www.w3.org/2000/09/xmldsig#sha1", EVP_sha1},
    {"http://www.w3.org/2001/04/xmlenc#sha256", EVP_sha256},
    {"http://www.w3.org/2001/04/xmlenc#sha384", EVP_sha384},
    {"http://www.w3.org/2001/04/xmldsig-more#sha384", EVP_sha384},  // XML Signature's name for the same digest
    {"http://www.w3.org/2001/04/xmlenc#sha512", EVP_sha512},
});
constexpr auto mask_generation_functions = std::to_array<NamedDigest>({
    {"http://www.w3.org/2009/xmlenc11#mgf1sha1", EVP_sha1},
    {"http://www.w3.org/2009/xmlenc11#mgf1sha256", EVP_sha256},
    {"http://www.w3.org/2009/xmlenc11#mgf1sha384", EVP_sha384},
    {"http://www.w3.org/2009/xmlenc11#mgf1sha512", EVP_sha512},
});

/// Absent means SHA-1, for the digest and for the mask generation function alike. The known attacks on SHA-1 don't
/// apply to either: OAEP needs no collision resistance.
template <class Table>
const EVP_MD* md_of(const Table& table, const std::optional<std::string>& uri) {
    if (!uri) return EVP_sha1();
    const auto found = std::ranges::find(table, *uri, &NamedDigest::uri);
    return found == table.end() ? nullptr : found->md();
}

struct OaepMethod {
    const EVP_MD* digest;
    const EVP_MD* mgf;
    std::string_view label;
};

std::optional<OaepMethod> method_of(const EncryptedKey& key) {
    if (key.algorithm != rsa_oaep_mgf1p && key.algorithm != rsa_oaep) return std::nullopt;
    const OaepMethod method{md_of(digests, key.digest), md_of(mask_generation_functions, key.mgf), key.oaep_params};
    if (method.digest == nullptr || method.mgf == nullptr) return std::nullopt;
    // rsa-oaep-mgf1p has SHA-1 in its mask generation function by definition, whatever an MGF element says.
    if (key.algorithm == rsa_oaep_mgf1p && method.mgf != EVP_sha1()) return std::nullopt;
    return method;
}

bool set_oaep(EVP_PKEY_CTX* context, const OaepMethod& method) {
    if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md(context, method.digest) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(context, method.mgf) != 1) {
        return false;
    }
    if (method.label.empty()) return true;
    OwnedOpensslMemory label(static_cast<unsigned char*>(OPENSSL_memdup(method.label.data(), method.label.size())));
    const auto size = static_cast<int>(method.label.size());
    if (!label || EVP_PKEY_CTX_set0_rsa_oaep_label(context, label.get(), size) != 1) return false;
    (void)label.release();  // the context owns it
    return true;
}

}  // namespace

bool is_supported(const EncryptedKey& key) {
    return method_of(key).has_value();
}

std::optional<SecretOctets> unwrap_key(const EncryptedKey& wrapped, EVP_PKEY* private_key) {
    const auto method = method_of(wrapped);
    const auto modulus_octets = static_cast<std::size_t>(EVP_PKEY_get_size(private_key));
    if (!method || wrapped.ciphertext.size() != modulus_octets) return std::nullopt;

    const OwnedPkeyCtx context(EVP_PKEY_CTX_new(private_key, nullptr));
    SecretOctets key(modulus_octets);
    std::size_t size = key.size();
    if (!context || EVP_PKEY_decrypt_init(context.get()) != 1 || !set_oaep(context.get(), *method) ||
        EVP_PKEY_decrypt(context.get(), key.data(), &size,
                         reinterpret_cast<const unsigned char*>(wrapped.ciphertext.data()),
                         wrapped.ciphertext.size()) != 1 ||
        size > key.size()) {
        return std::nullopt;
    }
    key.resize(size);
    return key;
}

std::optional<EncryptedKey> wrap_key(const SecretOctets& key, EVP_PKEY* public_key, const EntityID& recipient) {
    EncryptedKey wrapped{.algorithm = std::string(rsa_oaep_mgf1p),
                         .digest = std::nullopt,  // SHA-1: the only one that xmlsec1 1.2 and software on it can decrypt
                         .mgf = std::nullopt,
                         .oaep_params = {},
                         .recipient = recipient.str(),
                         .ciphertext = std::string(static_cast<std::size_t>(EVP_PKEY_get_size(public_key)), '\0')};
    const auto method = method_of(wrapped);
    const OwnedPkeyCtx context(EVP_PKEY_CTX_new(public_key, nullptr));
    std::size_t size = wrapped.ciphertext.size();
    if (!method || !context || EVP_PKEY_encrypt_init(context.get()) != 1 || !set_oaep(context.get(), *method) ||
        EVP_PKEY_encrypt(context.get(), reinterpret_cast<unsigned char*>(wrapped.ciphertext.data()), &size, key.data(),
                         key.size()) != 1 ||
        size > wrapped.ciphertext.size()) {
        return std::nullopt;
    }
    wrapped.ciphertext.resize(size);
    return wrapped;
}

}  // namespace slo::saml
