// Our TLS policy, put into an SSL_CTX of another owner.
#pragma once

#include "slo/saml/result.hpp"
#include "slo/sp/http_server.hpp"

struct ssl_ctx_st;

namespace slo::sp {

/// configure_tls loads the files that `options` names and sets the policy: TLS 1.2 and 1.3, AEAD ciphers with ephemeral
/// keys, no compression, no renegotiation, no early data, session resumption within this context only, and client
/// certificates as configured.
/// Errors: ServerErrc::tls_setup_failed; ServerErrc::options_invalid for dates of the certificate and for missing
/// options.
[[nodiscard]] Result<void> configure_tls(ssl_ctx_st* context, const TlsOptions& options);

}  // namespace slo::sp
