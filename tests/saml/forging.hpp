// Signatures and key blocks computed number by number, so that exactly one thing in them can be wrong.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "failure_check.hpp"
#include "key_access.hpp"
#include "sealing.hpp"
#include "signed_messages.hpp"
#include "slo/saml/base64.hpp"

namespace slo::saml::test {

using OwnedBnCtx = Owned<BN_CTX, BN_CTX_free>;

/// Number is a non-negative integer of any size.
class Number {
public:
    explicit Number(std::uint64_t value = 0) : bn_(made(OwnedBignum(BN_new()))) { must(BN_set_word(bn_.get(), value)); }
    explicit Number(OwnedBignum bn) : bn_(made(std::move(bn))) {}
    Number(const Number& other) : bn_(made(OwnedBignum(BN_dup(other.bn_.get())))) {}
    Number(Number&&) = default;
    Number& operator=(Number&&) = default;
    Number& operator=(const Number& other) { return *this = Number(other); }
    ~Number() = default;

    static Number from_octets(std::string_view text) {
        return Number(OwnedBignum(BN_bin2bn(octets(text), static_cast<int>(text.size()), nullptr)));
    }
    static Number of_key(EVP_PKEY* key, const char* parameter) {
        BIGNUM* number = nullptr;
        must(EVP_PKEY_get_bn_param(key, parameter, &number));
        return Number(OwnedBignum(number));
    }

    /// Big-endian, filled up with zeros in front. Throws where it doesn't fit.
    [[nodiscard]] std::string octets_of(std::size_t size) const {
        std::string text(size, '\0');
        if (BN_bn2binpad(bn_.get(), octets(text), static_cast<int>(size)) < 0) throw std::logic_error("doesn't fit");
        return text;
    }
    [[nodiscard]] bool fits(std::size_t size) const { return static_cast<std::size_t>(BN_num_bytes(get())) <= size; }
    [[nodiscard]] BIGNUM* get() const { return bn_.get(); }

    [[nodiscard]] Number to_the(const Number& exponent, const Number& modulus) const {
        Number result;
        must(BN_mod_exp(result.get(), get(), exponent.get(), modulus.get(), context()));
        return result;
    }
    [[nodiscard]] Number inverse(const Number& modulus) const {
        return Number(OwnedBignum(BN_mod_inverse(nullptr, get(), modulus.get(), context())));
    }
    [[nodiscard]] Number modulo(const Number& modulus) const {
        Number result;
        must(BN_nnmod(result.get(), get(), modulus.get(), context()));
        return result;
    }
    /// For this thread's calculations.
    static BN_CTX* context() {
        thread_local const OwnedBnCtx kept = made(OwnedBnCtx(BN_CTX_new()));
        return kept.get();
    }

    friend Number operator+(const Number& a, const Number& b) {
        Number sum;
        must(BN_add(sum.get(), a.get(), b.get()));
        return sum;
    }
    friend Number operator-(const Number& a, const Number& b) {
        Number difference;
        must(BN_sub(difference.get(), a.get(), b.get()));
        if (BN_is_negative(difference.get()) == 1) throw std::logic_error("a negative number");
        return difference;
    }
    friend Number operator*(const Number& a, const Number& b) {
        Number product;
        must(BN_mul(product.get(), a.get(), b.get(), context()));
        return product;
    }
    friend bool operator<(const Number& a, const Number& b) { return BN_cmp(a.get(), b.get()) < 0; }

private:
    OwnedBignum bn_;
};

inline std::string hash(const EVP_MD* md, std::string_view text) {
    std::string value(static_cast<std::size_t>(EVP_MD_get_size(md)), '\0');
    must(EVP_Digest(text.data(), text.size(), octets(value), nullptr, md, nullptr));
    return value;
}

/// Unsigned is a request in its envelope, complete but for its SignatureValue.
struct Unsigned {
    std::string envelope;
    std::string signed_info;  ///< the octets that a signature has to cover: the signer writes them in canonical form

    Unsigned(const LogoutRequest& request, const SigningKey& key)
        : envelope(soap::encode(MessageSigner(key).sign(request).value())),
          signed_info(between("<ds:SignedInfo ", "</ds:SignedInfo>")) {}

    [[nodiscard]] std::string with_signature(std::string_view signature) const {
        const std::string old = between("<ds:SignatureValue>", "</ds:SignatureValue>");
        std::string text = envelope;
        return text.replace(text.find(old), old.size(),
                            "<ds:SignatureValue>" + encode_base64(signature) + "</ds:SignatureValue>");
    }

private:
    [[nodiscard]] std::string between(std::string_view from, std::string_view to) const {
        const auto begin = envelope.find(from);
        return envelope.substr(begin, envelope.find(to) + to.size() - begin);
    }
};

}  // namespace slo::saml::test
