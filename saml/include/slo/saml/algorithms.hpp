// The algorithms that a signature or an encryption may use. All others are refused by construction.
#pragma once

#include <optional>
#include <string_view>

namespace slo::saml {

enum class DigestAlgorithm { sha256, sha384, sha512, sha1 };

enum class SignatureAlgorithm {
    rsa_sha256,
    rsa_sha384,
    rsa_sha512,
    ecdsa_sha256,
    ecdsa_sha384,
    ecdsa_sha512,
    rsa_sha1,
    /// RSASSA-PSS without parameters: MGF1 with the same digest, a salt of its length (RFC 6931, section 2.3.10).
    rsa_pss_sha256,
    rsa_pss_sha384,
    rsa_pss_sha512,
};

/// ContentEncryption is an algorithm that we encrypt with (XML Encryption 1.1, section 5.2.4).
enum class ContentEncryption { aes128_gcm, aes256_gcm };

/// uri returns an algorithm's XML Signature identifier; its siblings read one (others: std::nullopt). Static storage.
[[nodiscard]] std::string_view uri(SignatureAlgorithm algorithm) noexcept;
[[nodiscard]] std::string_view uri(DigestAlgorithm algorithm) noexcept;
[[nodiscard]] std::optional<SignatureAlgorithm> signature_algorithm(std::string_view uri) noexcept;
[[nodiscard]] std::optional<DigestAlgorithm> digest_algorithm(std::string_view uri) noexcept;

/// is_rsa_pss says whether `algorithm` is one of the three RSASSA-PSS.
[[nodiscard]] bool is_rsa_pss(SignatureAlgorithm algorithm) noexcept;

/// digest_of returns the digest of our References beside a signature: the one in the algorithm's name.
[[nodiscard]] DigestAlgorithm digest_of(SignatureAlgorithm algorithm) noexcept;

/// AlgorithmPolicy is the allow-list for one IdP. Default: SHA-256/384/512 with RSA or ECDSA for signatures, AES-GCM
/// with RSA-OAEP for encryption. Each exception is named for what it is and belongs to the one IdP that still needs it.
struct AlgorithmPolicy {
    enum class Sha1 { refused, dangerously_accepted };
    enum class Cbc { refused, accepted_once_authenticated };
    enum class RsaPss {
        refused,
        accepted,
        accepted_and_used,  ///< what our RSA key signs for this IdP is RSA-PSS, too (ELSTER takes no other)
    };

    Sha1 sha1 = Sha1::refused;  ///< rsa-sha1 signatures and SHA-1 digests (Lasso's and pysaml2's old default)
    Cbc cbc = Cbc::refused;     ///< aes128-cbc and aes256-cbc for EncryptedID, once its sender is proven (erratum E93)
    RsaPss rsa_pss = RsaPss::refused;  ///< as safe as the others; an exception, because few need it

    [[nodiscard]] bool allows(SignatureAlgorithm algorithm) const noexcept;
    [[nodiscard]] bool allows(DigestAlgorithm algorithm) const noexcept;
};

}  // namespace slo::saml
