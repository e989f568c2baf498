// SHA-2 (and SHA-1) of octets.
#pragma once

#include <string>
#include <string_view>

#include "owned.hpp"
#include "slo/saml/algorithms.hpp"

namespace slo::saml {

/// The digest as octets; empty if OpenSSL fails, which equals no digest.
[[nodiscard]] std::string digest(DigestAlgorithm algorithm, std::string_view octets);

/// SHA-256 as lower-case hex: a fingerprint. Throws std::bad_alloc where OpenSSL fails, as no fingerprint would be
/// everybody's.
[[nodiscard]] std::string sha256_hex(std::string_view octets);

/// DigestStream is the digest of octets that come in pieces.
class DigestStream {
public:
    explicit DigestStream(DigestAlgorithm algorithm) noexcept;
    void add(std::string_view octets) noexcept;
    /// The digest as octets; empty if OpenSSL failed anywhere on the way. Once.
    [[nodiscard]] std::string finish();

private:
    OwnedMdCtx context_;  ///< null after a failure
};

/// Lower-case hex, as people compare fingerprints.
[[nodiscard]] std::string to_hex(std::string_view octets);

}  // namespace slo::saml
