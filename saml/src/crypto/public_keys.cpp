#include "public_keys.hpp"

#include <openssl/core_names.h>

#include <algorithm>
#include <array>
#include <optional>

#include "c_errors.hpp"
#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

struct Curve {
    NamedCurve curve;
    const char* name;
    int nid;
    std::size_t point_octets;
};
constexpr auto curves = std::to_array<Curve>({
    {NamedCurve::p256, "prime256v1", NID_X9_62_prime256v1, 1 + 2 * 32},
    {NamedCurve::p384, "secp384r1", NID_secp384r1, 1 + 2 * 48},
    {NamedCurve::p521, "secp521r1", NID_secp521r1, 1 + 2 * 66},
});

/// A key of `type` with these parameters. Null where OpenSSL doesn't take them.
OwnedPkey key_from(const char* type, int selection, OSSL_PARAM_BLD* build) {
    const OwnedParams params(OSSL_PARAM_BLD_to_param(build));
    const OwnedPkeyCtx context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) != 1) {
        return nullptr;
    }
    return OwnedPkey(key);
}

/// Memory may lack, or a provider of the host's may have no such curve.
class CurveNotThere {};

OwnedPkey without_point(const Curve& curve) {
    const OwnedParamBuild build(OSSL_PARAM_BLD_new());
    if (!build || OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.name, 0) != 1) {
        throw CurveNotThere();
    }
    OwnedPkey key = key_from("EC", EVP_PKEY_KEY_PARAMETERS, build.get());
    if (!key) throw CurveNotThere();
    return key;
}

/// One for each curve. What throws is tried again by the next call. It's never destroyed: another static's destructor
/// may still read a certificate.
template <std::size_t index>
const EVP_PKEY* prepared_at() {
    static const OwnedPkey& key = *new const OwnedPkey(without_point(curves[index]));
    return key.get();
}

/// A key that lacks only its point. Setting a curve up costs more than all else about a key, so it's done once;
/// copying only reads. Null where it can't be had.
const EVP_PKEY* prepared(NamedCurve curve) {
    static_assert(curves.size() == 3 && curves[0].curve == NamedCurve::p256 && curves[1].curve == NamedCurve::p384 &&
                  curves[2].curve == NamedCurve::p521);
    try {
        switch (curve) {
            case NamedCurve::p256:
                return prepared_at<0>();
            case NamedCurve::p384:
                return prepared_at<1>();
            case NamedCurve::p521:
                return prepared_at<2>();
        }
    } catch (const CurveNotThere&) {
        // The caller has no key then.
    }
    return nullptr;
}

/// The magnitude of a positive INTEGER.
std::optional<std::string_view> positive(const ASN1_TYPE* value) {
    if (ASN1_TYPE_get(value) != V_ASN1_INTEGER) return std::nullopt;
    const ASN1_INTEGER* const integer = value->value.integer;
    if (ASN1_STRING_type(integer) != V_ASN1_INTEGER) return std::nullopt;  // a negative one has a type of its own
    return std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(integer)),
                            static_cast<std::size_t>(ASN1_STRING_length(integer)));
}

/// Whether `values`, written as DER, are `der`.
bool is_written_as(const ASN1_SEQUENCE_ANY* values, std::string_view der) {
    unsigned char* octets = nullptr;
    const int size = i2d_ASN1_SEQUENCE_ANY(values, &octets);
    const OwnedOpensslMemory owner(octets);
    return size > 0 && der == std::string_view(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
}

/// RSAPublicKey is a SEQUENCE of two INTEGERs (RFC 8017, A.1.1). Only in DER, which has one spelling: of BER's others
/// OpenSSL's template for RSAPublicKey and its list of any values don't take the same ones.
OwnedPkey usual_rsa_key(std::string_view der) {
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const OwnedAsn1Sequence numbers(d2i_ASN1_SEQUENCE_ANY(nullptr, &cursor, static_cast<long>(der.size())));
    if (!numbers || sk_ASN1_TYPE_num(numbers.get()) != 2 || !is_written_as(numbers.get(), der)) return nullptr;
    const auto modulus = positive(sk_ASN1_TYPE_value(numbers.get(), 0));
    const auto exponent = positive(sk_ASN1_TYPE_value(numbers.get(), 1));
    if (!modulus || !exponent) return nullptr;
    auto key = rsa_public_key(*modulus, *exponent);
    return key ? *std::move(key) : nullptr;
}

OwnedPkey usual_ec_key(const ASN1_OBJECT* curve_name, std::string_view point) {
    const auto curve = std::ranges::find(curves, OBJ_obj2nid(curve_name), &Curve::nid);
    if (curve == curves.end()) return nullptr;
    auto key = ec_public_key(curve->curve, point);
    return key ? *std::move(key) : nullptr;
}

}  // namespace

OwnedBignum number(std::string_view octets) {
    return OwnedBignum(
        BN_bin2bn(reinterpret_cast<const unsigned char*>(octets.data()), static_cast<int>(octets.size()), nullptr));
}

Result<OwnedPkey> rsa_public_key(std::string_view modulus, std::string_view exponent) {
    const OwnedBignum n = number(modulus);
    const OwnedBignum e = number(exponent);
    const OwnedParamBuild build(OSSL_PARAM_BLD_new());
    if (!n || !e || !build || OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
        return fail(Errc::key_unreadable, "no RSA numbers: " + take_openssl_errors());
    }
    OwnedPkey key = key_from("RSA", EVP_PKEY_PUBLIC_KEY, build.get());
    if (!key) return fail(Errc::key_unreadable, "no RSA key: " + take_openssl_errors());
    return key;
}

Result<OwnedPkey> ec_public_key(NamedCurve curve, std::string_view point) {
    const auto known = std::ranges::find(curves, curve, &Curve::curve);
    // Compressed and hybrid points say the same in other ways; one spelling leaves one reading.
    if (known == curves.end() || point.size() != known->point_octets || point.front() != '\x04') {
        return fail(Errc::key_unreadable, "not an uncompressed point of this curve's length");
    }
    OwnedPkey key(EVP_PKEY_new());
    const EVP_PKEY* const parameters = prepared(curve);
    if (!key || parameters == nullptr || EVP_PKEY_copy_parameters(key.get(), parameters) != 1 ||
        EVP_PKEY_set1_encoded_public_key(key.get(), reinterpret_cast<const unsigned char*>(point.data()),
                                         point.size()) != 1) {
        return fail(Errc::key_unreadable, "no EC key: " + take_openssl_errors());
    }
    return key;
}

OwnedPkey usual_public_key(const X509_PUBKEY* subject_public_key_info) {
    ASN1_OBJECT* algorithm = nullptr;  // everything that is asked for stays the certificate's
    const unsigned char* octets = nullptr;
    int size = 0;
    X509_ALGOR* identifier = nullptr;
    if (X509_PUBKEY_get0_param(&algorithm, &octets, &size, &identifier, subject_public_key_info) != 1) return nullptr;
    int parameter_type = V_ASN1_UNDEF;
    const void* parameter = nullptr;
    X509_ALGOR_get0(nullptr, &parameter_type, &parameter, identifier);

    const std::string_view key(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
    const int kind = OBJ_obj2nid(algorithm);
    if (kind == NID_rsaEncryption && parameter_type == V_ASN1_NULL) return usual_rsa_key(key);
    if (kind == NID_X9_62_id_ecPublicKey && parameter_type == V_ASN1_OBJECT) {
        return usual_ec_key(static_cast<const ASN1_OBJECT*>(parameter), key);
    }
    return nullptr;
}

}  // namespace slo::saml
