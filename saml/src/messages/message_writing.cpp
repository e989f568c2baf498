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

/// Appends "<prefix:local". Attributes and '>' follow.
void open(std::string& out, std::string_view prefix, std::string_view local) {
    out += '<';
    out += prefix;
    out += ':';
    out += local;
}

/// The same where `prefix` is declared.
void open_declared(std::string& out, std::string_view prefix, std::string_view local, std::string_view uri) {
    open(out, prefix, local);
    out += " xmlns:";
    out += prefix;
    out += "=\"";
    out += uri;
    out += '"';
}

void close(std::string& out, std::string_view prefix, std::string_view local) {
    out += "</";
    out += prefix;
    out += ':';
    out += local;
    out += '>';
}

void text_element(std::string& out, std::string_view prefix, std::string_view local, std::string_view text) {
    open(out, prefix, local);
    out += '>';
    xml::escape_text(out, text);
    close(out, prefix, local);
}

void issuer(std::string& out, const Prefixes& prefixes, const EntityID& entity_id) {
    open_declared(out, prefixes.saml, "Issuer", vocabulary::saml);
    out += '>';
    xml::escape_text(out, entity_id.str());
    close(out, prefixes.saml, "Issuer");
}

/// An empty element with an Algorithm, whose start is written already.
void algorithm_and_close(std::string& out, std::string_view prefix, std::string_view local, std::string_view uri) {
    attribute(out, "Algorithm", uri);
    out += '>';
    close(out, prefix, local);
}

void cipher_data(std::string& out, const Prefixes& prefixes, const std::string& ciphertext) {
    open(out, prefixes.xenc, "CipherData");
    out += '>';
    text_element(out, prefixes.xenc, "CipherValue", encode_base64(ciphertext));
    close(out, prefixes.xenc, "CipherData");
}

/// One EncryptedKey inside xenc:EncryptedData's KeyInfo, in canonical form.
void encrypted_key(std::string& out, const Prefixes& prefixes, const EncryptedKey& key) {
    open(out, prefixes.xenc, "EncryptedKey");
    optional_attribute(out, "Recipient", key.recipient);
    out += '>';
    open(out, prefixes.xenc, "EncryptionMethod");
    attribute(out, "Algorithm", key.algorithm);
    out += '>';
    if (!key.oaep_params.empty()) text_element(out, prefixes.xenc, "OAEPparams", encode_base64(key.oaep_params));
    if (key.digest) {
        open(out, prefixes.ds, "DigestMethod");
        algorithm_and_close(out, prefixes.ds, "DigestMethod", *key.digest);
    }
    if (key.mgf) {
        open_declared(out, prefixes.xenc11, "MGF", vocabulary::xenc11);
        algorithm_and_close(out, prefixes.xenc11, "MGF", *key.mgf);
    }
    close(out, prefixes.xenc, "EncryptionMethod");
    cipher_data(out, prefixes, key.ciphertext);
    close(out, prefixes.xenc, "EncryptedKey");
}

std::string encrypted_id_element(const Prefixes& prefixes, const EncryptedID& encrypted) {
    std::string out;
    open_declared(out, prefixes.saml, "EncryptedID", vocabulary::saml);
    out += '>';
    open_declared(out, prefixes.xenc, "EncryptedData", vocabulary::xenc);
    attribute(out, "Type", vocabulary::xenc_element);
    out += '>';
    open(out, prefixes.xenc, "EncryptionMethod");
    algorithm_and_close(out, prefixes.xenc, "EncryptionMethod", encrypted.algorithm);
    open_declared(out, prefixes.ds, "KeyInfo", vocabulary::ds);
    out += '>';
    for (const auto& key : encrypted.keys) encrypted_key(out, prefixes, key);
    close(out, prefixes.ds, "KeyInfo");
    cipher_data(out, prefixes, encrypted.ciphertext);
    close(out, prefixes.xenc, "EncryptedData");
    close(out, prefixes.saml, "EncryptedID");
    return out;
}

Result<std::string> identifier_element(const Prefixes& prefixes, const LogoutRequest& request) {
    if (const auto* name_id = std::get_if<NameID>(&request.identifier)) return write_name_id(*name_id, prefixes);
    if (const auto* encrypted = std::get_if<EncryptedID>(&request.identifier)) {
        return encrypted_id_element(prefixes, *encrypted);
    }
    return fail(Errc::schema_violation, "BaseID is abstract and can't be written");
}

/// The innermost code first: each wraps the next.
std::string status_codes(const Prefixes& prefixes, const Status& status) {
    std::string inner;
    const auto wrap = [&](std::string_view value) {
        std::string code;
        open(code, prefixes.samlp, "StatusCode");
        attribute(code, "Value", value);
        code += '>' + inner;
        close(code, prefixes.samlp, "StatusCode");
        inner = std::move(code);
    };
    std::for_each(status.nested.rbegin(), status.nested.rend(), wrap);
    wrap(uri(status.code));
    return inner;
}

/// AllowCreate doesn't go with the format `transient` (Core 3.4.1.1, erratum E14).
void name_id_policy(std::string& out, const Prefixes& prefixes, const NameIDPolicy& policy) {
    open(out, prefixes.samlp, "NameIDPolicy");
    if (policy.allow_create && policy.format != vocabulary::format_transient) attribute(out, "AllowCreate", "true");
    optional_attribute(out, "Format", policy.format);
    optional_attribute(out, "SPNameQualifier", policy.sp_name_qualifier);
    out += '>';
    close(out, prefixes.samlp, "NameIDPolicy");
}

void requested_authn_context(std::string& out, const Prefixes& prefixes, const std::vector<std::string>& classes) {
    open(out, prefixes.samlp, "RequestedAuthnContext");
    attribute(out, "Comparison", "exact");
    out += '>';
    for (const std::string& reference : classes) {
        open_declared(out, prefixes.saml, "AuthnContextClassRef", vocabulary::saml);
        out += '>';
        xml::escape_text(out, reference);
        close(out, prefixes.saml, "AuthnContextClassRef");
    }
    close(out, prefixes.samlp, "RequestedAuthnContext");
}

Result<void> expect_valid(const AuthnRequest& request) {
    for (const std::string& reference : request.authn_context_classes) {
        if (auto ok = expect_uri(reference, "AuthnContextClassRef"); !ok) return ok;
    }
    if (!request.name_id_policy) return Done{};
    const auto& qualifier = request.name_id_policy->sp_name_qualifier;
    if (qualifier && !is_xml_value(*qualifier, max_name_id_bytes)) {
        return fail(Errc::name_id_malformed, "NameIDPolicy/@SPNameQualifier");
    }
    return expect_uri(request.name_id_policy->format, "NameIDPolicy/@Format");
}

}  // namespace

Prefixes prefixes_of(const LogoutRequest& request, NamespacePrefixes style) noexcept {
    Prefixes prefixes = prefixes_of(style);
    // The numbers are in the order of first use.
    if (style == NamespacePrefixes::numbered && request.asynchronous) {
        prefixes.aslo = "ns3";
        prefixes.xenc = "ns4";
        prefixes.xenc11 = "ns5";
    }
    return prefixes;
}

Prefixes prefixes_of(NamespacePrefixes style) noexcept {
    if (style == NamespacePrefixes::usual) return {};
    return {.samlp = "ns0", .saml = "ns1", .ds = "ns2", .aslo = "ns5", .xenc = "ns3", .xenc11 = "ns4"};
}

Result<std::string> write_name_id(const NameID& name_id, const Prefixes& prefixes) {
    if (auto ok = expect_uri(name_id.format, "NameID/@Format"); !ok) return ok.error();
    if (!is_well_formed(name_id)) return fail(Errc::name_id_malformed);
    std::string out;
    open_declared(out, prefixes.saml, "NameID", vocabulary::saml);
    optional_attribute(out, "Format", name_id.format);
    optional_attribute(out, "NameQualifier", name_id.name_qualifier);
    optional_attribute(out, "SPNameQualifier", name_id.sp_name_qualifier);
    optional_attribute(out, "SPProvidedID", name_id.sp_provided_id);
    out += '>';
    xml::escape_text(out, name_id.value);
    close(out, prefixes.saml, "NameID");
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

Result<UnsignedMessage> write_response(std::string_view element, const LogoutResponse& response,
                                       const Prefixes& prefixes) {
    for (const auto& [value, what] :
         {std::pair(&response.destination, "Destination"), {&response.consent, "Consent"}}) {
        if (auto ok = expect_uri(*value, what); !ok) return ok.error();
    }
    const bool nested_are_uris = std::all_of(response.status.nested.begin(), response.status.nested.end(),
                                             [](const std::string& code) { return is_absolute_uri(code); });
    if (!nested_are_uris) return fail(Errc::status_malformed);

    UnsignedMessage message;
    std::string& head = message.up_to_issuer;
    open_declared(head, prefixes.samlp, element, vocabulary::samlp);
    optional_attribute(head, "Consent", response.consent);
    optional_attribute(head, "Destination", response.destination);
    attribute(head, "ID", response.id.str());
    if (response.in_response_to) attribute(head, "InResponseTo", response.in_response_to->str());
    attribute(head, "IssueInstant", format_instant(response.issue_instant));
    attribute(head, "Version", to_string(response.version));
    head += '>';
    issuer(head, prefixes, response.issuer);

    std::string& tail = message.after_issuer;
    open(tail, prefixes.samlp, "Status");
    tail += '>';
    tail += status_codes(prefixes, response.status);
    if (response.status.message) text_element(tail, prefixes.samlp, "StatusMessage", *response.status.message);
    close(tail, prefixes.samlp, "Status");
    close(tail, prefixes.samlp, element);
    return message;
}

Result<UnsignedMessage> write_request(const LogoutRequest& request, const Prefixes& prefixes) {
    for (const auto& [value, what] :
         {std::pair(&request.destination, "Destination"), {&request.consent, "Consent"}, {&request.reason, "Reason"}}) {
        if (auto ok = expect_uri(*value, what); !ok) return ok.error();
    }
    const auto identifier = identifier_element(prefixes, request);
    if (!identifier) return identifier.error();

    UnsignedMessage message;
    std::string& head = message.up_to_issuer;
    open_declared(head, prefixes.samlp, "LogoutRequest", vocabulary::samlp);
    optional_attribute(head, "Consent", request.consent);
    optional_attribute(head, "Destination", request.destination);
    attribute(head, "ID", request.id.str());
    attribute(head, "IssueInstant", format_instant(request.issue_instant));
    if (request.not_on_or_after) attribute(head, "NotOnOrAfter", format_instant(*request.not_on_or_after));
    optional_attribute(head, "Reason", request.reason);
    attribute(head, "Version", to_string(request.version));
    head += '>';
    issuer(head, prefixes, request.issuer);

    std::string& tail = message.after_issuer;
    if (request.asynchronous) {
        open(tail, prefixes.samlp, "Extensions");
        tail += '>';
        open_declared(tail, prefixes.aslo, "Asynchronous", vocabulary::aslo);
        tail += '>';
        close(tail, prefixes.aslo, "Asynchronous");
        close(tail, prefixes.samlp, "Extensions");
    }
    tail += *identifier;
    for (const auto& index : request.session_indexes) {
        text_element(tail, prefixes.samlp, "SessionIndex", index.str());
    }
    close(tail, prefixes.samlp, "LogoutRequest");
    return message;
}

Result<UnsignedMessage> write_request(const AuthnRequest& request, const Prefixes& prefixes) {
    if (auto ok = expect_valid(request); !ok) return ok.error();
    UnsignedMessage message;
    std::string& head = message.up_to_issuer;
    open_declared(head, prefixes.samlp, "AuthnRequest", vocabulary::samlp);
    attribute(head, "AssertionConsumerServiceURL", request.assertion_consumer_service.str());
    if (const auto index = request.attribute_consuming_service) {
        attribute(head, "AttributeConsumingServiceIndex", std::to_string(*index));
    }
    attribute(head, "Destination", request.destination.str());
    if (request.force_authn) attribute(head, "ForceAuthn", "true");
    attribute(head, "ID", request.id.str());
    if (request.is_passive) attribute(head, "IsPassive", "true");
    attribute(head, "IssueInstant", format_instant(request.issue_instant));
    attribute(head, "ProtocolBinding", vocabulary::binding_post);
    attribute(head, "Version", to_string(Version{}));
    head += '>';
    issuer(head, prefixes, request.issuer);

    std::string& tail = message.after_issuer;
    if (request.name_id_policy) name_id_policy(tail, prefixes, *request.name_id_policy);
    if (!request.authn_context_classes.empty()) {
        requested_authn_context(tail, prefixes, request.authn_context_classes);
    }
    close(tail, prefixes.samlp, "AuthnRequest");
    return message;
}

}  // namespace slo::saml
