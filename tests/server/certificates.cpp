#include "certificates.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace slo::test {
namespace {

constexpr long day = 24L * 60 * 60;

void require(bool holds) {
    if (!holds) throw std::runtime_error("OpenSSL doesn't make this certificate");
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    require(extension != nullptr);
    const bool added = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    require(added);
}

Identity certify(std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>> key, const CertificateText& text,
                 const Identity* issuer) {
    static long serial = 0;
    Identity made;
    made.key = std::move(key);
    made.certificate.reset(X509_new());
    auto* certificate = made.certificate.get();
    auto* signer = issuer ? issuer->certificate.get() : certificate;
    require(made.key && certificate);

    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -text.days_before * day);
    X509_gmtime_adj(X509_getm_notAfter(certificate), text.days_left * day);
    X509_set_pubkey(certificate, made.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(text.common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(signer));
    for (const auto& [nid, value] : text.extensions) extend(certificate, signer, nid, value);
    auto* signing = issuer ? issuer->key.get() : made.key.get();
    const EVP_MD* const digest = EVP_PKEY_is_a(signing, "ED25519") == 1 ? nullptr : EVP_sha256();
    require(X509_sign(certificate, signing, digest) > 0);
    return made;
}

}  // namespace

Identity certified(const CertificateText& text, const Identity* issuer) {
    return certify(std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>(EVP_EC_gen("P-256")), text, issuer);
}

Identity certified_by(std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>> key) {
    return certify(std::move(key), {.common_name = "anybody"}, nullptr);
}

CertificateText authority(std::string common_name) {
    return {.common_name = std::move(common_name),
            .days_before = 1,
            .days_left = 1,
            .extensions = {{NID_basic_constraints, "critical,CA:TRUE"}}};
}

CertificateFile::CertificateFile(const Identity& identity)
    : path_(std::filesystem::temp_directory_path() / "slo-certificate-XXXXXX") {
    const int descriptor = ::mkstemp(path_.data());
    std::FILE* file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "w");
    require(file != nullptr);
    const bool written = PEM_write_X509(file, identity.certificate.get()) == 1;
    require(std::fclose(file) == 0 && written);
}

CertificateFile::~CertificateFile() {
    ::unlink(path_.c_str());
}

}  // namespace slo::test
