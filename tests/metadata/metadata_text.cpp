#include "metadata_text.hpp"

#include <stdexcept>

#include "fixtures.hpp"

namespace slo::test {

std::string x509_data(std::string_view certificate_file) {
    return "<ds:X509Data><ds:X509Certificate>" + certificate_base64(certificate_file) +
           "</ds:X509Certificate></ds:X509Data>";
}

std::string key_descriptor(std::string_view attributes, std::string_view key_info) {
    return "<md:KeyDescriptor " + std::string(attributes) + "><ds:KeyInfo>" + std::string(key_info) +
           "</ds:KeyInfo></md:KeyDescriptor>\n";
}

std::string signing_key(std::string_view certificate_file) {
    return key_descriptor(R"(use="signing")", x509_data(certificate_file));
}

std::string IdpMetadataText::role() const {
    return "<md:IDPSSODescriptor " + role_attributes + ">\n" + keys + services + "\n</md:IDPSSODescriptor>\n";
}

std::string IdpMetadataText::xml() const {
    return R"(<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" )"
           R"(xmlns:ds="http://www.w3.org/2000/09/xmldsig#" )" +
           entity_attributes + ">\n" + before_role + role() + after_role + "</md:EntityDescriptor>\n";
}

std::string entities(std::string_view content, std::string_view attributes) {
    return R"(<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" )" + std::string(attributes) +
           ">\n" + std::string(content) + "</md:EntitiesDescriptor>\n";
}

Instant reading_time() {
    return saml::parse_instant("2030-01-15T10:00:00Z").value();
}

Result<metadata::EntityDescriptor> read(std::string_view document) {
    return metadata::parse_entity_descriptor(document, reading_time(), skew);
}

metadata::IdpRole role_of(std::string_view document) {
    auto descriptor = read(document);
    if (!descriptor) {
        throw std::runtime_error(descriptor.error().code.message() + ": " + descriptor.error().detail);
    }
    if (!descriptor->idp) throw std::runtime_error("no IdP role was found");
    return *std::move(descriptor->idp);
}

IdpMetadataText idp_text(int number) {
    IdpMetadataText text;
    text.entity_attributes = "entityID=\"https://idp" + std::to_string(number) + ".example.org/metadata\"";
    return text;
}

metadata::MetadataRules local_rules() {
    return {.trust = metadata::TrustedPlace{}};
}

metadata::MetadataRules federation_rules() {
    auto key = saml::VerificationKey::from(saml::Certificate::parse(fixture("keys/idp2.crt.pem")).value()).value();
    return {.trust = metadata::SignedBy{.keys = {std::move(key)}, .algorithms = {}}};
}

std::string signed_by_federation(std::string_view document) {
    static const auto key = saml::SigningKey::parse(fixture("keys/idp2.key.pem"), fixture("keys/idp2.crt.pem")).value();
    return saml::sign_document(key, document).value();
}

Result<metadata::MetadataDocument> read_document(std::string_view document, const metadata::MetadataRules& rules) {
    return metadata::read_metadata(saml::source_of(document), rules, reading_time());
}

void check_document_refused(std::string_view document, std::error_code expected, const metadata::MetadataRules& rules) {
    const auto read = read_document(document, rules);
    BOOST_TEST_REQUIRE(!read.has_value());
    BOOST_TEST(read.error().code == expected, read.error().code.message() << ", not " << expected.message());
    BOOST_TEST((read.error().detail.find(canary) == std::string::npos));
}

void check_refused(std::string_view document, std::error_code expected, std::string_view words) {
    const auto descriptor = read(document);
    BOOST_TEST_REQUIRE(!descriptor.has_value());
    BOOST_TEST(descriptor.error().code == expected);
    BOOST_TEST_INFO(descriptor.error().detail);
    BOOST_TEST((descriptor.error().detail.find(words) != std::string::npos));
    BOOST_TEST((descriptor.error().detail.find(canary) == std::string::npos));
}

}  // namespace slo::test
