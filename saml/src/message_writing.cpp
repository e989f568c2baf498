#include "message_writing.hpp"

#include <algorithm>
#include <array>

#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/xml.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

/// Appends ` name="value"`. Callers write attributes in canonical order: by name, as none here has a namespace.
void attribute(std::string& out, std::string_view name, std::string_view value) {
    out += ' ';
    out += name;
    out += "=\"";
    xml::escape_attribute(out, value);
    out += '"';
}

void optional_attribute(std::string& out, std::string_view name, const std::optional<std::string>& value) {
    if (value) attribute(out, name, *value);
}

std::string to_string(Version version) {
    return std::to_string(version.major) + "." + std::to_string(version.minor);
}

Result<void> expect_uri(const std::optional<std::string>& value, std::string_view what) {
    if (value && !is_absolute_uri(*value)) return fail(Errc::uri_malformed, std::string(what));
    return Done{};
}

void issuer(std::string& out, const EntityID& entity_id) {
    out += R"(<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">)";
    xml::escape_text(out, entity_id.str());
    out += "</saml:Issuer>";
}

void empty_element(std::string& out, std::string_view name, const std::optional<std::string>& algorithm) {
    if (!algorithm) return;
    out += '<';
    out += name;
    attribute(out, "Algorithm", *algorithm);
    out += "></";
    out += name.substr(0, name.find(' '));
    out += '>';
}

void cipher_data(std::string& out, const std::string& ciphertext) {
    out += "<xenc:CipherData><xenc:CipherValue>";
    out += encode_base64(ciphertext);
    out += "</xenc:CipherValue></xenc:CipherData>";
}

/// One EncryptedKey inside xenc:EncryptedData's KeyInfo, in canonical form.
void encrypted_key(std::string& out, const EncryptedKey& key) {
    out += "<xenc:EncryptedKey";
    optional_attribute(out, "Recipient", key.recipient);
    out += "><xenc:EncryptionMethod";
    attribute(out, "Algorithm", key.algorithm);
    out += '>';
    if (!key.oaep_params.empty()) out += "<xenc:OAEPparams>" + encode_base64(key.oaep_params) + "</xenc:OAEPparams>";
    empty_element(out, "ds:DigestMethod", key.digest);
    empty_element(out, R"(xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#")", key.mgf);
    out += "</xenc:EncryptionMethod>";
    cipher_data(out, key.ciphertext);
    out += "</xenc:EncryptedKey>";
}

std::string encrypted_id_element(const EncryptedID& encrypted) {
    std::string out = R"(<saml:EncryptedID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">)"
                      R"(<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#")"
                      R"( Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod)";
    attribute(out, "Algorithm", encrypted.algorithm);
    out += R"(></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">)";
    for (const auto& key : encrypted.keys) encrypted_key(out, key);
    out += "</ds:KeyInfo>";
    cipher_data(out, encrypted.ciphertext);
    out += "</xenc:EncryptedData></saml:EncryptedID>";
    return out;
}

Result<std::string> identifier_element(const LogoutRequest& request) {
    if (const auto* name_id = std::get_if<NameID>(&request.identifier)) return write_name_id(*name_id);
    if (const auto* encrypted = std::get_if<EncryptedID>(&request.identifier)) return encrypted_id_element(*encrypted);
    return fail(Errc::schema_violation, "BaseID is abstract and can't be written");
}

/// The innermost code first: each wraps the next.
std::string status_codes(const Status& status) {
    std::string inner;
    const auto wrap = [&inner](std::string_view value) {
        std::string code = "<samlp:StatusCode";
        attribute(code, "Value", value);
        code += '>' + inner + "</samlp:StatusCode>";
        inner = std::move(code);
    };
    std::for_each(status.nested.rbegin(), status.nested.rend(), wrap);
    wrap(uri(status.code));
    return inner;
}

}  // namespace

Result<std::string> write_name_id(const NameID& name_id) {
    if (auto ok = expect_uri(name_id.format, "NameID/@Format"); !ok) return ok.error();
    if (!is_well_formed(name_id)) return fail(Errc::name_id_malformed);
    std::string out = R"(<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion")";
    optional_attribute(out, "Format", name_id.format);
    optional_attribute(out, "NameQualifier", name_id.name_qualifier);
    optional_attribute(out, "SPNameQualifier", name_id.sp_name_qualifier);
    optional_attribute(out, "SPProvidedID", name_id.sp_provided_id);
    out += '>';
    xml::escape_text(out, name_id.value);
    out += "</saml:NameID>";
    return out;
}

std::string_view response_element(RefusedRequest request) noexcept {
    switch (request) {
        case RefusedRequest::authn_request:
        case RefusedRequest::query:
            return "Response";
        case RefusedRequest::manage_name_id_request:
            return "ManageNameIDResponse";
        case RefusedRequest::artifact_resolve:
            return "ArtifactResponse";
    }
    return "Response";
}

Result<UnsignedMessage> write_response(std::string_view element, const LogoutResponse& response) {
    for (const auto& [value, what] :
         {std::pair(&response.destination, "Destination"), {&response.consent, "Consent"}}) {
        if (auto ok = expect_uri(*value, what); !ok) return ok.error();
    }
    const bool nested_are_uris = std::all_of(response.status.nested.begin(), response.status.nested.end(),
                                             [](const std::string& code) { return is_absolute_uri(code); });
    if (!nested_are_uris) return fail(Errc::status_malformed);

    UnsignedMessage message;
    std::string& head = message.up_to_issuer;
    head += "<samlp:";
    head += element;
    head += R"( xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol")";
    optional_attribute(head, "Consent", response.consent);
    optional_attribute(head, "Destination", response.destination);
    attribute(head, "ID", response.id.str());
    if (response.in_response_to) attribute(head, "InResponseTo", response.in_response_to->str());
    attribute(head, "IssueInstant", format_instant(response.issue_instant));
    attribute(head, "Version", to_string(response.version));
    head += '>';
    issuer(head, response.issuer);

    std::string& tail = message.after_issuer;
    tail += "<samlp:Status>" + status_codes(response.status);
    if (response.status.message) {
        tail += "<samlp:StatusMessage>";
        xml::escape_text(tail, *response.status.message);
        tail += "</samlp:StatusMessage>";
    }
    tail += "</samlp:Status></samlp:";
    tail += element;
    tail += '>';
    return message;
}

Result<UnsignedMessage> write_request(const LogoutRequest& request) {
    for (const auto& [value, what] :
         {std::pair(&request.destination, "Destination"), {&request.consent, "Consent"}, {&request.reason, "Reason"}}) {
        if (auto ok = expect_uri(*value, what); !ok) return ok.error();
    }
    const auto identifier = identifier_element(request);
    if (!identifier) return identifier.error();

    UnsignedMessage message;
    std::string& head = message.up_to_issuer;
    head += R"(<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol")";
    optional_attribute(head, "Consent", request.consent);
    optional_attribute(head, "Destination", request.destination);
    attribute(head, "ID", request.id.str());
    attribute(head, "IssueInstant", format_instant(request.issue_instant));
    if (request.not_on_or_after) attribute(head, "NotOnOrAfter", format_instant(*request.not_on_or_after));
    optional_attribute(head, "Reason", request.reason);
    attribute(head, "Version", to_string(request.version));
    head += '>';
    issuer(head, request.issuer);

    std::string& tail = message.after_issuer;
    if (request.asynchronous) {
        tail +=
            R"(<samlp:Extensions><aslo:Asynchronous xmlns:aslo="urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo">)"
            "</aslo:Asynchronous></samlp:Extensions>";
    }
    tail += *identifier;
    for (const auto& index : request.session_indexes) {
        tail += "<samlp:SessionIndex>";
        xml::escape_text(tail, index.str());
        tail += "</samlp:SessionIndex>";
    }
    tail += "</samlp:LogoutRequest>";
    return message;
}

}  // namespace slo::saml
