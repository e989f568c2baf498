#include "slo/saml/keys.hpp"

#include <openssl/err.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "failure_check.hpp"
#include "fixtures.hpp"
#include "hostile_keys.hpp"
#include "key_access.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/wipe.hpp"

namespace {

using namespace slo::saml;
using namespace slo::saml::test;
using slo::test::fixture;
using std::chrono::days;

const slo::Instant first_day = std::chrono::sys_days{std::chrono::January / 15 / 2030};
const std::string f4 = {"\x01\x00\x01", 3};  // 65537

GeneratedKey fresh(KeyKind kind) {
    return generate_key(kind, "test", first_day, days(365)).value();
}

SigningKey signing_key(KeyKind kind) {
    const auto pem = fresh(kind);
    return SigningKey::parse(pem.private_key_pem, pem.certificate_pem).value();
}

const std::string pem_begin = "-----BEGIN PRIVATE KEY-----\n";
const std::string pem_end = "-----END PRIVATE KEY-----\n";

std::string key_der(const GeneratedKey& key) {
    const std::string& pem = key.private_key_pem;
    return decode_base64(pem.substr(pem_begin.size(), pem.size() - pem_begin.size() - pem_end.size()), 4096).value();
}
std::string key_pem(std::string_view der) {
    std::string text = pem_begin;
    const std::string line = encode_base64(der);
    for (std::size_t at = 0; at < line.size(); at += 64) text += line.substr(at, 64) + "\n";
    return text + pem_end;
}

std::string verification_rule(const std::string& certificate_pem) {
    return rule_of(VerificationKey::from(Certificate::parse(certificate_pem).value()));
}

/// Whether OpenSSL verifies `signature`, in its form on the wire, under the certificate of `key`.
bool verifies(const SigningKey& key, const EVP_MD* digest, std::string_view octets, std::string signature) {
    EVP_PKEY* const public_key = detail::KeyAccess::pkey(key.certificate());
    if (EVP_PKEY_is_a(public_key, "EC") == 1) {
        const auto* const r = reinterpret_cast<const unsigned char*>(signature.data());
        const auto half = static_cast<int>(signature.size() / 2);
        const OwnedEcdsaSig pair = made(OwnedEcdsaSig(ECDSA_SIG_new()));
        must(ECDSA_SIG_set0(pair.get(), BN_bin2bn(r, half, nullptr), BN_bin2bn(r + half, half, nullptr)));
        unsigned char* der = nullptr;
        const int size = i2d_ECDSA_SIG(pair.get(), &der);
        const OwnedOpensslMemory owner(der);
        signature.assign(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    }
    const OwnedMdCtx context = made(OwnedMdCtx(EVP_MD_CTX_new()));
    must(EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, public_key));
    return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                            reinterpret_cast<const unsigned char*>(octets.data()), octets.size()) == 1;
}

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_SUITE(certificates)

BOOST_AUTO_TEST_CASE(pem_der_and_base64_are_one_certificate) {
    const auto pem = Certificate::parse(fixture("sp/sp.crt.pem"));
    BOOST_TEST_REQUIRE(rule_of(pem) == "accepted");
    BOOST_TEST(pem->base64() == slo::test::certificate_base64("sp/sp.crt.pem"));
    BOOST_TEST(pem->base64() == encode_base64(pem->der()));
    BOOST_TEST((Certificate::parse(pem->der())->der() == pem->der()));
    std::string wrapped = "\n  ";
    for (const char c : pem->base64()) wrapped += std::string(1, c) + (c == 'A' ? "\r\n\t" : "");
    BOOST_TEST((Certificate::from_base64(wrapped)->der() == pem->der()));
    BOOST_TEST(rule_of(Certificate::parse("subject=CN = sp\n" + fixture("sp/sp.crt.pem") + "\n")) == "accepted");
}

// openssl x509 -fingerprint -sha256 -startdate -enddate.
BOOST_AUTO_TEST_CASE(tells_fingerprint_and_dates) {
    const auto certificate = Certificate::parse(fixture("sp/sp.crt.pem")).value();
    BOOST_TEST(certificate.fingerprint() == "497bbec83f875c146ca3aa8bc86ba21076be83e72dd0ce4b02a154bae039444b");
    BOOST_TEST(format_instant(certificate.not_before()) == "2026-11-22T16:01:28Z");
    BOOST_TEST(format_instant(certificate.not_after()) == "2036-11-19T16:01:28Z");
}

BOOST_AUTO_TEST_CASE(refuses_a_text_without_exactly_one_certificate) {
    const std::string pem = fixture("sp/sp.crt.pem");
    const std::string der = Certificate::parse(pem)->der();
    const std::string key = fixture("sp/sp.key.pem");
    std::string other_label = pem;
    for (std::size_t at = 0; (at = other_label.find("CERTIFICATE", at)) != std::string::npos;) {
        other_label.replace(at, 11, "CERTIFICATE REQUEST");
        at += 19;
    }
    for (const std::string& text :
         {std::string(), std::string("x"), std::string("0"), std::string("\x30\x82"), key, key + pem, pem + key,
          pem + pem, pem + "x", der + '\0', der + der, der.substr(0, der.size() - 1), pem.substr(0, pem.size() / 2),
          other_label, slo::test::certificate_base64("sp/sp.crt.pem"), std::string(100'000, '-')}) {
        BOOST_TEST(rule_of(Certificate::parse(text)) == rule(KeyErrc::certificate_unreadable));
    }
    for (const std::string& text : {std::string(), pem, std::string("AAAA"), encode_base64(der + "x")}) {
        BOOST_TEST(rule_of(Certificate::from_base64(text)) == rule(KeyErrc::certificate_unreadable));
    }
}

BOOST_AUTO_TEST_CASE(refuses_more_than_8_kib) {
    const std::string small = certificate_pem_for(rsa_public(odd_number(32'768), f4).get());
    const std::string large = certificate_pem_for(rsa_public(odd_number(65'536 + 8), f4).get());
    BOOST_TEST(rule_of(Certificate::parse(small)) == "accepted");
    BOOST_TEST(rule_of(Certificate::parse(large)) == rule(KeyErrc::certificate_unreadable));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(verification_keys)

BOOST_AUTO_TEST_CASE(rsa_from_2048_to_8192_bits) {
    for (const int bits : {2048, 3072, 4096, 8192}) {
        BOOST_TEST(rule_of(VerificationKey::from_rsa(odd_number(bits), f4)) == "accepted", bits);
    }
    for (const int bits : {512, 1024, 2047, 8193, 16'384, 65'536}) {
        BOOST_TEST(rule_of(VerificationKey::from_rsa(odd_number(bits), f4)) == rule(KeyErrc::key_not_allowed), bits);
    }
    BOOST_TEST(rule_of(VerificationKey::from_rsa(std::string(1, '\0') + odd_number(2048), f4)) == "accepted");
    BOOST_TEST(rule_of(VerificationKey::from_rsa(std::string(900, '\0') + odd_number(1024), f4)) ==
               rule(KeyErrc::key_not_allowed));
}

BOOST_AUTO_TEST_CASE(the_same_limits_hold_for_certificates) {
    BOOST_TEST(verification_rule(fixture("keys/weak-rsa1024.crt.pem")) == rule(KeyErrc::key_not_allowed));
    for (const int bits : {1024, 2047, 8193, 16'384}) {
        BOOST_TEST(verification_rule(certificate_pem_for(rsa_public(odd_number(bits), f4).get())) ==
                       rule(KeyErrc::key_not_allowed),
                   bits);
    }
    BOOST_TEST(verification_rule(certificate_pem_for(rsa_public(odd_number(2048), f4).get())) == "accepted");
}

BOOST_AUTO_TEST_CASE(rsa_exponents_are_odd_from_65537_up_to_64_bits) {
    const std::string modulus = odd_number(2048);
    for (const std::string& exponent : {f4, std::string("\x01\x00\x03", 3), std::string(8, '\xFF')}) {
        BOOST_TEST(rule_of(VerificationKey::from_rsa(modulus, exponent)) == "accepted");
    }
    for (const std::string& exponent :
         {std::string("\x01"), std::string("\x03"), std::string("\x11"), std::string("\xFF\xFF"),
          std::string("\x01\x00\x02", 3), std::string("\x01\x00\x00\x00\x00\x00\x00\x00\x01", 9), odd_number(2048)}) {
        BOOST_TEST(rule_of(VerificationKey::from_rsa(modulus, exponent)) == rule(KeyErrc::key_not_allowed));
    }
    BOOST_TEST(!VerificationKey::from_rsa(modulus, ""));
    BOOST_TEST(!VerificationKey::from_rsa("", f4));
}

BOOST_AUTO_TEST_CASE(an_even_modulus_is_refused) {
    std::string modulus = odd_number(2048);
    modulus.back() = '\x02';
    BOOST_TEST(rule_of(VerificationKey::from_rsa(modulus, f4)) == rule(KeyErrc::key_not_allowed));
}

BOOST_AUTO_TEST_CASE(ec_on_three_named_curves_only) {
    for (const auto* curve : {"P-256", "P-384", "P-521"}) {
        BOOST_TEST(verification_rule(certificate_pem_for(OwnedPkey(EVP_EC_gen(curve)).get())) == "accepted", curve);
    }
    for (const auto* curve : {"P-224", "secp256k1", "brainpoolP256r1", "prime192v1", "sect283k1", "SM2"}) {
        const OwnedPkey key = made(OwnedPkey(EVP_EC_gen(curve)));
        BOOST_TEST(verification_rule(certificate_pem_for(key.get())) == rule(KeyErrc::key_not_allowed), curve);
    }
}

// CVE-2020-0601: a generator of the attacker's choice makes a private key for any public key.
BOOST_AUTO_TEST_CASE(explicit_curve_parameters_are_refused_even_where_they_are_p_256s) {
    const OwnedPkey key = explicit_p256();
    BOOST_TEST(verification_rule(certificate_pem_for(key.get())) == rule(KeyErrc::key_not_allowed));
    BOOST_TEST(rule_of(SigningKey::parse(private_pem(key.get()), certificate_pem_for(key.get()))) ==
               rule(KeyErrc::key_not_allowed));
}

BOOST_AUTO_TEST_CASE(a_point_outside_its_curve_is_refused) {
    std::string der = Certificate::parse(fixture("keys/idp2-p256.crt.pem"))->der();
    const std::size_t point = der.find(std::string("\x03\x42\x00\x04", 4));
    BOOST_TEST_REQUIRE(point != std::string::npos);
    der[point + 4 + 63] = static_cast<char>(der[point + 4 + 63] ^ 1);
    BOOST_TEST(rule_of(VerificationKey::from(Certificate::parse(der).value())) == rule(KeyErrc::key_unreadable));
}

BOOST_AUTO_TEST_CASE(the_point_at_infinity_is_refused) {
    BOOST_TEST(!VerificationKey::from(Certificate::parse(certificate_pem_with_point({"\0", 1})).value()));
    const OwnedPkey key = made(OwnedPkey(EVP_EC_gen("P-256")));
    std::string point(65, '\0');
    std::size_t size = 0;
    must(EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
                                         reinterpret_cast<unsigned char*>(point.data()), point.size(), &size));
    BOOST_TEST(verification_rule(certificate_pem_with_point(point.substr(0, size))) == "accepted");
}

BOOST_AUTO_TEST_CASE(other_kinds_of_keys_are_refused) {
    BOOST_TEST(verification_rule(fixture("keys/ed25519.crt.pem")) == rule(KeyErrc::key_not_allowed));
    const OwnedPkey x25519 = made(OwnedPkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")));
    BOOST_TEST(verification_rule(certificate_pem_for(x25519.get())) == rule(KeyErrc::key_not_allowed));
    // RSA-PSS keys say that they sign nothing else than PSS.
    const OwnedPkeyCtx context = made(OwnedPkeyCtx(EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr)));
    EVP_PKEY* pss = nullptr;
    must(EVP_PKEY_keygen_init(context.get()));
    must(EVP_PKEY_keygen(context.get(), &pss));
    BOOST_TEST(verification_rule(certificate_pem_for(OwnedPkey(pss).get())) == rule(KeyErrc::key_not_allowed));
}

BOOST_AUTO_TEST_CASE(fits_the_algorithms_of_its_family) {
    const auto rsa = VerificationKey::from_rsa(odd_number(2048), f4).value();
    const auto ec = VerificationKey::from(signing_key(KeyKind::ec_p384).certificate()).value();
    for (const auto algorithm : {SignatureAlgorithm::rsa_sha256, SignatureAlgorithm::rsa_sha384,
                                 SignatureAlgorithm::rsa_sha512, SignatureAlgorithm::rsa_sha1}) {
        BOOST_TEST(rsa.fits(algorithm));
        BOOST_TEST(!ec.fits(algorithm));
    }
    for (const auto algorithm :
         {SignatureAlgorithm::ecdsa_sha256, SignatureAlgorithm::ecdsa_sha384, SignatureAlgorithm::ecdsa_sha512}) {
        BOOST_TEST(!rsa.fits(algorithm));
        BOOST_TEST(ec.fits(algorithm));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(signing_keys)

struct Kind {
    KeyKind kind;
    SignatureAlgorithm algorithm;
    const EVP_MD* digest;
    std::size_t signature_octets;
};

BOOST_AUTO_TEST_CASE(openssl_verifies_signatures_of_every_kind) {
    const std::string octets = "to be signed";
    for (const auto& [kind, algorithm, digest, size] :
         {Kind{KeyKind::rsa_2048, SignatureAlgorithm::rsa_sha256, EVP_sha256(), 256},
          Kind{KeyKind::rsa_3072, SignatureAlgorithm::rsa_sha256, EVP_sha256(), 384},
          Kind{KeyKind::ec_p256, SignatureAlgorithm::ecdsa_sha256, EVP_sha256(), 64},
          Kind{KeyKind::ec_p384, SignatureAlgorithm::ecdsa_sha384, EVP_sha384(), 96},
          Kind{KeyKind::ec_p521, SignatureAlgorithm::ecdsa_sha512, EVP_sha512(), 132}}) {
        const SigningKey key = signing_key(kind);
        BOOST_TEST((key.algorithm() == algorithm));
        const auto signature = key.sign(octets);
        BOOST_TEST_REQUIRE(rule_of(signature) == "accepted");
        BOOST_TEST(signature->size() == size);
        BOOST_TEST(verifies(key, digest, octets, *signature));
        BOOST_TEST(!verifies(key, digest, octets + "x", *signature));
    }
}

// One r or s in 256 begins with a zero octet, which DER leaves out and IEEE P1363 keeps.
BOOST_AUTO_TEST_CASE(ecdsa_signatures_keep_leading_zeros) {
    const SigningKey key = signing_key(KeyKind::ec_p256);
    int leading_zeros = 0;
    for (int i = 0; i < 2000; ++i) {
        const auto signature = key.sign("x").value();
        BOOST_TEST_REQUIRE(signature.size() == 64U);
        if (signature[0] != '\0' && signature[32] != '\0') continue;
        ++leading_zeros;
        BOOST_TEST(verifies(key, EVP_sha256(), "x", signature));
    }
    BOOST_TEST(leading_zeros > 0);
}

BOOST_AUTO_TEST_CASE(signs_with_another_algorithm_that_fits) {
    const SigningKey rsa = signing_key(KeyKind::rsa_2048);
    const auto sha512 = rsa.using_algorithm(SignatureAlgorithm::rsa_sha512);
    BOOST_TEST_REQUIRE(rule_of(sha512) == "accepted");
    BOOST_TEST((sha512->algorithm() == SignatureAlgorithm::rsa_sha512));
    BOOST_TEST(verifies(rsa, EVP_sha512(), "x", sha512->sign("x").value()));
    BOOST_TEST((rsa.algorithm() == SignatureAlgorithm::rsa_sha256), "the first key is as before");
    BOOST_TEST(rule_of(rsa.using_algorithm(SignatureAlgorithm::ecdsa_sha256)) == rule(KeyErrc::key_not_allowed));
    BOOST_TEST(rule_of(rsa.using_algorithm(SignatureAlgorithm::rsa_sha1)) == rule(KeyErrc::key_not_allowed));
    BOOST_TEST(rule_of(signing_key(KeyKind::ec_p256).using_algorithm(SignatureAlgorithm::rsa_sha256)) ==
               rule(KeyErrc::key_not_allowed));
}

BOOST_AUTO_TEST_CASE(reads_the_files_of_other_software) {
    BOOST_TEST(rule_of(SigningKey::parse(fixture("sp/sp.key.pem"), fixture("sp/sp.crt.pem"))) == "accepted");
    BOOST_TEST(rule_of(SigningKey::parse(fixture("keys/sp-p256.key.pem"), fixture("keys/sp-p256.crt.pem"))) ==
               "accepted");
}

BOOST_AUTO_TEST_CASE(reads_the_traditional_forms) {
    for (const auto kind : {KeyKind::rsa_2048, KeyKind::ec_p256}) {
        const auto pem = fresh(kind);
        const OwnedBio in = made(OwnedBio(BIO_new_mem_buf(pem.private_key_pem.data(), -1)));
        const OwnedPkey key = made(OwnedPkey(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr)));
        const OwnedBio out = made(OwnedBio(BIO_new(BIO_s_mem())));
        must(PEM_write_bio_PrivateKey_traditional(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr));
        BOOST_TEST(rule_of(SigningKey::parse(text_of(out), pem.certificate_pem)) == "accepted");
        const std::string p256 = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        BOOST_TEST(rule_of(SigningKey::parse(p256 + text_of(out), pem.certificate_pem)) == "accepted");
    }
}

BOOST_AUTO_TEST_CASE(an_encrypted_key_is_refused_and_no_passphrase_asked_for) {
    const auto pem = fresh(KeyKind::ec_p256);
    const OwnedBio in = made(OwnedBio(BIO_new_mem_buf(pem.private_key_pem.data(), -1)));
    const OwnedPkey key = made(OwnedPkey(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr)));
    std::string passphrase = "secret";
    const OwnedBio pkcs8 = made(OwnedBio(BIO_new(BIO_s_mem())));
    must(PEM_write_bio_PKCS8PrivateKey(pkcs8.get(), key.get(), EVP_aes_128_cbc(), passphrase.data(), 6, nullptr,
                                       nullptr));
    const OwnedBio old = made(OwnedBio(BIO_new(BIO_s_mem())));
    must(PEM_write_bio_PrivateKey_traditional(old.get(), key.get(), EVP_aes_128_cbc(),
                                              reinterpret_cast<unsigned char*>(passphrase.data()), 6, nullptr,
                                              nullptr));
    for (const auto& text : {text_of(pkcs8), text_of(old)}) {
        const auto signing = SigningKey::parse(text, pem.certificate_pem);
        BOOST_TEST(rule_of(signing) == rule(KeyErrc::key_unreadable));
        BOOST_TEST(signing.error().detail.find("encrypted") != std::string::npos);
        BOOST_TEST(rule_of(DecryptionKey::parse(text)) == rule(KeyErrc::key_unreadable));
    }
}

BOOST_AUTO_TEST_CASE(refuses_a_text_without_exactly_one_private_key) {
    const std::string key = fixture("sp/sp.key.pem");
    const std::string certificate = fixture("sp/sp.crt.pem");
    const std::string label = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (const std::string& text :
         {std::string(), std::string("x"), certificate, certificate + key, key + key, key + certificate, key + "x",
          key.substr(0, key.size() / 2), label, std::string(100'000, '-')}) {
        BOOST_TEST(rule_of(SigningKey::parse(text, certificate)) == rule(KeyErrc::key_unreadable));
        BOOST_TEST(rule_of(DecryptionKey::parse(text)) == rule(KeyErrc::key_unreadable));
    }
    BOOST_TEST(rule_of(SigningKey::parse(key, key)) == rule(KeyErrc::certificate_unreadable));
}

BOOST_AUTO_TEST_CASE(refuses_a_certificate_for_another_key) {
    const auto other_certificate = {"keys/idp1-second.crt.pem", "keys/idp2-p256.crt.pem", "keys/ed25519.crt.pem"};
    for (const auto* certificate : other_certificate) {
        BOOST_TEST(rule_of(SigningKey::parse(fixture("keys/idp1-first.key.pem"), fixture(certificate))) ==
                       rule(KeyErrc::key_mismatch),
                   certificate);
    }
}

BOOST_AUTO_TEST_CASE(refuses_octets_after_the_key_inside_its_pem_block) {
    const auto pem = fresh(KeyKind::ec_p256);
    BOOST_TEST(rule_of(SigningKey::parse(key_pem(key_der(pem)), pem.certificate_pem)) == "accepted");
    BOOST_TEST(rule_of(SigningKey::parse(key_pem(key_der(pem) + "x"), pem.certificate_pem)) ==
               rule(KeyErrc::key_unreadable));
}

// The public half inside the file fits the certificate, the secret number doesn't fit either.
BOOST_AUTO_TEST_CASE(refuses_a_private_key_that_does_not_fit_its_own_public_half) {
    const auto pem = fresh(KeyKind::ec_p256);
    std::string der = key_der(pem);
    const std::size_t secret = der.find(std::string("\x02\x01\x01\x04\x20", 5));
    BOOST_TEST_REQUIRE(secret != std::string::npos);
    der[secret + 5 + 31] = static_cast<char>(der[secret + 5 + 31] ^ 1);
    BOOST_TEST(rule_of(SigningKey::parse(key_pem(der), pem.certificate_pem)) == rule(KeyErrc::key_mismatch));
}

BOOST_AUTO_TEST_CASE(refuses_weak_private_keys) {
    const OwnedPkey weak = made(OwnedPkey(EVP_RSA_gen(1024U)));
    BOOST_TEST(rule_of(SigningKey::parse(private_pem(weak.get()), certificate_pem_for(weak.get()))) ==
               rule(KeyErrc::key_not_allowed));
    BOOST_TEST(rule_of(DecryptionKey::parse(private_pem(weak.get()))) == rule(KeyErrc::key_not_allowed));
}

BOOST_AUTO_TEST_CASE(threads_share_one_key) {
    const SigningKey key = signing_key(KeyKind::rsa_2048);
    const std::string expected = key.sign("x").value();
    std::vector<int> agreed(4);
    std::vector<std::thread> threads;
    for (int& count : agreed) {
        threads.emplace_back([&count, &expected, key] {
            for (int i = 0; i < 50; ++i) count += key.sign("x").value() == expected ? 1 : 0;
        });
    }
    for (auto& thread : threads) thread.join();
    for (const int count : agreed) BOOST_TEST(count == 50);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(only_rsa_keys_decrypt) {
    BOOST_TEST(rule_of(DecryptionKey::parse(fixture("sp/sp.key.pem"))) == "accepted");
    BOOST_TEST(rule_of(DecryptionKey::parse(fixture("keys/sp-p256.key.pem"))) == rule(KeyErrc::key_not_allowed));
}

BOOST_AUTO_TEST_CASE(openssls_error_queue_is_empty_after_every_refusal) {
    (void)Certificate::parse("\x30\x82\x01\x01xxxx");
    (void)SigningKey::parse("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", fixture("sp/sp.crt.pem"));
    (void)VerificationKey::from_rsa("", "");
    (void)SigningKey::parse(fixture("sp/sp.key.pem"), fixture("keys/idp2.crt.pem"));
    BOOST_TEST(ERR_peek_error() == 0U);
}

BOOST_AUTO_TEST_SUITE(generated_keys)

BOOST_AUTO_TEST_CASE(generated_certificates_are_valid_as_long_as_asked_for) {
    const auto pem = fresh(KeyKind::ec_p256);
    const auto certificate = Certificate::parse(pem.certificate_pem).value();
    BOOST_TEST(format_instant(certificate.not_before()) == "2030-01-15T00:00:00Z");
    BOOST_TEST(format_instant(certificate.not_after()) == "2031-01-15T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(generated_certificates_are_self_signed_with_sha_256_and_have_a_random_serial) {
    std::set<std::string> serials;
    for (const auto kind : {KeyKind::rsa_2048, KeyKind::ec_p256, KeyKind::ec_p384, KeyKind::ec_p521}) {
        const std::string der = Certificate::parse(fresh(kind).certificate_pem)->der();
        const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
        const OwnedX509 x509 = made(OwnedX509(d2i_X509(nullptr, &cursor, static_cast<long>(der.size()))));
        BOOST_TEST(X509_verify(x509.get(), X509_get0_pubkey(x509.get())) == 1);
        int digest = 0;
        must(X509_get_signature_info(x509.get(), &digest, nullptr, nullptr, nullptr));
        BOOST_TEST(digest == NID_sha256);
        BOOST_TEST(X509_get_version(x509.get()) == 2);
        const OwnedBignum serial = made(OwnedBignum(ASN1_INTEGER_to_BN(X509_get_serialNumber(x509.get()), nullptr)));
        BOOST_TEST(BN_is_negative(serial.get()) == 0);
        BOOST_TEST(BN_num_bits(serial.get()) > 64);
        const OwnedOpensslChars hex(BN_bn2hex(serial.get()));
        serials.insert(hex.get());
    }
    BOOST_TEST(serials.size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_name_that_no_certificate_can_hold_is_refused) {
    BOOST_TEST(rule_of(generate_key(KeyKind::ec_p256, "", first_day, days(1))) == rule(KeyErrc::crypto_failure));
    BOOST_TEST(rule_of(generate_key(KeyKind::ec_p256, std::string(65, 'a'), first_day, days(1))) ==
               rule(KeyErrc::crypto_failure));
    BOOST_TEST(rule_of(generate_key(KeyKind::ec_p256, std::string(64, 'a'), first_day, days(1))) == "accepted");
    BOOST_TEST(rule_of(generate_key(KeyKind::ec_p256, "\xFF", first_day, days(1))) == rule(KeyErrc::crypto_failure));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(wiped)

// The room that it keeps is still its own.
bool is_zero(const char* octets, std::size_t count) {
    return std::all_of(octets, octets + count, [](char c) { return c == '\0'; });
}

BOOST_AUTO_TEST_CASE(leaves_nothing_of_a_text_in_all_its_room) {
    std::string text(1000, 'k');
    text.resize(100);
    const char* const octets = text.data();
    wipe(text);
    BOOST_TEST(text.empty());
    BOOST_TEST((text.data() == octets));
    BOOST_TEST(is_zero(octets, text.capacity()));
    std::string without_allocation = "short";
    const char* const inside = without_allocation.data();
    wipe(without_allocation);
    BOOST_TEST(is_zero(inside, 5));
}

BOOST_AUTO_TEST_CASE(leaves_nothing_where_a_text_was_moved_from) {
    WipedText from(std::string("short"));
    const char* const inside = from.text.data();
    const WipedText to(std::move(from));
    BOOST_TEST(to.text == "short");
    BOOST_TEST(is_zero(inside, 5));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
