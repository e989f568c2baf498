#include "redis/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "slo/sp/error.hpp"

namespace slo::sp::redis {
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

Failure tls_failure(const std::string& what, const std::string& file, const std::string& remedy) {
    return fail(Errc::tls_setup_failed, what + " " + file + " (" + drained_complaint() + "): " + remedy);
}

Result<void> load_identity(SSL_CTX* context, const RedisTlsOptions& options) {
    const auto& key = options.private_key_file;
    const auto& certificate = options.certificate_file;
    if (key.empty() && certificate.empty()) return Done{};
    if (key.empty() || certificate.empty()) {
        return fail(Errc::configuration_invalid,
                    "TLS to the Redis servers has a certificate without its private key, or the other way round: name "
                    "both files or neither");
    }
    // Without this callback OpenSSL would ask for the pass phrase on the terminal.
    SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return tls_failure("our private key for the Redis servers can't be read from", key,
                           "it must be PEM and unencrypted");
    }
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
        return tls_failure("our certificate for the Redis servers can't be read from", certificate,
                           "it must be PEM, our own first");
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return tls_failure("our certificate in " + certificate + " doesn't belong to the key in", key,
                           "configure the two files that were made together");
    }
    return Done{};
}

}  // namespace

Result<void> configure_tls_client(ssl_ctx_st* context, const RedisTlsOptions& options) {
    ERR_clear_error();
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_verify_depth(context, max_chain_depth);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, tls_1_2_ciphers) != 1) {
        return fail(Errc::tls_setup_failed, "this OpenSSL can't do TLS 1.2 with our ciphers (" + drained_complaint() +
                                                "): install OpenSSL 3 with its default provider");
    }
    if (options.ca_file.empty()) {
        return fail(Errc::configuration_invalid,
                    "TLS to the Redis servers has no CA file: name the PEM file with the CA of their certificates");
    }
    if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
        return tls_failure("the CA certificates of the Redis servers can't be read from", options.ca_file,
                           "check the path and its permissions; it must be PEM");
    }
    return load_identity(context, options);
}

Result<void> expect_server(ssl_st* connection, const std::string& name) {
    ERR_clear_error();
    // Succeeds for an IP address only; that must stand in the certificate as one.
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name.c_str()) == 1) return Done{};
    ERR_clear_error();

    if (!name.empty() && SSL_set1_host(connection, name.c_str()) == 1 &&
        SSL_set_tlsext_host_name(connection, name.c_str()) == 1) {
        return Done{};
    }
    return fail(Errc::tls_setup_failed, "TLS: no certificate can be for this name (" + drained_complaint() + ")");
}

}  // namespace slo::sp::redis
