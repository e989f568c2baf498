// Keys and certificates that must not be used, made on the spot.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "owned.hpp"

namespace slo::saml::test {

template <class T>
T made(T object) {
    if (!object) throw std::logic_error("OpenSSL couldn't make what the test needs");
    return object;
}
inline void must(int openssl_result) {
    if (openssl_result != 1) throw std::logic_error("OpenSSL couldn't do what the test needs");
}

inline std::string text_of(const OwnedBio& bio) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

inline std::string private_pem(EVP_PKEY* key) {
    const OwnedBio bio = made(OwnedBio(BIO_new(BIO_s_mem())));
    must(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr));
    return text_of(bio);
}

/// A certificate that still lacks its key and its signature.
inline OwnedX509 certificate_without_key() {
    OwnedX509 certificate = made(OwnedX509(X509_new()));
    must(X509_set_version(certificate.get(), 2));
    must(ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1));
    made(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0));
    made(X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600));
    return certificate;
}

/// Signed by a key that can sign: that signature isn't checked.
inline std::string signed_pem(const OwnedX509& certificate) {
    const OwnedPkey issuer = made(OwnedPkey(EVP_EC_gen("P-256")));
    if (X509_sign(certificate.get(), issuer.get(), EVP_sha256()) == 0) throw std::logic_error("X509_sign");
    const OwnedBio bio = made(OwnedBio(BIO_new(BIO_s_mem())));
    must(PEM_write_bio_X509(bio.get(), certificate.get()));
    return text_of(bio);
}

inline std::string certificate_pem_for(EVP_PKEY* subject_key) {
    const OwnedX509 certificate = certificate_without_key();
    must(X509_set_pubkey(certificate.get(), subject_key));
    return signed_pem(certificate);
}

/// A certificate for whatever `point` encodes, said to lie on P-256.
inline std::string certificate_pem_with_point(std::string_view point) {
    const OwnedX509 certificate = certificate_without_key();
    auto* const octets = static_cast<unsigned char*>(made(OPENSSL_memdup(point.data(), point.size())));
    must(X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate.get()), OBJ_nid2obj(NID_X9_62_id_ecPublicKey),
                                V_ASN1_OBJECT, OBJ_nid2obj(NID_X9_62_prime256v1), octets,
                                static_cast<int>(point.size())));  // the certificate owns the octets
    return signed_pem(certificate);
}

/// A number of exactly `bits` bits, odd, as big-endian octets: good enough as the modulus of a key that never verifies.
inline std::string odd_number(int bits) {
    std::string octets(static_cast<std::size_t>((bits + 7) / 8), '\xA5');
    octets.front() = static_cast<char>(1 << ((bits - 1) % 8));
    octets.back() = '\x01';
    return octets;
}

inline OwnedPkey rsa_public(std::string_view modulus, std::string_view exponent) {
    const auto number = [](std::string_view octets) {
        return made(OwnedBignum(BN_bin2bn(reinterpret_cast<const unsigned char*>(octets.data()),
                                          static_cast<int>(octets.size()), nullptr)));
    };
    const OwnedBignum n = number(modulus);
    const OwnedBignum e = number(exponent);
    const OwnedParamBuild build = made(OwnedParamBuild(OSSL_PARAM_BLD_new()));
    must(OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()));
    must(OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()));
    const OwnedParams params = made(OwnedParams(OSSL_PARAM_BLD_to_param(build.get())));
    const OwnedPkeyCtx context = made(OwnedPkeyCtx(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)));
    EVP_PKEY* key = nullptr;
    must(EVP_PKEY_fromdata_init(context.get()));
    must(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()));
    return OwnedPkey(key);
}

/// A key on P-256 that spells the curve's parameters out instead of naming it.
inline OwnedPkey explicit_p256() {
    const OwnedPkeyCtx context = made(OwnedPkeyCtx(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)));
    must(EVP_PKEY_keygen_init(context.get()));
    must(EVP_PKEY_CTX_set_group_name(context.get(), "P-256"));
    must(EVP_PKEY_CTX_set_ec_param_enc(context.get(), OPENSSL_EC_EXPLICIT_CURVE));
    EVP_PKEY* key = nullptr;
    must(EVP_PKEY_keygen(context.get(), &key));
    return OwnedPkey(key);
}

}  // namespace slo::saml::test
