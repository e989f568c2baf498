// A certificate says to us what it says to OpenSSL, whichever way it is read.
#include <openssl/dsa.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "certificate_judge.hpp"
#include "failure_check.hpp"
#include "fixtures.hpp"
#include "hostile_keys.hpp"
#include "pem.hpp"
#include "public_keys.hpp"

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

/// Whether the short way reads this certificate's key.
bool is_usual(const std::string& der) {
    const OwnedX509 x509 = made(certificate_by_openssl(der));
    return usual_public_key(X509_get_X509_PUBKEY(x509.get())) != nullptr;
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

void agree(const std::map<std::string, std::string>& certificates) {
    for (const auto& [name, der] : certificates) BOOST_TEST(difference(der) == "", name);
}

BOOST_AUTO_TEST_SUITE(certificate_reading)

BOOST_AUTO_TEST_CASE(agrees_with_openssl_on_every_fixture) {
    std::size_t read = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(fixture_path(""))) {
        if (entry.path().extension() != ".pem" && entry.path().extension() != ".crt") continue;
        const auto der = certificate_der_from_pem(slo::test::read_file(entry.path()));
        if (!der) continue;  // a private key
        BOOST_TEST(difference(*der) == "", entry.path());
        ++read;
    }
    BOOST_TEST(read > 20U);
}

BOOST_AUTO_TEST_CASE(agrees_on_the_keys_that_are_read_the_short_way) {
    const auto certificates = usual_certificates();
    agree(certificates);
    for (const auto& [name, der] : certificates) BOOST_TEST(is_usual(der), name);
}

BOOST_AUTO_TEST_CASE(leaves_every_other_kind_of_key_to_openssl) {
    const auto certificates = unusual_keys();
    agree(certificates);
    for (const auto& [name, der] : certificates) BOOST_TEST(!is_usual(der), name);
}

BOOST_AUTO_TEST_CASE(agrees_on_keys_in_odd_encodings) {
    agree(odd_rsa_keys());
    agree(odd_points());
    for (const auto& [name, der] : odd_rsa_keys()) {
        const bool may_be = name == "modulus 0" || name == "exponent 0";  // no decoder minds
        BOOST_TEST((may_be || !is_usual(der)), name);
    }
    for (const auto& [name, der] : odd_points()) BOOST_TEST(!is_usual(der), name);
}

BOOST_AUTO_TEST_CASE(agrees_on_every_version_of_x509) {
    const RawKey key{.algorithm = NID_rsaEncryption,
                     .parameter_type = V_ASN1_NULL,
                     .octets = sequence(integer('\0' + odd_number(2048)) + integer(f4))};
    for (const long version : {0, 1, 2, 3, 7}) {
        BOOST_TEST(difference(der_with(key, version)) == "", version);
        BOOST_TEST(is_usual(der_with(key, version)), version);
    }
}

BOOST_AUTO_TEST_CASE(agrees_after_every_change_of_an_octet_and_every_cut) {
    for (const auto* name : {"keys/idp2-p256.crt.pem", "keys/ed25519.crt.pem", "keys/weak-rsa1024.crt.pem"}) {
        const std::string der = der_of(fixture(name));
        std::size_t differ = 0;
        std::size_t readable = 0;
        for (std::size_t at = 0; at < der.size(); ++at) {
            for (const int flip : {0x01, 0x02, 0x04, 0x20, 0x80, 0xFF}) {
                std::string changed = der;
                changed[at] = static_cast<char>(changed[at] ^ flip);
                differ += difference(changed).empty() ? 0 : 1;
                readable += certificate_by_openssl(changed) ? 1 : 0;
            }
            differ += difference(der.substr(0, at)).empty() ? 0 : 1;
            differ += difference(der.substr(0, at) + der.substr(at + 1)).empty() ? 0 : 1;
            differ += difference(der.substr(0, at) + '\0' + der.substr(at)).empty() ? 0 : 1;
        }
        BOOST_TEST(differ == 0U, name);
        BOOST_TEST(readable > der.size(), "else nothing was compared");
    }
}

// They share what is prepared once: the context without decoders, and a key without its point for each curve.
BOOST_AUTO_TEST_CASE(threads_read_at_once) {
    const auto certificates = usual_certificates();
    std::vector<std::size_t> agreed(4);
    std::vector<std::thread> threads;
    for (std::size_t& count : agreed) {
        threads.emplace_back([&count, &certificates] {
            for (int i = 0; i < 20; ++i) {
                for (const auto& [name, der] : certificates) count += difference(der).empty() ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (const std::size_t count : agreed) BOOST_TEST(count == 20 * certificates.size());
}

BOOST_AUTO_TEST_CASE(agrees_when_octets_follow) {
    const std::string der = der_of(fixture("keys/idp2-p256.crt.pem"));
    BOOST_TEST(difference(der + '\0') == "");
    BOOST_TEST(difference(der + der) == "");
    BOOST_TEST(rule_of(Certificate::parse(der + '\0')) == rule(Errc::certificate_unreadable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace slo::saml::test
