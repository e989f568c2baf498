#include "slo/saml/record_cipher.hpp"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <new>
#include <optional>

#include "c_errors.hpp"
#include "content_cipher.hpp"
#include "mac_parts.hpp"
#include "owned.hpp"
#include "secret.hpp"
#include "slo/saml/error.hpp"

namespace slo::saml {
namespace {

// A sealed record: which key sealed it, a salt, and AES-256-GCM's initialisation vector, ciphertext and tag. Each
// record is encrypted under a key of its own, made of the sealing key, the context and the salt: so the context needs
// no place in the record, and no number of records wears a sealing key out.
constexpr std::size_t key_octets = 32;
constexpr std::size_t name_octets = 16;
constexpr std::size_t mark_octets = 4;
constexpr std::size_t salt_octets = 16;

using HmacOctets = std::array<unsigned char, 32>;

EVP_MAC_CTX* thread_context() noexcept {
    thread_local OwnedMacCtx context;
    if (!context) context = make_mac_context("HMAC");
    return context.get();
}

std::optional<HmacOctets> hmac(const SecretOctets& key, std::initializer_list<std::string_view> parts) noexcept {
    EVP_MAC_CTX* const context = thread_context();
    std::string_view sha256 = "SHA256";
    const std::array params{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(sha256.data()), sha256.size()),
        OSSL_PARAM_construct_end()};
    if (context == nullptr || EVP_MAC_init(context, key.data(), key.size(), params.data()) != 1) return std::nullopt;
    if (!update_with_parts(context, parts)) return std::nullopt;
    HmacOctets octets{};
    std::size_t written = 0;
    if (EVP_MAC_final(context, octets.data(), &written, octets.size()) != 1) return std::nullopt;
    return written == octets.size() ? std::optional(octets) : std::nullopt;
}

/// Throws std::bad_alloc: with_keys() saw HMAC work, so only memory can have run out.
HmacOctets sure_hmac(const SecretOctets& key, std::initializer_list<std::string_view> parts) {
    const auto octets = hmac(key, parts);
    if (octets) return *octets;
    static_cast<void>(take_openssl_errors());
    throw std::bad_alloc();
}

std::string front_of(const HmacOctets& octets, std::size_t count) {
    return {reinterpret_cast<const char*>(octets.data()), count};
}

const ContentCipher& cipher() noexcept {
    return content_cipher(ContentEncryption::aes256_gcm);
}

}  // namespace

struct RecordCipher::Keys {
    struct Sealing {
        SecretOctets key;
        std::string mark;  ///< precedes what it sealed
    };

    SecretOctets index;
    std::vector<Sealing> sealing;

    [[nodiscard]] static SecretOctets record_key(const Sealing& sealing, std::string_view context,
                                                 std::string_view salt) {
        const HmacOctets octets = sure_hmac(sealing.key, {"record", context, salt});
        return {octets.begin(), octets.end()};
    }
};

Result<RecordCipher> RecordCipher::with_random_keys() {
    StoreKeys keys{.index_key = std::string(key_octets, '\0'), .sealing_keys = {std::string(key_octets, '\0')}};
    for (std::string* key : {&keys.index_key, &keys.sealing_keys.front()}) {
        if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(key->data()), static_cast<int>(key->size())) != 1) {
            return fail(KeyErrc::crypto_failure, "no random octets: " + take_openssl_errors());
        }
    }
    return with_keys(keys);
}

Result<RecordCipher> RecordCipher::with_secret(std::string_view secret) {
    if (secret.size() != key_octets) return fail(KeyErrc::key_not_allowed, "a store's secret has 32 octets");
    const SecretOctets octets(secret.begin(), secret.end());
    const auto index = hmac(octets, {"index key"});
    const auto sealing = hmac(octets, {"sealing key"});
    if (!index || !sealing) return fail(KeyErrc::crypto_failure, "no HMAC: " + take_openssl_errors());
    return with_keys({.index_key = front_of(*index, key_octets), .sealing_keys = {front_of(*sealing, key_octets)}});
}

Result<RecordCipher> RecordCipher::with_keys(const StoreKeys& keys) {
    const auto has_length = [](const std::string& key) { return key.size() == key_octets; };
    if (!has_length(keys.index_key) || !std::ranges::all_of(keys.sealing_keys, has_length)) {
        return fail(KeyErrc::key_not_allowed, "a store's keys have 32 octets");
    }
    if (keys.sealing_keys.empty()) return fail(KeyErrc::key_not_allowed, "no key seals the store's records");
    auto made = std::make_shared<Keys>();
    made->index = SecretOctets(keys.index_key.begin(), keys.index_key.end());
    for (const std::string& key : keys.sealing_keys) {
        SecretOctets octets(key.begin(), key.end());
        const auto digest = hmac(octets, {"mark"});
        if (!digest) return fail(KeyErrc::crypto_failure, "no HMAC: " + take_openssl_errors());
        std::string mark = front_of(*digest, mark_octets);
        if (octets == made->index ||
            std::ranges::any_of(made->sealing, [&](const Keys::Sealing& other) { return other.mark == mark; })) {
            return fail(KeyErrc::key_not_allowed, "two of the store's keys are the same");
        }
        made->sealing.push_back({std::move(octets), std::move(mark)});
    }
    return RecordCipher(std::move(made));
}

std::string RecordCipher::name(std::initializer_list<std::string_view> parts) const {
    return front_of(sure_hmac(keys_->index, parts), name_octets);
}

Result<std::string> RecordCipher::seal(std::string_view plain, std::string_view context) const {
    const Keys::Sealing& sealing = keys_->sealing.front();
    std::string salt(salt_octets, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size())) != 1) {
        return fail(KeyErrc::crypto_failure, "no random octets: " + take_openssl_errors());
    }
    const auto sealed = encrypt_content(cipher(), Keys::record_key(sealing, context, salt), plain);
    if (!sealed) return fail(KeyErrc::crypto_failure, "a record wasn't sealed: " + take_openssl_errors());
    return sealing.mark + salt + *sealed;
}

Result<std::string> RecordCipher::open(std::string_view sealed, std::string_view context) const {
    const auto refuse = [] {
        return fail(KeyErrc::crypto_failure, "a record doesn't open under any of the store's keys");
    };
    if (sealed.size() < mark_octets + salt_octets) return refuse();
    const std::string_view mark = sealed.substr(0, mark_octets);
    const std::string_view salt = sealed.substr(mark_octets, salt_octets);
    const auto its = std::ranges::find(keys_->sealing, mark, &Keys::Sealing::mark);
    if (its == keys_->sealing.end()) return refuse();
    const CErrorScope quiet;
    auto plain =
        decrypt_content(cipher(), Keys::record_key(*its, context, salt), sealed.substr(mark_octets + salt_octets));
    if (!plain) return refuse();
    return *std::move(plain);
}

}  // namespace slo::saml
