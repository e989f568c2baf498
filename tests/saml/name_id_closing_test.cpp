// close_name_id: what it writes opens again, by us and by OpenSSL used directly.
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

#include "opening.hpp"

namespace {

using namespace slo::saml;
using namespace slo::saml::test;

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_SUITE(closing)

BOOST_AUTO_TEST_CASE(an_encrypted_name_id_decrypts_with_every_attribute) {
    NameID name_id;
    name_id.value = "O'Neil & <S\xC3\xB6hne> \"]]>\"";
    name_id.format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    name_id.name_qualifier = "https://idp.example.com/?a=1&b=2";
    name_id.sp_name_qualifier = "https://sp.example.com";
    name_id.sp_provided_id = "\"42\"";
    for (const auto algorithm : {ContentEncryption::aes128_gcm, ContentEncryption::aes256_gcm}) {
        const auto encrypted = close_name_id(name_id, our_certificate(), us, algorithm);
        BOOST_TEST_REQUIRE(rule_of(encrypted) == "accepted");
        BOOST_TEST(encrypted->algorithm == (algorithm == ContentEncryption::aes128_gcm ? aes128_gcm : aes256_gcm));
        BOOST_TEST(encrypted->keys.at(0).recipient.value_or("") == us.str());
        const auto again = opened(*encrypted);
        BOOST_TEST_REQUIRE(rule_of(again) == "accepted");
        BOOST_TEST((*again == name_id));
    }
}

// xmlsec1 1.2.37 can't be the judge here: its rsa-oaep-mgf1p knows SHA-1 digests only.
BOOST_AUTO_TEST_CASE(the_ciphertext_has_the_algorithms_that_it_names) {
    const NameID alice = std::get<NameID>(logout_request().identifier);
    const auto encrypted = close_name_id(alice, our_certificate(), us, ContentEncryption::aes256_gcm).value();
    BOOST_TEST_REQUIRE(encrypted.keys.size() == 1U);
    const EncryptedKey& wrapped = encrypted.keys.front();
    BOOST_TEST(wrapped.algorithm == oaep_mgf1p);
    BOOST_TEST(!wrapped.digest.has_value());
    BOOST_TEST(!wrapped.mgf.has_value());
    const std::string key = unwrap_oaep(detail::KeyAccess::pkey(our_key()), wrapped.ciphertext);
    BOOST_TEST(key.size() == 32U);
    BOOST_TEST(open_aes256_gcm(key, encrypted.ciphertext) == plain_alice);
}

// Core 2.2.4 l.507-509: fresh key and IV.
BOOST_AUTO_TEST_CASE(no_ciphertext_comes_twice) {
    std::set<std::string> seen;
    for (int i = 0; i < 50; ++i) {
        const auto encrypted = close_name_id(std::get<NameID>(logout_request().identifier), our_certificate(), us,
                                             ContentEncryption::aes128_gcm)
                                   .value();
        seen.insert(encrypted.ciphertext.substr(0, 12));
        seen.insert(encrypted.ciphertext.substr(12));
        seen.insert(encrypted.keys.front().ciphertext);
    }
    BOOST_TEST(seen.size() == 150U);
}

BOOST_AUTO_TEST_CASE(names_are_encrypted_only_for_rsa_keys_inside_the_policy) {
    const NameID alice = std::get<NameID>(logout_request().identifier);
    for (const auto* certificate : {"keys/idp2-p256.crt.pem", "keys/weak-rsa1024.crt.pem", "keys/ed25519.crt.pem"}) {
        const auto recipient = Certificate::parse(fixture(certificate)).value();
        BOOST_TEST(rule_of(close_name_id(alice, recipient, us, ContentEncryption::aes256_gcm)) ==
                       rule(KeyErrc::key_not_allowed),
                   certificate);
    }
}

BOOST_AUTO_TEST_CASE(refuses_a_name_id_that_the_schema_does_not_allow) {
    NameID blank;
    blank.value = " ";
    BOOST_TEST(rule_of(close_name_id(blank, our_certificate(), us, ContentEncryption::aes256_gcm)) ==
               rule(Errc::name_id_malformed));
    NameID relative = std::get<NameID>(logout_request().identifier);
    relative.format = "persistent";
    BOOST_TEST(rule_of(close_name_id(relative, our_certificate(), us, ContentEncryption::aes256_gcm)) ==
               rule(Errc::uri_malformed));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
