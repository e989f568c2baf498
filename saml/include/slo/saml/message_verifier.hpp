// The only way from an unverified message to a verified one.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "slo/saml/algorithms.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/message_forms.hpp"
#include "slo/saml/query_signature.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/sender.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/saml/verified.hpp"

namespace slo::saml {

enum class DestinationRule {
    required,  ///< a signed request without Destination could be meant for another SP: refused
    optional,  ///< absent is fine, present must match
};

/// Expectations are all values that a message is compared with.
struct Expectations {
    EntityID issuer;                        ///< the owner of the keys: the proven issuer must be the same
    std::vector<EndpointUrl> destinations;  ///< our public URLs, compared as whole strings
    DestinationRule destination_rule = DestinationRule::required;
    Instant now;
    std::chrono::seconds clock_skew{180};  ///< tolerated on every comparison with `now` (erratum E92)
    std::chrono::seconds max_age{300};     ///< greatest age of IssueInstant, beyond the skew, if NotOnOrAfter is absent
    AlgorithmPolicy algorithms;
    MessageForms forms = {};
};

/// AuthenticLogoutRequest is a LogoutRequest that is proven to be its sender's, and whose content isn't checked yet:
/// only its ID may be looked at, for a log. MessageVerifier::authenticate() makes it, check() takes it. Movable; it
/// must not outlive its UnverifiedLogoutRequest. Not thread-safe.
class AuthenticLogoutRequest {
public:
    [[nodiscard]] const MessageID& id() const noexcept;

    AuthenticLogoutRequest(AuthenticLogoutRequest&&) noexcept;
    AuthenticLogoutRequest& operator=(AuthenticLogoutRequest&&) noexcept;
    ~AuthenticLogoutRequest();

private:
    friend class MessageVerifier;
    struct Impl;
    explicit AuthenticLogoutRequest(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

/// MessageVerifier checks in this order and names the first rule that is broken: the signature (xml_signature.hpp);
/// then, read from the signed octets only, the schema; Issuer; Destination; IssueInstant; NotOnOrAfter. Of a request
/// without signature, the sender is checked first, and the others follow. Stateless, thread-safe.
class MessageVerifier {
public:
    /// authenticate verifies the signature of `message`, and that it covers the message with the ID that it claims.
    /// Errors: those of verify_enveloped(); Errc::signed_octets_differ. Spec: SAML Core 5.4.
    [[nodiscard]] static Result<AuthenticLogoutRequest> authenticate(const UnverifiedLogoutRequest& message,
                                                                     std::span<const VerificationKey> keys,
                                                                     const AlgorithmPolicy& algorithms);

    /// This overload is for a request without any signature, for which `sender` vouches: its fields are read from the
    /// received octets. A signed request is judged by its signature alone, so it's refused here.
    /// Errors: Errc::xml_duplicate_id; signature_invalid, if there is one. Spec: Profiles 4.4.3.1 (l.1235-1236);
    /// Bindings 3.2.2.1.
    [[nodiscard]] static Result<AuthenticLogoutRequest> authenticate(const UnverifiedLogoutRequest& message,
                                                                     const AuthenticatedSender& sender);

    /// This overload is for a request in a query, whose signature is `query`: the content is read from the octets that
    /// it covers. A ds:Signature inside the message counts for nothing, neither here nor alone.
    /// Errors: Errc::signature_missing, signature_algorithm_not_allowed, signature_structure, no_verification_key,
    /// signature_invalid, signed_octets_differ (it covers another message); those of xml::Document::parse;
    /// xml_duplicate_id. Spec: Bindings 3.4.4.1.
    [[nodiscard]] static Result<AuthenticLogoutRequest> authenticate(const UnverifiedLogoutRequest& message,
                                                                     const redirect::QuerySignature& query,
                                                                     std::span<const VerificationKey> keys,
                                                                     const AlgorithmPolicy& algorithms);

    /// check reads the content of `message` and compares it with `expected`.
    /// Errors: Errc::schema_violation and the value errors (id_malformed, ..., version_*), issuer_mismatch,
    /// destination_missing, destination_mismatch, issue_instant_out_of_window, request_expired; their detail says by
    /// how much, and what would have been right. Lifetime: the result shares nothing with `message`. Spec: SAML
    /// Core 3.2.1, 3.7.1; Profiles 4.4.4.1 (l.1294-1304); errata E10, E38, E92.
    [[nodiscard]] static Result<Verified<LogoutRequest>> check(const AuthenticLogoutRequest& message,
                                                               const Expectations& expected);

    /// verify is authenticate() and check(). Errors: theirs.
    [[nodiscard]] static Result<Verified<LogoutRequest>> verify(const UnverifiedLogoutRequest& message,
                                                                std::span<const VerificationKey> keys,
                                                                const Expectations& expected);

    /// This overload is the same for a request in a query.
    [[nodiscard]] static Result<Verified<LogoutRequest>> verify(const UnverifiedLogoutRequest& message,
                                                                const redirect::QuerySignature& query,
                                                                std::span<const VerificationKey> keys,
                                                                const Expectations& expected);

    /// This overload is the same for a request for which `sender` vouches. Errors: as above; issuer_mismatch also if
    /// `sender` is another entity.
    [[nodiscard]] static Result<Verified<LogoutRequest>> verify(const UnverifiedLogoutRequest& message,
                                                                const AuthenticatedSender& sender,
                                                                const Expectations& expected);

    /// This overload is for an answer to `request_id` (Core 3.2.2 l.1545). Destination is compared if present.
    /// Errors: as above (no request_expired), and Errc::in_response_to_mismatch, status_malformed.
    [[nodiscard]] static Result<Verified<LogoutResponse>> verify(const UnverifiedLogoutResponse& message,
                                                                 std::span<const VerificationKey> keys,
                                                                 const MessageID& request_id,
                                                                 const Expectations& expected);

    /// This overload is for such an answer in a query, where `expected.destination_rule` counts (Bindings 3.4.5.2).
    /// Errors: as authenticate() of a query, and as above.
    [[nodiscard]] static Result<Verified<LogoutResponse>> verify(const UnverifiedLogoutResponse& message,
                                                                 const redirect::QuerySignature& query,
                                                                 std::span<const VerificationKey> keys,
                                                                 const MessageID& request_id,
                                                                 const Expectations& expected);
};

}  // namespace slo::saml
