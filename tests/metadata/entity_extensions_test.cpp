// An entity's metadata beyond keys and endpoints: durations, extensions, keys without a certificate.
#include <boost/test/unit_test.hpp>

#include "fixtures.hpp"
#include "metadata_text.hpp"
#include "slo/saml/base64.hpp"

namespace {

using namespace slo;
using metadata::Errc;
using test::IdpMetadataText;
using namespace std::chrono_literals;

std::string extensions(std::string_view content) {
    return R"(<md:Extensions xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport" )"
           R"(xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" )"
           R"(xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" xmlns:x="urn:example:unknown" )"
           R"(xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">)" +
           std::string(content) + "</md:Extensions>";
}

constexpr std::string_view sha256_and_512 =
    R"(<alg:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>)"
    R"(<alg:SigningMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" MinKeySize="2048" )"
    R"(MaxKeySize="4096"/>)"
    R"(<alg:SigningMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"/>)";

metadata::EntityDescriptor read(const IdpMetadataText& text) {
    return test::read(text.xml()).value();
}

std::string sign_on_extensions(std::string_view content) {
    return R"(<md:Extensions xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" )"
           R"(xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui">)" +
           std::string(content) + "</md:Extensions>\n";
}

BOOST_AUTO_TEST_SUITE(entity_extensions)

BOOST_AUTO_TEST_CASE(literal_scopes_are_kept_and_patterns_only_counted, *boost::unit_test::description("MD-25")) {
    IdpMetadataText text;
    text.keys = sign_on_extensions(R"(<shibmd:Scope regexp="false"> example.org&#10;</shibmd:Scope>)"
                                   R"(<shibmd:Scope>a.example.org</shibmd:Scope>)"
                                   R"(<shibmd:Scope regexp="true">^.+\.example\.org$</shibmd:Scope>)"
                                   R"(<shibmd:Scope regexp="1">b.example.org</shibmd:Scope>)"
                                   R"(<shibmd:Scope regexp="perhaps">c.example.org</shibmd:Scope>)"
                                   R"(<shibmd:Scope>two words</shibmd:Scope><shibmd:Scope>a@b</shibmd:Scope>)"
                                   R"(<shibmd:Scope/><shibmd:Scope><x/></shibmd:Scope>)") +
                text.keys;
    text.before_role = sign_on_extensions("<shibmd:Scope>of-the-entity.example</shibmd:Scope>");
    const auto sign_on = read(text).idp->sign_on;
    const std::vector<std::string> scopes = {"example.org", "a.example.org", "of-the-entity.example"};
    BOOST_TEST(sign_on.scopes == scopes, boost::test_tools::per_element());
    BOOST_TEST(sign_on.regexp_scopes == 3U);
}

BOOST_AUTO_TEST_CASE(display_names_are_kept_by_language_and_bounded, *boost::unit_test::description("MD-25")) {
    IdpMetadataText text;
    const std::string long_name(257, 'n');
    std::string names =
        R"(<mdui:DisplayName xml:lang="en">Example <!-- a -->&lt;University&gt;</mdui:DisplayName>)"
        R"(<mdui:DisplayName xml:lang="de-CH">
  Hochschule  Ü </mdui:DisplayName>)"
        R"(<mdui:DisplayName xml:lang="en">Another</mdui:DisplayName>)"
        R"(<mdui:DisplayName>No language</mdui:DisplayName><mdui:DisplayName xml:lang="e n">No</mdui:DisplayName>)"
        R"(<mdui:DisplayName xml:lang="fr">a&#x85;b</mdui:DisplayName>)"
        R"(<mdui:DisplayName xml:lang="it">)" +
        long_name + R"(</mdui:DisplayName><mdui:DisplayName xml:lang="es">  </mdui:DisplayName>)";
    const auto read_names = [&] {
        IdpMetadataText with = text;
        with.keys = sign_on_extensions("<mdui:UIInfo>" + names + "</mdui:UIInfo>") + with.keys;
        return read(with).idp->sign_on.display_names;
    };
    const std::vector<metadata::LocalizedText> expected = {{"en", "Example <University>"}, {"de-CH", "Hochschule Ü"}};
    BOOST_TEST((read_names() == expected));
    for (int i = 0; i < 60; ++i) {
        names += "<mdui:DisplayName xml:lang=\"en-" + std::to_string(i) + "\">x</mdui:DisplayName>";
    }
    BOOST_TEST(read_names().size() == 32U);
}

BOOST_AUTO_TEST_CASE(algorithms_keep_their_order, *boost::unit_test::description("ALG-01")) {
    IdpMetadataText text;
    text.before_role = extensions(sha256_and_512);
    const auto algorithms = read(text).idp->algorithms;
    BOOST_TEST_REQUIRE(algorithms.digests.size() == 1U);
    BOOST_TEST(algorithms.digests[0] == "http://www.w3.org/2001/04/xmlenc#sha256");
    BOOST_TEST_REQUIRE(algorithms.signing.size() == 2U);
    BOOST_TEST(algorithms.signing[0].algorithm == "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
    BOOST_TEST((algorithms.signing[0].min_key_size == 2048U));
    BOOST_TEST((algorithms.signing[0].max_key_size == 4096U));
    BOOST_TEST((algorithms.signing[1].min_key_size == std::nullopt));
}

BOOST_AUTO_TEST_CASE(extensions_of_the_role_replace_those_of_the_entity, *boost::unit_test::description("ALG-02")) {
    IdpMetadataText text;
    text.before_role = extensions(sha256_and_512);
    text.keys = extensions(R"(<alg:SigningMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/>)") +
                test::signing_key();
    const auto algorithms = read(text).idp->algorithms;
    BOOST_TEST_REQUIRE(algorithms.signing.size() == 1U);
    BOOST_TEST(algorithms.signing[0].algorithm == "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256");
    BOOST_TEST(algorithms.digests.size() == 1U);  // of which the role says nothing
    BOOST_TEST((read(IdpMetadataText{}).idp->algorithms == metadata::AlgorithmSupport{}));
}

BOOST_AUTO_TEST_CASE(malformed_or_unknown_extensions_are_ignored, *boost::unit_test::description("IIP-EXT01")) {
    IdpMetadataText text;
    text.before_role = extensions(
        R"(<alg:SigningMethod/><alg:SigningMethod Algorithm="not a URI"/><x:SigningMethod Algorithm="urn:x"/>)"
        R"(<alg:SigningMethod Algorithm="urn:y" MinKeySize="-1" MaxKeySize="99999999999999999999"/>)"
        R"(<mdrpi:RegistrationInfo registrationAuthority=""/><mdrpi:PublicationInfo creationInstant="yesterday"/>)"
        R"(<mdattr:EntityAttributes><saml:Attribute/><saml:Assertion/></mdattr:EntityAttributes><x:Deep><x:Deep/></x:Deep>)");
    const auto entity = read(text);
    BOOST_TEST_REQUIRE(entity.idp->algorithms.signing.size() == 1U);
    BOOST_TEST((entity.idp->algorithms.signing[0].min_key_size == std::nullopt));
    BOOST_TEST((entity.idp->algorithms.signing[0].max_key_size == std::nullopt));
    BOOST_TEST(entity.attributes.empty());
    BOOST_TEST(!entity.registration_authority.has_value());
    BOOST_TEST(!entity.published.has_value());
}

BOOST_AUTO_TEST_CASE(sixty_four_extensions_of_a_kind_are_kept) {
    IdpMetadataText text;
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += R"(<alg:DigestMethod Algorithm="urn:x"/><alg:SigningMethod Algorithm="urn:x"/>)";
    text.before_role = extensions(many);
    BOOST_TEST(read(text).idp->algorithms.digests.size() == 64U);
    BOOST_TEST(read(text).idp->algorithms.signing.size() == 64U);
}

BOOST_AUTO_TEST_CASE(extensions_give_entity_attributes_registration_and_publication) {
    IdpMetadataText text;
    text.before_role = extensions(
        R"(<mdattr:EntityAttributes><saml:Attribute Name="http://macedir.org/entity-category-support">)"
        R"(<saml:AttributeValue>http://refeds.org/category/research-and-scholarship</saml:AttributeValue>)"
        R"(<saml:AttributeValue><x:Nested/></saml:AttributeValue><saml:AttributeValue>two</saml:AttributeValue>)"
        R"(</saml:Attribute></mdattr:EntityAttributes>)"
        R"(<mdrpi:RegistrationInfo registrationAuthority="https://federation.example/"/>)"
        R"(<mdrpi:PublicationInfo creationInstant="2030-01-14T00:00:00Z" publisher="https://federation.example/"/>)");
    const auto entity = read(text);
    BOOST_TEST_REQUIRE(entity.attributes.size() == 1U);
    BOOST_TEST(entity.attributes[0].name == "http://macedir.org/entity-category-support");
    BOOST_TEST_REQUIRE(entity.attributes[0].values.size() == 2U);
    BOOST_TEST(entity.attributes[0].values[1] == "two");
    BOOST_TEST(entity.registration_authority.value() == "https://federation.example/");
    BOOST_TEST(saml::format_instant(entity.published.value()) == "2030-01-14T00:00:00Z");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(cache_duration)

BOOST_AUTO_TEST_CASE(the_shortest_enclosing_cache_duration_counts, *boost::unit_test::description("errata E76, E94")) {
    IdpMetadataText text;
    BOOST_TEST((read(text).cache_duration == std::nullopt));
    text.entity_attributes += R"( cacheDuration="PT6H")";
    BOOST_TEST((read(text).cache_duration == 6h));
    text.role_attributes += R"( cacheDuration="PT1H")";
    BOOST_TEST((read(text).cache_duration == 1h));
    const auto group = test::read(test::entities(text.xml(), R"(cacheDuration="PT5M")"));
    BOOST_TEST((group->cache_duration == 5min));
}

BOOST_AUTO_TEST_CASE(a_malformed_cache_duration_breaks_the_document, *boost::unit_test::description("MET-03")) {
    for (const std::string_view value : {"P9999999Y", "-PT1H", "PT1.5H", "canary", "", "P", "PT", "P1H"}) {
        IdpMetadataText text;
        text.entity_attributes += " cacheDuration=\"" + std::string(value) + "\"";
        test::check_refused(text.xml(), Errc::schema_violation, "EntityDescriptor, line 1: cacheDuration");
        test::check_refused(test::entities(IdpMetadataText{}.xml(), "cacheDuration=\"" + std::string(value) + "\""),
                            Errc::schema_violation, "EntitiesDescriptor, line 1: cacheDuration");
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(more_of_key_descriptors)

BOOST_AUTO_TEST_CASE(encryption_methods_keep_their_order, *boost::unit_test::description("ALG-01")) {
    IdpMetadataText text;
    text.keys = "<md:KeyDescriptor><ds:KeyInfo>" + test::x509_data("keys/idp1-first.crt.pem") +
                "</ds:KeyInfo><md:EncryptionMethod Algorithm='urn:x'/><md:EncryptionMethod/>"
                "<md:EncryptionMethod Algorithm='urn:y'/></md:KeyDescriptor>";
    const auto methods = read(text).idp->keys.at(0).encryption_methods;
    BOOST_TEST_REQUIRE(methods.size() == 2U);
    BOOST_TEST(methods[0] == "urn:x");
    BOOST_TEST(methods[1] == "urn:y");
}

// The SubjectPublicKeyInfo of keys/idp2-p256.crt.pem ends in its point.
std::string p256_point() {
    const auto der = saml::Certificate::parse(test::fixture("keys/idp2-p256.crt.pem"))->der();
    const std::size_t found = der.find(std::string("\x03\x42\x00\x04", 4));
    return der.substr(found + 3, 65);
}

std::string ec_key_value(std::string_view curve, std::string_view point) {
    return R"(<ds:KeyValue><e:ECKeyValue xmlns:e="http://www.w3.org/2009/xmldsig11#"><e:NamedCurve URI=")" +
           std::string(curve) + "\"/><e:PublicKey>" + saml::encode_base64(point) +
           "</e:PublicKey></e:ECKeyValue></ds:KeyValue>";
}

BOOST_AUTO_TEST_CASE(a_bare_ec_key_is_accepted, *boost::unit_test::description("MDIOP-03")) {
    IdpMetadataText text;
    text.keys = test::key_descriptor("", ec_key_value("urn:oid:1.2.840.10045.3.1.7", p256_point()));
    const auto role = test::role_of(text.xml());
    BOOST_TEST_REQUIRE(role.keys.size() == 1U);
    BOOST_TEST(!role.keys[0].certificate.has_value());
    text.keys = test::signing_key("keys/idp2-p256.crt.pem");
    BOOST_TEST(role.keys[0].key.fingerprint() == test::role_of(text.xml()).keys.at(0).key.fingerprint());
}

BOOST_AUTO_TEST_CASE(a_malformed_ec_key_is_skipped) {
    std::string off = p256_point();
    off.back() = static_cast<char>(off.back() ^ 1);
    const std::pair<std::string, std::string_view> bad[] = {
        {ec_key_value("urn:oid:1.2.840.10045.3.1.7", off), "ECKeyValue is refused (key."},
        {ec_key_value("urn:oid:1.3.132.0.34", p256_point()), "ECKeyValue is refused (key.unreadable)"},
        {ec_key_value("urn:oid:1.3.132.0.10", p256_point()), "on another curve"},
        {ec_key_value("urn:canary", p256_point()), "on another curve"},
        {ec_key_value("urn:oid:1.2.840.10045.3.1.7", std::string(200, '\4')), "ECKeyValue is refused (saml.base64)"},
        {R"(<ds:KeyValue><e:ECKeyValue xmlns:e="http://www.w3.org/2009/xmldsig11#"><e:ECParameters/></e:ECKeyValue></ds:KeyValue>)",
         "without its NamedCurve"},
    };
    for (const auto& [key_info, why] : bad) {
        IdpMetadataText text;
        text.keys = test::key_descriptor("", key_info);
        test::check_refused(text.xml(), Errc::no_usable_key, why);
    }
}

BOOST_AUTO_TEST_CASE(a_repeated_certificate_is_shared) {
    IdpMetadataText text;
    text.keys =
        test::signing_key() + test::key_descriptor(R"(use="encryption")", test::x509_data("keys/idp1-first.crt.pem"));
    const auto keys = read(text).idp->keys;
    BOOST_TEST_REQUIRE(keys.size() == 2U);
    BOOST_TEST(&keys[0].certificate->der() == &keys[1].certificate->der());  // one in memory
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
