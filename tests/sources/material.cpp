#include "material.hpp"

#include <openssl/evp.h>

#include <stdexcept>

namespace slo::sources {
namespace {

template <class T>
T taken(Result<T> result) {
    if (!result) throw std::logic_error(result.error().code.message() + ": " + result.error().detail);
    return *std::move(result);
}

saml::GeneratedKey fresh_key() {
    return taken(saml::generate_key(saml::KeyKind::ec_p256, "lane", beginning(), std::chrono::days(3650)));
}

std::string key_text(const std::string& certificate) {
    return R"(<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>)"
           "<ds:X509Certificate>" +
           certificate + "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>";
}

std::string entity_text(const Material& material, const DocumentText& document, std::size_t entity,
                        const std::string& attributes, const std::string& extensions) {
    std::string keys;
    for (const std::size_t number : document.content.at(entity)) {
        keys += key_text(material.certificate({document.server, entity, number}));
    }
    return R"(<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID=")" +
           entity_id(document.server / 2, entity).str() + "\"" + attributes + ">" + extensions +
           R"(<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">)" + keys +
           R"(<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" )"
           R"(Location="https://idp.example.org/slo"/>)"
           R"(<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" )"
           R"(Location="https://idp.example.org/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>)";
}

}  // namespace

Instant beginning() {
    static const Instant start = taken(saml::parse_instant("2030-01-15T10:00:00Z"));
    return start;
}

Material::Material() {
    for (std::size_t i = 0; i <= server_count * generation_count; ++i) {
        const auto key = fresh_key();
        signers_.push_back(taken(saml::SigningKey::parse(key.private_key_pem, key.certificate_pem)));
    }
    for (std::size_t server = 0; server < server_count; ++server) {
        for (std::size_t entity = 0; entity < entity_count; ++entity) {
            for (std::size_t number = 0; number < key_count; ++number) {
                const KeyName name{server, entity, number};
                const auto certificate = taken(saml::Certificate::parse(fresh_key().certificate_pem));
                certificates_[name] = certificate.base64();
                owners_[taken(saml::VerificationKey::from(certificate)).fingerprint()] = name;
            }
        }
    }
}

std::optional<KeyName> Material::owner(const std::string& fingerprint) const {
    const auto found = owners_.find(fingerprint);
    if (found == owners_.end()) return std::nullopt;
    return found->second;
}

saml::EntityID entity_id(std::size_t source, std::size_t entity) {
    const std::string host = entity == 0 ? "everywhere" : "source" + std::to_string(source);
    return taken(saml::EntityID::parse("https://" + host + ".example.org/e" + std::to_string(entity)));
}

std::string sha256(std::string_view octets) {
    std::array<unsigned char, 32> digest{};
    std::size_t size = digest.size();
    if (EVP_Q_digest(nullptr, "SHA256", nullptr, octets.data(), octets.size(), digest.data(), &size) != 1)
        throw std::runtime_error("no SHA-256");
    std::string text;
    for (const unsigned char octet : digest) {
        text += "0123456789abcdef"[octet >> 4U];
        text += "0123456789abcdef"[octet & 0xFU];
    }
    return text;
}

std::string text_of(const Material& material, const DocumentText& document) {
    const std::string attributes = R"( ID="d" validUntil=")" + saml::format_instant(document.valid_until) + "\"";
    std::string extensions;
    if (document.published) {
        extensions = R"(<md:Extensions><mdrpi:PublicationInfo xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" )"
                     R"(publisher="https://publisher.example.org" creationInstant=")" +
                     saml::format_instant(*document.published) + "\"/></md:Extensions>";
    }
    if (document.alone) return entity_text(material, document, *document.alone, attributes, extensions);
    std::string text =
        R"(<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata")" + attributes + ">" + extensions;
    for (std::size_t entity = 0; entity < entity_count; ++entity) {
        if (!document.content.at(entity).empty()) text += entity_text(material, document, entity, "", "");
    }
    return text + "</md:EntitiesDescriptor>";
}

}  // namespace slo::sources
