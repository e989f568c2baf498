// The rules of Web Browser SSO over a verified assertion: a pure function from values to a principal or a refusal.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/assertion.hpp"
#include "slo/saml/assertion_error.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/message_forms.hpp"
#include "slo/saml/response_verifier.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/verified.hpp"

namespace slo::saml {

/// AssertionExpectations are the values that an assertion is compared with.
struct AssertionExpectations {
    EntityID our_entity_id;
    EndpointUrl assertion_consumer_service;
    UrlMatching url_matching = UrlMatching::exact;
    std::optional<MessageID> request_id;  ///< std::nullopt if no request of ours went before
    Instant now;
    std::chrono::seconds clock_skew{
        180};                           ///< tolerated on comparisons with `now` (erratum E92), but for a session's end
    std::chrono::seconds max_age{300};  ///< greatest age of IssueInstant, beyond the skew
    std::optional<Instant> authenticated_since;           ///< with ForceAuthn: when we asked
    std::vector<std::string> authn_contexts;              ///< requested classes; empty: any
    std::optional<std::string> name_id_format;            ///< requested Format; std::nullopt: any
    bool is_name_id_required = true;                      ///< no logout can name a session without NameID
    AlgorithmPolicy algorithms;                           ///< for an EncryptedID
    MessageForms forms = {};                              ///< likewise
    std::span<const DecryptionKey> decryption_keys = {};  ///< borrowed for the call
};

/// SignedOnPrincipal is the principal of an assertion that satisfied each rule. Only judge() makes one.
class [[nodiscard]] SignedOnPrincipal {
public:
    [[nodiscard]] const EntityID& idp() const noexcept { return assertion_.issuer; }
    /// name_id is clear also where it came encrypted. std::nullopt only if it wasn't required.
    [[nodiscard]] const std::optional<NameID>& name_id() const noexcept { return name_id_; }
    [[nodiscard]] const MessageID& assertion_id() const noexcept { return assertion_.id; }
    [[nodiscard]] const AuthnStatement& authentication() const noexcept { return assertion_.authn_statements.front(); }
    [[nodiscard]] const std::vector<Attribute>& attributes() const noexcept { return assertion_.attributes; }
    /// usable_until is when the assertion is refused for its age by any clock within the skew: so long its ID must be
    /// remembered.
    [[nodiscard]] Instant usable_until() const noexcept { return usable_until_; }

private:
    friend Result<SignedOnPrincipal> judge(const Verified<Assertion>& assertion, const AssertionExpectations& expected);
    SignedOnPrincipal(Assertion assertion, std::optional<NameID> name_id, Instant usable_until)
        : assertion_(std::move(assertion)), name_id_(std::move(name_id)), usable_until_(usable_until) {}
    Assertion assertion_;
    std::optional<NameID> name_id_;
    Instant usable_until_;
};

/// judge checks in this order: Subject and NameID, bearer confirmation, conditions, age, authentication. One bearer
/// confirmation that is right suffices. Errors: those of AssertionErrc from subject_missing on;
/// Errc::base_id_unsupported, decryption_failed. Pure; thread-safe. Spec: Core 2.4.1.2, 2.5.1, 2.7.2, 3.4.1; Profiles
/// 4.1.4.2, 4.1.4.3.
[[nodiscard]] Result<SignedOnPrincipal> judge(const Verified<Assertion>& assertion,
                                              const AssertionExpectations& expected);

}  // namespace slo::saml
