#include "slo/saml/encryption.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <vector>

#include "algorithm_names.hpp"
#include "c_errors.hpp"
#include "content_cipher.hpp"
#include "encrypted_content.hpp"
#include "key_access.hpp"
#include "key_policy.hpp"
#include "key_transport.hpp"
#include "message_reading.hpp"
#include "message_writing.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t max_encrypted_keys = 8;
constexpr std::size_t max_decryption_keys = 8;

/// The EncryptedKeys in the order in which they're tried: those for us or without a recipient, then the others, as
/// some partners write another name of ours there (erratum E43 leaves it at a hint).
std::vector<const EncryptedKey*> in_order_of_hope(const EncryptedID& encrypted, const EntityID& our_entity_id) {
    std::vector<const EncryptedKey*> keys;
    for (const auto& key : std::span(encrypted.keys).first(std::min(encrypted.keys.size(), max_encrypted_keys))) {
        keys.push_back(&key);
    }
    std::stable_partition(keys.begin(), keys.end(), [&our_entity_id](const EncryptedKey* key) {
        return !key->recipient || *key->recipient == our_entity_id.str();
    });
    return keys;
}

/// The plaintext as a document of its own: a wrapper with the namespaces that were in scope at EncryptedID's place.
/// Its name has no prefix, as every prefix may be bound to anything there.
std::string in_its_context(std::string_view plaintext, const EncryptedID& encrypted) {
    std::string document = "<plaintext";
    for (const auto& [prefix, uri] : encrypted.namespaces) {
        if (prefix == "xml") continue;
        document += prefix.empty() ? " xmlns" : " xmlns:" + prefix;
        document += "=\"";
        xml::escape_attribute(document, uri);
        document += '"';
    }
    document += '>';
    document += plaintext;
    document += "</plaintext>";
    return document;
}

/// The one saml:NameID that the plaintext must be (Core 2.2.4 l.498).
std::optional<NameID> name_id_in(std::string_view plaintext, const EncryptedID& encrypted, const MessageForms& forms) {
    const auto document = xml::Document::parse(in_its_context(plaintext, encrypted));
    if (!document) return std::nullopt;
    const auto child = document->root().first_child();
    if (!child || child->next_sibling() || !document->root().has_only_element_content()) return std::nullopt;
    auto name_id = read_name_id(*child, forms);
    if (!name_id) return std::nullopt;
    return *std::move(name_id);
}

/// How far the search for a key got, for the operator alone: a peer is told one thing for all of it (erratum E93).
enum class Opened { nothing, key, content };

Failure not_opened(Opened opened, const EncryptedID& encrypted, std::size_t our_keys, std::string_view wanted) {
    switch (opened) {
        case Opened::nothing:
            break;
        case Opened::key:
            return fail(Errc::decryption_failed,
                        "a key of ours opens its EncryptedKey, but that doesn't open the content (" +
                            std::string(algorithm_name(encrypted.algorithm)) + "): padding or authentication tag");
        case Opened::content:
            return fail(Errc::decryption_failed, "its content opens, but isn't one " + std::string(wanted));
    }
    if (encrypted.keys.empty()) return fail(Errc::decryption_failed, "it has no EncryptedKey");
    const EncryptedKey& first = encrypted.keys.front();
    if (std::ranges::none_of(encrypted.keys, is_supported)) {
        return fail(Errc::decryption_failed,
                    "its key is encrypted with " + std::string(algorithm_name(first.algorithm)) +
                        " or parameters of it that aren't allowed; allowed: RSA-OAEP with SHA-1 or SHA-2");
    }
    return fail(Errc::decryption_failed, "none of our " + std::to_string(our_keys) +
                                             " keys opens its EncryptedKey: the IdP has another certificate of ours");
}

}  // namespace

Result<void> open_content(const EncryptedID& encrypted, std::span<const DecryptionKey> keys,
                          const EntityID& our_entity_id, const AlgorithmPolicy& policy, std::string_view wanted,
                          const std::function<bool(std::string_view)>& takes) {
    const CErrorScope quiet;
    const ContentCipher* const cipher = content_cipher(encrypted.algorithm, policy);
    if (cipher == nullptr) {
        return fail(Errc::decryption_failed, "its content is encrypted with " +
                                                 std::string(algorithm_name(encrypted.algorithm)) +
                                                 ", which this IdP's profile doesn't allow");
    }
    Opened opened = Opened::nothing;
    for (const EncryptedKey* const wrapped : in_order_of_hope(encrypted, our_entity_id)) {
        for (const DecryptionKey& key : keys.first(std::min(keys.size(), max_decryption_keys))) {
            const auto content_key = unwrap_key(*wrapped, detail::KeyAccess::pkey(key));
            if (!content_key) continue;
            opened = std::max(opened, Opened::key);
            const auto plaintext = decrypt_content(*cipher, *content_key, encrypted.ciphertext);
            if (!plaintext) continue;
            opened = Opened::content;
            if (takes(*plaintext)) return Done{};
        }
    }
    return not_opened(opened, encrypted, keys.size(), wanted);
}

bool is_cbc(const EncryptedID& encrypted) noexcept {
    const ContentCipher* const cipher =
        content_cipher(encrypted.algorithm, {.cbc = AlgorithmPolicy::Cbc::accepted_once_authenticated});
    return cipher != nullptr && cipher->mode == CipherMode::cbc;
}

Result<NameID> open_name_id(const EncryptedID& encrypted, std::span<const DecryptionKey> keys,
                            const EntityID& our_entity_id, const AlgorithmPolicy& policy, const MessageForms& forms) {
    std::optional<NameID> found;
    // With CBC, one wrong key in sixteen leaves padding that looks right: only a NameID ends the search.
    const auto opened = open_content(encrypted, keys, our_entity_id, policy, "NameID", [&](std::string_view plaintext) {
        found = name_id_in(plaintext, encrypted, forms);
        return found.has_value();
    });
    if (!opened) return opened.error();
    return *std::move(found);
}

Result<NameID> open_name_id(const Verified<LogoutRequest>& request, std::span<const DecryptionKey> keys,
                            const EntityID& our_entity_id, const AlgorithmPolicy& policy, const MessageForms& forms) {
    if (const auto* name_id = std::get_if<NameID>(&request->identifier)) return *name_id;
    const auto* encrypted = std::get_if<EncryptedID>(&request->identifier);
    if (encrypted == nullptr) return fail(Errc::base_id_unsupported, "BaseID is abstract: it names nobody");
    return open_name_id(*encrypted, keys, our_entity_id, policy, forms);
}

Result<EncryptedID> close_name_id(const NameID& name_id, const Certificate& certificate, const EntityID& recipient,
                                  ContentEncryption algorithm) {
    EVP_PKEY* const public_key = detail::KeyAccess::pkey(certificate);
    if (public_key == nullptr) return fail(KeyErrc::key_not_allowed, "the certificate's key is of no known kind");
    const auto shape = shape_of(public_key);
    if (!shape) return shape.error();
    if (shape->family != KeyFamily::rsa) return fail(KeyErrc::key_not_allowed, "only RSA keys encrypt");
    const auto plaintext = write_name_id(name_id);
    if (!plaintext) return plaintext.error();

    const CErrorScope quiet;
    const ContentCipher& cipher = content_cipher(algorithm);
    SecretOctets key(cipher.key_octets);
    if (RAND_priv_bytes(key.data(), static_cast<int>(key.size())) != 1) {
        return fail(KeyErrc::crypto_failure, "no random octets: " + take_openssl_errors());
    }
    auto ciphertext = encrypt_content(cipher, key, *plaintext);
    auto wrapped = wrap_key(key, public_key, recipient);
    if (!ciphertext || !wrapped) return fail(KeyErrc::crypto_failure, "encryption failed: " + take_openssl_errors());
    return EncryptedID{.algorithm = std::string(cipher.uri),
                       .ciphertext = *std::move(ciphertext),
                       .keys = {*std::move(wrapped)},
                       .namespaces = {}};
}

}  // namespace slo::saml
