#include "slo/saml/message_verifier.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "message_reading.hpp"
#include "query_access.hpp"
#include "received_message.hpp"
#include "signature_profile.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/url_view.hpp"
#include "slo/saml/xml_signature.hpp"
#include "told_time.hpp"

namespace slo::saml {
namespace {

/// The octets that the signature covers, parsed anew: from here on nothing else of the message is looked at.
Result<xml::Document> open_signed(const ReceivedMessage::Impl& received, const MessageID& id,
                                  std::span<const VerificationKey> keys, const AlgorithmPolicy& algorithms) {
    // What stands in a query is proven by the query's own signature.
    if (received.binding == Binding::redirect) return fail(Errc::signature_missing, "only the query's own counts");
    const auto signed_octets = verify_enveloped(received.document, received.message, id.str(), keys, algorithms);
    if (!signed_octets) return signed_octets.error();
    return xml::Document::parse(signed_octets->str());
}

/// Our own URLs, as many as a line of a log has room for.
std::string one_of(const std::vector<EndpointUrl>& urls) {
    constexpr std::size_t most = 3;
    std::string text;
    for (const EndpointUrl& url : std::span(urls).first(std::min(urls.size(), most))) {
        text.append(text.empty() ? "" : " or ").append(url.str());
    }
    return urls.size() > most ? text + " or another of our URLs" : text;
}

/// The parts of a URL in which two differ, so that it's seen without the peer's text.
std::string difference(std::string_view theirs, std::string_view ours) {
    const auto there = split_url(theirs);
    const auto here = split_url(ours);
    if (!there || !here) return "it's no http or https URL";
    std::string parts;
    const auto differs = [&](std::string_view part, bool is_equal) {
        if (!is_equal) parts.append(parts.empty() ? "" : ", ").append(part);
    };
    differs("scheme (" + std::string(there->scheme) + ")", there->scheme == here->scheme);
    differs("host", there->host == here->host);
    differs("port", there->port == here->port);
    differs("path", there->path_and_query == here->path_and_query);
    return parts.empty() ? "it differs in the way that it's written" : "it differs in its " + parts;
}

//= SAML Core 3.2.1 l.1480
//# If it is present, the actual recipient MUST check that the URI reference identifies the location at which the
//# message was received. If it does not, the request MUST be discarded.
Result<void> check_destination(const std::optional<std::string>& destination, const Expectations& expected,
                               DestinationRule rule) {
    if (!destination) {
        if (rule == DestinationRule::required) {
            return fail(Errc::destination_missing, "it must be " + one_of(expected.destinations));
        }
        return Done{};
    }
    const bool ours = std::any_of(expected.destinations.begin(), expected.destinations.end(),
                                  [&](const EndpointUrl& url) { return url.str() == *destination; });
    if (ours) return Done{};
    if (expected.destinations.empty()) return fail(Errc::destination_mismatch, "no URL of ours is known here");
    return fail(Errc::destination_mismatch, difference(*destination, expected.destinations.front().str()) +
                                                "; it must be " + one_of(expected.destinations));
}

/// A clock that is ahead is tolerated by the skew. How old a message may be is its NotOnOrAfter's business where it has
/// one.
Result<void> check_issue_instant(Instant issue_instant, std::optional<Instant> not_on_or_after,
                                 const Expectations& expected) {
    if (issue_instant > expected.now + expected.clock_skew) {
        return fail(Errc::issue_instant_out_of_window, "it's " + seconds(issue_instant - expected.now) +
                                                           " ahead of our clock, and " + seconds(expected.clock_skew) +
                                                           " are allowed: compare both clocks");
    }
    if (!not_on_or_after && issue_instant < expected.now - expected.max_age - expected.clock_skew) {
        return fail(Errc::issue_instant_out_of_window,
                    "it's " + seconds(expected.now - issue_instant) + " old, and without NotOnOrAfter " +
                        seconds(expected.max_age + expected.clock_skew) +
                        " are allowed: it was held up on its way, or a clock is wrong");
    }
    return Done{};
}

//= SAML Core 3.7.1 l.2536
//# The time at which the request expires, after which the recipient may discard the message.
Result<void> check_not_on_or_after(const LogoutRequest& request, const Expectations& expected) {
    if (!request.not_on_or_after) return Done{};
    if (*request.not_on_or_after <= request.issue_instant) {
        return fail(Errc::request_expired, "NotOnOrAfter isn't after IssueInstant");
    }
    if (expected.now >= *request.not_on_or_after + expected.clock_skew) {
        return fail(Errc::request_expired, "NotOnOrAfter was " + seconds(expected.now - *request.not_on_or_after) +
                                               " ago, and " + seconds(expected.clock_skew) +
                                               " are allowed: compare both clocks");
    }
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
Result<LogoutRequest> read_and_check(const xml::Element& element, OwnSignature own_signature,
                                     const EntityID& claimed_issuer, const MessageID& claimed_id,
                                     const Expectations& expected) {
    auto request = read_logout_request(element, expected.forms, own_signature);
    if (!request) return request;
    if (auto ok = check_claims(*request, claimed_issuer, claimed_id, expected); !ok) return ok.error();
    if (auto ok = check_destination(request->destination, expected, expected.destination_rule); !ok) return ok.error();
    if (auto ok = check_issue_instant(request->issue_instant, request->not_on_or_after, expected); !ok)
        return ok.error();
    if (auto ok = check_not_on_or_after(*request, expected); !ok) return ok.error();
    return request;
}

/// What a LogoutResponse must say, once it's known whose it is.
Result<void> check_response(const LogoutResponse& response, const EntityID& claimed_issuer, const MessageID& claimed_id,
                            const MessageID& request_id, const Expectations& expected,
                            DestinationRule destination_rule) {
    if (auto ok = check_claims(response, claimed_issuer, claimed_id, expected); !ok) return ok;
    //= SAML Core 3.2.2 l.1545
    //# If the attribute is present, its value MUST match the value of the corresponding request's ID attribute.
    if (response.in_response_to != request_id) return fail(Errc::in_response_to_mismatch);
    if (auto ok = check_destination(response.destination, expected, destination_rule); !ok) return ok;
    return check_issue_instant(response.issue_instant, std::nullopt, expected);
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

struct AuthenticLogoutRequest::Impl {
    std::optional<xml::Document> signed_octets;  ///< nothing if a sender vouches for the received ones
    xml::Element content;                        ///< borrowed, from them or from the received message
    EntityID claimed_issuer;
    MessageID id;
    Evidence evidence;
    std::optional<EntityID> sender;  ///< the sender that vouches, if there is no signature
    OwnSignature own_signature = OwnSignature::refused;
};

AuthenticLogoutRequest::AuthenticLogoutRequest(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
AuthenticLogoutRequest::AuthenticLogoutRequest(AuthenticLogoutRequest&&) noexcept = default;
AuthenticLogoutRequest& AuthenticLogoutRequest::operator=(AuthenticLogoutRequest&&) noexcept = default;
AuthenticLogoutRequest::~AuthenticLogoutRequest() = default;

const MessageID& AuthenticLogoutRequest::id() const noexcept {
    return impl_->id;
}

Result<AuthenticLogoutRequest> MessageVerifier::authenticate(const UnverifiedLogoutRequest& message,
                                                             std::span<const VerificationKey> keys,
                                                             const AlgorithmPolicy& algorithms) {
    auto document = open_signed(*message.message_.impl_, message.id_, keys, algorithms);
    if (!document) return document.error();
    const xml::Element root = document->root();
    if (root.collapsed_attribute("ID") != message.id_.str()) return fail(Errc::signed_octets_differ, "ID");
    return AuthenticLogoutRequest(std::make_unique<AuthenticLogoutRequest::Impl>(AuthenticLogoutRequest::Impl{
        *std::move(document), root, message.issuer_, message.id_, Evidence::signature, std::nullopt}));
}

Result<AuthenticLogoutRequest> MessageVerifier::authenticate(const UnverifiedLogoutRequest& message,
                                                             const redirect::QuerySignature& query,
                                                             std::span<const VerificationKey> keys,
                                                             const AlgorithmPolicy& algorithms) {
    auto content = detail::QueryAccess::open(query, keys, algorithms);
    if (!content) return content.error();
    const xml::Element element = content->root();
    if (element.collapsed_attribute("ID") != message.id_.str()) {
        return fail(Errc::signed_octets_differ, "the signature of another query");
    }
    return AuthenticLogoutRequest(std::make_unique<AuthenticLogoutRequest::Impl>(
        AuthenticLogoutRequest::Impl{*std::move(content), element, message.issuer_, message.id_, Evidence::signature,
                                     std::nullopt, OwnSignature::ignored}));
}

Result<AuthenticLogoutRequest> MessageVerifier::authenticate(const UnverifiedLogoutRequest& message,
                                                             const AuthenticatedSender& sender) {
    const ReceivedMessage::Impl& received = *message.message_.impl_;
    if (has_signature(received.document)) return fail(Errc::signature_invalid, "not verified: only its sender was");
    if (!received.document.has_unique_ids()) return fail(Errc::xml_duplicate_id);
    return AuthenticLogoutRequest(std::make_unique<AuthenticLogoutRequest::Impl>(AuthenticLogoutRequest::Impl{
        std::nullopt, received.message, message.issuer_, message.id_, evidence_of(sender), sender.entity()}));
}

Result<Verified<LogoutRequest>> MessageVerifier::check(const AuthenticLogoutRequest& message,
                                                       const Expectations& expected) {
    const AuthenticLogoutRequest::Impl& authentic = *message.impl_;
    if (authentic.sender && *authentic.sender != expected.issuer) {
        return fail(Errc::issuer_mismatch, "sent by another entity");
    }
    auto request =
        read_and_check(authentic.content, authentic.own_signature, authentic.claimed_issuer, authentic.id, expected);
    if (!request) return request.error();
    return Verified<LogoutRequest>(*std::move(request), authentic.evidence);
}

Result<Verified<LogoutRequest>> MessageVerifier::verify(const UnverifiedLogoutRequest& message,
                                                        std::span<const VerificationKey> keys,
                                                        const Expectations& expected) {
    const auto authentic = authenticate(message, keys, expected.algorithms);
    if (!authentic) return authentic.error();
    return check(*authentic, expected);
}

Result<Verified<LogoutRequest>> MessageVerifier::verify(const UnverifiedLogoutRequest& message,
                                                        const redirect::QuerySignature& query,
                                                        std::span<const VerificationKey> keys,
                                                        const Expectations& expected) {
    const auto authentic = authenticate(message, query, keys, expected.algorithms);
    if (!authentic) return authentic.error();
    return check(*authentic, expected);
}

Result<Verified<LogoutRequest>> MessageVerifier::verify(const UnverifiedLogoutRequest& message,
                                                        const AuthenticatedSender& sender,
                                                        const Expectations& expected) {
    const auto authentic = authenticate(message, sender);
    if (!authentic) return authentic.error();
    return check(*authentic, expected);
}

Result<Verified<LogoutResponse>> MessageVerifier::verify(const UnverifiedLogoutResponse& message,
                                                         std::span<const VerificationKey> keys,
                                                         const MessageID& request_id, const Expectations& expected) {
    const auto document = open_signed(*message.message_.impl_, message.id_, keys, expected.algorithms);
    if (!document) return document.error();
    auto response = read_logout_response(document->root(), expected.forms);
    if (!response) return response.error();
    const auto checked =
        check_response(*response, message.issuer_, message.id_, request_id, expected, DestinationRule::optional);
    if (!checked) return checked.error();
    return Verified<LogoutResponse>(*std::move(response), Evidence::signature);
}

Result<Verified<LogoutResponse>> MessageVerifier::verify(const UnverifiedLogoutResponse& message,
                                                         const redirect::QuerySignature& query,
                                                         std::span<const VerificationKey> keys,
                                                         const MessageID& request_id, const Expectations& expected) {
    const auto content = detail::QueryAccess::open(query, keys, expected.algorithms);
    if (!content) return content.error();
    auto response = read_logout_response(content->root(), expected.forms, OwnSignature::ignored);
    if (!response) return response.error();
    const auto checked =
        check_response(*response, message.issuer_, message.id_, request_id, expected, expected.destination_rule);
    if (!checked) return checked.error();
    return Verified<LogoutResponse>(*std::move(response), Evidence::signature);
}

}  // namespace slo::saml
