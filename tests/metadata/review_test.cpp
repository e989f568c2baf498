#include "slo/metadata/review.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "fixtures.hpp"
#include "metadata_text.hpp"
#include "slo/metadata/printable.hpp"
#include "slo/saml/error.hpp"

namespace {

using namespace slo;
using namespace std::string_literals;
using metadata::Errc;
using metadata::Finding;
using metadata::Severity;
using test::entities;
using test::IdpMetadataText;

std::vector<Finding> review(std::string_view text, const metadata::MetadataRules& rules = test::local_rules()) {
    return metadata::review(text, rules, test::reading_time());
}

bool has_error(const std::vector<Finding>& findings, std::error_code code, std::uint64_t line) {
    return std::ranges::any_of(findings, [&](const Finding& finding) {
        return finding.severity == Severity::error && finding.code == code && finding.line == line;
    });
}
bool has(const std::vector<Finding>& findings, Severity severity, std::uint64_t line, std::string_view words) {
    return std::ranges::any_of(findings, [&](const Finding& finding) {
        return finding.severity == severity && finding.line == line && !finding.rule.empty() &&
               finding.text.find(words) != std::string::npos;
    });
}
std::size_t errors_in(const std::vector<Finding>& findings) {
    return static_cast<std::size_t>(std::ranges::count(findings, Severity::error, &Finding::severity));
}

IdpMetadataText good() {
    IdpMetadataText text;
    text.entity_attributes += R"( validUntil="2030-12-01T00:00:00Z")";
    text.services += R"(<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" )"
                     R"(Location="https://idp1.example.org/sso"/>)";
    return text;
}

BOOST_AUTO_TEST_SUITE(review_of_metadata)

BOOST_AUTO_TEST_CASE(finds_nothing_to_mend_where_nothing_is_wrong) {
    const auto findings = review(good().xml());
    BOOST_TEST_REQUIRE(findings.size() == 1U);
    BOOST_TEST(has(findings, Severity::note, 0, "isn't signed"));
    const std::string group = entities(good().xml(), R"(ID="_f" validUntil="2030-12-01T00:00:00Z")");
    BOOST_TEST(review(test::signed_by_federation(group), test::federation_rules()).empty());
}

BOOST_AUTO_TEST_CASE(finds_every_error_of_one_document_with_its_line) {
    IdpMetadataText text;
    text.entity_attributes = "entityID=\"canary\" cacheDuration=\"P9999999Y\"";
    text.keys = "<md:KeyDescriptor use=\"canary\"/>\n" + test::signing_key("keys/weak-rsa1024.crt.pem");
    text.services =
        "<md:SingleLogoutService Location=\"https://idp1.example.org/\"/>\n"
        "<md:SingleLogoutService Binding=\"urn:b\" Location=\"javascript:canary\"/>\n"
        "<md:SingleLogoutService Binding=\"urn:b\" Location=\"https://127.0.0.1/\"/>";
    const auto findings = review(text.xml());
    BOOST_TEST(has_error(findings, make_error_code(Errc::entity_id_malformed), 1));
    BOOST_TEST(has_error(findings, make_error_code(Errc::schema_violation), 1));
    BOOST_TEST(has_error(findings, make_error_code(Errc::schema_violation), 3));
    BOOST_TEST(has(findings, Severity::warning, 4, "key.not_allowed"));
    BOOST_TEST(has_error(findings, make_error_code(Errc::no_usable_key), 2));
    BOOST_TEST(has_error(findings, make_error_code(Errc::schema_violation), 5));
    BOOST_TEST(has_error(findings, make_error_code(Errc::endpoint_malformed), 6));
    BOOST_TEST(has_error(findings, make_error_code(Errc::endpoint_not_allowed), 7));
    BOOST_TEST(errors_in(findings) == 7U);
    BOOST_TEST(std::ranges::is_sorted(findings, {}, &Finding::line));
    for (const auto& finding : findings) {
        BOOST_TEST((finding.text.find(test::canary) == std::string::npos), finding.text);
        BOOST_TEST(!finding.rule.empty());
    }
}

BOOST_AUTO_TEST_CASE(warns_of_content_that_is_read_and_may_not_work) {
    IdpMetadataText text;
    const auto ended = saml::generate_key(saml::KeyKind::ec_p256, "ended", test::reading_time() - std::chrono::days{9},
                                          std::chrono::days{2});
    text.keys = test::key_descriptor("", "<ds:X509Data><ds:X509Certificate>" +
                                             saml::Certificate::parse(ended->certificate_pem)->base64() +
                                             "</ds:X509Certificate></ds:X509Data>");
    text.services = R"(<md:SingleLogoutService Binding="urn:b" Location="https://idp1.example.org/"/>)";
    text.after_role = R"(<md:SPSSODescriptor protocolSupportEnumeration="urn:x"/>)";
    const auto findings = review(text.xml());
    BOOST_TEST(errors_in(findings) == 0U);
    BOOST_TEST(has(findings, Severity::warning, 1, "neither validUntil nor cacheDuration"));
    BOOST_TEST(has(findings, Severity::note, 1, "1 other role"));
    BOOST_TEST(has(findings, Severity::warning, 2, "no key says use=\"signing\""));
    BOOST_TEST(has(findings, Severity::warning, 2, "no SingleLogoutService with the SOAP binding"));
    BOOST_TEST(has(findings, Severity::warning, 2, "its own go through the user's browser (browser_slo_url)"));
    BOOST_TEST(has(findings, Severity::warning, 3, "the certificate ended at 2030-01-08T10:00:00Z"));
    BOOST_TEST(has(findings, Severity::note, 3, "no use"));
    text.services.clear();
    BOOST_TEST(has(review(text.xml()), Severity::warning, 2, "no SingleLogoutService:"));
}

BOOST_AUTO_TEST_CASE(warns_of_an_idp_to_which_no_user_can_be_sent, *boost::unit_test::description("MD-25")) {
    BOOST_TEST(has(review(IdpMetadataText{}.xml()), Severity::warning, 2,
                   "no sign-on: users can't be sent to it, as its metadata has no SingleSignOnService"));
    auto text = good();
    text.keys = R"(<md:Extensions><s:Scope xmlns:s="urn:mace:shibboleth:metadata:1.0" regexp="true">a</s:Scope>)"
                "</md:Extensions>" +
                text.keys;
    text.services +=
        "\n<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" "
        "Location=\"https://127.0.0.1/canary\"/>";
    const auto findings = review(text.xml());
    BOOST_TEST(errors_in(findings) == 0U);
    BOOST_TEST(
        has(findings, Severity::warning, 5, "it isn't used: SingleSignOnService, line 5: Location is a URL whose"));
    BOOST_TEST(has(findings, Severity::note, 2, "1 scope(s) are regular expressions"));
    BOOST_TEST(!has(findings, Severity::warning, 2, "no sign-on"));
    BOOST_TEST(!has(findings, Severity::warning, 5, "canary"));
    auto rules = test::local_rules();
    rules.endpoints.http = metadata::EndpointRule::Http::accepted;
    auto plain = good();
    plain.services.replace(plain.services.rfind("https:"), 6, "http:");
    BOOST_TEST(has(review(plain.xml(), rules), Severity::warning, 4, "is without TLS, and users would type"));
    BOOST_TEST(has(review(plain.xml()), Severity::warning, 4, "it isn't used: SingleSignOnService, line 4"));
}

BOOST_AUTO_TEST_CASE(warns_of_an_end_that_is_near_or_missing) {
    IdpMetadataText soon;
    soon.entity_attributes += R"( validUntil="2030-01-20T00:00:00Z")";
    BOOST_TEST(has(review(soon.xml()), Severity::warning, 1, "validUntil is 2030-01-20T00:00:00Z"));
    IdpMetadataText open;
    open.entity_attributes += R"( cacheDuration="PT1H")";
    BOOST_TEST(has(review(open.xml()), Severity::warning, 1, "no validUntil"));
    IdpMetadataText ended;
    ended.entity_attributes += R"( validUntil="2030-01-15T00:00:00Z")";
    BOOST_TEST(has_error(review(ended.xml()), make_error_code(Errc::expired), 1));
    auto strict = test::local_rules();
    strict.longest_validity = std::chrono::hours{24};
    BOOST_TEST(has_error(review(IdpMetadataText{}.xml(), strict), make_error_code(Errc::valid_until_missing), 1));
    BOOST_TEST(has_error(review(soon.xml(), strict), make_error_code(Errc::valid_until_too_far), 1));
}

BOOST_AUTO_TEST_CASE(warns_of_endpoints_without_tls_and_of_weak_algorithms) {
    auto rules = test::local_rules();
    rules.endpoints.http = metadata::EndpointRule::Http::accepted;
    auto text = good();
    text.services = R"(<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" )"
                    R"(Location="http://idp1.example.org/&#233;"/>)";
    BOOST_TEST(has_error(review(text.xml(), rules), make_error_code(Errc::endpoint_malformed), 4));
    text.services = R"(<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" )"
                    R"(Location="http://idp1.example.org/slo" ResponseLocation="https://idp1.example.org/slo"/>)";
    text.before_role = R"(<md:Extensions xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport"><alg:SigningMethod )"
                       R"(Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/></md:Extensions>)";
    const auto findings = review(text.xml(), rules);
    BOOST_TEST(errors_in(findings) == 0U);
    BOOST_TEST(has(findings, Severity::warning, 4, "Location \"http://idp1.example.org/slo\" is without TLS"));
    BOOST_TEST(has(findings, Severity::note, 4, "ResponseLocation means nothing with SOAP"));
    BOOST_TEST(has(findings, Severity::warning, 2, "none of the signature algorithms"));
}

BOOST_AUTO_TEST_CASE(finds_errors_of_several_entities_of_an_aggregate) {
    IdpMetadataText keyless = test::idp_text(1);
    keyless.keys.clear();
    const std::string text =
        entities(keyless.xml() + test::idp_text(2).xml() + entities(test::idp_text(2).xml()) + keyless.xml());
    const auto findings = review(text);
    BOOST_TEST(has_error(findings, make_error_code(Errc::no_usable_key), 3));
    BOOST_TEST(has_error(findings, make_error_code(Errc::duplicate_entity), 14));
    BOOST_TEST(has_error(findings, make_error_code(Errc::duplicate_entity), 21));
    BOOST_TEST(has_error(findings, make_error_code(Errc::no_usable_key), 22));
    BOOST_TEST(errors_in(findings) == 4U);
}

BOOST_AUTO_TEST_CASE(goes_through_an_aggregate_that_is_too_large_for_a_tree) {
    IdpMetadataText keyless = test::idp_text(1);
    keyless.keys = "\n\n" + test::signing_key("keys/weak-rsa1024.crt.pem");
    std::string content = keyless.xml();
    for (int i = 2; content.size() < 1100 * 1024; ++i) content += test::idp_text(i).xml();
    content += keyless.xml();
    const auto findings = review(entities(content));
    const auto last = static_cast<std::uint64_t>(std::ranges::count(content, '\n')) + 2;
    BOOST_TEST(has_error(findings, make_error_code(Errc::no_usable_key), 3));
    BOOST_TEST(has(findings, Severity::warning, 6, "KeyDescriptor, line 6"));
    BOOST_TEST(has_error(findings, make_error_code(Errc::duplicate_entity), last - 8));
    BOOST_TEST(has_error(findings, make_error_code(Errc::no_usable_key), last - 7));
}

BOOST_AUTO_TEST_CASE(leaves_service_providers_of_a_group_alone) {
    const std::string sp = R"(<md:EntityDescriptor entityID="canary" cacheDuration="P"/>)";
    BOOST_TEST(errors_in(review(entities(sp + good().xml()))) == 0U);
    BOOST_TEST(errors_in(review(sp)) > 0U);
}

BOOST_AUTO_TEST_CASE(says_where_the_xml_breaks) {
    BOOST_TEST(has_error(review("<a>\n<b>\n</a>"), make_error_code(saml::Errc::xml_malformed), 3));
    BOOST_TEST(has_error(review("<a>\n<?canary?></a>"), make_error_code(saml::Errc::xml_processing_instruction), 2));
    BOOST_TEST(has_error(review("<a/>"), make_error_code(Errc::not_metadata), 1));
    BOOST_TEST(errors_in(review("")) == 1U);
}

// Each of them is fetched again in vain.
BOOST_AUTO_TEST_CASE(says_what_to_change_where_another_copy_would_be_the_same) {
    const std::string text = good().xml();
    const auto check = [](const std::string& octets, std::error_code code, std::uint64_t line, std::string_view mend) {
        const auto findings = review(octets);
        BOOST_TEST(errors_in(findings) == 1U);
        BOOST_TEST(has_error(findings, code, line), octets.substr(0, 20));
        BOOST_TEST(has(findings, Severity::error, line, mend), findings.front().text);
        BOOST_TEST(!has(findings, Severity::error, line, "fetch the document again"), octets.substr(0, 20));
    };
    const std::string declaration = R"(<?xml version="1.0" encoding="UTF-8"?>)";
    check("\n" + declaration + text, make_error_code(saml::Errc::xml_malformed), 1, "remove line 1");
    check(" " + declaration + text, make_error_code(saml::Errc::xml_malformed), 1, "remove the blanks before it");
    const auto encoding = make_error_code(saml::Errc::xml_encoding);
    check(R"(<?xml version="1.0" encoding="ISO-8859-1"?>)" + text, encoding, 0, "convert it to UTF-8");
    check("\xFF\xFE<\0?\0x\0"s, encoding, 0, "convert it to UTF-8");
    check("<!-- Universit\xE4t -->" + text, encoding, 0, "convert it to UTF-8");
    const auto no_metadata = make_error_code(Errc::not_metadata);
    check("<!DOCTYPE html><html><head></html>", no_metadata, 0, "it's a web page (HTML)");
    check("\n\n<!doctype HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>\n<HTML>", no_metadata, 0, "it's a web page (HTML)");
    check(R"({"error": "not found"})", no_metadata, 0, "it's JSON");
    check("<!DOCTYPE canary>" + text, make_error_code(saml::Errc::xml_doctype), 0, "ask for it without DOCTYPE");
}

BOOST_AUTO_TEST_CASE(names_the_element_that_has_ended_and_lines_of_the_document) {
    const auto document = [](const std::string& until_of_role, const std::string& key) {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n\n\n<md:EntityDescriptor "
               "xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"\n  "
               "entityID=\"https://first.example/idp\" "
               "validUntil=\"2031-01-01T00:00:00Z\">\n\n  <md:IDPSSODescriptor" +
               until_of_role + "\n    protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\n" + key +
               "</md:IDPSSODescriptor>\n</md:EntityDescriptor>";
    };
    const std::string no_key =
        "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo\n xmlns:ds="
        "\"http://www.w3.org/2000/09/xmldsig#\"/>\n</md:KeyDescriptor>";
    const std::string ended = document(" validUntil=\"2018-01-01T00:00:00Z\"", test::signing_key("keys/idp2.crt.pem"));
    const std::string keyless = document("", no_key);
    const auto detail = [](const std::string& octets) {
        return metadata::read_metadata(saml::source_of(octets), test::local_rules(), test::reading_time())
            .error()
            .detail;
    };
    BOOST_TEST(detail(ended) == "IDPSSODescriptor, line 8: validUntil was 2018-01-01T00:00:00Z");
    BOOST_TEST(has_error(review(ended), make_error_code(Errc::expired), 8));
    BOOST_TEST((detail(keyless).find("IDPSSODescriptor, line 8: no key that may verify; KeyDescriptor, line 10") == 0),
               detail(keyless));
    BOOST_TEST(has_error(review(keyless), make_error_code(Errc::no_usable_key), 8));
    BOOST_TEST(has(review(keyless), Severity::warning, 10, "KeyDescriptor, line 10"));

    // Of an aggregate, where lines have more than 16 bits.
    const std::string content = std::string(70'000, '\n') + ended.substr(ended.find("<md:"));
    const std::string group = R"(<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
        validUntil="2018-01-01T00:00:00Z">)" +
                              content + "</md:EntitiesDescriptor>";
    const std::string whole = entities(content);
    const auto read = metadata::read_metadata(saml::source_of(whole), test::local_rules(), test::reading_time());
    BOOST_REQUIRE(read.value().refused.size() == 1U);
    BOOST_TEST(read->refused.front().line == 70'002U);
    BOOST_TEST(read->refused.front().why.detail == "IDPSSODescriptor, line 70005: validUntil was 2018-01-01T00:00:00Z");
    BOOST_TEST(has_error(review(whole), make_error_code(Errc::expired), 70'005));
    const auto around =
        metadata::read_metadata(saml::source_of(entities(group)), test::local_rules(), test::reading_time());
    BOOST_TEST(around.value().refused.front().why.detail ==
               "EntitiesDescriptor around EntityDescriptor, line 70003: validUntil was 2018-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(judges_trust_beside_the_content) {
    IdpMetadataText keyless = good();
    keyless.keys.clear();
    keyless.entity_attributes += R"( ID="_e")";
    const auto findings = review(keyless.xml(), test::federation_rules());
    BOOST_TEST(has_error(findings, make_error_code(saml::Errc::signature_missing), 2));
    BOOST_TEST(has_error(findings, make_error_code(Errc::no_usable_key), 2));
    // The reader stops at the malformed end, before it knows the document's digest.
    std::string tampered = test::signed_by_federation(
        entities(entities(good().xml(), R"(validUntil="2030-12-01T00:00:00Z")"), R"(ID="_f")"));
    tampered.replace(tampered.find("2030-12-01"), 10, "2030-12-xx");
    const auto both = review(tampered, test::federation_rules());
    BOOST_TEST(std::ranges::any_of(
        both, [](const Finding& f) { return f.code == make_error_code(saml::Errc::signature_invalid); }));
    BOOST_TEST(
        std::ranges::any_of(both, [](const Finding& f) { return f.code == make_error_code(Errc::schema_violation); }));
    auto pinned = test::local_rules();
    pinned.trust = metadata::PinnedHash{std::string(64, '0')};
    BOOST_TEST(has_error(review(good().xml(), pinned), make_error_code(Errc::hash_mismatch), 0));
    auto wanted = test::local_rules();
    wanted.wanted = {saml::EntityID::parse("urn:other").value()};
    BOOST_TEST(has_error(review(good().xml(), wanted), make_error_code(Errc::another_entity), 1));
}

BOOST_AUTO_TEST_CASE(finds_an_error_wherever_the_reader_refuses) {
    const IdpMetadataText one;
    for (const std::string& text :
         {std::string("<x/>"), entities(one.xml() + one.xml()), test::fixture("sp/metadata.xml"),
          test::fixture("lemonldap/idp-metadata.xml"), entities(one.xml(), R"(validUntil="2029-01-01T00:00:00Z")"),
          entities(entities(one.xml(), R"(validUntil="soon")"))}) {
        const auto read = test::read_document(text);
        BOOST_TEST_REQUIRE(!read.has_value());
        const auto findings = review(text);
        BOOST_TEST(std::ranges::any_of(findings, [&](const Finding& f) { return f.code == read.error().code; }));
    }
}

BOOST_AUTO_TEST_CASE(prints_nothing_that_moves_a_terminal) {
    auto rules = test::local_rules();
    auto text = good();
    text.services = "<md:SingleLogoutService Binding=\"urn:b\" Location=\"https://127.0.0.1/%1b'()\"/>";
    for (const auto& finding : review(text.xml(), rules)) {
        BOOST_TEST(std::ranges::all_of(finding.text, [](char c) { return c >= 0x20 && c < 0x7F; }));
    }
    BOOST_TEST(metadata::quoted("a\x1b[31m\"\\\xC3\xA9\n") == R"("a\x1b[31m\x22\x5c\xc3\xa9\x0a")");
    BOOST_TEST(metadata::quoted("abcdef", 3) == "\"abc\"...");
    BOOST_TEST(metadata::quoted("abc", 3) == "\"abc\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
