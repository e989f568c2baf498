// Matrix I: documents that want to become keys. Each is refused as a whole, for exactly one rule, and gives nothing.
#include <boost/test/unit_test.hpp>

#include <set>

#include "fixtures.hpp"
#include "metadata_text.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"
#include "xmlsec1.hpp"

namespace {

using namespace slo;
using metadata::Errc;
using test::check_document_refused;
using test::entities;
using test::IdpMetadataText;
using test::read_document;

std::error_code rule(saml::Errc code) {
    return make_error_code(code);
}

void check_not_believed(std::string_view document, saml::Errc expected) {
    check_document_refused(document, rule(expected), test::federation_rules());
}

std::string with_id(IdpMetadataText text, std::string_view id) {
    text.entity_attributes += " ID=\"" + std::string(id) + "\"";
    return text.xml();
}

std::string without_declaration(std::string text) {
    return text.substr(text.find("?>") + 2);
}

/// An entity that the federation really signed, and the same without its signature.
const std::string& signed_entity() {
    static const std::string text = without_declaration(test::signed_by_federation(with_id(test::idp_text(1), "_e")));
    return text;
}
/// A group that the federation really signed.
const std::string& signed_group() {
    static const std::string text =
        without_declaration(test::signed_by_federation(entities(test::idp_text(1).xml(), R"(ID="_f")")));
    return text;
}
std::string signature_of(const std::string& document) {
    const std::size_t begin = document.find("<ds:Signature ");
    const std::size_t end = document.find("</ds:Signature>") + std::string_view("</ds:Signature>").size();
    BOOST_TEST_REQUIRE((begin != std::string::npos && end > begin));
    return document.substr(begin, end - begin);
}
std::string without_signature(std::string document) {
    const std::string signature = signature_of(document);
    return document.erase(document.find(signature), signature.size());
}
std::string inserted(std::string document, std::string_view before, std::string_view what) {
    const std::size_t at = document.find(before);
    BOOST_TEST_REQUIRE(at != std::string::npos);
    return document.insert(at, what);
}
/// The attacker's own entity, with a key that isn't the federation's.
std::string evil() {
    IdpMetadataText text = test::idp_text(66);
    text.keys = test::signing_key("keys/stranger.crt.pem");
    return text.xml();
}

BOOST_AUTO_TEST_SUITE(wrapped_metadata, *boost::unit_test::description("MET-02"))

BOOST_AUTO_TEST_CASE(an_unchanged_document_is_believed) {
    BOOST_TEST(read_document(signed_entity(), test::federation_rules()).has_value());
    BOOST_TEST(read_document(signed_group(), test::federation_rules()).has_value());
}

BOOST_AUTO_TEST_CASE(a_document_signed_by_other_software_is_believed) {
    const std::string signature_template =
        R"(<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>)"
        R"(<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>)"
        R"(<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>)"
        R"(<ds:Reference URI="#_f"><ds:Transforms>)"
        R"(<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>)"
        R"(<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>)"
        R"(<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/>)"
        R"(</ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>)";
    const std::string text = entities(signature_template + test::idp_text(1).xml(), R"(ID="_f")");
    BOOST_TEST(read_document(test::sign_xml(text, "keys/idp2.key.pem"), test::federation_rules()).has_value());
    check_not_believed(test::sign_xml(text, "keys/stranger.key.pem"), saml::Errc::signature_invalid);
}

BOOST_AUTO_TEST_CASE(a_document_without_any_signature_is_refused) {
    check_not_believed(IdpMetadataText{}.xml(), saml::Errc::signature_missing);
    check_not_believed(entities(evil()), saml::Errc::signature_missing);
}

BOOST_AUTO_TEST_CASE(a_signature_over_a_child_is_refused) {
    check_not_believed(entities(signed_entity()), saml::Errc::signature_missing);
    check_not_believed(entities(evil() + signed_entity()), saml::Errc::signature_missing);
    check_not_believed(entities(signed_entity() + evil(), R"(ID="_f")"), saml::Errc::signature_missing);
}

BOOST_AUTO_TEST_CASE(a_root_with_the_signature_of_a_child_is_refused) {
    const std::string moved = signature_of(signed_entity()) + without_signature(signed_entity()) + evil();
    check_not_believed(entities(moved, R"(ID="_f")"), saml::Errc::reference_not_to_root);
    check_not_believed(entities(moved), saml::Errc::signature_attribute);              // no ID that could be meant
    check_not_believed(entities(moved, R"(ID="_e")"), saml::Errc::signature_invalid);  // two of one ID
}

BOOST_AUTO_TEST_CASE(a_sibling_added_after_signing_is_refused) {
    check_not_believed(inserted(signed_group(), "</md:EntitiesDescriptor>", evil()), saml::Errc::signature_invalid);
    check_not_believed(inserted(signed_group(), "<md:EntityDescriptor", evil()), saml::Errc::signature_invalid);
}

BOOST_AUTO_TEST_CASE(a_document_wrapped_into_another_group_is_refused) {
    check_not_believed(entities(signature_of(signed_group()) + evil() + signed_group(), R"(ID="_f")"),
                       saml::Errc::signature_invalid);
    check_not_believed(entities("<md:Extensions>" + signed_group() + "</md:Extensions>" + evil(), R"(ID="_f")"),
                       saml::Errc::signature_missing);
}

BOOST_AUTO_TEST_CASE(a_signature_that_isnt_the_first_child_is_refused) {
    check_not_believed(
        inserted(without_signature(signed_group()), "</md:EntitiesDescriptor>", signature_of(signed_group())),
        saml::Errc::signature_missing);
    check_not_believed(inserted(without_signature(signed_group()), "<md:EntityDescriptor",
                                "<md:Extensions>" + signature_of(signed_group()) + "</md:Extensions>"),
                       saml::Errc::signature_missing);
}

BOOST_AUTO_TEST_CASE(signed_content_inside_the_signature_is_refused) {
    const std::string object = "<ds:Object>" + without_signature(signed_group()) + "</ds:Object>";
    const std::string signature = inserted(signature_of(signed_group()), "</ds:Signature>", object);
    check_not_believed(entities(signature + evil(), R"(ID="_f")"), saml::Errc::signature_object);
}

BOOST_AUTO_TEST_CASE(two_signatures_are_refused) {
    check_not_believed(inserted(signed_group(), "<md:EntityDescriptor", signature_of(signed_group())),
                       saml::Errc::signature_count);
}

BOOST_AUTO_TEST_CASE(a_truncated_document_gives_nothing) {
    const std::string& whole = signed_group();
    for (std::size_t size = 0; size + 1 < whole.size(); size += 37) {
        const auto read = read_document(whole.substr(0, size), test::federation_rules());
        BOOST_TEST(!read.has_value(), size);
    }
    check_not_believed(whole.substr(0, whole.size() - 5), saml::Errc::xml_malformed);
}

BOOST_AUTO_TEST_CASE(a_sha1_signature_is_refused_unless_it_is_accepted_by_name,
                     *boost::unit_test::description("MET-18")) {
    const std::string text =
        entities(R"(<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>)"
                 R"(<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>)"
                 R"(<ds:SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/>)"
                 R"(<ds:Reference URI="#_f"><ds:Transforms>)"
                 R"(<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>)"
                 R"(<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>)"
                 R"(<ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><ds:DigestValue/>)"
                 R"(</ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>)" +
                     test::idp_text(1).xml(),
                 R"(ID="_f")");
    const std::string old = test::sign_xml(text, "keys/idp2.key.pem");
    check_not_believed(old, saml::Errc::signature_algorithm_not_allowed);
    auto rules = test::federation_rules();
    std::get<metadata::SignedBy>(rules.trust).algorithms.sha1 = saml::AlgorithmPolicy::Sha1::dangerously_accepted;
    BOOST_TEST(read_document(old, rules).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(repeated_names, *boost::unit_test::description("MET-06"))

BOOST_AUTO_TEST_CASE(a_repeated_name_anywhere_refuses_the_whole_document) {
    const auto one = test::idp_text(1).xml();
    const auto other = test::idp_text(2).xml();
    check_document_refused(entities(one + one), Errc::duplicate_entity);
    check_document_refused(entities(one + other + entities(entities(one))), Errc::duplicate_entity);
    const std::string sp = R"(<md:EntityDescriptor entityID="https://idp1.example.org/metadata"/>)";
    check_document_refused(entities(one + sp), Errc::duplicate_entity);
    check_document_refused(entities(sp + other + one), Errc::duplicate_entity);
    IdpMetadataText keyless = test::idp_text(1);
    keyless.keys.clear();
    check_document_refused(entities(keyless.xml() + one), Errc::duplicate_entity);
}

BOOST_AUTO_TEST_CASE(a_repeated_name_of_an_unwanted_entity_refuses_the_document) {
    auto rules = test::local_rules();
    rules.wanted = {saml::EntityID::parse("https://idp2.example.org/metadata").value()};
    const auto one = test::idp_text(1).xml();
    check_document_refused(entities(one + test::idp_text(2).xml() + one), Errc::duplicate_entity, rules);
}

BOOST_AUTO_TEST_CASE(names_are_compared_byte_by_byte, *boost::unit_test::description("MET-08")) {
    std::string content;
    const std::string_view names[] = {"https://idp.example.org/metadata",       "https://idp.example.org/metadata/",
                                      "https://IDP.example.org/metadata",       "https://idp.example.org/%6Detadata",
                                      "https://idp.example.org/%6detadata",     "HTTPS://idp.example.org/metadata",
                                      "https://idp.ex\xD0\xB0mple.org/metadata"};  // a Cyrillic a
    for (const auto name : names) {
        IdpMetadataText text;
        text.entity_attributes = "entityID=\"" + std::string(name) + "\"";
        content += text.xml();
    }
    const auto document = read_document(entities(content));
    BOOST_TEST_REQUIRE(document.has_value());
    std::set<std::string> seen;
    for (const auto& idp : document->idps) seen.insert(idp.entity_id.str());
    BOOST_TEST(seen.size() == std::size(names));
}

// XML Schema collapses the white space of xs:anyURI, so these are one name.
BOOST_AUTO_TEST_CASE(a_name_repeated_with_white_space_around_it_is_a_repeated_name) {
    for (const std::string name : {" https://idp1.example.org/metadata", "https://idp1.example.org/metadata&#9;"}) {
        IdpMetadataText text;
        text.entity_attributes = "entityID=\"" + name + "\"";
        const auto alone = read_document(text.xml());
        BOOST_TEST_REQUIRE(alone.has_value());
        BOOST_TEST(alone->idps.front().entity_id.str() == "https://idp1.example.org/metadata");
        check_document_refused(entities(test::idp_text(1).xml() + text.xml()), Errc::duplicate_entity);
    }
}

BOOST_AUTO_TEST_CASE(a_blank_or_too_long_name_refuses_its_entity, *boost::unit_test::description("MET-08")) {
    std::string content = test::idp_text(1).xml();
    for (const std::string& name :
         {std::string(), std::string(" "), "https://canary.example/" + std::string(1024, 'a')}) {
        IdpMetadataText text;
        text.entity_attributes = "entityID=\"" + name + "\"";
        content += text.xml();
        check_document_refused(text.xml(), Errc::entity_id_malformed);
    }
    const auto document = read_document(entities(content));
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST(document->idps.size() == 1U);
    BOOST_TEST_REQUIRE(document->refused.size() == 3U);
    for (const auto& refused : document->refused) {
        BOOST_TEST(refused.why.code == make_error_code(Errc::entity_id_malformed));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(documents_that_cost_too_much, *boost::unit_test::description("MET-09"))

BOOST_AUTO_TEST_CASE(too_many_entities_are_refused_kept_or_not) {
    auto rules = test::local_rules();
    rules.max_entities = 2;
    const auto two = test::idp_text(1).xml() + test::idp_text(2).xml();
    BOOST_TEST(read_document(entities(two), rules).has_value());
    rules.wanted = {saml::EntityID::parse("https://idp1.example.org/metadata").value()};
    check_document_refused(entities(two + R"(<md:EntityDescriptor entityID="urn:three"/>)"), Errc::too_many_entities,
                           rules);
}

BOOST_AUTO_TEST_CASE(a_too_long_or_too_deep_document_is_refused) {
    auto rules = test::local_rules();
    rules.limits.octets = 1000;
    check_document_refused(IdpMetadataText{}.xml(), rule(saml::Errc::message_too_large), rules);
    std::string deep = test::idp_text(1).xml();
    for (int i = 0; i < 40; ++i) deep = entities(deep);
    check_document_refused(deep, rule(saml::Errc::xml_limits));
}

BOOST_AUTO_TEST_CASE(a_too_large_entity_is_refused) {
    IdpMetadataText text;
    text.before_role = "<md:Extensions><x>" + std::string(1024 * 1024, 'x') + "</x></md:Extensions>";
    check_document_refused(entities(text.xml()), rule(saml::Errc::xml_limits));
}

BOOST_AUTO_TEST_CASE(an_entity_with_too_many_keys_is_refused) {
    IdpMetadataText many = test::idp_text(1);
    for (int i = 0; i < 17; ++i) many.keys += test::signing_key();
    const auto document = read_document(entities(many.xml() + test::idp_text(2).xml()));
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST(document->idps.size() == 1U);
    BOOST_TEST_REQUIRE(document->refused.size() == 1U);
    BOOST_TEST(document->refused[0].why.code == make_error_code(Errc::schema_violation));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(hostile_entities)

void check_entity_refused(const IdpMetadataText& text, Errc expected) {
    check_document_refused(text.xml(), expected);
    const auto document = read_document(entities(text.xml() + test::idp_text(2).xml()));
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST(document->idps.size() == 1U);  // the other one isn't harmed
    BOOST_TEST_REQUIRE(document->refused.size() == 1U);
    BOOST_TEST(document->refused[0].why.code == make_error_code(expected));
}

BOOST_AUTO_TEST_CASE(a_forbidden_endpoint_is_refused, *boost::unit_test::description("MET-10; CVE-2023-45683")) {
    const std::pair<std::string, Errc> urls[] = {
        {"javascript:canary()", Errc::endpoint_malformed},
        {"file:///etc/canary", Errc::endpoint_malformed},
        {"https://canary@idp1.example.org/", Errc::endpoint_malformed},
        {"https://idp1.example.org@127.0.0.1/canary", Errc::endpoint_malformed},
        {"gopher://canary.example/", Errc::endpoint_malformed},
        {"https://canary.example/" + std::string(10'000, 'a'), Errc::endpoint_malformed},
        {"http://169.254.169.254/canary", Errc::endpoint_not_allowed},
        {"https://169.254.169.254/canary", Errc::endpoint_not_allowed},
        {"https://2852039166/canary", Errc::endpoint_not_allowed},
        {"https://[::ffff:a9fe:a9fe]/canary", Errc::endpoint_not_allowed},
        {"https://localhost/canary", Errc::endpoint_not_allowed},
        {"https://10.0.0.1/canary", Errc::endpoint_not_allowed},
        {"http://idp1.example.org/canary", Errc::endpoint_not_allowed},
    };
    for (const auto& [url, expected] : urls) {
        BOOST_TEST_CONTEXT(url.substr(0, 60)) {
            IdpMetadataText location;
            location.services = R"(<md:SingleLogoutService Binding="urn:b" Location=")" + url + "\"/>";
            check_entity_refused(location, expected);
            IdpMetadataText response;
            response.services = R"(<md:SingleLogoutService Binding="urn:b" Location="https://idp1.example.org/" )"
                                R"(ResponseLocation=")" +
                                url + "\"/>";
            check_entity_refused(response, expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_forbidden_sign_on_endpoint_is_left_out, *boost::unit_test::description("MET-10, MD-25")) {
    IdpMetadataText text;
    for (const std::string_view url : {"http://idp1.example.org/canary", "https://10.0.0.1/canary",
                                       "https://[::1]/canary", "javascript:canary()", "https://idp1.example.org/sso"}) {
        text.services += R"(<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" )"
                         R"(Location=")" +
                         std::string(url) + "\"/>";
    }
    const auto document = test::read_document(text.xml());
    BOOST_TEST_REQUIRE(document.has_value());
    const auto& role = *document->idps.at(0).idp;
    BOOST_TEST_REQUIRE(role.sign_on.endpoints.size() == 1U);
    BOOST_TEST(role.sign_on.endpoints[0].location.str() == "https://idp1.example.org/sso");
    BOOST_TEST(role.sign_on.skipped_services.size() == 4U);
    BOOST_TEST(role.single_logout_services.size() == 1U);
    for (const auto& why : role.sign_on.skipped_services) {
        BOOST_TEST((why.find(test::canary) == std::string::npos), why);
    }
}

BOOST_AUTO_TEST_CASE(an_entity_without_a_readable_certificate_is_refused, *boost::unit_test::description("MET-12")) {
    const std::string good = test::certificate_base64("keys/idp1-first.crt.pem");
    const std::string der = saml::Certificate::from_base64(good).value().der();
    for (const std::string& text :
         {test::fixture("keys/idp1-first.crt.pem"), good + good, saml::encode_base64(der + der),
          good.substr(0, good.size() / 2), std::string(1'000'000, 'A'),
          test::certificate_base64("keys/ed25519.crt.pem"), test::certificate_base64("keys/weak-rsa1024.crt.pem"),
          std::string("AAAA"), std::string()}) {
        IdpMetadataText entity;
        entity.keys = test::key_descriptor(
            "", "<ds:X509Data><ds:X509Certificate>" + text + "</ds:X509Certificate></ds:X509Data>");
        check_entity_refused(entity, Errc::no_usable_key);
    }
}

BOOST_AUTO_TEST_CASE(an_entity_that_only_names_a_key_is_refused, *boost::unit_test::description("MET-13")) {
    IdpMetadataText entity;
    entity.keys = test::key_descriptor("", "<ds:KeyName>canary</ds:KeyName>");
    check_entity_refused(entity, Errc::no_usable_key);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(other_kinds_of_document, *boost::unit_test::description("MET-11"))

BOOST_AUTO_TEST_CASE(other_kinds_of_document_are_refused_by_the_strict_parser) {
    const std::string good = entities(test::idp_text(1).xml());
    check_document_refused("<!DOCTYPE canary SYSTEM 'file:///etc/passwd'>" + good, rule(saml::Errc::xml_doctype));
    check_document_refused("<!DOCTYPE r [<!ENTITY canary SYSTEM 'file:///etc/passwd'>]>" + good,
                           rule(saml::Errc::xml_doctype));
    check_document_refused("<?canary?>" + good, rule(saml::Errc::xml_processing_instruction));
    check_document_refused("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + good, rule(saml::Errc::xml_encoding));
    check_document_refused(
        "\xFF\xFE<\0m\0"
        "canary",
        rule(saml::Errc::xml_encoding));
    check_document_refused(good + good, rule(saml::Errc::xml_malformed));
    check_document_refused("", rule(saml::Errc::xml_malformed));
}

BOOST_AUTO_TEST_CASE(an_inclusion_includes_nothing) {
    IdpMetadataText text;
    text.keys = R"(<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/canary"/>)";
    check_document_refused(text.xml(), Errc::no_usable_key);
}

BOOST_AUTO_TEST_CASE(other_kinds_of_document_are_no_metadata) {
    check_document_refused("<html><body>Sign in, canary</body></html>", Errc::not_metadata);
    check_document_refused("<EntitiesDescriptor/>", Errc::not_metadata);
    check_document_refused("<x>" + IdpMetadataText{}.xml() + "</x>", Errc::not_metadata);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
