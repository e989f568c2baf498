#include "slo/saml/keyed_digest.hpp"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <algorithm>
#include <new>
#include <optional>

#include "c_errors.hpp"
#include "mac_parts.hpp"
#include "owned.hpp"
#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

constexpr std::size_t digest_octets = 16;
using DigestOctets = std::array<unsigned char, digest_octets>;

EVP_MAC_CTX* thread_context() noexcept {
    thread_local OwnedMacCtx context;
    if (!context) context = make_mac_context("SIPHASH");
    return context.get();
}

std::optional<DigestOctets> digest(const std::array<unsigned char, 16>& key,
                                   std::initializer_list<std::string_view> parts) noexcept {
    EVP_MAC_CTX* const context = thread_context();
    std::size_t size = digest_octets;
    const std::array params{OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end()};
    if (context == nullptr || EVP_MAC_init(context, key.data(), key.size(), params.data()) != 1) return std::nullopt;
    if (!update_with_parts(context, parts)) return std::nullopt;
    DigestOctets octets{};
    std::size_t written = 0;
    if (EVP_MAC_final(context, octets.data(), &written, octets.size()) != 1) return std::nullopt;
    return written == octets.size() ? std::optional(octets) : std::nullopt;
}

std::uint64_t big_endian(const unsigned char* octets) noexcept {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | octets[i];
    return value;
}

void append_hex(std::string& out, std::uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 0xF];
}

}  // namespace

Result<KeyedDigest> KeyedDigest::with_random_key() {
    Key key{};
    if (RAND_priv_bytes(key.data(), static_cast<int>(key.size())) != 1) {
        return fail(KeyErrc::crypto_failure, "no random octets: " + take_openssl_errors());
    }
    return with_key({reinterpret_cast<const char*>(key.data()), key.size()});
}

Result<KeyedDigest> KeyedDigest::with_key(std::string_view sixteen_bytes) {
    Key key{};
    if (sixteen_bytes.size() != key.size()) return fail(KeyErrc::crypto_failure, "the key isn't 16 bytes long");
    std::ranges::transform(sixteen_bytes, key.begin(), [](char c) { return static_cast<unsigned char>(c); });
    if (!digest(key, {})) return fail(KeyErrc::crypto_failure, "no SipHash: " + take_openssl_errors());
    return KeyedDigest(key);
}

Digest128 KeyedDigest::operator()(std::initializer_list<std::string_view> parts) const {
    const auto octets = digest(key_, parts);
    // with_key() saw it work, so this is memory running out. Any digest made up instead could be another principal's.
    if (!octets) throw std::bad_alloc();
    return {big_endian(octets->data()), big_endian(octets->data() + 8)};
}

std::string KeyedDigest::hex(std::initializer_list<std::string_view> parts) const {
    const Digest128 digest128 = (*this)(parts);
    std::string text;
    text.reserve(2 * digest_octets);
    append_hex(text, digest128.high);
    append_hex(text, digest128.low);
    return text;
}

}  // namespace slo::saml
