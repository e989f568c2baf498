#include "slo/idp_adapter/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace slo::idp_adapter {
namespace {

constexpr const char* tls_1_2_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr int max_chain_depth = 4;

/// The first complaint in OpenSSL's queue; its texts are fixed. Leaves the queue empty.
std::string drained_complaint() {
    const char* reason = ERR_reason_error_string(ERR_get_error());
    ERR_clear_error();
    return reason ? reason : "no reason given";
}

Failure tls_failure(const TlsClientOptions& options, const std::string& what, const std::filesystem::path& file,
                    const std::string& remedy) {
    return {options.code, what + " " + file.string() + " (" + drained_complaint() + "): " + remedy};
}

Result<void> load_identity(SSL_CTX* context, const TlsClientOptions& options) {
    const auto& key = options.key;
    const auto& certificate = options.certificate;
    if (key.empty() && certificate.empty()) return Done{};
    if (key.empty() || certificate.empty()) {
        return Failure{options.code, "TLS to " + options.peers +
                                         " has a certificate without its private key, or the other way round: name "
                                         "both files or neither"};
    }
    // Without this callback OpenSSL would ask for the pass phrase on the terminal.
    SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return tls_failure(options, "our private key for " + options.peers + " can't be read from", key,
                           "it must be PEM and unencrypted");
    }
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
        return tls_failure(options, "our certificate for " + options.peers + " can't be read from", certificate,
                           "it must be PEM, our own first");
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return tls_failure(options, "our certificate in " + certificate.string() + " doesn't belong to the key in", key,
                           "configure the two files that were made together");
    }
    return Done{};
}

/// SHA-256 of the SubjectPublicKeyInfo, lower-case hex; empty, which equals no key's, if OpenSSL fails.
std::string key_hash(X509* certificate) {
    X509_PUBKEY* const key = X509_get_X509_PUBKEY(certificate);
    const int size = i2d_X509_PUBKEY(key, nullptr);
    if (size <= 0) return {};
    std::string der(static_cast<std::size_t>(size), '\0');
    auto* cursor = reinterpret_cast<unsigned char*>(der.data());
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned digest_size = 0;
    if (i2d_X509_PUBKEY(key, &cursor) != size ||
        EVP_Digest(der.data(), der.size(), digest.data(), &digest_size, EVP_sha256(), nullptr) != 1) {
        return {};
    }
    std::string hex;
    for (unsigned i = 0; i < digest_size; ++i) {
        hex += "0123456789abcdef"[digest[i] >> 4U];
        hex += "0123456789abcdef"[digest[i] & 0xFU];
    }
    return hex;
}

/// OpenSSL asks this instead of building a chain. That the peer has the private key, the handshake proves afterwards.
int accept_pinned_key(X509_STORE_CTX* verification, void* pins) {
    try {
        const auto& pinned = static_cast<const PinnedPublicKeys*>(pins)->sha256;
        X509* const certificate = X509_STORE_CTX_get0_cert(verification);
        const std::string hash = certificate == nullptr ? std::string() : key_hash(certificate);
        if (!hash.empty() && std::find(pinned.begin(), pinned.end(), hash) != pinned.end()) return 1;
    } catch (...) {
        // Memory ran out: no proof, no peer.
    }
    X509_STORE_CTX_set_error(verification, X509_V_ERR_CERT_UNTRUSTED);
    return 0;
}

Result<void> trust(SSL_CTX* context, const TlsClientOptions& options) {
    if (const auto* pins = std::get_if<PinnedPublicKeys>(&options.peer)) {
        if (pins->sha256.empty()) return Failure{options.code, "no key is pinned: name one at least"};
        // OpenSSL hands the argument back as void*; accept_pinned_key only reads it.
        SSL_CTX_set_cert_verify_callback(context, accept_pinned_key, const_cast<PinnedPublicKeys*>(pins));
        return Done{};
    }
    if (const auto* authority = std::get_if<CertificatesOf>(&options.peer)) {
        if (authority->ca_file.empty()) {
            return Failure{options.code, "TLS to " + options.peers +
                                             " has no CA file: name the PEM file with the CA of their certificates"};
        }
        if (SSL_CTX_load_verify_file(context, authority->ca_file.c_str()) == 1) return Done{};
        return tls_failure(options, "the CA certificates of " + options.peers + " can't be read from",
                           authority->ca_file, "check the path and its permissions; it must be PEM");
    }
    if (SSL_CTX_set_default_verify_paths(context) == 1) return Done{};
    return Failure{options.code, "the system's CA certificates can't be read (" + drained_complaint() +
                                     "): install ca-certificates, or name a CA file"};
}

/// Pinned keys are looked up in `options`, which outlive the context.
Result<void> configure(SSL_CTX* context, const TlsClientOptions& options) {
    ERR_clear_error();
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_verify_depth(context, max_chain_depth);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, tls_1_2_ciphers) != 1) {
        return Failure{options.code, "this OpenSSL can't do TLS 1.2 with our ciphers (" + drained_complaint() +
                                         "): install OpenSSL 3 with its default provider"};
    }
    if (auto trusted = trust(context, options); !trusted) return trusted;
    return load_identity(context, options);
}

}  // namespace

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::make(TlsClientOptions options) {
    const std::shared_ptr<TlsClientContext> made(new TlsClientContext(std::move(options)));
    made->context_ = SSL_CTX_new(TLS_client_method());
    if (made->context_ == nullptr) return Failure{made->options_.code, "no TLS (" + drained_complaint() + ")"};
    if (auto configured = configure(made->context_, made->options_); !configured) return configured.error();
    return std::shared_ptr<const TlsClientContext>(made);
}

ssl_ctx_st* TlsClientContext::counted_once_more() const noexcept {
    SSL_CTX_up_ref(context_);
    return context_;
}

TlsClientContext::~TlsClientContext() {
    SSL_CTX_free(context_);
}

Result<void> expect_server(ssl_st* connection, const TlsClientOptions& options, const std::string& name) {
    ERR_clear_error();
    const bool is_pinned = std::holds_alternative<PinnedPublicKeys>(options.peer);
    // Succeeds for an IP address only; the certificate must have that as an address.
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name.c_str()) == 1) return Done{};
    ERR_clear_error();

    // A name is in subjectAltName or nowhere, and '*' for a whole label (RFC 9525 section 6.3).
    SSL_set_hostflags(connection, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!name.empty() && (is_pinned || SSL_set1_host(connection, name.c_str()) == 1) &&
        SSL_set_tlsext_host_name(connection, name.c_str()) == 1) {
        return Done{};
    }
    return Failure{options.code, "TLS: no certificate can be for this name (" + drained_complaint() + ")"};
}

std::string key_of_peer(const ssl_st* connection) {
    X509* const certificate = SSL_get0_peer_certificate(connection);
    std::string hash = certificate == nullptr ? std::string() : key_hash(certificate);
    ERR_clear_error();
    return hash;
}

std::string_view complaint_about_peer(const ssl_st* connection) {
    ERR_clear_error();
    const long verdict = SSL_get_verify_result(connection);
    return verdict == X509_V_OK ? std::string_view() : std::string_view(X509_verify_cert_error_string(verdict));
}

}  // namespace slo::idp_adapter
