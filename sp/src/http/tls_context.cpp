#include "tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <ctime>
#include <fstream>
#include <string>

#include "slo/saml/keys.hpp"
#include "slo/sp/server_error.hpp"

namespace slo::sp {
namespace {

constexpr const char* tls_1_2_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
// OpenSSL's own list includes finite fields of 8192 bits, with which one ClientHello costs us as much as a hundred.
constexpr const char* groups = "X25519:P-256:P-384";
constexpr int max_chain_depth = 4;
constexpr long max_client_chain_octets = 32 * 1024;
constexpr long max_cached_sessions = 1024;  // for TLS 1.2 clients without tickets, such as Java before 13

/// The first complaint in OpenSSL's queue; its texts are fixed. Leaves the queue empty.
std::string drained_complaint() {
    const char* reason = ERR_reason_error_string(ERR_get_error());
    ERR_clear_error();
    return reason ? reason : "no reason given";
}

Failure tls_failure(const std::string& what, const std::string& file, const std::string& remedy) {
    return fail(ServerErrc::tls_setup_failed, what + " " + file + " (" + drained_complaint() + "): " + remedy);
}

Result<void> require_readable(const std::string& what, const std::string& file) {
    if (file.empty()) return fail(ServerErrc::options_invalid, "no " + what + " is configured: name a PEM file");
    if (std::ifstream(file).good()) return Done{};
    return fail(ServerErrc::tls_setup_failed,
                "the " + what + " " + file + " can't be opened: check the path and its permissions");
}

std::string date(const ASN1_TIME* time) {
    std::tm fields{};
    std::array<char, 16> text{};
    if (ASN1_TIME_to_tm(time, &fields) != 1) return "an unreadable date";
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &fields)};
}

Result<void> check_dates(const X509* certificate, const std::string& file) {
    const auto* not_before = X509_get0_notBefore(certificate);
    const auto* not_after = X509_get0_notAfter(certificate);
    // X509_cmp_current_time answers 0 for a time that it can't read; that counts as invalid here.
    if (X509_cmp_current_time(not_after) <= 0) {
        return fail(ServerErrc::options_invalid,
                    "the TLS certificate in " + file + " expired on " + date(not_after) + ": renew it and restart");
    }
    if (X509_cmp_current_time(not_before) >= 0) {
        return fail(ServerErrc::options_invalid, "the TLS certificate in " + file + " isn't valid before " +
                                                     date(not_before) + ": check this host's clock");
    }
    return Done{};
}

/// The key is loaded first: OpenSSL then tells an unreadable key, an unreadable certificate and a mismatch apart.
Result<void> load_identity(SSL_CTX* context, const TlsOptions& options) {
    const auto& key = options.private_key_file;
    const auto& chain = options.certificate_chain_file;
    if (auto readable = require_readable("TLS private key", key); !readable) return readable;
    if (auto readable = require_readable("TLS certificate", chain); !readable) return readable;

    // Without this callback OpenSSL would ask for the pass phrase on the terminal.
    SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return tls_failure("the TLS private key can't be read from", key, "it must be PEM and unencrypted");
    }
    if (SSL_CTX_use_certificate_chain_file(context, chain.c_str()) != 1) {
        return tls_failure("the TLS certificate can't be read from", chain, "it must be PEM, the server's own first");
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return tls_failure("the TLS certificate in " + chain + " doesn't belong to the key in", key,
                           "configure the two files that were made together");
    }
    return check_dates(SSL_CTX_get0_certificate(context), chain);
}

/// Whether an IdP could sign with the key of this certificate. Another key proves nothing here, and may be one
/// with which the proof of possession costs us milliseconds (RSA with a long exponent or modulus).
bool could_be_an_idp_s(const X509* certificate) {
    const int size = certificate == nullptr ? 0 : i2d_X509(certificate, nullptr);
    if (size <= 0) return false;
    std::string der(static_cast<std::size_t>(size), '\0');
    auto* cursor = reinterpret_cast<unsigned char*>(der.data());
    if (i2d_X509(certificate, &cursor) != size) return false;
    const auto read = saml::Certificate::parse(der);
    return read && saml::VerificationKey::from(*read);
}

/// The handshake proves afterwards that the client has the private key.
int let_in(X509_STORE_CTX* verification, void* /*nothing*/) {
    try {
        if (could_be_an_idp_s(X509_STORE_CTX_get0_cert(verification))) return 1;
    } catch (...) {
        // Memory ran out: no client is let in.
    }
    X509_STORE_CTX_set_error(verification, X509_V_ERR_CERT_REJECTED);
    return 0;
}

Result<void> ask_for_client_certificates(SSL_CTX* context, const TlsOptions& options) {
    if (options.client_certificates == ClientCertificates::none) return Done{};
    SSL_CTX_set_max_cert_list(context, max_client_chain_octets);
    if (options.client_certificates == ClientCertificates::any) {
        SSL_CTX_set_cert_verify_callback(context, let_in, nullptr);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
        return Done{};
    }
    const auto& file = options.client_ca_file;
    if (auto readable = require_readable("CA file for client certificates", file); !readable) return readable;
    if (SSL_CTX_load_verify_file(context, file.c_str()) != 1) {
        return tls_failure("the CA certificates for clients can't be read from", file, "it must be PEM");
    }
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file.c_str()));  // the context owns the list
    const bool required = options.client_certificates == ClientCertificates::required;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    SSL_CTX_set_verify_depth(context, max_chain_depth);
    return Done{};
}

/// If clients need certificates, nothing is resumed: OpenSSL doesn't check the certificate again, so a session would
/// outlive it for as long as the client keeps renewing its ticket. Otherwise a session is resumed by this
/// listener only: each context has ticket keys and a cache of its own.
void set_resumption(SSL_CTX* context, ClientCertificates certificates) {
    if (certificates != ClientCertificates::none) {
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_num_tickets(context, 0);
        return;
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context, max_cached_sessions);
    SSL_CTX_set_num_tickets(context, 1);  // an IdP reconnects one connection at a time
}

}  // namespace

Result<void> configure_tls(ssl_ctx_st* context, const TlsOptions& options) {
    ERR_clear_error();
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_max_early_data(context, 0);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, tls_1_2_ciphers) != 1 || SSL_CTX_set1_groups_list(context, groups) != 1) {
        return fail(ServerErrc::tls_setup_failed, "this OpenSSL can't do TLS 1.2 with our ciphers and groups (" +
                                                      drained_complaint() +
                                                      "): install OpenSSL 3 with its default provider");
    }
    if (auto loaded = load_identity(context, options); !loaded) return loaded;
    if (auto asked = ask_for_client_certificates(context, options); !asked) return asked;
    set_resumption(context, options.client_certificates);
    return Done{};
}

}  // namespace slo::sp
