#include "ecdsa_form.hpp"

#include "c_errors.hpp"
#include "owned.hpp"
#include "public_keys.hpp"

namespace slo::saml {
namespace {

std::optional<std::string> der_of(const ECDSA_SIG* signature) {
    unsigned char* octets = nullptr;
    const int size = i2d_ECDSA_SIG(signature, &octets);
    if (size <= 0) return std::nullopt;
    const OwnedOpensslMemory owner(octets);
    return std::string(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
}

bool is_positive(const BIGNUM* number) noexcept {
    return BN_is_zero(number) == 0 && BN_is_negative(number) == 0;
}

}  // namespace

std::optional<std::string> p1363_from_der(std::string_view der, std::size_t octets) {
    const CErrorScope quiet;
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const OwnedEcdsaSig signature(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())));
    if (!signature) return std::nullopt;
    const BIGNUM* const r = ECDSA_SIG_get0_r(signature.get());
    const BIGNUM* const s = ECDSA_SIG_get0_s(signature.get());
    // OpenSSL reads BER, negative numbers, and a part of the octets; DER has one encoding.
    if (!is_positive(r) || !is_positive(s) || der_of(signature.get()) != der) return std::nullopt;
    std::string both(octets, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(both.data());
    const int half = static_cast<int>(octets / 2);
    if (BN_bn2binpad(r, out, half) != half || BN_bn2binpad(s, out + half, half) != half) return std::nullopt;
    return both;
}

std::optional<std::string> der_from_p1363(std::string_view both) {
    OwnedBignum r = number(both.substr(0, both.size() / 2));
    OwnedBignum s = number(both.substr(both.size() / 2));
    const OwnedEcdsaSig signature(ECDSA_SIG_new());
    if (!r || !s || !signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return std::nullopt;
    (void)r.release();  // the signature owns both
    (void)s.release();
    return der_of(signature.get());
}

}  // namespace slo::saml
