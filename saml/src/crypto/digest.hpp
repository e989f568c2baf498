// SHA-2 (and SHA-1) of octets.
#pragma once

#include <string>
#include <string_view>

#include "owned.hpp"
#include "slo/saml/algorithms.hpp"

namespace slo::saml {

/// digest returns the digest as octets; empty if OpenSSL fails, which equals no digest.
[[nodiscard]] std::string digest(DigestAlgorithm algorithm, std::string_view octets);

/// sha256_hex returns SHA-256 as lower-case hex: a fingerprint. Throws std::bad_alloc if OpenSSL fails, as an empty
/// fingerprint would equal another one.
[[nodiscard]] std::string sha256_hex(std::string_view octets);

/// DigestStream is the digest of octets that come in pieces.
class DigestStream {
public:
    explicit DigestStream(DigestAlgorithm algorithm) noexcept;
    void add(std::string_view octets) noexcept;
    /// finish returns the digest as octets; empty if OpenSSL failed anywhere on the way. Once.
    [[nodiscard]] std::string finish();

private:
    OwnedMdCtx context_;  ///< null after a failure
};

/// to_hex writes lower-case hex, as people compare fingerprints.
[[nodiscard]] std::string to_hex(std::string_view octets);

}  // namespace slo::saml
