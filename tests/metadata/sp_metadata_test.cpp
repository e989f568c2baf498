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
            .assertion_consumers = {{saml::EndpointUrl::parse("https://sp.example.com/saml/acs").value(), 0}},
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
    sp.assertion_consumers = {{saml::EndpointUrl::parse("https://sp.example.com/saml/acs").value(), 3},
                              {saml::EndpointUrl::parse("https://www.example.com/acs?a=1&b=2").value(), 0}};
    sp.authn_requests = metadata::AuthnRequests::signed_always;
    sp.attribute_needs =
        metadata::AttributeConsumingService{.names = {{"en", "Example & Sons"}, {"de", "Beispiel"}},
                                            .attributes = {{.name = "urn:oid:0.9.2342.19200300.100.1.3",
                                                            .name_format = std::string(metadata::uri_name_format),
                                                            .friendly_name = "<mail>",
                                                            .need = metadata::RequestedAttribute::Need::required},
                                                           {.name = "group", .name_format = {}, .friendly_name = {}}}};
    sp.discovery_responses = {{saml::EndpointUrl::parse("https://sp.example.com/chosen?a=1&b=2").value(), 1},
                              {saml::EndpointUrl::parse("https://www.example.com/chosen").value(), 2}};
    sp.subject_id = metadata::SubjectIdNeed::pairwise_id;
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
    const auto entity = test::read_xml(written(minimal()));
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
    BOOST_TEST(consumer.attributes.at("isDefault") == "true");
}

BOOST_AUTO_TEST_CASE(lists_every_place_for_assertions_with_the_first_as_the_default,
                     *boost::unit_test::description("MD-19")) {
    const auto entity = test::read_xml(written(with_everything()));
    std::string consumers;
    for (const auto& child : entity.only(md, "SPSSODescriptor").children) {
        if (!child.is(md, "AssertionConsumerService")) continue;
        BOOST_TEST(child.attributes.at("Binding") == "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST");
        consumers += child.attributes.at("index") + " " + child.attributes.at("Location") +
                     (child.attributes.contains("isDefault") ? " default; " : "; ");
    }
    BOOST_TEST(consumers == "3 https://sp.example.com/saml/acs default; 0 https://www.example.com/acs?a=1&b=2; ");
    auto sp = with_everything();
    sp.assertion_consumers[1].index = 3;
    check_bad(sp, "two AssertionConsumerServices have one index");
    sp.assertion_consumers.clear();
    check_bad(sp, "no AssertionConsumerService");
}

BOOST_AUTO_TEST_CASE(promises_signed_requests_and_wants_signed_assertions_by_setting,
                     *boost::unit_test::description("MD-20")) {
    const auto flags = [](const metadata::SpMetadata& sp) {
        const auto entity = test::read_xml(written(sp));
        const auto& attributes = entity.only(md, "SPSSODescriptor").attributes;
        return std::pair(attributes.contains("AuthnRequestsSigned") ? attributes.at("AuthnRequestsSigned") : "",
                         attributes.contains("WantAssertionsSigned") ? attributes.at("WantAssertionsSigned") : "");
    };
    auto sp = minimal();
    BOOST_TEST((flags(sp) == std::pair<std::string, std::string>("", "true")));
    sp.authn_requests = metadata::AuthnRequests::signed_always;
    BOOST_TEST((flags(sp) == std::pair<std::string, std::string>("true", "true")));
    sp.wanted_assertions = metadata::WantedAssertions::as_the_idp_signs;
    BOOST_TEST((flags(sp) == std::pair<std::string, std::string>("true", "")));
}

BOOST_AUTO_TEST_CASE(asks_for_attributes_by_name_and_format, *boost::unit_test::description("MD-24")) {
    const auto entity = test::read_xml(written(with_everything()));
    const auto& service = entity.only(md, "SPSSODescriptor").only(md, "AttributeConsumingService");
    BOOST_TEST(service.count(md, "ServiceName") == 2U);
    BOOST_TEST(service.count(md, "RequestedAttribute") == 2U);
    const auto& first = service.children.at(2).attributes;
    BOOST_TEST(first.at("Name") == "urn:oid:0.9.2342.19200300.100.1.3");
    BOOST_TEST(first.at("NameFormat") == metadata::uri_name_format);
    BOOST_TEST(first.at("FriendlyName") == "<mail>");
    BOOST_TEST(first.at("isRequired") == "true");
    BOOST_TEST(service.children.at(3).attributes.size() == 1U);
    const auto broken = [](auto change, std::string_view words) {
        auto sp = with_everything();
        change(*sp.attribute_needs);
        check_bad(sp, words);
    };
    broken([](auto& needs) { needs.names.clear(); }, "a name of the service");
    broken([](auto& needs) { needs.attributes.clear(); }, "one attribute at least");
    broken([](auto& needs) { needs.names.front().language = "e n"; }, "its language is none");
    broken([](auto& needs) { needs.attributes.front().name = ""; }, "Name is no text");
    broken([](auto& needs) { needs.attributes.front().friendly_name = "a\nb"; }, "FriendlyName is no text");
    broken([](auto& needs) { needs.attributes.front().name_format = "uri"; }, "NameFormat is not an absolute URI");
    broken([](auto& needs) { needs.attributes.push_back(needs.attributes.front()); }, "requested twice");
}

BOOST_AUTO_TEST_CASE(says_where_a_discovery_service_may_send_a_browser, *boost::unit_test::description("DISCO-05")) {
    constexpr std::string_view idpdisc = "urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol";
    const auto entity = test::read_xml(written(with_everything()));
    const auto& extensions = entity.only(md, "SPSSODescriptor").only(md, "Extensions");
    BOOST_TEST(extensions.count(idpdisc, "DiscoveryResponse") == 2U);
    const auto* const first = extensions.find(idpdisc, "DiscoveryResponse");
    BOOST_TEST(first->attributes.at("Binding") == idpdisc);
    BOOST_TEST(first->attributes.at("Location") == "https://sp.example.com/chosen?a=1&b=2");
    BOOST_TEST(first->attributes.at("index") == "1");
    auto sp = with_everything();
    sp.display_names.clear();
    const auto verdict = test::validate_metadata(written(sp));
    BOOST_TEST(verdict.valid, verdict.complaint);
    sp.discovery_responses[1].index = 1;
    check_bad(sp, "two DiscoveryResponses have one index");
}

BOOST_AUTO_TEST_CASE(says_which_subject_identifier_it_needs, *boost::unit_test::description("MD-23")) {
    using metadata::SubjectIdNeed;
    constexpr std::string_view mdattr = "urn:oasis:names:tc:SAML:metadata:attribute";
    for (const auto& [need, value] : {std::pair{SubjectIdNeed::subject_id, "subject-id"},
                                      {SubjectIdNeed::pairwise_id, "pairwise-id"},
                                      {SubjectIdNeed::any, "any"},
                                      {SubjectIdNeed::none, "none"}}) {
        auto sp = minimal();
        sp.subject_id = need;
        const auto read = test::read(written(sp));
        BOOST_TEST_REQUIRE(read->attributes.size() == 1U);
        BOOST_TEST(read->attributes[0].name == "urn:oasis:names:tc:SAML:profiles:subject-id:req");
        BOOST_TEST(read->attributes[0].values.at(0) == value);
    }
    BOOST_TEST(test::read_xml(written(minimal())).only(md, "Extensions").count(mdattr, "EntityAttributes") == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_name_id_formats_in_the_given_order, *boost::unit_test::description("MD-22")) {
    const auto entity = test::read_xml(written(with_everything()));
    std::vector<std::string> formats;
    for (const auto& child : entity.only(md, "SPSSODescriptor").children) {
        if (child.is(md, "NameIDFormat")) formats.push_back(child.text);
    }
    BOOST_TEST(formats == with_everything().name_id_formats, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(publishes_each_key_with_its_use_in_the_given_order,
                     *boost::unit_test::description("erratum E62")) {
    const auto entity = test::read_xml(written(with_everything()));
    std::vector<std::string> keys;
    for (const auto& child : entity.only(md, "SPSSODescriptor").children) {
        if (!child.is(md, "KeyDescriptor")) continue;
        keys.push_back(child.attributes.at("use") + ' ' + child.find(test::ds_ns, "X509Certificate")->text);
        BOOST_TEST(child.count(md, "EncryptionMethod") == (child.attributes.at("use") == "encryption" ? 4U : 0U));
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
