#include "public_keys.hpp"

#include <openssl/core_names.h>

#include <algorithm>
#include <array>

#include "c_errors.hpp"
#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

struct Curve {
    NamedCurve curve;
    const char* name;
    std::size_t point_octets;
};
constexpr auto curves = std::to_array<Curve>({
    {NamedCurve::p256, "prime256v1", 1 + 2 * 32},
    {NamedCurve::p384, "secp384r1", 1 + 2 * 48},
    {NamedCurve::p521, "secp521r1", 1 + 2 * 66},
});

/// A public key of `type` with these parameters. Null where OpenSSL doesn't take them.
OwnedPkey key_from(const char* type, OSSL_PARAM_BLD* build) {
    const OwnedParams params(OSSL_PARAM_BLD_to_param(build));
    const OwnedPkeyCtx context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
        return nullptr;
    }
    return OwnedPkey(key);
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
        return fail(KeyErrc::key_unreadable, "no RSA numbers: " + take_openssl_errors());
    }
    OwnedPkey key = key_from("RSA", build.get());
    if (!key) return fail(KeyErrc::key_unreadable, "no RSA key: " + take_openssl_errors());
    return key;
}

Result<OwnedPkey> ec_public_key(NamedCurve curve, std::string_view point) {
    const auto known = std::ranges::find(curves, curve, &Curve::curve);
    // Compressed and hybrid points say the same in other ways; one spelling leaves one reading.
    if (known == curves.end() || point.size() != known->point_octets || point.front() != '\x04') {
        return fail(KeyErrc::key_unreadable, "not an uncompressed point of this curve's length");
    }
    const OwnedParamBuild build(OSSL_PARAM_BLD_new());
    if (!build || OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, known->name, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
        return fail(KeyErrc::key_unreadable, "no EC numbers: " + take_openssl_errors());
    }
    OwnedPkey key = key_from("EC", build.get());
    if (!key) return fail(KeyErrc::key_unreadable, "no EC key: " + take_openssl_errors());
    return key;
}

}  // namespace slo::saml
