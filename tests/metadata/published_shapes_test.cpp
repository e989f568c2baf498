// The shapes in which IdPs publish their metadata, each read, or refused with the exact reason. Written here after what
// the products' own metadata looks like.
#include <boost/test/unit_test.hpp>

#include "fixtures.hpp"
#include "metadata_text.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"

namespace {

using namespace slo;
using metadata::Errc;
using test::IdpMetadataText;
using test::read_document;

/// Reads it as a source would, and as a local file: both use one reader.
metadata::EntityDescriptor read_both(const std::string& text) {
    const auto local = test::read(text);
    const auto document = read_document(text);
    if (!local) BOOST_TEST_INFO(local.error().detail);
    BOOST_TEST_REQUIRE(local.has_value());
    if (!document) BOOST_TEST_INFO(document.error().detail);
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST_REQUIRE(document->idps.size() == 1U);
    const auto& read = document->idps.front();
    BOOST_TEST(read.entity_id.str() == local->entity_id.str());
    BOOST_TEST(read.idp->keys.size() == local->idp->keys.size());
    BOOST_TEST(read.idp->single_logout_services.size() == local->idp->single_logout_services.size());
    BOOST_TEST((read.valid_until == local->valid_until));
    return read;
}

std::string sign_on(std::string_view binding, std::string_view location) {
    return "<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:" + std::string(binding) +
           "\" Location=\"" + std::string(location) + "\"/>";
}

std::string service(std::string_view binding, std::string_view location) {
    return "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:" + std::string(binding) +
           "\" Location=\"" + std::string(location) + "\"/>";
}

BOOST_AUTO_TEST_SUITE(published_metadata)

BOOST_AUTO_TEST_CASE(entra_and_adfs_metadata_is_read) {
    IdpMetadataText text;
    text.entity_attributes = R"(ID="_4d2a" entityID="http://adfs.example.org/adfs/services/trust")";
    text.before_role =
        R"(<ds:Signature><ds:SignedInfo/><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>)"
        R"(<RoleDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" )"
        R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" )"
        R"(xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" xsi:type="fed:ApplicationServiceType" )"
        R"(protocolSupportEnumeration="http://docs.oasis-open.org/ws-sx/ws-trust/200512" ServiceDisplayName="ADFS">)"
        R"(<fed:ClaimTypesRequested><auth:ClaimType xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706" )"
        R"(Uri="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name" Optional="true"/></fed:ClaimTypesRequested>)"
        R"(</RoleDescriptor>)";
    text.keys = test::key_descriptor(R"(use="encryption")", test::x509_data("keys/idp1-encryption.crt.pem")) +
                test::signing_key("keys/idp1-second.crt.pem") + test::signing_key("keys/idp1-first.crt.pem") +
                test::signing_key("keys/idp1-third.crt.pem");
    text.services = service("HTTP-Redirect", "https://adfs.example.org/adfs/ls/") +
                    service("HTTP-POST", "https://adfs.example.org/adfs/ls/") +
                    sign_on("HTTP-Redirect", "https://adfs.example.org/adfs/ls/") +
                    sign_on("HTTP-POST", "https://adfs.example.org/adfs/ls/");
    const auto idp = read_both("\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?>" + text.xml());
    BOOST_TEST(idp.idp->verification_keys().size() == 3U);  // the order isn't age: all are tried
    BOOST_TEST(idp.idp->single_logout_services.size() == 2U);
    BOOST_TEST(idp.idp->sign_on.endpoints.size() == 2U);
}

BOOST_AUTO_TEST_CASE(old_and_new_keycloak_metadata_is_read) {
    IdpMetadataText text;
    text.role_attributes += R"( WantAuthnRequestsSigned="true")";
    text.keys = test::key_descriptor(R"(use="signing")",
                                     "<ds:KeyName>Qc0_x</ds:KeyName>" + test::x509_data("keys/idp1-first.crt.pem")) +
                test::key_descriptor(R"(use="signing")",
                                     "<ds:KeyName>passive</ds:KeyName>" + test::x509_data("keys/idp1-second.crt.pem"));
    constexpr std::string_view one_place = "https://idp1.example.org/realms/a/protocol/saml";
    text.services = service("HTTP-POST", one_place) + service("HTTP-Redirect", one_place) +
                    service("HTTP-Artifact", one_place) + service("SOAP", one_place);
    BOOST_TEST(read_both(text.xml()).idp->verification_keys().size() == 2U);
    const auto wrapped = read_both(test::entities(text.xml(), R"(Name="urn:keycloak")"));
    BOOST_TEST(wrapped.idp->single_logout_services.size() == 4U);
}

BOOST_AUTO_TEST_CASE(lemonldap_metadata_with_a_bare_key_and_three_roles_is_read) {
    IdpMetadataText text;
    const auto role = [](std::string_view name) {
        return "<md:" + std::string(name) + " protocolSupportEnumeration=\"" +
               "urn:oasis:names:tc:SAML:2.0:protocol\">" + test::signing_key("keys/stranger.crt.pem") +
               "</md:" + std::string(name) + ">";
    };
    text.keys = test::key_descriptor(
        R"(use="signing")", "\n<ds:KeyValue>\n<ds:RSAKeyValue><ds:Modulus>\n" +
                                saml::encode_base64(std::string("\0", 1) + std::string(255, '\xC5') + "\x01") +
                                "\n</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>");
    text.after_role = role("SPSSODescriptor") + role("AttributeAuthorityDescriptor");
    const auto idp = read_both(text.xml());
    BOOST_TEST_REQUIRE(idp.idp->keys.size() == 1U);  // the other roles' keys aren't the IdP's
    BOOST_TEST(!idp.idp->keys[0].certificate.has_value());
}

BOOST_AUTO_TEST_CASE(google_metadata_is_read) {
    IdpMetadataText text;
    text.entity_attributes =
        R"(entityID="https://accounts.google.example/o/saml2?idpid=C01" validUntil="2034-11-19T16:01:28.000Z")";
    text.services = sign_on("HTTP-Redirect", "https://accounts.google.example/o/saml2/idp?idpid=C01") +
                    sign_on("HTTP-POST", "https://accounts.google.example/o/saml2/idp?idpid=C01");
    const auto idp = read_both("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>" + text.xml());
    BOOST_TEST(idp.idp->single_logout_services.empty());
    BOOST_TEST(idp.idp->sign_on.endpoints.size() == 2U);
    auto remote = test::local_rules();
    remote.longest_validity = std::chrono::hours{14 * 24};
    test::check_document_refused(text.xml(), Errc::valid_until_too_far, remote);
}

BOOST_AUTO_TEST_CASE(generated_shibboleth_metadata_has_expired_already) {
    IdpMetadataText text;
    text.entity_attributes =
        R"(entityID="https://idp.example.org/idp/shibboleth" validUntil="2026-11-22T16:01:28.123Z" )"
        R"(xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui")";
    text.before_role = "<!-- This is example metadata only. -->";
    text.keys = R"(<md:Extensions><shibmd:Scope regexp="false">example.org</shibmd:Scope><mdui:UIInfo>)"
                R"(<mdui:DisplayName xml:lang="en">A Name</mdui:DisplayName></mdui:UIInfo></md:Extensions>)" +
                test::signing_key("keys/idp1-second.crt.pem") + test::signing_key();
    test::check_document_refused(text.xml(), Errc::expired);
    test::check_refused(text.xml(), Errc::expired);
    const std::string valid = R"( validUntil="2026-11-22T16:01:28.123Z")";
    text.entity_attributes.erase(text.entity_attributes.find(valid), valid.size());
    const auto idp = read_both(text.xml());
    BOOST_TEST(idp.idp->keys.size() == 2U);
    BOOST_TEST(idp.idp->sign_on.scopes == std::vector<std::string>{"example.org"}, boost::test_tools::per_element());
    BOOST_TEST(idp.idp->sign_on.display_names.at(0).text == "A Name");
}

BOOST_AUTO_TEST_CASE(okta_metadata_is_read) {
    IdpMetadataText text;
    text.entity_attributes = R"(entityID="http://www.okta.com/exk1")";
    text.role_attributes = R"(WantAuthnRequestsSigned="false" )" + text.role_attributes;
    text.services =
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat>"
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>" +
        sign_on("HTTP-POST", "https://tenant.okta.example/app/service/exk1/sso/saml") +
        sign_on("HTTP-Redirect", "https://tenant.okta.example/app/service/exk1/sso/saml");
    const auto idp = read_both(text.xml());
    BOOST_TEST(idp.idp->single_logout_services.empty());
    BOOST_TEST(idp.idp->sign_on.endpoints.size() == 2U);
    BOOST_TEST(!idp.idp->sign_on.wants_signed_requests);
}

BOOST_AUTO_TEST_CASE(pysaml2_metadata_lists_md5_among_its_algorithms) {
    const auto idp = read_both(test::fixture("pysaml2/metadata.xml"));
    const auto& algorithms = idp.idp->algorithms;
    BOOST_TEST(algorithms.signing.size() > 10U);
    BOOST_TEST(algorithms.digests.front() == "http://www.w3.org/2001/04/xmldsig-more#md5");
    const auto ours =
        saml::SigningKey::parse(test::fixture("keys/idp1-first.key.pem"), test::fixture("keys/idp1-first.crt.pem"));
    const auto chosen = metadata::choose_signature_algorithm(algorithms, ours.value());
    BOOST_TEST_REQUIRE(chosen.has_value());
    BOOST_TEST((*chosen == saml::SignatureAlgorithm::rsa_sha256));
}

BOOST_AUTO_TEST_CASE(both_readers_read_metadata_of_other_software_alike) {
    for (const std::string_view file : {"lasso/metadata.xml", "pysaml2/metadata.xml", "samlify/metadata.xml"}) {
        BOOST_TEST_CONTEXT(file) {
            read_both(test::fixture(file));
        }
    }
    auto rules = test::local_rules();
    for (const std::string_view file : {"lemonldap/idp-metadata.xml", "wire-keys/lasso-idp-9101.xml"}) {
        rules.endpoints = {};
        test::check_document_refused(test::fixture(file), Errc::endpoint_not_allowed, rules);
        rules.endpoints = {.http = metadata::EndpointRule::Http::accepted,
                           .private_addresses = metadata::EndpointRule::PrivateAddresses::accepted};
        BOOST_TEST(read_document(test::fixture(file), rules).has_value(), file);
    }
}

BOOST_AUTO_TEST_CASE(a_login_page_is_refused_as_metadata) {
    test::check_document_refused("<!DOCTYPE html><html><title>Sign in</title></html>", Errc::not_metadata);
    test::check_document_refused("<html><title>Sign in</title></html>", Errc::not_metadata);
    test::check_document_refused("{\"error\":\"invalid_tenant\"}", Errc::not_metadata);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
