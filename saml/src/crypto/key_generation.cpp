#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "c_errors.hpp"
#include "owned.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/keys.hpp"

namespace slo::saml {
namespace {

constexpr int serial_bits = 128;
constexpr long x509_version_3 = 2;

OwnedPkey new_key(KeyKind kind) {
    switch (kind) {
        case KeyKind::rsa_2048:
            return OwnedPkey(EVP_RSA_gen(2048U));
        case KeyKind::rsa_3072:
            return OwnedPkey(EVP_RSA_gen(3072U));
        case KeyKind::ec_p256:
            return OwnedPkey(EVP_EC_gen("P-256"));
        case KeyKind::ec_p384:
            return OwnedPkey(EVP_EC_gen("P-384"));
        case KeyKind::ec_p521:
            return OwnedPkey(EVP_EC_gen("P-521"));
    }
    return nullptr;
}

bool set_random_serial(X509* certificate) {
    const OwnedBignum serial(BN_new());
    return serial && BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509* certificate, std::string_view common_name) {
    X509_NAME* const name = X509_get_subject_name(certificate);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(common_name.data()),
                                      static_cast<int>(common_name.size()), -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1;
}

bool set_validity(X509* certificate, Instant not_before, std::chrono::days lifetime) {
    const auto first = std::chrono::floor<std::chrono::seconds>(not_before);
    const auto last = first + lifetime;
    return ASN1_TIME_set(X509_getm_notBefore(certificate), first.time_since_epoch().count()) != nullptr &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), last.time_since_epoch().count()) != nullptr;
}

// It has no extensions: partners trust it because it is in metadata, not for its own statements.
OwnedX509 self_signed(EVP_PKEY* key, std::string_view common_name, Instant not_before, std::chrono::days lifetime) {
    OwnedX509 certificate(X509_new());
    if (!certificate || X509_set_version(certificate.get(), x509_version_3) != 1 ||
        !set_random_serial(certificate.get()) || !set_name(certificate.get(), common_name) ||
        !set_validity(certificate.get(), not_before, lifetime) || X509_set_pubkey(certificate.get(), key) != 1 ||
        X509_sign(certificate.get(), key, EVP_sha256()) == 0) {
        return nullptr;
    }
    return certificate;
}

std::string text_in(BIO* bio) {
    const char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

Result<GeneratedKey> generate_key(KeyKind kind, std::string_view common_name, Instant not_before,
                                  std::chrono::days lifetime) {
    const CErrorScope quiet;
    if (common_name.empty() || common_name.size() > 64) {
        return fail(KeyErrc::crypto_failure, "the common name isn't 1 to 64 bytes long");
    }
    const OwnedPkey key = new_key(kind);
    if (!key) return fail(KeyErrc::crypto_failure, "no new key: " + take_openssl_errors());
    const OwnedX509 certificate = self_signed(key.get(), common_name, not_before, lifetime);
    if (!certificate) return fail(KeyErrc::crypto_failure, "no certificate: " + take_openssl_errors());

    const OwnedBio key_pem(BIO_new(BIO_s_mem()));  // OpenSSL wipes memory BIOs as it frees them
    const OwnedBio certificate_pem(BIO_new(BIO_s_mem()));
    if (!key_pem || !certificate_pem ||
        PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
        PEM_write_bio_X509(certificate_pem.get(), certificate.get()) != 1) {
        return fail(KeyErrc::crypto_failure, "no PEM: " + take_openssl_errors());
    }
    return GeneratedKey{text_in(key_pem.get()), text_in(certificate_pem.get())};
}

}  // namespace slo::saml
