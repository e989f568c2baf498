#include "key_policy.hpp"

#include <openssl/core_names.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "c_errors.hpp"
#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;  // verification time grows with the square; 16384 bits is a denial of service
constexpr int max_exponent_bits = 64;
constexpr BN_ULONG min_exponent = 65'537;

struct Curve {
    std::string_view name;
    KeyFamily family;
    std::size_t coordinate_octets;
};
constexpr auto curves = std::to_array<Curve>({
    {"prime256v1", KeyFamily::ec_p256, 32},
    {"secp384r1", KeyFamily::ec_p384, 48},
    {"secp521r1", KeyFamily::ec_p521, 66},
});

OwnedBignum number_of(const EVP_PKEY* key, const char* parameter) {
    BIGNUM* number = nullptr;
    if (EVP_PKEY_get_bn_param(key, parameter, &number) != 1) return nullptr;
    return OwnedBignum(number);
}

Failure not_allowed(std::string why) {
    return fail(KeyErrc::key_not_allowed, std::move(why));
}

Result<KeyShape> rsa_shape(const EVP_PKEY* key) {
    const int bits = EVP_PKEY_get_bits(key);
    if (bits < min_rsa_bits || bits > max_rsa_bits) {
        return not_allowed("RSA of " + std::to_string(bits) + " bits: 2048 to 8192 are");
    }
    const OwnedBignum modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
    const OwnedBignum exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
    // EVP_PKEY_public_check would also look for a prime modulus, at milliseconds per key: too much for a federation's
    // metadata, and such a key harms only its owner.
    if (!modulus || BN_is_odd(modulus.get()) != 1) return not_allowed("RSA modulus is even");
    if (!exponent || BN_is_odd(exponent.get()) != 1 || BN_num_bits(exponent.get()) > max_exponent_bits ||
        BN_get_word(exponent.get()) < min_exponent) {
        return not_allowed("RSA exponent isn't odd and from 65537 up to 64 bits");
    }
    return KeyShape{KeyFamily::rsa, static_cast<std::size_t>(EVP_PKEY_get_size(key))};
}

bool has_explicit_parameters(const EVP_PKEY* key) {
    int from_explicit = 1;
    return EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &from_explicit) != 1 ||
           from_explicit != 0;
}

Result<KeyShape> ec_shape(EVP_PKEY* key) {
    // Explicit parameters can have a generator of the sender's choice (CVE-2020-0601), even where OpenSSL finds a name.
    if (has_explicit_parameters(key)) return not_allowed("EC with explicit curve parameters");
    std::array<char, 64> name{};
    if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1) return not_allowed("EC without a curve");
    const auto curve = std::ranges::find(curves, std::string_view(name.data()), &Curve::name);
    if (curve == curves.end()) return not_allowed("EC on another curve than P-256, P-384 and P-521");

    // OpenSSL keeps a key without its length where it finds no memory to work it out.
    if (EVP_PKEY_get_bits(key) <= 0) return not_allowed("EC of an unknown length");
    // On the curve, in range and not at infinity is a full validation (SP 800-56A, 5.6.2.3.3) on these three: their
    // cofactor is 1, so that every such point has the curve's order, and multiplying it by the order shows nothing new.
    const OwnedPkeyCtx context(EVP_PKEY_CTX_new(key, nullptr));
    if (!context || EVP_PKEY_public_check_quick(context.get()) != 1) return not_allowed("EC point isn't on its curve");
    return KeyShape{curve->family, 2 * curve->coordinate_octets};
}

}  // namespace

Result<KeyShape> shape_of(EVP_PKEY* key) {
    const CErrorScope quiet;
    if (EVP_PKEY_is_a(key, "RSA") == 1) return rsa_shape(key);
    if (EVP_PKEY_is_a(key, "EC") == 1) return ec_shape(key);
    return not_allowed("neither RSA nor EC");
}

}  // namespace slo::saml
