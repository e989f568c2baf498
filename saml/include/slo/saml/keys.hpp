// Keys and certificates: parsed once, policy-checked, immutable, cheap to copy, safe to share between threads.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"

namespace slo::saml {

namespace detail {
struct KeyAccess;
}

/// Certificate is one X.509 certificate. It carries a key; its dates and issuer prove nothing here (trust comes from
/// metadata, SAML metadata interoperability profile), but an operator is warned by them.
class Certificate {
public:
    /// parse reads one PEM or DER certificate; no other octets may follow it. At most 8 KiB of DER.
    /// Errors: KeyErrc::certificate_unreadable.
    [[nodiscard]] static Result<Certificate> parse(std::string_view pem_or_der);
    /// from_base64 reads the content of ds:X509Certificate: base64 of DER, white space allowed. Errors: as parse.
    [[nodiscard]] static Result<Certificate> from_base64(std::string_view text);

    [[nodiscard]] const std::string& der() const noexcept;
    [[nodiscard]] const std::string& base64() const noexcept;  ///< one line, as in KeyInfo and metadata
    [[nodiscard]] Instant not_before() const noexcept;
    [[nodiscard]] Instant not_after() const noexcept;
    [[nodiscard]] std::string fingerprint() const;  ///< SHA-256 of the DER, lower-case hex
    /// Whether this certificate issued `other`: its name stands there as the issuer, and its key verifies the
    /// signature. Finds the end of a chain; proves nothing about either of them. Thread-safe.
    [[nodiscard]] bool issued(const Certificate& other) const;

private:
    friend struct detail::KeyAccess;
    struct Impl;
    explicit Certificate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<const Impl> impl_;
};

enum class NamedCurve { p256, p384, p521 };

/// VerificationKey is one public key that may verify: RSA of 2048 to 8192 bits with an odd exponent from 65537 up to
/// 64 bits, or EC on the named curves P-256, P-384, P-521. No other key becomes one.
class VerificationKey {
public:
    /// from takes the certificate's key. Errors: KeyErrc::key_not_allowed, key_unreadable.
    [[nodiscard]] static Result<VerificationKey> from(const Certificate& certificate);
    /// from_rsa takes a ds:RSAKeyValue: modulus and exponent as big-endian octets. Errors: as above.
    [[nodiscard]] static Result<VerificationKey> from_rsa(std::string_view modulus, std::string_view exponent);

    /// from_ec takes a dsig11:ECKeyValue: an uncompressed point (0x04, x, y) on a named curve. Errors: as above.
    [[nodiscard]] static Result<VerificationKey> from_ec(NamedCurve curve, std::string_view point);

    [[nodiscard]] bool fits(SignatureAlgorithm algorithm) const noexcept;
    /// bits returns the modulus' length for RSA, the field's for EC.
    [[nodiscard]] unsigned bits() const noexcept;
    /// fingerprint is the SHA-256 of the SubjectPublicKeyInfo, lower-case hex: equal for all certificates of a key.
    [[nodiscard]] std::string fingerprint() const;
    /// verifies says whether `signature` is this key's over `octets`: PKCS#1 v1.5 or PSS for RSA, r||s (IEEE P1363)
    /// for ECDSA, of exactly the length that the key makes. False for an algorithm that doesn't fit. Thread-safe.
    [[nodiscard]] bool verifies(SignatureAlgorithm algorithm, std::string_view octets,
                                std::string_view signature) const;

private:
    friend struct detail::KeyAccess;
    struct Impl;
    explicit VerificationKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<const Impl> impl_;
};

/// VerificationKeys are the keys of one partner, in the order in which they're tried. At most max_verification_keys
/// are (roll-over needs two; each costs a public-key operation on a forged message).
using VerificationKeys = std::vector<VerificationKey>;
inline constexpr std::size_t max_verification_keys = 8;

/// SigningKey is our private key with its certificate; the constant parts of a signature (base64 of the certificate,
/// algorithm identifiers) are prepared once. RSA of 2048 to 8192 bits signs with rsa-sha256, P-256 with ecdsa-sha256,
/// P-384 with ecdsa-sha384, P-521 with ecdsa-sha512.
class SigningKey {
public:
    /// parse reads an unencrypted PEM private key and its certificate.
    /// Errors: KeyErrc::key_unreadable, key_not_allowed, certificate_unreadable, key_mismatch.
    [[nodiscard]] static Result<SigningKey> parse(std::string_view private_key_pem, std::string_view certificate_pem);

    [[nodiscard]] const Certificate& certificate() const noexcept;
    [[nodiscard]] SignatureAlgorithm algorithm() const noexcept;
    /// using_algorithm is the same key with another algorithm that fits (rsa_sha512). Errors: KeyErrc::key_not_allowed.
    [[nodiscard]] Result<SigningKey> using_algorithm(SignatureAlgorithm algorithm) const;
    /// sign: PKCS#1 v1.5 or PSS for RSA, r||s (IEEE P1363) for ECDSA. Errors: KeyErrc::crypto_failure. Thread-safe.
    [[nodiscard]] Result<std::string> sign(std::string_view octets) const;

private:
    friend struct detail::KeyAccess;
    struct Impl;
    explicit SigningKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<const Impl> impl_;
};

/// DecryptionKey is an RSA private key that decrypts EncryptedIDs addressed to us.
class DecryptionKey {
public:
    /// parse reads a PEM private key. Errors: KeyErrc::key_unreadable, key_not_allowed.
    [[nodiscard]] static Result<DecryptionKey> parse(std::string_view private_key_pem);

private:
    friend struct detail::KeyAccess;
    struct Impl;
    explicit DecryptionKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<const Impl> impl_;
};

enum class KeyKind { rsa_2048, rsa_3072, ec_p256, ec_p384, ec_p521 };

/// GeneratedKey is a new private key with a self-signed certificate, both PEM. `common_name` is 1 to 64 bytes.
struct GeneratedKey {
    std::string private_key_pem;
    std::string certificate_pem;
};
/// generate_key makes a key pair whose certificate is valid from `not_before` for `lifetime`. Errors:
/// KeyErrc::crypto_failure.
[[nodiscard]] Result<GeneratedKey> generate_key(KeyKind kind, std::string_view common_name, Instant not_before,
                                                std::chrono::days lifetime);

}  // namespace slo::saml
