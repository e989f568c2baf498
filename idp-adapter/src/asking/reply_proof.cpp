#include "reply_proof.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "content_type.hpp"
#include "http_fields.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/soap.hpp"
#include "slo/saml/unverified.hpp"

namespace slo::idp_adapter {
namespace {

using saml::Errc;

constexpr int ok = 200;
constexpr int accepted = 202;
constexpr int no_content = 204;
constexpr int internal_server_error = 500;

/// This room's code for a broken rule of saml/. The detail is the rule's name.
Failure because(ReplyErrc code, const Failure& broken) {
    return fail(code, broken.code.message());
}

/// A body from its first octet on that is no white space.
std::string_view without_leading_blanks(std::string_view body) {
    return body.substr(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
}

/// Shibboleth writes the charset there (OpenSAML 5 on HTTP requests and replies): that changes no octet.
bool is_compressed(const HttpHead& head) {
    return std::ranges::any_of(values_of(head.headers, "Content-Encoding"), [](std::string_view field) {
        const std::string coding = lower_case(trimmed(field));
        return !coding.empty() && coding != "identity" && coding != "utf-8";
    });
}

/// The media type that each Content-Type has. Signatures prove replies, so that a label's parameters may be anything.
std::vector<std::string> types_of(const HttpHead& head) {
    std::vector<std::string> types;
    for (const std::string_view field : values_of(head.headers, "Content-Type")) types.push_back(media_type_in(field));
    return types;
}

bool is_html(const std::vector<std::string>& types, std::string_view body) {
    const auto is_html_type = [](const std::string& type) {
        return type == "text/html" || type == "application/xhtml+xml";
    };
    const std::string_view page = "<!doctype html";
    const std::string beginning = lower_case(without_leading_blanks(body).substr(0, page.size()));
    return std::any_of(types.begin(), types.end(), is_html_type) || beginning == page || beginning.starts_with("<html");
}

bool is_soap_type(const std::vector<std::string>& types, const InteropProfile& profile) {
    if (types.empty()) return true;
    if (types.size() > 1) return false;
    const std::string& type = types.front();
    const auto& extra = profile.outgoing.extra_reply_types;
    return type == "text/xml" || std::find(extra.begin(), extra.end(), type) != extra.end();
}

/// The fault of a reply before its body is read.
std::optional<Failure> complaint_about_http(const IdpReply& reply, const InteropProfile& profile) {
    const int status = reply.head.status;
    if (status / 100 == 3) return fail(ReplyErrc::redirected, "HTTP " + std::to_string(status));
    const bool is_empty = without_leading_blanks(reply.body).empty();
    if (is_empty && (status == ok || status == accepted || status == no_content)) {
        return fail(ReplyErrc::empty, "HTTP " + std::to_string(status));
    }
    const auto types = types_of(reply.head);
    const bool is_fit = is_soap_type(types, profile) && !is_html(types, reply.body);
    if (status != ok && (status != internal_server_error || is_empty || !is_fit)) {
        return fail(ReplyErrc::http_status, "HTTP " + std::to_string(status));
    }
    if (is_compressed(reply.head))
        return fail(ReplyErrc::compressed, "it has a Content-Encoding, which wasn't asked for");
    if (is_html(types, reply.body)) return fail(ReplyErrc::html_instead_of_soap, "a page for a browser");
    if (!is_fit) return fail(ReplyErrc::content_type, "neither text/xml nor what the profile adds");
    return std::nullopt;
}

std::string_view name(saml::soap::FaultCode code) noexcept {
    switch (code) {
        case saml::soap::FaultCode::client:
            return "Client";
        case saml::soap::FaultCode::server:
            return "Server";
        case saml::soap::FaultCode::must_understand:
            return "MustUnderstand";
        case saml::soap::FaultCode::version_mismatch:
            return "VersionMismatch";
    }
    return "Server";
}

/// Why there is no message in the envelope: a Fault, or no SOAP 1.1 envelope.
Failure complaint_about_envelope(const IdpReply& reply, const Failure& broken) {
    if (saml::is(broken, Errc::message_too_large)) return because(ReplyErrc::too_large, broken);
    if (const auto fault = saml::soap::decode_fault(reply.body)) {
        return fail(ReplyErrc::fault, std::string(name(*fault)));
    }
    if (reply.head.status != ok) return fail(ReplyErrc::http_status, "HTTP " + std::to_string(reply.head.status));
    return because(ReplyErrc::not_soap, broken);
}

/// The meaning here of a rule that a message broke before or after its signature held.
ReplyErrc meaning_of(const Failure& broken) {
    const auto rule = rule_as<Errc>(broken);
    if (!rule) return ReplyErrc::signature_invalid;
    switch (*rule) {
        case Errc::signature_missing:
            return ReplyErrc::is_unsigned;
        case Errc::issuer_malformed:
        case Errc::issuer_mismatch:
            return ReplyErrc::wrong_issuer;
        case Errc::in_response_to_mismatch:
            return ReplyErrc::wrong_in_response_to;
        case Errc::destination_mismatch:
        case Errc::destination_missing:
            return ReplyErrc::wrong_destination;
        case Errc::issue_instant_out_of_window:
            return ReplyErrc::stale;
        case Errc::status_malformed:
            return ReplyErrc::status_malformed;
        case Errc::schema_violation:
        case Errc::version_malformed:
        case Errc::version_too_low:
        case Errc::version_too_high:
        case Errc::id_malformed:
        case Errc::uri_malformed:
        case Errc::time_malformed:
            return ReplyErrc::not_a_logout_response;
        default:
            return ReplyErrc::signature_invalid;
    }
}

/// The name under which the IdP answers. Its entityID if it claims another entity's: the signature decides first,
/// and then the Issuer inside it.
const saml::EntityID& expected_issuer(const Idp& idp, const saml::EntityID& claimed) {
    const auto& aliases = idp.profile.issuer_aliases;
    const auto alias = std::find(aliases.begin(), aliases.end(), claimed);
    return alias == aliases.end() ? idp.entity_id : *alias;
}

Result<saml::Status> proven_status(saml::ReceivedMessage& message, const AskedLogout& asked) {
    const auto unverified = saml::UnverifiedLogoutResponse::parse(message);
    if (!unverified) return because(meaning_of(unverified.error()), unverified.error());
    // Compared with the request's time: no answer is older than its request.
    const saml::Expectations expected{.issuer = expected_issuer(asked.idp, unverified->claimed_issuer()),
                                      .destinations = asked.destinations,
                                      .destination_rule = saml::DestinationRule::optional,
                                      .now = asked.issue_instant,
                                      .clock_skew = asked.tolerance,
                                      .max_age = std::chrono::seconds(0),
                                      .algorithms = asked.idp.profile.algorithms,
                                      .forms = asked.idp.profile.forms};
    const auto verified = saml::MessageVerifier::verify(*unverified, asked.idp.keys, asked.request_id, expected);
    if (verified) return (*verified)->status;
    // The response's own ID was read before: a malformed one now is its InResponseTo.
    if (saml::is(verified.error(), Errc::id_malformed))
        return because(ReplyErrc::wrong_in_response_to, verified.error());
    return because(meaning_of(verified.error()), verified.error());
}

/// The second-level codes of Core 3.2.2.2, and the top-level ones, which some nest.
constexpr std::string_view status_prefix = "urn:oasis:names:tc:SAML:2.0:status:";
constexpr std::string_view standard_codes[] = {"Success",
                                               "Requester",
                                               "Responder",
                                               "VersionMismatch",
                                               "AuthnFailed",
                                               "InvalidAttrNameOrValue",
                                               "InvalidNameIDPolicy",
                                               "NoAuthnContext",
                                               "NoAvailableIDP",
                                               "NoPassive",
                                               "NoSupportedIDP",
                                               "PartialLogout",
                                               "ProxyCountExceeded",
                                               "RequestDenied",
                                               "RequestUnsupported",
                                               "RequestVersionDeprecated",
                                               "RequestVersionTooHigh",
                                               "RequestVersionTooLow",
                                               "ResourceNotRecognized",
                                               "TooManyResponses",
                                               "UnknownAttrProfile",
                                               "UnknownPrincipal",
                                               "UnsupportedBinding"};

/// The standard's name for a code; empty if another party has defined it. Static storage.
std::string_view standard_name(std::string_view code) {
    if (!code.starts_with(status_prefix)) return {};
    const auto* const name = std::ranges::find(standard_codes, code.substr(status_prefix.size()));
    return name == std::end(standard_codes) ? std::string_view() : *name;
}

/// The outermost code below the top that says more than Success. One of the standard's goes before others: the meaning
/// of those isn't known here.
std::optional<std::string_view> qualification(const saml::Status& status) {
    std::optional<std::string_view> unknown;
    for (const std::string& code : status.nested) {
        const std::string_view name = standard_name(code);
        if (!name.empty() && name != "Success") return name;
        if (name.empty()) unknown = name;
    }
    return unknown;
}

/// Success speaks for the IdP alone (Core 3.7.3.2 l.2631-2636); that it couldn't reach another participant is below it
/// (l.2641-2645), or that it has no binding to do so (3.2.2.2 l.1695). No other code can honestly be there: one that
/// says that the request failed leaves open which of both holds, and so does one that only its author knows.
LogoutVerdict judged(saml::Status status, const AskedLogout& asked) {
    LogoutVerdict verdict{
        .kind = LogoutVerdict::Kind::refused, .status = {}, .why = {}, .request_id = asked.request_id};
    if (status.code == saml::TopLevelStatus::success) {
        const auto below = qualification(status);
        if (!below) {
            verdict.kind = LogoutVerdict::Kind::success;
        } else if (*below == "PartialLogout" || *below == "UnsupportedBinding") {
            verdict.kind = LogoutVerdict::Kind::partial;
        } else {
            verdict.kind = LogoutVerdict::Kind::unproven;
            verdict.why =
                fail(ReplyErrc::status_contradicted,
                     std::string(below->empty() ? "a code that SAML doesn't define" : *below) + " below Success");
        }
    }
    verdict.status = std::move(status);
    return verdict;
}

/// Nothing but "I have taken it", which is all that an asynchronous request gets.
bool is_silent(const IdpReply& reply) {
    const int status = reply.head.status;
    return (status == ok || status == accepted || status == no_content) && without_leading_blanks(reply.body).empty();
}

LogoutVerdict unproven(Failure why, const AskedLogout& asked) {
    return {.kind = LogoutVerdict::Kind::unproven,
            .status = std::nullopt,
            .why = std::move(why),
            .request_id = asked.request_id};
}

}  // namespace

std::string status_names(const saml::Status& status) {
    constexpr std::size_t most_nested = 3;
    std::string names(standard_name(saml::uri(status.code)));
    for (const std::string& code : std::span(status.nested).first(std::min(status.nested.size(), most_nested))) {
        const std::string_view name = standard_name(code);
        names.append("/").append(name.empty() ? "other" : name);
    }
    return names;
}

LogoutVerdict prove_reply(const IdpReply& reply, const AskedLogout& asked) {
    if (asked.answer == Answer::not_owed && is_silent(reply)) {
        return {.kind = LogoutVerdict::Kind::silent, .status = std::nullopt, .why = {}, .request_id = asked.request_id};
    }
    if (auto complaint = complaint_about_http(reply, asked.idp.profile)) return unproven(*std::move(complaint), asked);
    auto message = saml::soap::decode_response(reply.body);
    if (!message) return unproven(complaint_about_envelope(reply, message.error()), asked);
    auto status = proven_status(*message, asked);
    if (!status) return unproven(std::move(status).error(), asked);
    return judged(*std::move(status), asked);
}

}  // namespace slo::idp_adapter
