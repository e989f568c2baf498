// Metadata that other people's software wrote, read whole.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ostream>
#include <string>

#include "fixtures.hpp"
#include "metadata_text.hpp"

namespace {

using namespace slo;

struct IdpFile {
    std::string_view metadata;
    std::string_view certificate;
    std::string_view entity_id;
    std::string_view soap_location;  ///< empty: it has no SOAP endpoint
};
std::ostream& operator<<(std::ostream& out, const IdpFile& file) {
    return out << file.metadata;
}

constexpr IdpFile idp_files[] = {
    {"lasso/metadata.xml", "lasso/idp.crt.pem", "https://idp-lasso.example.org/metadata",
     "https://idp-lasso.example.org/slo/soap"},
    {"lemonldap/idp-metadata.xml", "lemonldap/idp.crt.pem", "http://127.0.0.1:9401/saml/metadata",
     "http://127.0.0.1:9401/saml/singleLogoutSOAP"},
    {"pysaml2/metadata.xml", "pysaml2/idp.crt.pem", "https://idp-pysaml2.example.org/metadata",
     "https://idp-pysaml2.example.org/slo/soap"},
    {"samlify/metadata.xml", "samlify/idp.crt.pem", "https://idp-samlify.example.org/metadata", ""},
    {"wire-keys/lasso-idp-9101.xml", "wire-keys/lasso-idp-9101.crt.pem", "http://127.0.0.1:9101/metadata",
     "http://127.0.0.1:9101/slo/soap"},
};

constexpr std::string_view sp_files[] = {"lemonldap/sp-lasso-metadata.xml", "lemonldap/sp-shib-metadata.xml",
                                         "pysaml2/sp/metadata.xml", "shibboleth/sp-metadata.xml", "sp/metadata.xml"};

BOOST_AUTO_TEST_SUITE(metadata_of_other_software)

BOOST_DATA_TEST_CASE(idp_metadata_gives_its_name_key_and_endpoint, boost::unit_test::data::make(idp_files), file) {
    const auto descriptor = test::read(test::fixture(file.metadata));
    BOOST_TEST_REQUIRE(descriptor.has_value());
    BOOST_TEST(descriptor->entity_id.str() == file.entity_id);
    BOOST_TEST(!descriptor->valid_until.has_value());
    BOOST_TEST_REQUIRE(descriptor->idp.has_value());
    const auto& role = *descriptor->idp;
    BOOST_TEST(role.skipped_keys.empty());
    BOOST_TEST(role.verification_keys().size() == 1U);
    for (const auto& key : role.keys) {
        BOOST_TEST_REQUIRE(key.certificate.has_value());
        if (key.use != metadata::KeyUse::signing) continue;
        BOOST_TEST(key.certificate->base64() == test::certificate_base64(file.certificate));
    }
    const auto& services = role.single_logout_services;
    const auto soap = std::find_if(services.begin(), services.end(),
                                   [](const auto& service) { return service.binding == metadata::soap_binding; });
    BOOST_TEST((soap == services.end() ? std::string() : soap->location.str()) == file.soap_location);
}

BOOST_DATA_TEST_CASE(metadata_of_an_sp_gives_no_idp_role, boost::unit_test::data::make(sp_files), file) {
    const auto descriptor = test::read(test::fixture(file));
    BOOST_TEST_REQUIRE(descriptor.has_value());
    BOOST_TEST(!descriptor->idp.has_value());
}

struct SignOnFile {
    std::string_view metadata;
    std::string_view endpoints;
    std::size_t other_bindings;
    bool wants_signed_requests;
    std::size_t formats;
};
std::ostream& operator<<(std::ostream& out, const SignOnFile& file) {
    return out << file.metadata;
}

constexpr std::string_view keycloak_places =
    "HTTP-POST http://127.0.0.1:29800/realms/r1/protocol/saml HTTP-Redirect "
    "http://127.0.0.1:29800/realms/r1/protocol/saml ";
constexpr SignOnFile sign_on_files[] = {
    {"sign-on/keycloak/metadata.xml", keycloak_places, 2, true, 4},
    {"sign-on/simplesamlphp/metadata.xml", "HTTP-Redirect http://idp-ssp.example.org:29820/saml2/idp/SSOService.php ",
     0, false, 1},
    {"lasso/metadata.xml",
     "HTTP-Redirect https://idp-lasso.example.org/sso HTTP-POST https://idp-lasso.example.org/sso ", 0, false, 3},
    {"samlify/metadata.xml", "HTTP-Redirect https://idp-samlify.example.org/sso ", 0, false, 0},
    {"pysaml2/metadata.xml", "HTTP-Redirect https://idp-pysaml2.example.org/sso ", 0, false, 2},
};

BOOST_DATA_TEST_CASE(idp_metadata_says_where_and_how_users_sign_on, boost::unit_test::data::make(sign_on_files), file) {
    const auto role = test::role_of(test::fixture(file.metadata));
    std::string endpoints;
    for (const auto& endpoint : role.sign_on.endpoints) {
        endpoints.append(metadata::name(endpoint.binding)).append(" ").append(endpoint.location.str()).append(" ");
    }
    BOOST_TEST(endpoints == file.endpoints);
    BOOST_TEST(role.sign_on.other_bindings == file.other_bindings);
    BOOST_TEST(role.sign_on.wants_signed_requests == file.wants_signed_requests);
    BOOST_TEST(role.sign_on.name_id_formats.size() == file.formats);
    BOOST_TEST(role.sign_on.skipped_services.empty());
    BOOST_TEST(!role.verification_keys().empty());
}

BOOST_AUTO_TEST_CASE(keeps_lemonldaps_response_locations) {
    const auto role = test::role_of(test::fixture("lemonldap/idp-metadata.xml"));
    BOOST_TEST_REQUIRE(role.single_logout_services.size() == 3U);
    BOOST_TEST(!role.single_logout_services[0].response_location.has_value());
    BOOST_TEST(role.single_logout_services[1].response_location->str() ==
               "http://127.0.0.1:9401/saml/singleLogoutReturn");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
