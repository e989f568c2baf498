#include "aggregate.hpp"

#include <cstdlib>
#include <fstream>

#include "slo/saml/signed_stream.hpp"
#include "store_load.hpp"

namespace slo::bench {
namespace {

/// A certificate of its own for each IdP: P-256, because RSA keys for thousands would take minutes to make.
std::string make_certificate(Instant now) {
    const auto generated =
        must(saml::generate_key(saml::KeyKind::ec_p256, "idp.example.org", now, std::chrono::days(3650)));
    return must(saml::Certificate::parse(generated.certificate_pem)).base64();
}

std::string key_descriptor(std::string_view use, const std::string& certificate) {
    std::string text = "<md:KeyDescriptor use=\"";
    text += use;
    text += R"("><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>)"
            "\n";
    for (std::size_t i = 0; i < certificate.size(); i += 64) text += certificate.substr(i, 64) + "\n";
    return text + "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\n";
}

std::string service(std::string_view element, std::string_view binding, const std::string& location,
                    std::string_view more = {}) {
    std::string text = "<md:";
    text += element;
    text += " Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:";
    text += binding;
    text += "\" Location=\"" + location + "\"";
    text += more;
    return text + "/>\n";
}

std::string extensions(std::size_t number, std::size_t padding) {
    std::string text = R"(<md:Extensions><mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui">)";
    for (const char* const language : {"en", "de", "fr"}) {
        text += "<mdui:DisplayName xml:lang=\"" + std::string(language) + "\">University No. " +
                std::to_string(number) + " &amp; Sons</mdui:DisplayName>\n";
    }
    text += "<mdui:Logo height=\"16\" width=\"16\">data:image/png;base64," + std::string(padding, 'A') +
            "</mdui:Logo></mdui:UIInfo></md:Extensions>\n";
    return text;
}

bool is_idp(std::size_t number) {
    return number % 10 < 4;
}

std::string role(std::size_t number, const std::string& host, const std::string& certificate, std::size_t padding) {
    std::string text = is_idp(number) ? "<md:IDPSSODescriptor" : "<md:SPSSODescriptor";
    text += " protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\n";
    text += extensions(number, padding) + key_descriptor("signing", certificate) +
            key_descriptor("encryption", certificate);
    text += service("SingleLogoutService", "SOAP", host + "/slo/soap");
    text += service("SingleLogoutService", "HTTP-Redirect", host + "/slo/redirect");
    text += "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>\n";
    text += is_idp(number) ? service("SingleSignOnService", "HTTP-Redirect", host + "/sso") + "</md:IDPSSODescriptor>\n"
                           : service("AssertionConsumerService", "HTTP-POST", host + "/acs", " index=\"0\"") +
                                 "</md:SPSSODescriptor>\n";
    return text;
}

std::string entity_id(std::size_t number) {
    return "https://entity" + std::to_string(number) + ".example.org/metadata";
}

std::string entity(std::size_t number, const std::string& certificate, std::size_t octets) {
    const auto write = [&](std::size_t padding) {
        return "<md:EntityDescriptor entityID=\"" + entity_id(number) + "\">\n" +
               R"(<md:Extensions><mdrpi:RegistrationInfo xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" )"
               R"(registrationAuthority="https://federation.example.org"/></md:Extensions>)"
               "\n" +
               role(number, "https://entity" + std::to_string(number) + ".example.org", certificate, padding) +
               "</md:EntityDescriptor>\n";
    };
    const std::size_t bare = write(0).size();
    return write(octets > bare ? octets - bare : 0);
}

}  // namespace

std::string idp_entity_id(std::size_t number) {
    return entity_id(number / 4 * 10 + number % 4);
}

std::string aggregate(std::size_t entities, std::size_t octets_each, Instant now) {
    std::string certificate;
    std::string text = R"(<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_federation" )"
                       R"(Name="https://federation.example.org" validUntil=")" +
                       saml::format_instant(now + std::chrono::days(10)) + "\">\n";
    text.reserve(entities * (octets_each + 64));
    for (std::size_t i = 0; i < entities; ++i) {
        if (is_idp(i)) certificate = make_certificate(now);
        text += entity(i, certificate, octets_each);
    }
    return text + "</md:EntitiesDescriptor>\n";
}

Federation make_federation(Instant now) {
    const auto generated =
        must(saml::generate_key(saml::KeyKind::rsa_3072, "federation.example.org", now, std::chrono::days(3650)));
    return {must(saml::SigningKey::parse(generated.private_key_pem, generated.certificate_pem)),
            generated.certificate_pem};
}

void write_signed_aggregate(const std::filesystem::path& file, std::size_t entities, std::size_t octets_each,
                            const Federation& federation, Instant now) {
    const std::string text = must(saml::sign_document(federation.key, aggregate(entities, octets_each, now)));
    std::ofstream out(file, std::ios::binary);
    if (!out.write(text.data(), static_cast<std::streamsize>(text.size()))) std::abort();
}

}  // namespace slo::bench
