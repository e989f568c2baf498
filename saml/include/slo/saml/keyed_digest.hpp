// A keyed 128-bit digest: names a value in indexes and logs without showing it.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "slo/saml/result.hpp"

namespace slo::saml {

/// Digest128 compares and hashes like a number; 128 bits, uniformly distributed without the key.
struct Digest128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend bool operator==(const Digest128&, const Digest128&) = default;
};

/// KeyedDigest is SipHash-2-4-128 under a secret key. Parts are length-prefixed, so ("a","bc") differs from ("ab","c").
/// Thread-safe; copies share the key.
class KeyedDigest {
public:
    /// with_random_key makes one with a new random key. Errors: KeyErrc::crypto_failure.
    [[nodiscard]] static Result<KeyedDigest> with_random_key();
    /// with_key takes a given 16-byte key, for digests that must agree between processes.
    [[nodiscard]] static Result<KeyedDigest> with_key(std::string_view sixteen_bytes);

    /// The call operator throws std::bad_alloc if a thread's first digest finds no memory; its later ones need none.
    [[nodiscard]] Digest128 operator()(std::initializer_list<std::string_view> parts) const;
    /// hex returns the digest as 32 lower-case hex digits. Throws std::bad_alloc.
    [[nodiscard]] std::string hex(std::initializer_list<std::string_view> parts) const;

private:
    using Key = std::array<unsigned char, 16>;
    explicit KeyedDigest(Key key) : key_(key) {}
    Key key_;
};

}  // namespace slo::saml
