// The only way out: an unsigned message can't be encoded.
#pragma once

#include <string>
#include <string_view>

#include "slo/saml/authn_request.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

/// SignedMessage is a SAML message with our enveloped signature, as the octets that a binding carries.
class [[nodiscard]] SignedMessage {
public:
    [[nodiscard]] const std::string& xml() const noexcept { return xml_; }

private:
    friend class MessageSigner;
    explicit SignedMessage(std::string xml) : xml_(std::move(xml)) {}
    std::string xml_;
};

/// NamespacePrefixes are those of samlp, saml and ds. Canonicalisation keeps them, so one peer's bug makes them matter:
/// pysaml2 writes every message anew with ns0, ns1, ns2 before it verifies (7.0.1).
enum class NamespacePrefixes { usual, numbered };

/// MessageSigner composes messages in exclusive canonical form and signs them (Core 5.4; rsa-sha256 or the key's own
/// algorithm, SHA-2 digest of the same size, exc-c14n, KeyInfo with our certificate). Immutable, thread-safe.
class MessageSigner {
public:
    explicit MessageSigner(SigningKey key, NamespacePrefixes prefixes = NamespacePrefixes::usual);
    /// with_prefixes returns the same key with these prefixes.
    [[nodiscard]] MessageSigner with_prefixes(NamespacePrefixes prefixes) const;

    /// sign composes and signs. Errors: KeyErrc::crypto_failure; Errc::uri_malformed, name_id_malformed or
    /// status_malformed for a value that the schema doesn't allow.
    [[nodiscard]] Result<SignedMessage> sign(const LogoutResponse& response) const;
    [[nodiscard]] Result<SignedMessage> sign(const LogoutRequest& request) const;
    [[nodiscard]] Result<SignedMessage> sign(const AuthnRequest& request) const;
    /// sign_refusal refuses another request, in that request's own response element, with `response`'s fields.
    [[nodiscard]] Result<SignedMessage> sign_refusal(RefusedRequest of, const LogoutResponse& response) const;

    [[nodiscard]] const SigningKey& key() const noexcept { return key_; }

private:
    [[nodiscard]] Result<SignedMessage> sign_response(std::string_view element, const LogoutResponse& response) const;

    SigningKey key_;
    NamespacePrefixes prefixes_;
    std::string key_info_;  ///< prepared once
};

}  // namespace slo::saml
