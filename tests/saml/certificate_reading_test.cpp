// The content of a certificate, and which of the keys in one may verify a signature.
#include <openssl/dsa.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "failure_check.hpp"
#include "fixtures.hpp"
#include "hostile_keys.hpp"
#include "pem.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/keys.hpp"

namespace slo::saml::test {
namespace {

using slo::test::fixture;
using slo::test::fixture_path;

const std::string f4 = {"\x01\x00\x01", 3};  // 65537

std::string der_of(const std::string& pem) {
    return certificate_der_from_pem(pem).value();
}
std::string der_for(const OwnedPkey& key) {
    return der_of(certificate_pem_for(made(key.get())));
}

OwnedPkey generated(const char* type, const std::function<int(EVP_PKEY_CTX*)>& set_up) {
    const OwnedPkeyCtx context = made(OwnedPkeyCtx(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)));
    must(EVP_PKEY_keygen_init(context.get()));
    must(set_up(context.get()));
    EVP_PKEY* key = nullptr;
    must(EVP_PKEY_keygen(context.get(), &key));
    return OwnedPkey(key);
}

OwnedPkey dsa_key() {
    const OwnedPkeyCtx context = made(OwnedPkeyCtx(EVP_PKEY_CTX_new_from_name(nullptr, "DSA", nullptr)));
    must(EVP_PKEY_paramgen_init(context.get()));
    must(EVP_PKEY_CTX_set_dsa_paramgen_bits(context.get(), 1024));
    EVP_PKEY* parameters = nullptr;
    must(EVP_PKEY_paramgen(context.get(), &parameters));
    const OwnedPkey owner(parameters);
    const OwnedPkeyCtx making = made(OwnedPkeyCtx(EVP_PKEY_CTX_new(parameters, nullptr)));
    EVP_PKEY* key = nullptr;
    must(EVP_PKEY_keygen_init(making.get()));
    must(EVP_PKEY_keygen(making.get(), &key));
    return OwnedPkey(key);
}

OwnedPkey on_curve(const char* curve, const char* point_format = "uncompressed") {
    OwnedPkey key = made(OwnedPkey(EVP_EC_gen(curve)));
    must(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, point_format));
    return key;
}

/// A certificate with this AlgorithmIdentifier and these octets as its key.
struct RawKey {
    int algorithm;
    int parameter_type = V_ASN1_UNDEF;
    ASN1_OBJECT* parameter = nullptr;
    std::string octets;
};
std::string der_with(const RawKey& key, long version = 2) {
    const OwnedX509 certificate = certificate_without_key();
    must(X509_set_version(certificate.get(), version));
    auto* const copy = static_cast<unsigned char*>(made(OPENSSL_zalloc(key.octets.size() + 1)));
    std::copy(key.octets.begin(), key.octets.end(), copy);
    must(X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate.get()), OBJ_nid2obj(key.algorithm), key.parameter_type,
                                key.parameter, copy, static_cast<int>(key.octets.size())));
    return der_of(signed_pem(certificate));
}
std::string der_with_rsa(const std::string& octets) {
    return der_with({.algorithm = NID_rsaEncryption, .parameter_type = V_ASN1_NULL, .octets = octets});
}
std::string der_with_point(int curve, const std::string& octets) {
    return der_with({.algorithm = NID_X9_62_id_ecPublicKey,
                     .parameter_type = V_ASN1_OBJECT,
                     .parameter = OBJ_nid2obj(curve),
                     .octets = octets});
}

std::string tagged(char tag, const std::string& content) {
    std::string length(1, static_cast<char>(content.size()));
    if (content.size() > 127) {
        length = {'\x82', static_cast<char>(content.size() >> 8), static_cast<char>(content.size() & 0xFF)};
    }
    return tag + length + content;
}
std::string integer(const std::string& content) {
    return tagged('\x02', content);
}
std::string sequence(const std::string& content) {
    return tagged('\x30', content);
}

std::string point_of(const OwnedPkey& key) {
    unsigned char* octets = nullptr;
    const std::size_t size = EVP_PKEY_get1_encoded_public_key(key.get(), &octets);
    const OwnedOpensslMemory owner(octets);
    return {reinterpret_cast<const char*>(octets), size};
}

std::map<std::string, std::string> usual_certificates() {
    std::map<std::string, std::string> made_ones{{"P-256", der_for(on_curve("P-256"))},
                                                 {"P-384", der_for(on_curve("P-384"))},
                                                 {"P-521", der_for(on_curve("P-521"))}};
    for (const int bits : {1024, 2048, 3072, 4096, 8192, 16'384}) {
        made_ones["RSA " + std::to_string(bits)] = der_for(rsa_public(odd_number(bits), f4));
    }
    return made_ones;
}

std::map<std::string, std::string> unusual_keys() {
    const auto set_pss = [](EVP_PKEY_CTX* context) { return EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048); };
    const auto nothing = [](EVP_PKEY_CTX*) { return 1; };
    return {{"Ed25519", der_for(generated("ED25519", nothing))},
            {"X25519", der_for(generated("X25519", nothing))},
            {"RSA-PSS", der_for(generated("RSA-PSS", set_pss))},
            {"DSA", der_for(dsa_key())},
            {"brainpool", der_for(on_curve("brainpoolP256r1"))},
            {"secp256k1", der_for(on_curve("secp256k1"))},
            {"P-224", der_for(on_curve("P-224"))},
            {"explicit", der_for(explicit_p256())},
            {"compressed", der_for(on_curve("P-256", "compressed"))},
            {"hybrid", der_for(on_curve("P-384", "hybrid"))}};
}

/// Keys that no certificate should carry, with the algorithm of one that it may.
std::map<std::string, std::string> odd_rsa_keys() {
    const std::string n = integer('\0' + std::string(1, '\xA5') + odd_number(2040));
    const std::string e = integer(f4);
    const std::string key = sequence(n + e);
    return {{"no parameter", der_with({.algorithm = NID_rsaEncryption, .octets = key})},
            {"an OID as parameter", der_with({.algorithm = NID_rsaEncryption,
                                              .parameter_type = V_ASN1_OBJECT,
                                              .parameter = OBJ_nid2obj(NID_secp384r1),
                                              .octets = key})},
            {"the OID of RSA-PSS", der_with({.algorithm = NID_rsassaPss, .octets = key})},
            {"the other OID of RSA", der_with({.algorithm = NID_rsa, .parameter_type = V_ASN1_NULL, .octets = key})},
            {"negative modulus", der_with_rsa(sequence(integer(odd_number(2048)) + e))},
            {"negative modulus of ones", der_with_rsa(sequence(integer(std::string(256, '\xF3')) + e))},
            {"negative exponent", der_with_rsa(sequence(n + integer("\x81\x01")))},
            {"padded modulus", der_with_rsa(sequence(integer(std::string(2, '\0') + odd_number(2048)) + e))},
            {"padded exponent", der_with_rsa(sequence(n + integer('\0' + f4)))},
            {"no modulus", der_with_rsa(sequence(integer("") + e))},
            {"modulus 0", der_with_rsa(sequence(integer(std::string(1, '\0')) + e))},
            {"exponent 0", der_with_rsa(sequence(n + integer(std::string(1, '\0'))))},
            {"one number", der_with_rsa(sequence(n))},
            {"three numbers", der_with_rsa(sequence(n + e + e))},
            {"trailing", der_with_rsa(key + "x")},
            {"trailing inside", der_with_rsa(sequence(n + e + std::string("\x05\x00", 2)))},
            {"an ENUMERATED", der_with_rsa(sequence(n + tagged('\x0A', f4)))},
            {"an OCTET STRING", der_with_rsa(sequence(n + tagged('\x04', f4)))},
            {"a SET", der_with_rsa(tagged('\x31', n + e))},
            {"a SEQUENCE said to be primitive", der_with_rsa(tagged('\x10', n + e))},
            {"a longer length than needed", der_with_rsa(sequence(n + std::string("\x02\x81\x03", 3) + f4))},
            {"indefinite length", der_with_rsa(std::string("\x30\x80", 2) + n + e + std::string(2, '\0'))},
            {"nothing", der_with_rsa("")},
            {"a point", der_with_rsa(point_of(on_curve("P-256")))}};
}

std::map<std::string, std::string> odd_points() {
    const std::string point = point_of(on_curve("P-256"));
    std::string off = point;
    off.back() = static_cast<char>(off.back() ^ 1);
    const std::string beyond = '\x04' + std::string(64, '\xFF');  // coordinates beyond the field
    const int p256 = NID_X9_62_prime256v1;
    return {{"off the curve", der_with_point(p256, off)},
            {"of another curve", der_with_point(NID_secp384r1, point)},
            {"of a curve as long", der_with_point(NID_secp256k1, point)},
            {"said to be on brainpool's", der_with_point(NID_brainpoolP256r1, point)},
            {"beyond the field", der_with_point(p256, beyond)},
            {"at infinity", der_with_point(p256, std::string(1, '\0'))},
            {"zero", der_with_point(p256, '\x04' + std::string(64, '\0'))},
            {"cut", der_with_point(p256, point.substr(0, 64))},
            {"longer", der_with_point(p256, point + '\0')},
            {"nothing", der_with_point(p256, "")},
            {"NULL for a curve",
             der_with({.algorithm = NID_X9_62_id_ecPublicKey, .parameter_type = V_ASN1_NULL, .octets = point})},
            {"no curve", der_with({.algorithm = NID_X9_62_id_ecPublicKey, .octets = point})},
            {"an OID that is no curve", der_with_point(NID_rsaEncryption, point)}};
}

/// The rule by which the certificate's key is refused, or "accepted". The certificate itself can be read.
std::string verdict(const std::string& der) {
    const auto certificate = Certificate::parse(der);
    if (!certificate) return rule_of(certificate);
    return rule_of(VerificationKey::from(*certificate));
}

BOOST_AUTO_TEST_SUITE(certificate_reading)

void check(const std::map<std::string, std::string>& certificates, const std::string& expected,
           const std::map<std::string, std::string>& exceptions = {}) {
    for (const auto& [name, der] : certificates) {
        const auto exception = exceptions.find(name);
        BOOST_TEST(verdict(der) == (exception == exceptions.end() ? expected : exception->second), name);
    }
}
const std::string accepted = "accepted";
const std::string not_allowed = "key.not_allowed";
const std::string unreadable = "key.unreadable";

BOOST_AUTO_TEST_CASE(takes_the_usual_keys_of_a_fitting_length) {
    check(usual_certificates(), accepted, {{"RSA 1024", not_allowed}, {"RSA 16384", not_allowed}});
}

// How a point is written changes nothing about the key.
BOOST_AUTO_TEST_CASE(refuses_every_other_kind_of_key) {
    check(unusual_keys(), not_allowed, {{"compressed", accepted}, {"hybrid", accepted}});
}

// The key that OpenSSL reads is what counts, and its spelling is its owner's business: a sign that is missing, or a
// length of more octets than needed. No spelling makes a key of another kind, nor one whose numbers can't be right.
BOOST_AUTO_TEST_CASE(an_odd_spelling_of_an_rsa_key_is_the_same_key_or_none) {
    check(odd_rsa_keys(), accepted,
          {{"the OID of RSA-PSS", not_allowed},
           {"negative exponent", not_allowed},
           {"no modulus", not_allowed},
           {"modulus 0", not_allowed},
           {"exponent 0", not_allowed},
           {"one number", unreadable},
           {"three numbers", unreadable},
           {"trailing inside", unreadable},
           {"an ENUMERATED", unreadable},
           {"an OCTET STRING", unreadable},
           {"a SET", unreadable},
           {"a SEQUENCE said to be primitive", unreadable},
           {"nothing", unreadable},
           {"a point", unreadable}});
}

BOOST_AUTO_TEST_CASE(refuses_a_point_that_is_not_on_its_curve) {
    check(odd_points(), unreadable, {{"at infinity", not_allowed}});
}

BOOST_AUTO_TEST_CASE(reads_every_version_of_x509) {
    const RawKey key{.algorithm = NID_rsaEncryption,
                     .parameter_type = V_ASN1_NULL,
                     .octets = sequence(integer('\0' + odd_number(2048)) + integer(f4))};
    for (const long version : {0, 1, 2, 3, 7}) BOOST_TEST(verdict(der_with(key, version)) == accepted, version);
}

BOOST_AUTO_TEST_CASE(refuses_octets_behind_a_certificate) {
    const std::string der = der_of(fixture("keys/idp2-p256.crt.pem"));
    BOOST_TEST(rule_of(Certificate::parse(der + '\0')) == rule(KeyErrc::certificate_unreadable));
    BOOST_TEST(rule_of(Certificate::parse(der + der)) == rule(KeyErrc::certificate_unreadable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace slo::saml::test
