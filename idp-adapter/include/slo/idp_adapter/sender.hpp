// What the connection of a request shows of its client, and whether that is enough for an IdP that doesn't sign.
#pragma once

#include <optional>
#include <string>

#include "slo/idp_adapter/idp.hpp"
#include "slo/saml/sender.hpp"

namespace slo::idp_adapter {

/// ClientCredentials is what the server that ended the client's TLS has seen. A certificate that a header speaks of is
/// none: any client could write that header.
struct ClientCredentials {
    /// SHA-256 of the SubjectPublicKeyInfo of the TLS client's certificate, lower-case hex; empty: it had none. The
    /// handshake proves that the client has the private key; who issued the certificate doesn't matter.
    std::string tls_key = {};
    std::string authorization = {};  ///< the value of the one Authorization field; empty: none, or several
};

/// The proof that `idp`, of which `name` is the entityID or an alias, sent a request without signature: where its
/// profile's accepted_authentication has what `shown` proves. Nothing otherwise. Pure.
[[nodiscard]] std::optional<saml::AuthenticatedSender> authenticate(const Idp& idp, const saml::EntityID& name,
                                                                    const ClientCredentials& shown);

}  // namespace slo::idp_adapter
