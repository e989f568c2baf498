// EncryptedIDs for our key, opened the way the service opens them: signed, verified, then decrypted.
#pragma once

#include <openssl/err.h>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "failure_check.hpp"
#include "key_access.hpp"
#include "sealing.hpp"
#include "signed_messages.hpp"
#include "slo/saml/encryption.hpp"

namespace slo::saml::test {

inline const EntityID us = EntityID::parse("https://sp.example.com/saml/metadata").value();
inline const std::string key16(16, 'k');
inline const std::string key32(32, 'K');

inline AlgorithmPolicy with_cbc() {
    AlgorithmPolicy policy;
    policy.cbc = AlgorithmPolicy::Cbc::accepted_once_authenticated;
    return policy;
}

inline const DecryptionKey& our_key() {
    static const auto key = DecryptionKey::parse(fixture("sp/sp.key.pem")).value();
    return key;
}
inline const DecryptionKey& old_key() {
    static const auto key = DecryptionKey::parse(fixture("keys/sp-old.key.pem")).value();
    return key;
}
inline const Certificate& our_certificate() {
    static const auto certificate = Certificate::parse(fixture("sp/sp.crt.pem")).value();
    return certificate;
}
inline EVP_PKEY* our_public_key() {
    return detail::KeyAccess::pkey(our_certificate());
}

inline Verified<LogoutRequest> verified(const EncryptedID& encrypted) {
    LogoutRequest request = logout_request();
    request.identifier = encrypted;
    return verify(signed_envelope(request, ec_key()), {ec_key().verification}, expectations()).value();
}

struct Opening {
    std::vector<DecryptionKey> keys{our_key()};
    AlgorithmPolicy policy{};
};

/// Signs, verifies, opens.
inline Result<NameID> opened(const EncryptedID& encrypted, const Opening& with = {}) {
    return open_name_id(verified(encrypted), with.keys, us, with.policy);
}

inline EncryptedID gcm(std::string_view plaintext) {
    return {.algorithm = std::string(aes256_gcm),
            .ciphertext = seal_gcm(key32, plaintext),
            .keys = {wrap(our_public_key(), key32)},
            .namespaces = {}};
}
inline EncryptedID cbc(const std::string& padded_text) {
    return {.algorithm = std::string(aes128_cbc),
            .ciphertext = seal_cbc(key16, padded_text),
            .keys = {wrap(our_public_key(), key16)},
            .namespaces = {}};
}
inline EncryptedID wrapped_as(const Wrapping& how) {
    return {.algorithm = std::string(aes256_gcm),
            .ciphertext = seal_gcm(key32, plain_alice),
            .keys = {wrap(our_public_key(), key32, how)},
            .namespaces = {}};
}

inline void expect_alice(const Result<NameID>& name_id) {
    BOOST_TEST_REQUIRE(rule_of(name_id) == "accepted");
    BOOST_TEST(name_id->value == "alice");
}

/// Refused for id.decryption, which is all that a peer is told; the detail is the operator's.
inline void expect_undecryptable(const Result<NameID>& name_id) {
    BOOST_TEST_REQUIRE(rule_of(name_id) == rule(Errc::decryption_failed));
    BOOST_TEST(name_id.error().detail != "");
    BOOST_TEST(ERR_peek_error() == 0U);
}

}  // namespace slo::saml::test
