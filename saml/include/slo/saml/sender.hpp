// The sender of a message without signature, as its connection proves it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"

namespace slo::saml {

/// AuthenticatedSender is the proof that a connection's client is the entity that it should be (Bindings 3.2.2.1;
/// Profiles 4.4.3.1 l.1235-1236: the requester signs, or uses the binding's own means). It can be made in these two
/// ways alone.
class AuthenticatedSender {
public:
    enum class Proof { tls_client_key, shared_secret };

    /// by_tls_client_key: the TLS client has shown that it holds the private key of one of `keys`, with which `entity`
    /// signs: metadata's `signing` covers TLS, too (Metadata erratum E62). `shown`: SHA-256 of the
    /// SubjectPublicKeyInfo, lower-case hex. std::nullopt if it's another key, or none (empty).
    [[nodiscard]] static std::optional<AuthenticatedSender> by_tls_client_key(const EntityID& entity,
                                                                              std::string_view shown,
                                                                              std::span<const VerificationKey> keys);

    /// by_shared_secret: the client has sent the secret that `entity` and we share. std::nullopt if it's another, or
    /// `expected` is empty. The time that this takes doesn't show how much of it is right.
    [[nodiscard]] static std::optional<AuthenticatedSender> by_shared_secret(const EntityID& entity,
                                                                             std::string_view shown,
                                                                             std::string_view expected);

    [[nodiscard]] const EntityID& entity() const noexcept { return entity_; }
    [[nodiscard]] Proof proof() const noexcept { return proof_; }

private:
    AuthenticatedSender(EntityID entity, Proof proof) : entity_(std::move(entity)), proof_(proof) {}
    EntityID entity_;
    Proof proof_;
};

}  // namespace slo::saml
