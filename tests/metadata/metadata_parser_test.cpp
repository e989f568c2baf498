#include "slo/metadata/metadata_parser.hpp"

#include <boost/test/unit_test.hpp>

#include "fixtures.hpp"
#include "metadata_text.hpp"

namespace {

using namespace slo;
using metadata::Errc;
using test::IdpMetadataText;

std::string service(std::string_view binding, std::string_view more) {
    return "<md:SingleLogoutService Binding=\"" + std::string(binding) + "\" " + std::string(more) + "/>\n";
}

BOOST_AUTO_TEST_SUITE(parse_entity_descriptor)

BOOST_AUTO_TEST_CASE(reads_the_name_the_key_and_the_endpoint) {
    const auto descriptor = test::read(IdpMetadataText{}.xml());
    BOOST_TEST_REQUIRE(descriptor.has_value());
    BOOST_TEST(descriptor->entity_id.str() == "https://idp1.example.org/metadata");
    BOOST_TEST(!descriptor->valid_until.has_value());
    BOOST_TEST_REQUIRE(descriptor->idp.has_value());
    BOOST_TEST(descriptor->idp->verification_keys().size() == 1U);
    BOOST_TEST_REQUIRE(descriptor->idp->single_logout_services.size() == 1U);
    const auto& endpoint = descriptor->idp->single_logout_services.front();
    BOOST_TEST(endpoint.binding == metadata::soap_binding);
    BOOST_TEST(endpoint.location.str() == "https://idp1.example.org/slo/soap");
    BOOST_TEST(!endpoint.response_location.has_value());
    BOOST_TEST(!endpoint.supports_asynchronous);
}

BOOST_AUTO_TEST_CASE(skips_one_byte_order_mark_as_entra_and_adfs_write_it) {
    BOOST_TEST(
        test::role_of("\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?>" + IdpMetadataText{}.xml()).keys.size() ==
        1U);
}

BOOST_AUTO_TEST_CASE(drops_comments_wherever_they_stand) {
    IdpMetadataText text;
    text.keys = test::key_descriptor(R"(use="signing")", "<!-- a --><ds:X509Data><ds:X509Certificate>\n<!-- b -->" +
                                                             test::certificate_base64("keys/idp1-first.crt.pem") +
                                                             "<!-- c --></ds:X509Certificate></ds:X509Data>");
    text.before_role = "<!-- d -->";
    const auto role = test::role_of("<!-- e -->" + text.xml() + "<!-- f -->");
    BOOST_TEST_REQUIRE(role.keys.size() == 1U);
    BOOST_TEST(role.keys[0].certificate->base64() == test::certificate_base64("keys/idp1-first.crt.pem"));
}

BOOST_AUTO_TEST_CASE(reads_the_one_entity_of_a_group,
                     *boost::unit_test::description("Keycloak before 2021 wrapped its metadata")) {
    BOOST_TEST(test::role_of(test::entities(IdpMetadataText{}.xml(), R"(Name="urn:keycloak")")).keys.size() == 1U);
    const auto nested = test::entities("<md:Extensions/>" + test::entities(IdpMetadataText{}.xml()));
    BOOST_TEST(test::role_of(nested).keys.size() == 1U);
}

BOOST_AUTO_TEST_CASE(tolerates_other_roles_extensions_attributes_and_a_signature,
                     *boost::unit_test::description("SAML Metadata 2.3 l.329, l.387; Kantara IIP-EXT01")) {
    IdpMetadataText text;
    text.entity_attributes += R"( ID="_e" cacheDuration="PT1H" xmlns:x="urn:example:unknown" x:tenant="a")";
    text.before_role =
        R"(<ds:Signature><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>)"
        R"(<md:Extensions><x:Anything x:more="1">text</x:Anything></md:Extensions>)"
        R"(<md:RoleDescriptor xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="urn:example:fed" )"
        R"(xsi:type="fed:SecurityTokenServiceType" protocolSupportEnumeration="urn:example:wsfed"/>)"
        R"(<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/>)";
    text.role_attributes += R"( WantAuthnRequestsSigned="true" x:flag="1")";
    text.after_role = "<md:Organization/><md:ContactPerson contactType=\"support\"/><x:After/>";
    BOOST_TEST(test::role_of(text.xml()).keys.size() == 1U);
}

BOOST_AUTO_TEST_CASE(takes_the_role_for_saml_2_among_several_protocols,
                     *boost::unit_test::description("SAML Metadata 2.4.1 l.565")) {
    IdpMetadataText old;
    old.role_attributes = R"(protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol")";
    old.services.clear();
    IdpMetadataText text;
    text.role_attributes =
        "protocolSupportEnumeration=\"urn:mace:shibboleth:1.0&#10;&#9;urn:oasis:names:tc:SAML:2.0:protocol&#13; \"";
    text.before_role = old.role();
    BOOST_TEST(test::role_of(text.xml()).single_logout_services.size() == 1U);
}

BOOST_AUTO_TEST_CASE(finds_no_idp_role_where_none_speaks_saml_2) {
    IdpMetadataText text;
    text.role_attributes = R"(protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol:ext urn:other")";
    const auto descriptor = test::read(text.xml());
    BOOST_TEST_REQUIRE(descriptor.has_value());
    BOOST_TEST(!descriptor->idp.has_value());
}

BOOST_AUTO_TEST_CASE(compares_the_entity_id_byte_by_byte) {
    IdpMetadataText text;
    text.entity_attributes = R"(entityID="HTTPS://idp1.example.org/%6Detadata/")";
    BOOST_TEST(test::read(text.xml())->entity_id.str() == "HTTPS://idp1.example.org/%6Detadata/");
}

BOOST_AUTO_TEST_CASE(takes_the_white_space_off_that_the_schema_takes_off,
                     *boost::unit_test::description("XML Schema part 2, 4.3.6")) {
    IdpMetadataText text;
    text.entity_attributes =
        "entityID=\"&#10;\t https://idp1.example.org/metadata&#13; \" "
        "validUntil=\" 2030-01-16T10:00:00Z&#10;\" cacheDuration=\" PT1H\"";
    text.services =
        service("&#10;urn:oasis:names:tc:SAML:2.0:bindings:SOAP ",
                "Location=\"&#10; https://idp1.example.org/slo\t\" "
                "ResponseLocation=\" https://idp1.example.org/back \" xmlns:a="
                R"("urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo" a:supportsAsynchronous=" true&#10;")");
    const auto descriptor = test::read(text.xml());
    BOOST_TEST_REQUIRE(descriptor.has_value());
    BOOST_TEST(descriptor->entity_id.str() == "https://idp1.example.org/metadata");
    BOOST_TEST((descriptor->valid_until == saml::parse_instant("2030-01-16T10:00:00Z").value()));
    const auto& slo = descriptor->idp->single_logout_services.at(0);
    BOOST_TEST(slo.binding == metadata::soap_binding);
    BOOST_TEST(slo.location.str() == "https://idp1.example.org/slo");
    BOOST_TEST(slo.response_location->str() == "https://idp1.example.org/back");
    BOOST_TEST(slo.supports_asynchronous);
    text.entity_attributes = R"(entityID="https://idp1.example.org/ metadata")";
    test::check_refused(text.xml(), Errc::entity_id_malformed, "not an absolute URI");
}

BOOST_AUTO_TEST_CASE(white_space_around_an_entity_id_makes_no_other_entity) {
    IdpMetadataText other;
    other.entity_attributes = R"(entityID=" https://idp1.example.org/metadata ")";
    test::check_document_refused(test::entities(IdpMetadataText{}.xml() + other.xml()), Errc::duplicate_entity);
}

BOOST_AUTO_TEST_CASE(keeps_endpoints_in_document_order_with_all_they_say) {
    IdpMetadataText text;
    text.services =
        service("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
                R"(Location="https://idp1.example.org/slo" ResponseLocation="https://idp1.example.org/slo/return")") +
        service("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", R"(Location="https://idp1.example.org/slo")") +
        service(
            "urn:oasis:names:tc:SAML:2.0:bindings:SOAP",
            R"(Location="https://idp1.example.org/slo" xmlns:u="urn:example:other" u:supportsAsynchronous="nonsense" )"
            R"(xmlns:a="urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo" a:supportsAsynchronous="true")");
    const auto services = test::role_of(text.xml()).single_logout_services;
    BOOST_TEST_REQUIRE(services.size() == 3U);
    BOOST_TEST(services[0].response_location->str() == "https://idp1.example.org/slo/return");
    BOOST_TEST(services[1].binding == "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST");
    BOOST_TEST(!services[1].supports_asynchronous);
    BOOST_TEST(services[2].binding == metadata::soap_binding);
    BOOST_TEST(services[2].supports_asynchronous);
}

BOOST_AUTO_TEST_CASE(reads_every_form_of_supports_asynchronous) {
    for (const auto& [value, expected] : {std::pair{"1", true}, {"true", true}, {"0", false}, {"false", false}}) {
        IdpMetadataText text;
        text.services = service("urn:oasis:names:tc:SAML:2.0:bindings:SOAP",
                                R"(Location="https://idp1.example.org/slo" xmlns:a=)"
                                R"("urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo" a:supportsAsynchronous=")" +
                                    std::string(value) + "\"");
        BOOST_TEST(test::role_of(text.xml()).single_logout_services.at(0).supports_asynchronous == expected);
    }
}

BOOST_AUTO_TEST_CASE(accepts_an_idp_without_any_logout_endpoint) {
    IdpMetadataText text;
    text.services.clear();
    BOOST_TEST(test::role_of(text.xml()).single_logout_services.empty());
}

std::string sign_on(std::string_view binding, std::string_view more) {
    return "<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:" + std::string(binding) + "\" " +
           std::string(more) + "/>\n";
}
std::string endpoints_of(const metadata::SignOnRole& role) {
    std::string text;
    for (const auto& endpoint : role.endpoints) {
        text += std::string(metadata::name(endpoint.binding)) + " " + endpoint.location.str() + "; ";
    }
    return text;
}

BOOST_AUTO_TEST_CASE(takes_the_sign_on_endpoints_that_a_browser_can_use, *boost::unit_test::description("MD-25")) {
    IdpMetadataText text;
    text.services += sign_on("SOAP", R"(Location="https://idp1.example.org/soap")") +
                     sign_on("HTTP-POST", R"(Location="&#10;https://idp1.example.org/post ")") +
                     R"(<md:SingleSignOnService Binding="urn:mace:shibboleth:1.0:profiles:AuthnRequest" )"
                     R"(Location="https://idp1.example.org/shire"/>)" +
                     sign_on("HTTP-Redirect", R"(Location="https://idp1.example.org/sso?tenant=1&amp;x=y")") +
                     sign_on("HTTP-POST-SimpleSign", R"(Location="https://idp1.example.org/simple")");
    const auto role = test::role_of(text.xml());
    BOOST_TEST(endpoints_of(role.sign_on) ==
               "HTTP-POST https://idp1.example.org/post; HTTP-Redirect https://idp1.example.org/sso?tenant=1&x=y; ");
    BOOST_TEST(role.sign_on.other_bindings == 3U);
    BOOST_TEST(role.sign_on.skipped_services.empty());
    BOOST_TEST(metadata::sign_on_obstacle(role.sign_on).empty());
    BOOST_TEST(role.single_logout_services.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_broken_sign_on_endpoint_costs_itself_alone, *boost::unit_test::description("MD-25")) {
    IdpMetadataText text;
    text.services += sign_on("HTTP-POST", "") + sign_on("HTTP-POST", R"(Location="javascript:canary")") +
                     sign_on("HTTP-Redirect", R"(Location="https://u:canary@idp1.example.org/")") +
                     R"(<md:SingleSignOnService Location="https://idp1.example.org/canary"/>)";
    const auto none = test::role_of(text.xml());
    BOOST_TEST(none.single_logout_services.size() == 1U);
    BOOST_TEST(none.sign_on.endpoints.empty());
    BOOST_TEST_REQUIRE(none.sign_on.skipped_services.size() == 3U);
    BOOST_TEST(none.sign_on.skipped_services[0] == "SingleSignOnService, line 4: no Location");
    BOOST_TEST(metadata::sign_on_obstacle(none.sign_on) ==
               "no SingleSignOnService is usable: SingleSignOnService, line 4: no Location");
    for (const auto& why : none.sign_on.skipped_services) {
        BOOST_TEST((why.find(test::canary) == std::string::npos), why);
    }
    text.services += sign_on("HTTP-Redirect", R"(Location="https://idp1.example.org/sso")");
    BOOST_TEST(endpoints_of(test::role_of(text.xml()).sign_on) == "HTTP-Redirect https://idp1.example.org/sso; ");
}

BOOST_AUTO_TEST_CASE(says_why_no_user_can_be_sent_to_an_idp) {
    IdpMetadataText text;
    BOOST_TEST(metadata::sign_on_obstacle(test::role_of(text.xml()).sign_on) ==
               "its metadata has no SingleSignOnService");
    text.services += sign_on("SOAP", R"(Location="https://idp1.example.org/soap")");
    BOOST_TEST(metadata::sign_on_obstacle(test::role_of(text.xml()).sign_on) ==
               "its metadata has no SingleSignOnService with HTTP-Redirect or HTTP-POST");
}

BOOST_AUTO_TEST_CASE(keeps_a_bounded_number_of_sign_on_endpoints) {
    IdpMetadataText text;
    for (int i = 0; i < 40; ++i)
        text.services += sign_on("HTTP-Redirect", R"(Location="https://idp1.example.org/sso")");
    for (int i = 0; i < 40; ++i) text.services += "<md:NameIDFormat>urn:example:format</md:NameIDFormat>";
    const auto role = test::role_of(text.xml()).sign_on;
    BOOST_TEST(role.endpoints.size() == 16U);
    BOOST_TEST(role.skipped_services.size() == 16U);
    BOOST_TEST(role.name_id_formats.size() == 32U);
}

BOOST_AUTO_TEST_CASE(reads_what_an_idp_wants_of_requests_and_offers_as_names, *boost::unit_test::description("MD-25")) {
    for (const auto& [value, expected] :
         {std::pair{"1", true}, {" true&#10;", true}, {"0", false}, {"false", false}, {"TRUE", true}, {"", true}}) {
        IdpMetadataText text;
        text.role_attributes += " WantAuthnRequestsSigned=\"" + std::string(value) + "\"";
        BOOST_TEST(test::role_of(text.xml()).sign_on.wants_signed_requests == expected, value);
    }
    IdpMetadataText text;
    BOOST_TEST(!test::role_of(text.xml()).sign_on.wants_signed_requests);
    text.services +=
        "<md:NameIDFormat>\n urn:oasis:names:tc:SAML:2.0:nameid-format:transient </md:NameIDFormat>"
        "<md:NameIDFormat>no URI</md:NameIDFormat><md:NameIDFormat><md:x/></md:NameIDFormat>"
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>";
    const std::vector<std::string> formats = {"urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
                                              "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"};
    BOOST_TEST(test::role_of(text.xml()).sign_on.name_id_formats == formats, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(reads_an_error_url_that_a_page_may_link) {
    const auto error_url = [](std::string_view value) {
        IdpMetadataText text;
        text.role_attributes += " errorURL=\"" + std::string(value) + "\"";
        return test::role_of(text.xml()).sign_on.error_url;
    };
    BOOST_TEST(error_url("https://idp1.example.org/error?code=ERRORURL_CODE&amp;ts=ERRORURL_TS")->str() ==
               "https://idp1.example.org/error?code=ERRORURL_CODE&ts=ERRORURL_TS");
    for (const std::string_view url : {"javascript:alert(1)", "data:text/html,x", "mailto:a@example.org", ""}) {
        BOOST_TEST(!error_url(url).has_value(), url);
    }
}

BOOST_AUTO_TEST_CASE(accepts_metadata_up_to_the_clock_skew_after_its_end) {
    IdpMetadataText text;
    text.entity_attributes += R"( validUntil="2030-01-15T09:57:00Z")";
    const auto descriptor = test::read(text.xml());
    BOOST_TEST_REQUIRE(descriptor.has_value());
    BOOST_TEST(saml::format_instant(descriptor->valid_until.value()) == "2030-01-15T09:57:00Z");
}

BOOST_AUTO_TEST_CASE(takes_the_earliest_of_nested_ends, *boost::unit_test::description("erratum E76")) {
    IdpMetadataText text;
    text.entity_attributes += R"( validUntil="2031-01-01T00:00:00Z")";
    text.role_attributes += R"( validUntil="2032-01-01T00:00:00Z")";
    const auto inside = test::entities(text.xml(), R"(validUntil="2030-06-01T00:00:00Z")");
    const auto outer_first = test::read(test::entities(inside, R"(validUntil="2033-01-01T00:00:00Z")"));
    BOOST_TEST(saml::format_instant(outer_first->valid_until.value()) == "2030-06-01T00:00:00Z");
    text.role_attributes += R"( cacheDuration="PT1H")";
    const auto role_first = test::read(test::entities(text.xml(), R"(validUntil="2034-06-01T00:00:00Z")"));
    BOOST_TEST(saml::format_instant(role_first->valid_until.value()) == "2031-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(metadata_errors)

BOOST_AUTO_TEST_CASE(each_metadata_error_has_one_short_name) {
    BOOST_TEST(metadata::make_error_code(Errc::not_metadata).message() == "meta.not_metadata");
    BOOST_TEST(metadata::make_error_code(Errc::schema_violation).message() == "meta.schema");
    BOOST_TEST(metadata::make_error_code(Errc::entity_id_malformed).message() == "meta.entity_id");
    BOOST_TEST(metadata::make_error_code(Errc::expired).message() == "meta.expired");
    BOOST_TEST(metadata::make_error_code(Errc::no_usable_key).message() == "meta.no_usable_key");
    BOOST_TEST(metadata::make_error_code(Errc::endpoint_malformed).message() == "meta.endpoint");
    BOOST_TEST(metadata::make_error_code(Errc::bad_sp_metadata).message() == "meta.bad_sp_metadata");
    BOOST_TEST(make_error_code(static_cast<metadata::Errc>(99)).message() == "meta.unknown");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
