#include "slo/metadata/sp_metadata.hpp"

#include <span>
#include <string_view>
#include <utility>

#include "reading.hpp"
#include "slo/metadata/entity_descriptor.hpp"

namespace slo::metadata {
namespace {

constexpr std::string_view http_post_binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

// Deployments keep to 256 characters (Kantara SDP-G04), so a longer entityID wouldn't be stored whole everywhere.
constexpr std::size_t max_entity_id_bytes = 256;

// What open_name_id() opens, the preferred one first: document order is preference.
constexpr std::string_view encryption_methods[] = {
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
};

Failure bad(std::string_view why) {
    return Failure{make_error_code(Errc::bad_sp_metadata), std::string(why)};
}

/// A signing certificate that no IdP of a sane policy could verify with would be found out at the first logout only.
Result<void> check_certificates(const SpMetadata& metadata) {
    if (metadata.signing.empty()) return bad("no signing certificate: no IdP could verify our answers");
    for (const saml::Certificate& certificate : metadata.signing) {
        const auto key = saml::VerificationKey::from(certificate);
        if (!key) return bad("a signing certificate's key is refused (" + key.error().code.message() + ")");
    }
    for (const saml::Certificate& certificate : metadata.encryption) {
        const auto key = saml::VerificationKey::from(certificate);
        if (!key || !key->fits(saml::SignatureAlgorithm::rsa_sha256)) {
            return bad("an encryption certificate without an RSA key of 2048 to 8192 bits: it could not wrap a key");
        }
    }
    return Done{};
}

Result<void> check(const SpMetadata& metadata) {
    if (metadata.entity_id.str().size() > max_entity_id_bytes) return bad("the entityID is longer than 256 bytes");
    for (const std::string& format : metadata.name_id_formats) {
        if (!saml::is_absolute_uri(format)) return bad("a NameIDFormat is not an absolute URI");
    }
    return check_certificates(metadata);
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
    out += ' ';
    out += name;
    out += "=\"";
    saml::xml::escape_attribute(out, value);
    out += '"';
}

void append_key_descriptor(std::string& out, std::string_view use, const saml::Certificate& certificate,
                           std::span<const std::string_view> methods) {
    out += "    <md:KeyDescriptor";
    append_attribute(out, "use", use);
    out += ">\n      <ds:KeyInfo><ds:X509Data><ds:X509Certificate>";
    out += certificate.base64();
    out += "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\n";
    for (const std::string_view method : methods) {
        out += "      <md:EncryptionMethod";
        append_attribute(out, "Algorithm", method);
        out += "/>\n";
    }
    out += "    </md:KeyDescriptor>\n";
}

void append_endpoint(std::string& out, std::string_view element, std::string_view binding,
                     const saml::EndpointUrl& location, std::string_view more = {}) {
    out += "    <md:";
    out += element;
    append_attribute(out, "Binding", binding);
    append_attribute(out, "Location", location.str());
    out += more;
    out += "/>\n";
}

/// In the schema's order: KeyDescriptor, SingleLogoutService, NameIDFormat, AssertionConsumerService.
void append_role(std::string& out, const SpMetadata& metadata) {
    out += "  <md:SPSSODescriptor WantAssertionsSigned=\"true\"";
    append_attribute(out, "protocolSupportEnumeration", saml2_protocol);
    out += ">\n";
    for (const auto& certificate : metadata.signing) append_key_descriptor(out, "signing", certificate, {});
    for (const auto& certificate : metadata.encryption) {
        append_key_descriptor(out, "encryption", certificate, encryption_methods);
    }
    append_endpoint(out, "SingleLogoutService", soap_binding, metadata.single_logout_soap);
    for (const std::string& format : metadata.name_id_formats) {
        out += "    <md:NameIDFormat>";
        saml::xml::escape_text(out, format);
        out += "</md:NameIDFormat>\n";
    }
    append_endpoint(out, "AssertionConsumerService", http_post_binding, metadata.assertion_consumer_post,
                    " index=\"0\" isDefault=\"true\"");
    out += "  </md:SPSSODescriptor>\n";
}

}  // namespace

Result<std::string> write_sp_metadata(const SpMetadata& metadata) {
    auto checked = check(metadata);
    if (!checked) return std::move(checked).error();
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<md:EntityDescriptor";
    append_attribute(out, "xmlns:md", md_namespace);
    append_attribute(out, "xmlns:ds", ds_namespace);
    append_attribute(out, "entityID", metadata.entity_id.str());
    if (metadata.valid_until) append_attribute(out, "validUntil", saml::format_instant(*metadata.valid_until));
    out += ">\n";
    append_role(out, metadata);
    out += "</md:EntityDescriptor>\n";
    return out;
}

}  // namespace slo::metadata
