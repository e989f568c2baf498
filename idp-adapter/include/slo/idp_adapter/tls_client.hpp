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

/// SystemCertificates trusts any CA of the system, and requires the host's name in the certificate.
struct SystemCertificates {
    friend bool operator==(const SystemCertificates&, const SystemCertificates&) = default;
};
/// CertificatesOf trusts a CA of our own choice (PEM file), and requires the host's name in the certificate.
struct CertificatesOf {
    std::filesystem::path ca_file;
    friend bool operator==(const CertificatesOf&, const CertificatesOf&) = default;
};
/// PinnedPublicKeys trusts these public keys alone, as SHA-256 of the SubjectPublicKeyInfo in lower-case hex; dates,
/// names and chains don't matter (SAML metadata interoperability profile). At least one.
struct PinnedPublicKeys {
    std::vector<std::string> sha256;
    friend bool operator==(const PinnedPublicKeys&, const PinnedPublicKeys&) = default;
};
using PeerTrust = std::variant<SystemCertificates, CertificatesOf, PinnedPublicKeys>;

struct TlsClientOptions {
    PeerTrust peer;
    std::filesystem::path certificate = {};  ///< ours, a PEM chain; empty: none is shown
    std::filesystem::path key = {};
    std::string peers;     ///< their name in failures: "the Redis servers"
    std::error_code code;  ///< of failures
    friend bool operator==(const TlsClientOptions&, const TlsClientOptions&) = default;
};

/// TlsClientContext is an SSL_CTX for any number of connections: TLS 1.2 and 1.3, AEAD ciphers with ephemeral keys, a
/// verified peer, our certificate if there is one. Reading the CAs of a system takes tens of milliseconds, so
/// clients that make many connections share one of these. Thread-safe: it never changes.
class TlsClientContext {
public:
    /// make reads the files that `options` name. Errors: `options.code`.
    [[nodiscard]] static Result<std::shared_ptr<const TlsClientContext>> make(TlsClientOptions options);
    ~TlsClientContext();
    TlsClientContext(const TlsClientContext&) = delete;
    TlsClientContext& operator=(const TlsClientContext&) = delete;

    [[nodiscard]] const TlsClientOptions& options() const noexcept { return options_; }
    /// counted_once_more returns the context, counted again for an owner that gives the count back. It must not outlive
    /// this: pinned keys are looked up in options().
    [[nodiscard]] ssl_ctx_st* counted_once_more() const noexcept;

private:
    explicit TlsClientContext(TlsClientOptions options) noexcept : options_(std::move(options)) {}

    TlsClientOptions options_;
    ssl_ctx_st* context_ = nullptr;
};

/// expect_server accepts a peer whose certificate is for `name`, a host name or an IP address, and no other; if keys
/// are pinned, they alone decide. Errors: `options.code`.
[[nodiscard]] Result<void> expect_server(ssl_st* connection, const TlsClientOptions& options, const std::string& name);

/// key_of_peer returns the SHA-256 of the SubjectPublicKeyInfo of the peer's certificate, lower-case hex: the handshake
/// has proven that it has the private key. Empty if it showed none.
[[nodiscard]] std::string key_of_peer(const ssl_st* connection);

/// complaint_about_peer says why the handshake on `connection` failed: OpenSSL's verdict on the peer's certificate, in
/// fixed words; empty if it isn't the reason. Leaves OpenSSL's queue of errors empty.
[[nodiscard]] std::string_view complaint_about_peer(const ssl_st* connection);

}  // namespace slo::idp_adapter
