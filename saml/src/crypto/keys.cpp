#include "slo/saml/keys.hpp"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <xmlsec/openssl/evp.h>

#include <new>
#include <optional>

#include "c_errors.hpp"
#include "digest.hpp"
#include "ecdsa_form.hpp"
#include "key_access.hpp"
#include "key_policy.hpp"
#include "owned.hpp"
#include "pem.hpp"
#include "public_keys.hpp"
#include "runtime_init.hpp"
#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

bool is_rsa(SignatureAlgorithm algorithm) noexcept {
    switch (algorithm) {
        case SignatureAlgorithm::rsa_sha256:
        case SignatureAlgorithm::rsa_sha384:
        case SignatureAlgorithm::rsa_sha512:
        case SignatureAlgorithm::rsa_sha1:
        case SignatureAlgorithm::rsa_pss_sha256:
        case SignatureAlgorithm::rsa_pss_sha384:
        case SignatureAlgorithm::rsa_pss_sha512:
            return true;
        case SignatureAlgorithm::ecdsa_sha256:
        case SignatureAlgorithm::ecdsa_sha384:
        case SignatureAlgorithm::ecdsa_sha512:
            return false;
    }
    return false;
}

bool family_fits(KeyFamily family, SignatureAlgorithm algorithm) noexcept {
    return (family == KeyFamily::rsa) == is_rsa(algorithm);
}

SignatureAlgorithm usual_algorithm(KeyFamily family) noexcept {
    switch (family) {
        case KeyFamily::rsa:
            return SignatureAlgorithm::rsa_sha256;
        case KeyFamily::ec_p256:
            return SignatureAlgorithm::ecdsa_sha256;
        case KeyFamily::ec_p384:
            return SignatureAlgorithm::ecdsa_sha384;
        case KeyFamily::ec_p521:
            return SignatureAlgorithm::ecdsa_sha512;
    }
    return SignatureAlgorithm::rsa_sha256;
}

/// Nothing for SHA-1: it is never signed with.
const EVP_MD* signing_digest(SignatureAlgorithm algorithm) noexcept {
    switch (algorithm) {
        case SignatureAlgorithm::rsa_sha256:
        case SignatureAlgorithm::rsa_pss_sha256:
        case SignatureAlgorithm::ecdsa_sha256:
            return EVP_sha256();
        case SignatureAlgorithm::rsa_sha384:
        case SignatureAlgorithm::rsa_pss_sha384:
        case SignatureAlgorithm::ecdsa_sha384:
            return EVP_sha384();
        case SignatureAlgorithm::rsa_sha512:
        case SignatureAlgorithm::rsa_pss_sha512:
        case SignatureAlgorithm::ecdsa_sha512:
            return EVP_sha512();
        case SignatureAlgorithm::rsa_sha1:
            return nullptr;
    }
    return nullptr;
}

OwnedPkey share(EVP_PKEY* key) noexcept {
    return OwnedPkey(EVP_PKEY_up_ref(key) == 1 ? key : nullptr);
}

Result<OwnedXmlSecKey> xmlsec_key_of(EVP_PKEY* key) {
    if (!runtime_ready()) return fail(KeyErrc::crypto_failure, "xmlsec1 is not ready");
    OwnedXmlSecKey xmlsec(xmlSecKeyCreate());
    OwnedPkey shared = share(key);
    if (!xmlsec || !shared) return fail(KeyErrc::crypto_failure, "no memory for a key");
    OwnedXmlSecKeyData data(xmlSecOpenSSLEvpKeyAdopt(shared.get()));
    if (!data) return fail(KeyErrc::key_not_allowed, "xmlsec1 doesn't take this kind of key");
    (void)shared.release();  // data owns it
    if (xmlSecKeySetValue(xmlsec.get(), data.get()) < 0) return fail(KeyErrc::crypto_failure, "xmlsec1 refused a key");
    (void)data.release();  // the xmlSecKey owns it
    return xmlsec;
}

/// A digest, and for RSA the padding around it.
struct Scheme {
    const EVP_MD* digest;
    bool pss = false;

    static Scheme of(SignatureAlgorithm algorithm) noexcept {
        return {signing_digest(algorithm), is_rsa_pss(algorithm)};
    }
};

/// Without parameters, RSASSA-PSS has one reading (RFC 6931, section 2.3.10): the mask is MGF1 of the same digest, and
/// the salt has the digest's length, no more and no less.
bool pad(EVP_PKEY_CTX* context, const Scheme& scheme) noexcept {
    return !scheme.pss || (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
                           EVP_PKEY_CTX_set_rsa_mgf1_md(context, scheme.digest) == 1 &&
                           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

/// The signature as OpenSSL writes it: octets for RSA, DER for ECDSA.
Result<std::string> raw_signature(EVP_PKEY* key, const Scheme& scheme, std::string_view octets) {
    const OwnedMdCtx context(EVP_MD_CTX_new());
    const auto* const data = reinterpret_cast<const unsigned char*>(octets.data());
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
    std::size_t size = signature.size();
    EVP_PKEY_CTX* padding = nullptr;  // the context's own
    if (!context || EVP_DigestSignInit(context.get(), &padding, scheme.digest, nullptr, key) != 1 ||
        !pad(padding, scheme) ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data, octets.size()) !=
            1) {
        return fail(KeyErrc::crypto_failure, "signing failed: " + take_openssl_errors());
    }
    // OpenSSL 3.0 reports an ECDSA signature of 2^32 - 1 octets, and success, where it finds no memory to encode one.
    if (size > signature.size()) return fail(KeyErrc::crypto_failure, "signing failed: no memory");
    signature.resize(size);
    return signature;
}

bool verifies(EVP_PKEY* key, const Scheme& scheme, std::string_view octets, std::string_view signature) {
    const CErrorScope quiet;
    const OwnedMdCtx context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* padding = nullptr;  // the context's own
    return context && EVP_DigestVerifyInit(context.get(), &padding, scheme.digest, nullptr, key) == 1 &&
           pad(padding, scheme) &&
           EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                            reinterpret_cast<const unsigned char*>(octets.data()), octets.size()) == 1;
}

/// EVP_PKEY_eq would compare public halves only. A private half that was put together wrongly shows when it signs.
Result<void> check_belong_together(EVP_PKEY* private_key, EVP_PKEY* certified) {
    const CErrorScope quiet;
    constexpr std::string_view probe = "probe";
    const Scheme scheme{EVP_sha256()};
    const auto signature = raw_signature(private_key, scheme, probe);
    if (!signature || certified == nullptr || !verifies(certified, scheme, probe, *signature)) {
        return fail(KeyErrc::key_mismatch, "what the private key signs, the certificate doesn't verify");
    }
    return Done{};
}

}  // namespace

struct VerificationKey::Impl {
    OwnedPkey key;
    OwnedXmlSecKey xmlsec;
    KeyShape shape;

    static Result<VerificationKey> make(OwnedPkey key) {
        const auto shape = shape_of(key.get());
        if (!shape) return shape.error();
        const CErrorScope quiet;
        auto xmlsec = xmlsec_key_of(key.get());
        if (!xmlsec) return xmlsec.error();
        return VerificationKey(std::make_shared<const Impl>(Impl{std::move(key), *std::move(xmlsec), *shape}));
    }
};

Result<VerificationKey> VerificationKey::from(const Certificate& certificate) {
    EVP_PKEY* const key = detail::KeyAccess::pkey(certificate);
    if (key == nullptr) return fail(KeyErrc::key_unreadable, "the certificate's key is of no known kind");
    return Impl::make(share(key));
}

Result<VerificationKey> VerificationKey::from_rsa(std::string_view modulus, std::string_view exponent) {
    constexpr std::size_t longest = 8192 / 8 + 1;  // a sign octet in front is common
    if (modulus.size() > longest || exponent.size() > longest) {
        return fail(KeyErrc::key_not_allowed, "RSA of more than 8192 bits");
    }
    const CErrorScope quiet;
    auto key = rsa_public_key(modulus, exponent);
    if (!key) return key.error();
    return Impl::make(*std::move(key));
}

Result<VerificationKey> VerificationKey::from_ec(NamedCurve curve, std::string_view point) {
    const CErrorScope quiet;
    auto key = ec_public_key(curve, point);
    if (!key) return key.error();
    return Impl::make(*std::move(key));
}

unsigned VerificationKey::bits() const noexcept {
    return static_cast<unsigned>(EVP_PKEY_get_bits(impl_->key.get()));
}

std::string VerificationKey::fingerprint() const {
    const CErrorScope quiet;
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(impl_->key.get(), &der);
    const OwnedOpensslMemory owned(der);
    if (size <= 0) throw std::bad_alloc();  // the key is one that OpenSSL has read itself: only memory can lack
    return sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
}

bool VerificationKey::fits(SignatureAlgorithm algorithm) const noexcept {
    return family_fits(impl_->shape.family, algorithm);
}

bool VerificationKey::verifies(SignatureAlgorithm algorithm, std::string_view octets,
                               std::string_view signature) const {
    if (!fits(algorithm) || signature.size() != impl_->shape.signature_octets) return false;
    Scheme scheme = Scheme::of(algorithm);
    if (algorithm == SignatureAlgorithm::rsa_sha1) scheme.digest = EVP_sha1();
    if (impl_->shape.family == KeyFamily::rsa) return slo::saml::verifies(impl_->key.get(), scheme, octets, signature);
    const auto der = der_from_p1363(signature);
    return der && slo::saml::verifies(impl_->key.get(), scheme, octets, *der);
}

struct SigningKey::Impl {
    OwnedPkey key;
    Certificate certificate;
    KeyShape shape;
    SignatureAlgorithm algorithm;
};

Result<SigningKey> SigningKey::parse(std::string_view private_key_pem, std::string_view certificate_pem) {
    auto key = private_key_from_pem(private_key_pem);
    if (!key) return key.error();
    auto certificate = Certificate::parse(certificate_pem);
    if (!certificate) return certificate.error();
    const auto shape = shape_of(key->get());
    if (!shape) return shape.error();
    if (auto match = check_belong_together(key->get(), detail::KeyAccess::pkey(*certificate)); !match) {
        return match.error();
    }
    return SigningKey(std::make_shared<const Impl>(
        Impl{*std::move(key), *std::move(certificate), *shape, usual_algorithm(shape->family)}));
}

const Certificate& SigningKey::certificate() const noexcept {
    return impl_->certificate;
}
SignatureAlgorithm SigningKey::algorithm() const noexcept {
    return impl_->algorithm;
}

Result<SigningKey> SigningKey::using_algorithm(SignatureAlgorithm algorithm) const {
    if (!family_fits(impl_->shape.family, algorithm)) return fail(KeyErrc::key_not_allowed, "the key doesn't fit");
    if (signing_digest(algorithm) == nullptr) return fail(KeyErrc::key_not_allowed, "nothing is signed with SHA-1");
    return SigningKey(
        std::make_shared<const Impl>(Impl{share(impl_->key.get()), impl_->certificate, impl_->shape, algorithm}));
}

Result<std::string> SigningKey::sign(std::string_view octets) const {
    const CErrorScope quiet;
    const Scheme scheme = Scheme::of(impl_->algorithm);
    auto signature = raw_signature(impl_->key.get(), scheme, octets);
    if (!signature) return signature;
    if (impl_->shape.family == KeyFamily::rsa) {
        // Where OpenSSL 3.0 found no memory to renew an RSA key's blinding, it signs wrongly up to 31 times and calls
        // it success. Verifying is cheap with RSA, and helps against a faulty processor, too.
        if (!verifies(impl_->key.get(), scheme, octets, *signature)) {
            return fail(KeyErrc::crypto_failure, "the signature that was made doesn't verify");
        }
        return signature;
    }
    auto both = p1363_from_der(*signature, impl_->shape.signature_octets);
    if (!both) return fail(KeyErrc::crypto_failure, "ECDSA signature of another form");
    return *std::move(both);
}

struct DecryptionKey::Impl {
    OwnedPkey key;
};

Result<DecryptionKey> DecryptionKey::parse(std::string_view private_key_pem) {
    auto key = private_key_from_pem(private_key_pem);
    if (!key) return key.error();
    const auto shape = shape_of(key->get());
    if (!shape) return shape.error();
    if (shape->family != KeyFamily::rsa) return fail(KeyErrc::key_not_allowed, "only RSA keys decrypt");
    return DecryptionKey(std::make_shared<const Impl>(Impl{*std::move(key)}));
}

namespace detail {

EVP_PKEY* KeyAccess::pkey(const VerificationKey& key) noexcept {
    return key.impl_->key.get();
}
EVP_PKEY* KeyAccess::pkey(const SigningKey& key) noexcept {
    return key.impl_->key.get();
}
EVP_PKEY* KeyAccess::pkey(const DecryptionKey& key) noexcept {
    return key.impl_->key.get();
}
xmlSecKey* KeyAccess::xmlsec_key(const VerificationKey& key) noexcept {
    return key.impl_->xmlsec.get();
}
std::size_t KeyAccess::signature_octets(const VerificationKey& key) noexcept {
    return key.impl_->shape.signature_octets;
}

}  // namespace detail

}  // namespace slo::saml
