#include "test_response.hpp"

#include <string_view>
#include <utility>

#include "enveloped_seal.hpp"
#include "http_client.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/xml.hpp"

namespace slo::examples {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view saml_ns = "urn:oasis:names:tc:SAML:2.0:assertion";

std::string text_of(std::string_view value) {
    std::string escaped;
    saml::xml::escape_text(escaped, value);
    return escaped;
}

/// ` name="value"`.
std::string attribute(std::string_view name, std::string_view value) {
    std::string written = " " + std::string(name) + "=\"";
    saml::xml::escape_attribute(written, value);
    return written + "\"";
}

std::string issuer(const saml::EntityID& idp) {
    return "<saml:Issuer xmlns:saml=\"" + std::string(saml_ns) + "\">" + text_of(idp.str()) + "</saml:Issuer>";
}

std::string subject(const WantedSignOn& wanted, Instant now) {
    const saml::NameID& name = wanted.name_id;
    std::string text = "<saml:Subject><saml:NameID";
    if (name.format) text += attribute("Format", *name.format);
    if (name.name_qualifier) text += attribute("NameQualifier", *name.name_qualifier);
    if (name.sp_name_qualifier) text += attribute("SPNameQualifier", *name.sp_name_qualifier);
    text += ">" + text_of(name.value) + "</saml:NameID><saml:SubjectConfirmation" +
            attribute("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer") + "><saml:SubjectConfirmationData";
    if (wanted.in_response_to) text += attribute("InResponseTo", wanted.in_response_to->str());
    text += attribute("NotOnOrAfter", saml::format_instant(now + minutes(5))) +
            attribute("Recipient", wanted.assertion_consumer_service.str());
    return text + "></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>";
}

std::string statements(const WantedSignOn& wanted, Instant now) {
    std::string text =
        "<saml:AuthnStatement" + attribute("AuthnInstant", saml::format_instant(wanted.authn_instant.value_or(now)));
    if (!wanted.session_index.empty()) text += attribute("SessionIndex", wanted.session_index);
    if (wanted.session_not_on_or_after) {
        text += attribute("SessionNotOnOrAfter", saml::format_instant(*wanted.session_not_on_or_after));
    }
    text +=
        "><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:"
        "PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>";
    if (wanted.attributes.empty()) return text;
    text += "<saml:AttributeStatement>";
    for (const auto& [name, value] : wanted.attributes) {
        text += "<saml:Attribute" + attribute("Name", name) + "><saml:AttributeValue>" + text_of(value) +
                "</saml:AttributeValue></saml:Attribute>";
    }
    return text + "</saml:AttributeStatement>";
}

/// An element in canonical form, cut behind its Issuer, where the signature goes.
struct Parts {
    saml::MessageID id;
    std::string before;
    std::string after;
};

Result<std::string> signed_if(bool wanted, const Parts& parts, const saml::SigningKey& key) {
    if (!wanted) return parts.before + parts.after;
    return saml::seal(key, saml::key_info_of(key.certificate()), parts.id, parts.before, parts.after);
}

Result<std::string> assertion(const saml::EntityID& idp, const saml::SigningKey& key, const WantedSignOn& wanted,
                              Instant now) {
    auto id = wanted.assertion_id.empty() ? saml::random_message_id() : saml::MessageID::parse(wanted.assertion_id);
    if (!id) return id.error();
    Parts parts{*id, {}, {}};
    parts.before = "<saml:Assertion" + attribute("xmlns:saml", saml_ns) + attribute("ID", id->str()) +
                   attribute("IssueInstant", saml::format_instant(now)) + attribute("Version", "2.0") +
                   "><saml:Issuer>" + text_of(idp.str()) + "</saml:Issuer>";
    parts.after =
        subject(wanted, now) + "<saml:Conditions" + attribute("NotBefore", saml::format_instant(now - seconds(2))) +
        attribute("NotOnOrAfter", saml::format_instant(now + seconds(58))) +
        "><saml:AudienceRestriction><saml:Audience>" + text_of(wanted.audience.str()) +
        "</saml:Audience></saml:AudienceRestriction></saml:Conditions>" + statements(wanted, now) + "</saml:Assertion>";
    return signed_if(wanted.signs_assertion, parts, key);
}

std::string status(const WantedSignOn& wanted) {
    const std::string top = "urn:oasis:names:tc:SAML:2.0:status:";
    if (wanted.second_level_status.empty()) {
        return "<samlp:Status><samlp:StatusCode" + attribute("Value", top + "Success") +
               "></samlp:StatusCode></samlp:Status>";
    }
    return "<samlp:Status><samlp:StatusCode" + attribute("Value", top + "Responder") + "><samlp:StatusCode" +
           attribute("Value", wanted.second_level_status) + "></samlp:StatusCode></samlp:StatusCode></samlp:Status>";
}

}  // namespace

Result<std::string> response_of(const saml::EntityID& idp, const saml::SigningKey& key, const WantedSignOn& wanted,
                                Instant now) {
    auto id = saml::random_message_id();
    if (!id) return id.error();
    Parts parts{*id, {}, {}};
    parts.before = "<samlp:Response" + attribute("xmlns:samlp", "urn:oasis:names:tc:SAML:2.0:protocol") +
                   attribute("Destination", wanted.assertion_consumer_service.str()) + attribute("ID", id->str());
    if (wanted.in_response_to) parts.before += attribute("InResponseTo", wanted.in_response_to->str());
    parts.before +=
        attribute("IssueInstant", saml::format_instant(now)) + attribute("Version", "2.0") + ">" + issuer(idp);
    parts.after = status(wanted);
    if (wanted.second_level_status.empty()) {
        const auto its_assertion = assertion(idp, key, wanted, now);
        if (!its_assertion) return its_assertion.error();
        parts.after += *its_assertion;
    }
    parts.after += "</samlp:Response>";
    return signed_if(wanted.signs_response, parts, key);
}

std::string posted(const std::string& response, const std::string& relay_state) {
    return "SAMLResponse=" + escape(saml::encode_base64(response)) +
           (relay_state.empty() ? "" : "&RelayState=" + escape(relay_state));
}

}  // namespace slo::examples
