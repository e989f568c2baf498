#include "logout_writing.hpp"

#include <optional>

#include "slo/saml/soap.hpp"

namespace slo::idp_adapter {
namespace {

/// If the answer isn't owed, a session authority doesn't send one: only if it says that it knows the extension.
Answer answer_of(const metadata::Endpoint& endpoint, const OutgoingRules& rules) {
    const bool may_be_silent =
        rules.asynchronous == AsynchronousRequests::where_supported && endpoint.supports_asynchronous;
    return may_be_silent ? Answer::not_owed : Answer::owed;
}

std::vector<std::pair<std::string, std::string>> headers_of(const OutgoingRules& rules) {
    return {{"Content-Type", rules.content_type},
            {"Accept", "text/xml"},
            {"SOAPAction", R"("http://www.oasis-open.org/committees/security")"},
            // Bindings 3.2.3 l.361-363: no proxy may answer in the IdP's place.
            {"Cache-Control", "no-cache, no-store"},
            {"Pragma", "no-cache"}};
}

}  // namespace

Result<LogoutLetter> write_letter(const Idp& idp, const LogoutAsk& ask, const saml::MessageSigner& signer, Instant now,
                                  const saml::MessageID& id) {
    if (idp.valid_until && now >= *idp.valid_until) {
        return fail(ReplyErrc::metadata_expired, "its metadata's validUntil has passed");
    }
    const metadata::Endpoint* const endpoint = soap_logout_endpoint(idp);
    if (endpoint == nullptr) {
        return fail(ReplyErrc::no_endpoint,
                    "its metadata has no SOAP SingleLogoutService that its profile lets us ask");
    }
    const OutgoingRules& rules = idp.profile.outgoing;
    const Answer answer = answer_of(*endpoint, rules);
    const auto fitting = signer_for(idp, signer);
    if (!fitting) {
        const Failure& why = fitting.error();
        return fail(ReplyErrc::cannot_sign, why.detail.empty() ? why.code.message() : why.detail);
    }
    const auto message = fitting->sign(saml::LogoutRequest{
        .id = id,
        .version = {},
        .issue_instant = now,
        .destination = endpoint->location.str(),
        .consent = std::nullopt,
        .issuer = ask.issuer,
        .asynchronous = answer == Answer::not_owed,
        .identifier = ask.name_id,
        .session_indexes = ask.session_indexes,
        .not_on_or_after = ask.not_on_or_after,
        .reason = ask.reason.empty() ? std::nullopt : std::optional(ask.reason),
    });
    if (!message) return fail(ReplyErrc::cannot_sign, message.error().code.message());
    return LogoutLetter{
        .to = endpoint->location, .headers = headers_of(rules), .body = saml::soap::encode(*message), .answer = answer};
}

}  // namespace slo::idp_adapter
