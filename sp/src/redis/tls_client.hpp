// Our TLS policy towards the store's servers, put into an SSL_CTX that somebody else owns.
#pragma once

#include <string>

#include "slo/saml/result.hpp"
#include "slo/sp/redis_session_store.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace slo::sp::redis {

/// TLS 1.2 and 1.3, AEAD ciphers with ephemeral keys, a verified peer, our certificate where there is one.
/// Errors: Errc::tls_setup_failed, configuration_invalid.
[[nodiscard]] Result<void> configure_tls_client(ssl_ctx_st* context, const RedisTlsOptions& options);

/// Accepts a peer whose certificate is for `name`, a host name or an IP address, and nobody else.
[[nodiscard]] Result<void> expect_server(ssl_st* connection, const std::string& name);

}  // namespace slo::sp::redis
