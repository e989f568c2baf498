// Our TLS policy towards servers that we call.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "slo/saml/result.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace slo::idp_adapter {

/// Any CA that the system trusts, and the host's name in the certificate.
struct SystemCertificates {
    friend bool operator==(const SystemCertificates&, const SystemCertificates&) = default;
};
/// A CA of our own choice (PEM file), and the host's name in the certificate.
struct CertificatesOf {
    std::filesystem::path ca_file;
    friend bool operator==(const CertificatesOf&, const CertificatesOf&) = default;
};
/// These public keys alone, as SHA-256 of the SubjectPublicKeyInfo in lower-case hex; certificate dates, names and
/// chains don't matter (SAML metadata interoperability profile). At least one.
struct PinnedPublicKeys {
    std::vector<std::string> sha256;
    friend bool operator==(const PinnedPublicKeys&, const PinnedPublicKeys&) = default;
};
using PeerTrust = std::variant<SystemCertificates, CertificatesOf, PinnedPublicKeys>;

struct TlsClientOptions {
    PeerTrust peer;
    std::filesystem::path certificate = {};  ///< ours, a PEM chain; empty: none is shown
    std::filesystem::path key = {};
    std::string peers;     ///< who they are, for failures: "the Redis servers"
    std::error_code code;  ///< of failures
    friend bool operator==(const TlsClientOptions&, const TlsClientOptions&) = default;
};

/// TlsClientContext is an SSL_CTX for any number of connections: TLS 1.2 and 1.3, AEAD ciphers with ephemeral keys, a
/// verified peer, our certificate where there is one. Reading the CAs of a system takes tens of milliseconds, so
/// clients that make many connections share one of these. Thread-safe: nothing of it changes.
class TlsClientContext {
public:
    /// Reads the files that `options` name. Errors: `options.code`.
    [[nodiscard]] static Result<std::shared_ptr<const TlsClientContext>> make(TlsClientOptions options);
    ~TlsClientContext();
    TlsClientContext(const TlsClientContext&) = delete;
    TlsClientContext& operator=(const TlsClientContext&) = delete;

    [[nodiscard]] const TlsClientOptions& options() const noexcept { return options_; }
    /// The context, counted once more for an owner that gives the count back. It must not outlive this: pinned keys are
    /// looked up in options().
    [[nodiscard]] ssl_ctx_st* counted_once_more() const noexcept;

private:
    explicit TlsClientContext(TlsClientOptions options) noexcept : options_(std::move(options)) {}

    TlsClientOptions options_;
    ssl_ctx_st* context_ = nullptr;
};

/// Accepts a peer whose certificate is for `name`, a host name or an IP address, and no other; where keys are
/// pinned, they alone decide. Errors: `options.code`.
[[nodiscard]] Result<void> expect_server(ssl_st* connection, const TlsClientOptions& options, const std::string& name);

/// SHA-256 of the SubjectPublicKeyInfo of the peer's certificate, lower-case hex: whose private key the handshake has
/// proven that it has. Empty where it showed none.
[[nodiscard]] std::string key_of_peer(const ssl_st* connection);

/// Why the handshake on `connection` failed: OpenSSL's verdict on the peer's certificate, in fixed words; empty where
/// it isn't the reason. Leaves OpenSSL's queue of errors empty.
[[nodiscard]] std::string_view complaint_about_peer(const ssl_st* connection);

}  // namespace slo::idp_adapter
