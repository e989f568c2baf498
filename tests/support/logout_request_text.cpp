#include "logout_request_text.hpp"

#include <stdexcept>

#include "xmlsec1.hpp"

namespace slo::test {
namespace {

std::string attribute(std::string_view name, const std::optional<std::string>& value) {
    if (!value) return {};
    return " " + std::string(name) + "=\"" + *value + "\"";
}

std::string algorithm_element(std::string_view name, std::string_view uri) {
    return "<ds:" + std::string(name) + " Algorithm=\"" + std::string(uri) + "\"/>";
}

std::string message(const LogoutRequestText& request, std::string_view signature) {
    std::string xml = "<" + request.element;
    xml += R"( xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol")";
    xml += R"( xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion")";
    xml += attribute("ID", request.id) + attribute("Version", request.version);
    xml += attribute("IssueInstant", request.issue_instant) + attribute("Destination", request.destination);
    xml += attribute("NotOnOrAfter", request.not_on_or_after) + attribute("Consent", request.consent);
    xml += attribute("Reason", request.reason) + request.more_attributes + ">";
    xml += request.issuer;
    xml += signature;
    xml += request.extensions + request.identifier;
    for (const auto& index : request.session_indexes) {
        xml += "<samlp:SessionIndex>" + index + "</samlp:SessionIndex>";
    }
    return xml + request.tail + "</" + request.element + ">";
}

}  // namespace

std::string SignatureText::xml(std::string_view message_id) const {
    const auto chain = transforms.empty() ? algorithm_element("Transform", enveloped_signature) +
                                                algorithm_element("Transform", exclusive_c14n)
                                          : transforms;
    const auto uri = reference_uri.value_or("#" + std::string(message_id));
    return R"(<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>)" +
           algorithm_element("CanonicalizationMethod", canonicalization) +
           algorithm_element("SignatureMethod", algorithm) + "<ds:Reference URI=\"" + uri + "\"><ds:Transforms>" +
           chain + "</ds:Transforms>" + algorithm_element("DigestMethod", digest) +
           "<ds:DigestValue></ds:DigestValue></ds:Reference>" + more_references +
           "</ds:SignedInfo><ds:SignatureValue></ds:SignatureValue>" + key_info + object + "</ds:Signature>";
}

std::string LogoutRequestText::to_sign() const {
    return message(*this, signature.xml(id.value_or("")));
}

std::string LogoutRequestText::unsigned_xml() const {
    return message(*this, {});
}

std::string LogoutRequestText::signed_xml(std::string_view key) const {
    return sign_xml(to_sign(), key);
}

std::string EncryptedText::encrypted_data() const {
    const auto xenc_template =
        R"(<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#")"
        R"( Type="http://www.w3.org/2001/04/xmlenc#Element")"
        R"(><xenc:EncryptionMethod Algorithm=")" +
        content_algorithm + R"("/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey)" +
        recipient + ">" + key_transport +
        "<xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>" +
        "<xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>";
    return encrypt_xml(plaintext, xenc_template, certificate, session_key);
}

std::string EncryptedText::xml() const {
    return "<saml:EncryptedID>" + encrypted_data() + "</saml:EncryptedID>";
}

std::string envelope(std::string_view body_content, std::string_view header) {
    return R"(<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">)" + std::string(header) +
           "<soap:Body>" + std::string(body_content) + "</soap:Body></soap:Envelope>";
}

std::string soap(const LogoutRequestText& request, std::string_view key) {
    return envelope(request.signed_xml(key));
}

std::string unsigned_soap(const LogoutRequestText& request) {
    return envelope(request.unsigned_xml());
}

std::string transient_name_id(std::string_view markup) {
    return R"(<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">)" + std::string(markup) +
           "</saml:NameID>";
}

std::string issuer_of(std::string_view entity_id) {
    return "<saml:Issuer>" + std::string(entity_id) + "</saml:Issuer>";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::logic_error("nothing to replace: " + std::string(from));
    return text.replace(at, from.size(), to);
}

}  // namespace slo::test
