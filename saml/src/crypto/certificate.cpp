#include <openssl/asn1.h>

#include <ctime>
#include <optional>

#include "c_errors.hpp"
#include "digest.hpp"
#include "key_access.hpp"
#include "pem.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/keys.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t max_der_octets = 8 * 1024;

// A SEQUENCE of at least 128 octets: every certificate begins like that, and no text does.
bool looks_like_der(std::string_view octets) {
    return octets.size() > 2 && octets[0] == '\x30' && (static_cast<unsigned char>(octets[1]) & 0x80) != 0;
}

std::optional<Instant> instant_of(const ASN1_TIME* time) {
    std::tm fields{};
    if (ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{fields.tm_year + 1900},
                                           std::chrono::month{static_cast<unsigned>(fields.tm_mon + 1)},
                                           std::chrono::day{static_cast<unsigned>(fields.tm_mday)}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{fields.tm_hour} + std::chrono::minutes{fields.tm_min} +
           std::chrono::seconds{fields.tm_sec};
}

/// Whether base64 goes on behind its first '='.
bool goes_on_behind_its_end(std::string_view base64) {
    constexpr std::string_view all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n";
    if (base64.find_first_not_of(all) != std::string_view::npos) return false;
    const std::size_t end = base64.find('=');
    return end != std::string_view::npos && base64.find_first_not_of("= \t\r\n", end) != std::string_view::npos;
}

Failure unreadable(std::string why) {
    return fail(KeyErrc::certificate_unreadable, std::move(why));
}

Result<OwnedX509> read_x509(std::string_view der) {
    const auto* const begin = reinterpret_cast<const unsigned char*>(der.data());
    const unsigned char* cursor = begin;
    OwnedX509 x509(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
    if (!x509) return unreadable("not an X.509 certificate: " + take_openssl_errors());
    if (cursor != begin + der.size()) return unreadable("something follows the certificate: two values run together");
    return x509;
}

/// Of the form in which names are compared. std::nullopt: OpenSSL has no SHA-1, so nothing is known of it.
std::optional<unsigned long> hash_of(const X509_NAME* name) {
    int is_known = 0;
    const unsigned long hash = X509_NAME_hash_ex(name, nullptr, nullptr, &is_known);
    return is_known == 1 ? std::optional(hash) : std::nullopt;
}

}  // namespace

struct Certificate::Impl {
    std::string der;
    std::string base64;
    Instant not_before;
    Instant not_after;
    std::optional<unsigned long> subject;  ///< its hash
    std::optional<unsigned long> issuer;   ///< its hash
    OwnedPkey key;  ///< null where OpenSSL knows no such key: the certificate still has dates and a fingerprint

    static Result<Certificate> read(std::string der) {
        if (der.size() > max_der_octets) return unreadable("longer than 8 KiB");
        const CErrorScope quiet;
        const auto x509 = read_x509(der);
        if (!x509) return x509.error();
        OwnedPkey key(X509_get_pubkey(x509->get()));
        const auto not_before = instant_of(X509_get0_notBefore(x509->get()));
        const auto not_after = instant_of(X509_get0_notAfter(x509->get()));
        if (!not_before || !not_after) return unreadable("its validity isn't two points in time");
        std::string text = encode_base64(der);
        return Certificate(std::make_shared<const Impl>(
            Impl{std::move(der), std::move(text), *not_before, *not_after, hash_of(X509_get_subject_name(x509->get())),
                 hash_of(X509_get_issuer_name(x509->get())), std::move(key)}));
    }
};

Result<Certificate> Certificate::parse(std::string_view pem_or_der) {
    if (looks_like_der(pem_or_der)) return Impl::read(std::string(pem_or_der));
    auto der = certificate_der_from_pem(pem_or_der);
    if (!der) return der.error();
    return Impl::read(*std::move(der));
}

Result<Certificate> Certificate::from_base64(std::string_view text) {
    if (text.find("-----BEGIN") != std::string_view::npos) {
        return unreadable("the lines of PEM stand inside: keep the base64 between BEGIN and END alone");
    }
    auto der = decode_base64(text, max_der_octets);
    if (!der) {
        return unreadable(goes_on_behind_its_end(text) ? "base64 goes on behind its end: two values run together"
                                                       : "not base64 of at most 8 KiB");
    }
    return Impl::read(*std::move(der));
}

const std::string& Certificate::der() const noexcept {
    return impl_->der;
}
const std::string& Certificate::base64() const noexcept {
    return impl_->base64;
}
Instant Certificate::not_before() const noexcept {
    return impl_->not_before;
}
Instant Certificate::not_after() const noexcept {
    return impl_->not_after;
}

std::string Certificate::fingerprint() const {
    return sha256_hex(impl_->der);
}

bool Certificate::issued(const Certificate& other) const {
    // Of a chain's many pairs, only its links are parsed for this.
    if (impl_->subject && other.impl_->issuer && impl_->subject != other.impl_->issuer) return false;
    const CErrorScope quiet;
    const auto issuer = read_x509(der());
    const auto child = read_x509(other.der());
    if (!issuer || !child || impl_->key == nullptr) return false;
    return X509_NAME_cmp(X509_get_subject_name(issuer->get()), X509_get_issuer_name(child->get())) == 0 &&
           X509_verify(child->get(), impl_->key.get()) == 1;
}

namespace detail {

EVP_PKEY* KeyAccess::pkey(const Certificate& certificate) noexcept {
    return certificate.impl_->key.get();
}

}  // namespace detail

}  // namespace slo::saml
