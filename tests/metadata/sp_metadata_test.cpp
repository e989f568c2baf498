#include "slo/metadata/sp_metadata.hpp"

#include <boost/test/unit_test.hpp>

#include "fixtures.hpp"
#include "logout_request_text.hpp"
#include "metadata_text.hpp"
#include "other_readers.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "xml_reading.hpp"

namespace {

using namespace slo;

constexpr std::string_view md = "urn:oasis:names:tc:SAML:2.0:metadata";

saml::Certificate certificate(std::string_view file) {
    return saml::Certificate::parse(test::fixture(file)).value();
}

metadata::SpMetadata minimal() {
    return {.entity_id = saml::EntityID::parse("https://sp.example.com/saml/metadata").value(),
            .single_logout_soap = saml::EndpointUrl::parse("https://sp.example.com/saml/slo/soap").value(),
            .assertion_consumer_post = saml::EndpointUrl::parse("https://sp.example.com/saml/acs").value(),
            .signing = {certificate("sp/sp.crt.pem")},
            .encryption = {},
            .name_id_formats = {},
            .valid_until = {}};
}

metadata::SpMetadata with_everything() {
    auto sp = minimal();
    sp.signing.push_back(certificate("keys/sp-p256.crt.pem"));
    sp.encryption = {certificate("sp/sp.crt.pem"), certificate("keys/sp-old.crt.pem")};
    sp.name_id_formats = {"urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
                          "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"};
    sp.valid_until = saml::parse_instant("2030-02-01T00:00:00Z").value();
    sp.cache_duration = std::chrono::hours(6);
    sp.id = saml::MessageID::parse("_an-id").value();
    sp.display_names = {{"en", "Example & Sons"}, {"de-CH", "Beispiel \xc3\xbc"}};
    sp.organization = metadata::Organization{.names = {{"en", "Example Ltd"}, {"de", "Beispiel GmbH"}},
                                             .display_names = {{"en", "Example"}},
                                             .urls = {{"en", "https://www.example.com/?a=1&b=2"}}};
    sp.contacts = {{.type = metadata::ContactType::technical,
                    .company = "Example Ltd",
                    .given_name = "Ann",
                    .sur_name = "<Admin>",
                    .email_addresses = {"saml@example.com", "ann@example.com"}},
                   {.type = metadata::ContactType::support,
                    .company = {},
                    .given_name = {},
                    .sur_name = {},
                    .email_addresses = {}}};
    return sp;
}

std::string written(const metadata::SpMetadata& sp) {
    return metadata::write_sp_metadata(sp).value();
}

void check_bad(const metadata::SpMetadata& sp, std::string_view words) {
    const auto document = metadata::write_sp_metadata(sp);
    BOOST_TEST_REQUIRE(!document.has_value());
    BOOST_TEST(document.error().code == metadata::Errc::bad_sp_metadata);
    BOOST_TEST_INFO(document.error().detail);
    BOOST_TEST((document.error().detail.find(words) != std::string::npos));
}

BOOST_AUTO_TEST_SUITE(write_sp_metadata)

BOOST_AUTO_TEST_CASE(is_valid_under_the_official_schema) {
    for (const auto& sp : {minimal(), with_everything()}) {
        const auto verdict = test::validate_metadata(written(sp));
        BOOST_TEST(verdict.valid, verdict.complaint);
    }
    const auto broken = test::replaced(written(minimal()), "<md:AssertionConsumerService", "<md:Unknown");
    BOOST_TEST(!test::validate_metadata(broken).valid);
}

BOOST_AUTO_TEST_CASE(is_accepted_by_lasso_with_the_soap_endpoint_in_it) {
    for (const auto& sp : {minimal(), with_everything()}) {
        const auto verdict = test::read_with_lasso(written(sp));
        BOOST_TEST(verdict.accepted);
        BOOST_TEST(verdict.entity_id == "https://sp.example.com/saml/metadata");
        BOOST_TEST(verdict.single_logout_soap == "https://sp.example.com/saml/slo/soap");
    }
    const auto not_an_sp = test::replaced(test::replaced(written(minimal()), "<md:SPSSODescriptor", "<md:Unknown"),
                                          "</md:SPSSODescriptor", "</md:Unknown");
    BOOST_TEST(!test::read_with_lasso(not_an_sp).accepted);
}

BOOST_AUTO_TEST_CASE(is_read_by_our_own_parser_as_an_entity_without_idp_role) {
    const auto descriptor = test::read(written(with_everything()));
    BOOST_TEST_REQUIRE(descriptor.has_value());
    BOOST_TEST(descriptor->entity_id.str() == "https://sp.example.com/saml/metadata");
    BOOST_TEST(saml::format_instant(descriptor->valid_until.value()) == "2030-02-01T00:00:00Z");
    BOOST_TEST(!descriptor->idp.has_value());
}

BOOST_AUTO_TEST_CASE(offers_one_logout_service_by_soap_and_nothing_else) {
    const auto entity = test::read_xml(written(with_everything()));
    const auto& role = entity.only(md, "SPSSODescriptor");
    BOOST_TEST(role.attributes.at("protocolSupportEnumeration") == "urn:oasis:names:tc:SAML:2.0:protocol");
    BOOST_TEST(!role.attributes.contains("AuthnRequestsSigned"));
    BOOST_TEST(role.attributes.at("WantAssertionsSigned") == "true");
    const auto& service = role.only(md, "SingleLogoutService");
    BOOST_TEST(service.attributes.at("Binding") == metadata::soap_binding);
    BOOST_TEST(service.attributes.at("Location") == "https://sp.example.com/saml/slo/soap");
    BOOST_TEST(service.attributes.size() == 2U);  // erratum E41: a SOAP endpoint has no ResponseLocation
    const auto& consumer = role.only(md, "AssertionConsumerService");
    BOOST_TEST(consumer.attributes.at("Location") == "https://sp.example.com/saml/acs");
    BOOST_TEST(consumer.attributes.at("index") == "0");
}

BOOST_AUTO_TEST_CASE(publishes_each_key_with_its_use_in_the_given_order,
                     *boost::unit_test::description("erratum E62")) {
    const auto entity = test::read_xml(written(with_everything()));
    std::vector<std::string> keys;
    for (const auto& child : entity.only(md, "SPSSODescriptor").children) {
        if (!child.is(md, "KeyDescriptor")) continue;
        keys.push_back(child.attributes.at("use") + ' ' + child.find(test::ds_ns, "X509Certificate")->text);
        BOOST_TEST(child.count(md, "EncryptionMethod") == (child.attributes.at("use") == "encryption" ? 3U : 0U));
    }
    const std::vector<std::string> expected{"signing " + test::certificate_base64("sp/sp.crt.pem"),
                                            "signing " + test::certificate_base64("keys/sp-p256.crt.pem"),
                                            "encryption " + test::certificate_base64("sp/sp.crt.pem"),
                                            "encryption " + test::certificate_base64("keys/sp-old.crt.pem")};
    BOOST_TEST(keys == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(says_nothing_about_encryption_or_validity_that_was_not_given) {
    const auto entity = test::read_xml(written(minimal()));
    BOOST_TEST(entity.attributes.count("validUntil") == 0U);
    BOOST_TEST(entity.only(md, "SPSSODescriptor").count(md, "KeyDescriptor") == 1U);
    BOOST_TEST(entity.only(md, "SPSSODescriptor").count(md, "NameIDFormat") == 0U);
}

BOOST_AUTO_TEST_CASE(escapes_characters_with_a_meaning_in_markup) {
    auto sp = minimal();
    sp.entity_id = saml::EntityID::parse("https://sp.example.com/?a=1&b='2'").value();
    sp.name_id_formats = {"urn:example:a&b"};
    const auto document = written(sp);
    const auto verdict = test::validate_metadata(document);
    BOOST_TEST(verdict.valid, verdict.complaint);
    const auto entity = test::read_xml(document);
    BOOST_TEST(entity.attributes.at("entityID") == "https://sp.example.com/?a=1&b='2'");
    BOOST_TEST(entity.find(md, "NameIDFormat")->text == "urn:example:a&b");
}

BOOST_AUTO_TEST_CASE(refuses_keys_that_no_idp_could_use) {
    auto keyless = minimal();
    keyless.signing.clear();
    check_bad(keyless, "no signing certificate");
    auto weak = minimal();
    weak.signing.push_back(certificate("keys/weak-rsa1024.crt.pem"));
    check_bad(weak, "a signing certificate's key is refused (key.not_allowed)");
    auto elliptic = minimal();
    elliptic.encryption = {certificate("keys/sp-p256.crt.pem")};
    check_bad(elliptic, "an encryption certificate without an RSA key");
    auto weak_encryption = minimal();
    weak_encryption.encryption = {certificate("keys/weak-rsa1024.crt.pem")};
    check_bad(weak_encryption, "an encryption certificate without an RSA key");
}

BOOST_AUTO_TEST_CASE(refuses_an_entity_id_that_deployments_cut, *boost::unit_test::description("Kantara SDP-G04")) {
    const std::string start = "https://sp.example.com/";
    auto sp = minimal();
    sp.entity_id = saml::EntityID::parse(start + std::string(256 - start.size(), 'a')).value();
    BOOST_TEST(metadata::write_sp_metadata(sp).has_value());
    sp.entity_id = saml::EntityID::parse(start + std::string(257 - start.size(), 'a')).value();
    check_bad(sp, "longer than 256 bytes");
}

BOOST_AUTO_TEST_CASE(refuses_a_name_id_format_that_is_no_uri) {
    auto sp = minimal();
    sp.name_id_formats = {"transient"};
    check_bad(sp, "NameIDFormat");
}

BOOST_AUTO_TEST_CASE(says_which_algorithms_we_accept_and_none_that_we_refuse,
                     *boost::unit_test::description("ALG-01, ALG-04")) {
    constexpr std::string_view alg = "urn:oasis:names:tc:SAML:metadata:algsupport";
    const auto entity = test::read_xml(written(minimal()));
    const auto& extensions = entity.only(md, "Extensions");
    BOOST_TEST(extensions.count(alg, "DigestMethod") == 3U);
    BOOST_TEST(extensions.count(alg, "SigningMethod") == 6U);
    const saml::AlgorithmPolicy policy;
    for (const auto& method : extensions.children) {
        const std::string& uri = method.attributes.at("Algorithm");
        if (method.is(alg, "DigestMethod")) {
            BOOST_TEST(policy.allows(saml::digest_algorithm(uri).value()), uri);
        } else {
            BOOST_TEST(policy.allows(saml::signature_algorithm(uri).value()), uri);
            const bool is_rsa = uri.find("#rsa-") != std::string::npos;
            BOOST_TEST(method.attributes.at("MinKeySize") == (is_rsa ? "2048" : "256"));
            BOOST_TEST(method.attributes.at("MaxKeySize") == (is_rsa ? "8192" : "521"));
        }
    }
}

BOOST_AUTO_TEST_CASE(names_our_organization_and_contacts) {
    const auto entity = test::read_xml(written(with_everything()));
    BOOST_TEST(entity.attributes.at("cacheDuration") == "PT21600S");
    BOOST_TEST(entity.attributes.at("ID") == "_an-id");
    const auto& organization = entity.only(md, "Organization");
    BOOST_TEST(organization.count(md, "OrganizationName") == 2U);
    BOOST_TEST(organization.find(md, "OrganizationURL")->text == "https://www.example.com/?a=1&b=2");
    BOOST_TEST(entity.count(md, "ContactPerson") == 2U);
    const auto& contact = *entity.find(md, "ContactPerson");
    BOOST_TEST(contact.attributes.at("contactType") == "technical");
    BOOST_TEST(contact.find(md, "SurName")->text == "<Admin>");
    BOOST_TEST(contact.find(md, "EmailAddress")->text == "mailto:saml@example.com");
    const auto* const name = entity.find("urn:oasis:names:tc:SAML:metadata:ui", "DisplayName");
    BOOST_REQUIRE(name != nullptr);
    BOOST_TEST(name->text == "Example & Sons");
}

BOOST_AUTO_TEST_CASE(refuses_unreadable_texts) {
    auto sp = with_everything();
    sp.organization->urls.clear();
    check_bad(sp, "an organization needs a name, a display name and a URL");
    sp = with_everything();
    sp.organization->urls.front().text = "www.example.com";
    check_bad(sp, "URL is no absolute URI");
    for (const char* language : {"", "e n", "9", "abcdefghi", "en-", "-en", "en--us"}) {
        sp = with_everything();
        sp.display_names.front().language = language;
        check_bad(sp, "its language is none");
    }
    sp = with_everything();
    sp.display_names.front().text = "a\nb";
    check_bad(sp, "display name");
    for (const char* mail :
         {"", "saml", "@example.com", "saml@", "a@b@c", "mailto:saml@example.com", "a b@example.com"}) {
        sp = with_everything();
        sp.contacts.front().email_addresses = {mail};
        check_bad(sp, "e-mail address");
    }
    sp = with_everything();
    sp.cache_duration = std::chrono::seconds(0);
    check_bad(sp, "cacheDuration");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
