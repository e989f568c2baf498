// One document per rule that parse_entity_descriptor enforces, broken in exactly that rule.
#include <boost/test/unit_test.hpp>

#include "metadata_text.hpp"
#include "slo/saml/error.hpp"

namespace {

using namespace slo;
using metadata::Errc;
using test::check_refused;
using test::IdpMetadataText;

IdpMetadataText with_service(std::string_view attributes) {
    IdpMetadataText text;
    text.services = "<md:SingleLogoutService " + std::string(attributes) + "/>";
    return text;
}

std::string soap_at(std::string_view location) {
    return R"(Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location=")" + std::string(location) + "\"";
}

BOOST_AUTO_TEST_SUITE(refused_metadata)

BOOST_AUTO_TEST_CASE(is_not_xml) {
    check_refused("", make_error_code(saml::Errc::xml_malformed));
    check_refused("canary", make_error_code(saml::Errc::xml_malformed));
}

BOOST_AUTO_TEST_CASE(has_a_doctype_a_processing_instruction_or_another_encoding,
                     *boost::unit_test::description("the protocol messages' own parser reads it")) {
    const auto good = IdpMetadataText{}.xml();
    check_refused("<!DOCTYPE canary>" + good, make_error_code(saml::Errc::xml_doctype));
    check_refused("<?canary?>" + good, make_error_code(saml::Errc::xml_processing_instruction));
    check_refused("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + good, make_error_code(saml::Errc::xml_encoding));
}

BOOST_AUTO_TEST_CASE(is_larger_than_a_mebibyte) {
    IdpMetadataText text;
    text.before_role = "<md:Extensions>" + std::string(1024 * 1024, ' ') + "</md:Extensions>";
    check_refused(text.xml(), make_error_code(saml::Errc::message_too_large));
}

BOOST_AUTO_TEST_CASE(has_another_root) {
    check_refused("<html><canary/></html>", Errc::not_metadata, "the root");
    check_refused("<EntityDescriptor/>", Errc::not_metadata, "the root");
    check_refused("<md:EntityDescriptor xmlns:md='urn:canary'/>", Errc::not_metadata, "the root");
    check_refused("<x>" + IdpMetadataText{}.xml() + "</x>", Errc::not_metadata, "the root");
}

BOOST_AUTO_TEST_CASE(holds_no_entity_or_more_than_one) {
    const auto one = IdpMetadataText{}.xml();
    check_refused(test::entities(""), Errc::not_metadata, "EntitiesDescriptor, line 1: it holds 0 entities");
    check_refused(test::entities(one + one), Errc::not_metadata, "it holds 2 entities");
    check_refused(test::entities(one + test::entities(one)), Errc::not_metadata, "it holds 2 entities");
    check_refused(test::entities("<md:Extensions>" + one + "</md:Extensions>"), Errc::not_metadata, "it holds 0");
}

BOOST_AUTO_TEST_CASE(has_a_bad_entity_id) {
    IdpMetadataText text;
    text.entity_attributes.clear();
    check_refused(text.xml(), Errc::schema_violation, "EntityDescriptor, line 1: no entityID");
    for (const std::string& value :
         {std::string(), std::string(" "), std::string("canary"), "https://canary.example/" + std::string(1024, 'a')}) {
        text.entity_attributes = "entityID=\"" + value + "\"";
        check_refused(text.xml(), Errc::entity_id_malformed, "EntityDescriptor, line 1: entityID");
    }
}

BOOST_AUTO_TEST_CASE(accepts_the_longest_entity_id) {
    IdpMetadataText text;
    const std::string start = "https://idp1.example.org/";
    text.entity_attributes = "entityID=\"" + start + std::string(1024 - start.size(), 'a') + "\"";
    BOOST_TEST(test::read(text.xml()).has_value());
}

BOOST_AUTO_TEST_CASE(has_text_where_elements_belong) {
    IdpMetadataText in_entity;
    in_entity.before_role = "canary";
    check_refused(in_entity.xml(), Errc::schema_violation, "EntityDescriptor, line 1: text");
    IdpMetadataText in_role;
    in_role.services += "canary";
    check_refused(in_role.xml(), Errc::schema_violation, "IDPSSODescriptor, line 2: text");
    IdpMetadataText in_key;
    in_key.keys = "<md:KeyDescriptor>canary<ds:KeyInfo/></md:KeyDescriptor>";
    check_refused(in_key.xml(), Errc::schema_violation, "KeyDescriptor, line 3: text");
}

BOOST_AUTO_TEST_CASE(has_expired, *boost::unit_test::description("erratum E94")) {
    constexpr std::string_view just_over = R"( validUntil="2030-01-15T09:56:59.999Z")";
    IdpMetadataText entity;
    entity.entity_attributes += just_over;
    check_refused(entity.xml(), Errc::expired, "2030-01-15T09:56:59.999Z");
    IdpMetadataText role;
    role.role_attributes += just_over;
    check_refused(role.xml(), Errc::expired);
    check_refused(test::entities(IdpMetadataText{}.xml(), just_over), Errc::expired);
    check_refused(test::entities(test::entities(IdpMetadataText{}.xml()), just_over), Errc::expired);
}

BOOST_AUTO_TEST_CASE(has_an_end_that_is_no_utc_time) {
    for (const std::string_view value : {"canary", "", "2031-01-01", "2031-01-01T00:00:00", "2031-01-01T00:00:00+01:00",
                                         "99999999999999-01-01T00:00:00Z"}) {
        IdpMetadataText text;
        text.entity_attributes += " validUntil=\"" + std::string(value) + "\"";
        check_refused(text.xml(), Errc::schema_violation, "EntityDescriptor, line 1: validUntil");
    }
    IdpMetadataText role;
    role.role_attributes += R"( validUntil="canary")";
    check_refused(role.xml(), Errc::schema_violation, "IDPSSODescriptor, line 2: validUntil");
}

BOOST_AUTO_TEST_CASE(does_not_say_which_protocols_a_role_speaks) {
    IdpMetadataText text;
    text.role_attributes.clear();
    check_refused(text.xml(), Errc::schema_violation, "no protocolSupportEnumeration");
}

BOOST_AUTO_TEST_CASE(has_two_idp_roles_for_saml_2) {
    IdpMetadataText text;
    text.before_role = text.role();
    check_refused(text.xml(), Errc::schema_violation, "a second IDPSSODescriptor");
}

BOOST_AUTO_TEST_CASE(has_a_logout_service_that_breaks_the_schema) {
    check_refused(with_service(R"(Location="https://idp1.example.org/slo")").xml(), Errc::schema_violation, "Binding");
    check_refused(with_service(R"(Binding="canary" Location="https://idp1.example.org/slo")").xml(),
                  Errc::schema_violation, "Binding");
    check_refused(with_service(R"(Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP")").xml(), Errc::schema_violation,
                  "no Location");
    check_refused(with_service(soap_at("https://idp1.example.org/slo") +
                               R"( xmlns:a="urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo" )"
                               R"(a:supportsAsynchronous="canary")")
                      .xml(),
                  Errc::schema_violation, "supportsAsynchronous");
}

BOOST_AUTO_TEST_CASE(has_a_hostile_endpoint, *boost::unit_test::description("CVE-2023-45683")) {
    for (const std::string_view url :
         {"javascript:canary()", "file:///canary", "https://user:canary@idp1.example.org/", "/canary", "",
          "https:///canary", "ftp://canary.example/", "https://canary .example/", "https://canary.example/#f",
          "data:text/html,canary"}) {
        BOOST_TEST_CONTEXT(url) {
            check_refused(with_service(soap_at(url)).xml(), Errc::endpoint_malformed,
                          "SingleLogoutService, line 4: Location");
            check_refused(
                with_service(soap_at("https://idp1.example.org/slo") + " ResponseLocation=\"" + std::string(url) + "\"")
                    .xml(),
                Errc::endpoint_malformed, "SingleLogoutService, line 4: ResponseLocation");
        }
    }
    check_refused(with_service(soap_at("https://canary.example/" + std::string(1024, 'a'))).xml(),
                  Errc::endpoint_malformed, "Location");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
