// The only way from a received Response to a verified assertion.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/assertion.hpp"
#include "slo/saml/assertion_error.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/message_forms.hpp"
#include "slo/saml/response_rules.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/saml/verified.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// response_limits is for one Response: a principal with 300 groups in 300 Attribute elements has over 600 elements.
inline constexpr xml::Limits response_limits{.octets = 256 * 1024, .elements = 8192};

/// UnverifiedResponse claims to be an IdP's Response. Any sender may have written it. Its shape is known already: at
/// most one Assertion or EncryptedAssertion, as a child of the root; a ds:Signature only behind the Issuer of either.
/// Movable, not thread-safe.
class UnverifiedResponse {
public:
    /// parse reads one. Errors: Errc::schema_violation (another element), version_*, id_malformed, issuer_malformed,
    /// issuer_mismatch (Response and Assertion name different ones), xml_duplicate_id, signature_count,
    /// signature_position; AssertionErrc::response_structure. On failure `message` is untouched. Spec: Core 3.3.3;
    /// Profiles 4.1.4.2.
    [[nodiscard]] static Result<UnverifiedResponse> parse(ReceivedMessage& message);

    [[nodiscard]] const EntityID& claimed_issuer() const noexcept;
    [[nodiscard]] const MessageID& claimed_id() const noexcept;
    /// claims_in_response_to: an InResponseTo stands in the Response or in its plain assertion. To tell a solicited
    /// Response from another one, and for nothing else.
    [[nodiscard]] bool claims_in_response_to() const;
    /// unproven_answer is the content of the Response as it was received: an attacker may have written it. For an
    /// answer that isn't Success and has no signature, which may be told to the user and must not end a flow.
    /// Errors: Errc::schema_violation and the value errors.
    [[nodiscard]] Result<Response> unproven_answer(const MessageForms& forms = {}) const;
    /// is_signed: the Response itself has a signature, which isn't verified yet.
    [[nodiscard]] bool is_signed() const noexcept;

    UnverifiedResponse(UnverifiedResponse&&) noexcept;
    UnverifiedResponse& operator=(UnverifiedResponse&&) noexcept;
    ~UnverifiedResponse();

private:
    friend class ResponseVerifier;
    struct Impl;
    explicit UnverifiedResponse(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

/// ResponseExpectations are the values that a Response is verified with.
struct ResponseExpectations {
    EntityID issuer;  ///< the owner of the keys, to whom the browser was sent
    EntityID our_entity_id;
    EndpointUrl assertion_consumer_service;
    UrlMatching url_matching = UrlMatching::exact;
    std::optional<MessageID> request_id;  ///< std::nullopt if no request of ours went before
    SignatureOn signature_on = SignatureOn::either;
    AlgorithmPolicy algorithms;
    MessageForms forms = {};
    std::span<const DecryptionKey> decryption_keys = {};  ///< borrowed for the call
};

/// VerifiedResponse is what a Response proves. A member that no signature covers is absent.
struct VerifiedResponse {
    std::optional<Verified<Response>> response;    ///< if the Response's own signature covers it
    std::optional<Verified<Assertion>> assertion;  ///< if the answer is Success
};

/// ResponseVerifier verifies each signature that a Response has, opens its EncryptedAssertion, and reads values from
/// signed octets only. Stateless, thread-safe.
class ResponseVerifier {
public:
    /// verify checks in this order: the signature of the Response, its content, Destination, the status, the
    /// assertion's own signature (that of an encrypted one after it's opened), whether they suffice, and the
    /// assertion's Issuer. A ciphertext in AES-CBC is opened only under the signature of the Response.
    /// Errors: Errc::destination_missing, destination_mismatch; those of verify_enveloped(); Errc::schema_violation and
    /// the value errors, issuer_mismatch, in_response_to_mismatch, decryption_failed; AssertionErrc::response_status,
    /// signature_insufficient, cbc_unauthenticated. Lifetime: the result shares nothing with `message`. Spec: SAML Core
    /// 5.4; Profiles 4.1.4.2, 4.1.4.5; Bindings 3.5.5.2; errata E26, E93.
    [[nodiscard]] static Result<VerifiedResponse> verify(const UnverifiedResponse& message,
                                                         std::span<const VerificationKey> keys,
                                                         const ResponseExpectations& expected);
};

}  // namespace slo::saml
