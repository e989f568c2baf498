// What the connection of a request proves of its client, and whether that is enough for an IdP that doesn't sign.
#pragma once

#include <optional>
#include <string>

#include "slo/idp_adapter/idp.hpp"
#include "slo/saml/sender.hpp"

namespace slo::idp_adapter {

/// ClientCredentials holds what the TLS terminator itself observed about the client. A certificate named in an HTTP
/// header does not count: any client could write that header.
struct ClientCredentials {
    /// SHA-256 of the SubjectPublicKeyInfo of the TLS client's certificate, lower-case hex; empty: it had none. The
    /// handshake proves that the client has the private key; the certificate's issuer doesn't matter.
    std::string tls_key = {};
    std::string authorization = {};  ///< the value of the one Authorization field; empty: none, or several
};

/// authenticate returns the proof that `idp`, of which `name` is the entityID or an alias, sent a request without
/// signature: if its profile's accepted_authentication has what `shown` proves. std::nullopt otherwise. Pure.
[[nodiscard]] std::optional<saml::AuthenticatedSender> authenticate(const Idp& idp, const saml::EntityID& name,
                                                                    const ClientCredentials& shown);

}  // namespace slo::idp_adapter
