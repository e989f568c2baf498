// Messages as received: parsed, and not yet trusted.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml {

/// Binding is the binding by which a message arrived.
enum class Binding {
    soap,                 ///< the SOAP binding: the envelope is the body (Bindings 3.2)
    form,                 ///< a form's SAMLRequest: base64 of the message (Keycloak without a SOAP URL, authentik, CAS)
    form_with_envelope,   ///< a form's SAMLRequest: base64 of a SOAP envelope (WSO2)
    form_in_query,        ///< a URL's query with SAMLRequest alone: base64 of the message; the body is empty (CAS)
    form_logout_request,  ///< a form's logoutRequest or SAMLRequest, or the whole body: the SOAP envelope as text (CAS)
    post,                 ///< the HTTP-POST binding: a form that a browser sends (Bindings 3.5)
    redirect,  ///< the HTTP-Redirect binding: deflated in a URL's query, whose octets are signed (Bindings 3.4)
};

class MessageVerifier;

/// ReceivedMessage is one SAML protocol message, extracted from its binding once. It can say what kind of message it
/// claims to be and under which ID; all else is known only after parsing. Movable, not thread-safe.
class ReceivedMessage {
public:
    [[nodiscard]] Binding binding() const noexcept;
    /// claimed_id returns the ID attribute, if it is an NCName: for InResponseTo (Core 3.2.2 l.1542), and nothing else.
    [[nodiscard]] std::optional<MessageID> claimed_id() const;
    /// claimed_issuer returns the text of the Issuer, if it could be an entityID, whatever else is wrong with the
    /// message: to find a partner's name for a log, and for nothing else.
    [[nodiscard]] std::optional<EntityID> claimed_issuer() const;
    /// other_request returns the kind of an Errc::unsupported_request. std::nullopt for a LogoutRequest.
    [[nodiscard]] std::optional<RefusedRequest> other_request() const noexcept;
    /// answer_version returns the Version of an answer: min(2.0, the request's), 2.0 if it can't be read (Core 4.1.3.2
    /// l.2812).
    [[nodiscard]] Version answer_version() const;

    ReceivedMessage(ReceivedMessage&&) noexcept;
    ReceivedMessage& operator=(ReceivedMessage&&) noexcept;
    ~ReceivedMessage();

    struct Impl;
    explicit ReceivedMessage(std::unique_ptr<Impl> impl) noexcept;  ///< for the bindings' decoders

private:
    friend class UnverifiedLogoutRequest;
    friend class UnverifiedLogoutResponse;
    friend class UnverifiedResponse;
    friend class MessageVerifier;
    friend class ResponseVerifier;
    std::unique_ptr<Impl> impl_;
};

/// UnverifiedLogoutRequest claims to be a LogoutRequest 2.x of an IdP. Any sender may have written it.
class UnverifiedLogoutRequest {
public:
    /// parse reads one. Errors: Errc::unsupported_request, not_a_saml_request, version_malformed, version_too_low,
    /// version_too_high, id_malformed, issuer_malformed. On failure `message` is untouched: an answer can name its ID.
    [[nodiscard]] static Result<UnverifiedLogoutRequest> parse(ReceivedMessage& message);

    [[nodiscard]] const EntityID& claimed_issuer() const noexcept { return issuer_; }
    [[nodiscard]] const MessageID& claimed_id() const noexcept { return id_; }

private:
    friend class MessageVerifier;
    UnverifiedLogoutRequest(ReceivedMessage message, EntityID issuer, MessageID id)
        : message_(std::move(message)), issuer_(std::move(issuer)), id_(std::move(id)) {}
    ReceivedMessage message_;
    EntityID issuer_;
    MessageID id_;
};

/// UnverifiedLogoutResponse claims to be an IdP's answer to our LogoutRequest.
class UnverifiedLogoutResponse {
public:
    /// parse reads one. Errors: Errc::schema_violation (another element), version_malformed, version_too_low,
    /// version_too_high, id_malformed, issuer_malformed. On failure `message` is untouched.
    [[nodiscard]] static Result<UnverifiedLogoutResponse> parse(ReceivedMessage& message);

    [[nodiscard]] const EntityID& claimed_issuer() const noexcept { return issuer_; }
    [[nodiscard]] const MessageID& claimed_id() const noexcept { return id_; }

private:
    friend class MessageVerifier;
    UnverifiedLogoutResponse(ReceivedMessage message, EntityID issuer, MessageID id)
        : message_(std::move(message)), issuer_(std::move(issuer)), id_(std::move(id)) {}
    ReceivedMessage message_;
    EntityID issuer_;
    MessageID id_;
};

}  // namespace slo::saml
