// Protection of a shared store's records: keyed digests to find them by, and sealed octets to read back.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/result.hpp"

namespace slo::saml {

/// StoreKeys are the secrets of a shared store, the same on every node.
struct StoreKeys {
    /// 32 bytes. Finds records: with another one, none of the existing ones is found.
    std::string index_key;
    /// 32 bytes each: the first seals, all open. To rotate, add a new one at the end on every node, then put it in
    /// front on every node, and drop the old one when all that it sealed has expired.
    std::vector<std::string> sealing_keys;
};

/// RecordCipher names things by HMAC-SHA-256, of which it keeps 128 bits, and seals records with AES-256-GCM.
/// Thread-safe; copies share the keys.
class RecordCipher {
public:
    /// with_keys checks `keys`. Errors: KeyErrc::key_not_allowed if a key has another length, none seals, or two match.
    [[nodiscard]] static Result<RecordCipher> with_keys(const StoreKeys& keys);

    /// with_random_keys is for one process: what it sealed before a restart doesn't open after it. Errors:
    /// KeyErrc::crypto_failure.
    [[nodiscard]] static Result<RecordCipher> with_random_keys();

    /// with_secret makes both kinds of keys of one secret of 32 bytes, for a store that one host has to itself: it has
    /// no rotation. Errors: KeyErrc::key_not_allowed for another length, crypto_failure.
    [[nodiscard]] static Result<RecordCipher> with_secret(std::string_view secret);

    /// name returns 16 bytes for `parts`. Parts are length-prefixed, so ("a","bc") differs from ("ab","c"). Throws
    /// std::bad_alloc.
    [[nodiscard]] std::string name(std::initializer_list<std::string_view> parts) const;
    /// seal returns `plain` sealed; it opens only with the same `context`. Errors: KeyErrc::crypto_failure.
    [[nodiscard]] Result<std::string> seal(std::string_view plain, std::string_view context) const;
    /// open undoes seal. Errors: KeyErrc::crypto_failure if no key opens it, or it was changed or moved.
    [[nodiscard]] Result<std::string> open(std::string_view sealed, std::string_view context) const;

private:
    struct Keys;
    explicit RecordCipher(std::shared_ptr<const Keys> keys) noexcept : keys_(std::move(keys)) {}
    std::shared_ptr<const Keys> keys_;
};

}  // namespace slo::saml
