// The content of the CAs that a TLS client trusts: what a file at the same path held before may be another CA.
#pragma once

#include <string>

#include "slo/idp_adapter/tls_client.hpp"
#include "slo/saml/result.hpp"

namespace slo::idp_adapter {

/// hash_of_authorities returns the SHA-256 (lower-case hex) of what `peer` trusts: the CA's file, or all that OpenSSL
/// reads for the system's CAs; empty for pinned keys, which need no CA. Errors: HttpErrc::client_setup.
[[nodiscard]] Result<std::string> hash_of_authorities(const PeerTrust& peer);

}  // namespace slo::idp_adapter
