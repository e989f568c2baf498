#include "slo/saml/message_verifier.hpp"

#include <algorithm>

#include "message_reading.hpp"
#include "received_message.hpp"
#include "signature_profile.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/xml_signature.hpp"

namespace slo::saml {
namespace {

/// The octets that the signature covers, parsed anew: from here on nothing else of the message is looked at.
Result<xml::Document> open_signed(const ReceivedMessage::Impl& received, const MessageID& id,
                                  std::span<const VerificationKey> keys, const AlgorithmPolicy& algorithms) {
    const auto signed_octets = verify_enveloped(received.document, received.message, id.str(), keys, algorithms);
    if (!signed_octets) return signed_octets.error();
    return xml::Document::parse(signed_octets->str());
}

//= SAML Core 3.2.1 l.1480
//# If it is present, the actual recipient MUST check that the URI reference identifies the location at which the
//# message was received. If it does not, the request MUST be discarded.
Result<void> check_destination(const std::optional<std::string>& destination, const Expectations& expected,
                               DestinationRule rule) {
    if (!destination) {
        if (rule == DestinationRule::required) return fail(Errc::destination_missing);
        return Done{};
    }
    const bool ours = std::any_of(expected.destinations.begin(), expected.destinations.end(),
                                  [&](const EndpointUrl& url) { return url.str() == *destination; });
    if (!ours) return fail(Errc::destination_mismatch);
    return Done{};
}

/// A clock that is ahead is tolerated by the skew. How old a message may be is its NotOnOrAfter's business where it has
/// one.
Result<void> check_issue_instant(Instant issue_instant, std::optional<Instant> not_on_or_after,
                                 const Expectations& expected) {
    const bool from_the_future = issue_instant > expected.now + expected.clock_skew;
    const bool too_old = !not_on_or_after && issue_instant < expected.now - expected.max_age - expected.clock_skew;
    if (from_the_future || too_old) return fail(Errc::issue_instant_out_of_window);
    return Done{};
}

//= SAML Core 3.7.1 l.2536
//# The time at which the request expires, after which the recipient may discard the message.
Result<void> check_not_on_or_after(const LogoutRequest& request, const Expectations& expected) {
    if (!request.not_on_or_after) return Done{};
    const bool passed = expected.now >= *request.not_on_or_after + expected.clock_skew;
    if (passed || *request.not_on_or_after <= request.issue_instant) return fail(Errc::request_expired);
    return Done{};
}

/// The key was chosen by a claimed Issuer and a claimed ID: inside the signature they must say the same.
template <class Message>
Result<void> check_claims(const Message& message, const EntityID& claimed_issuer, const MessageID& claimed_id,
                          const Expectations& expected) {
    if (message.id != claimed_id) return fail(Errc::signed_octets_differ, "ID");
    if (message.issuer != claimed_issuer || message.issuer != expected.issuer) return fail(Errc::issuer_mismatch);
    return Done{};
}

/// What a LogoutRequest says, once it's known whose it is.
Result<LogoutRequest> read_and_check(const xml::Element& element, const EntityID& claimed_issuer,
                                     const MessageID& claimed_id, const Expectations& expected) {
    auto request = read_logout_request(element);
    if (!request) return request;
    if (auto ok = check_claims(*request, claimed_issuer, claimed_id, expected); !ok) return ok.error();
    if (auto ok = check_destination(request->destination, expected, expected.destination_rule); !ok) return ok.error();
    if (auto ok = check_issue_instant(request->issue_instant, request->not_on_or_after, expected); !ok)
        return ok.error();
    if (auto ok = check_not_on_or_after(*request, expected); !ok) return ok.error();
    return request;
}

Evidence evidence_of(const AuthenticatedSender& sender) noexcept {
    switch (sender.proof()) {
        case AuthenticatedSender::Proof::tls_client_key:
            return Evidence::tls_client_key;
        case AuthenticatedSender::Proof::shared_secret:
            break;
    }
    return Evidence::shared_secret;
}

}  // namespace

Result<Verified<LogoutRequest>> MessageVerifier::verify(const UnverifiedLogoutRequest& message,
                                                        std::span<const VerificationKey> keys,
                                                        const Expectations& expected) {
    const auto document = open_signed(*message.message_.impl_, message.id_, keys, expected.algorithms);
    if (!document) return document.error();
    auto request = read_and_check(document->root(), message.issuer_, message.id_, expected);
    if (!request) return request.error();
    return Verified<LogoutRequest>(*std::move(request), Evidence::signature);
}

Result<Verified<LogoutRequest>> MessageVerifier::verify(const UnverifiedLogoutRequest& message,
                                                        const AuthenticatedSender& sender,
                                                        const Expectations& expected) {
    const ReceivedMessage::Impl& received = *message.message_.impl_;
    if (has_signature(received.document)) return fail(Errc::signature_invalid, "not verified: only its sender was");
    if (!received.document.has_unique_ids()) return fail(Errc::xml_duplicate_id);
    if (sender.entity() != expected.issuer) return fail(Errc::issuer_mismatch, "sent by somebody else");
    auto request = read_and_check(received.message, message.issuer_, message.id_, expected);
    if (!request) return request.error();
    return Verified<LogoutRequest>(*std::move(request), evidence_of(sender));
}

Result<Verified<LogoutResponse>> MessageVerifier::verify(const UnverifiedLogoutResponse& message,
                                                         std::span<const VerificationKey> keys,
                                                         const MessageID& request_id, const Expectations& expected) {
    const auto document = open_signed(*message.message_.impl_, message.id_, keys, expected.algorithms);
    if (!document) return document.error();
    auto response = read_logout_response(document->root());
    if (!response) return response.error();
    if (auto ok = check_claims(*response, message.issuer_, message.id_, expected); !ok) return ok.error();
    //= SAML Core 3.2.2 l.1545
    //# If the attribute is present, its value MUST match the value of the corresponding request's ID attribute.
    if (response->in_response_to != request_id) return fail(Errc::in_response_to_mismatch);
    if (auto ok = check_destination(response->destination, expected, DestinationRule::optional); !ok) return ok.error();
    if (auto ok = check_issue_instant(response->issue_instant, std::nullopt, expected); !ok) return ok.error();
    return Verified<LogoutResponse>(*std::move(response), Evidence::signature);
}

}  // namespace slo::saml
