#include "slo/saml/identifiers.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>

#include "failure_check.hpp"

namespace {

using namespace slo::saml;
using slo::saml::test::rule;
using slo::saml::test::rule_of;

std::string repeated(std::string_view piece, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += piece;
    return text;
}

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_CASE(an_entity_id_is_an_absolute_uri) {
    for (const auto* text : {"https://idp.example.org/metadata", "urn:example:idp", "http://idp", "x:y",
                             "https://idp.example.org/a?b=c#d", "tag:example.org,2030:idp"}) {
        BOOST_TEST(rule_of(EntityID::parse(text)) == "accepted", text);
    }
    for (const auto* text : {"",
                             " ",
                             "idp",
                             "/metadata",
                             "idp.example.org/metadata",
                             ":x",
                             "x:",
                             "1x:y",
                             "h ttp://idp",
                             "https://idp/a b",
                             "https://idp/<",
                             "https://idp/>",
                             "https://idp/\"",
                             "https://idp/{",
                             "https://idp/}",
                             "https://idp/|",
                             "https://idp/\\",
                             "https://idp/^",
                             "https://idp/`",
                             " https://idp",
                             "https://idp ",
                             "https://idp\n",
                             "https://idp/\x7F",
                             "https://idp/\xC2\x85",
                             "https://idp/\xFF"}) {
        BOOST_TEST(rule_of(EntityID::parse(text)) == rule(Errc::uri_malformed), text);
    }
    BOOST_TEST(rule_of(EntityID::parse({"https://idp\0", 12})) == rule(Errc::uri_malformed));
}

BOOST_AUTO_TEST_CASE(an_opaque_entity_id_is_a_name_that_is_shown_as_it_is) {
    for (const auto* text : {"localhost", "idp.example.org/metadata", "/metadata", "My IdP 2", "ID\xC3\xA9",
                             "https://idp.example.org/metadata"}) {
        BOOST_TEST(rule_of(EntityID::opaque(text)) == "accepted", text);
        BOOST_TEST(EntityID::opaque(text)->str() == text);
    }
    for (const auto* text : {"", " ", " idp", "idp ", "a  b", "a\tb", "a\nb", "a\x7F", "a\xC2\x85", "a\xFF", "a\"b",
                             "a\\b", "a<b", "a>b", "a{b", "a}b", "a|b", "a^b", "a`b"}) {
        BOOST_TEST(rule_of(EntityID::opaque(text)) == rule(Errc::uri_malformed), text);
    }
    BOOST_TEST(rule_of(EntityID::opaque({"idp\0", 4})) == rule(Errc::uri_malformed));
    BOOST_TEST(rule_of(EntityID::opaque(std::string(1024, 'a'))) == "accepted");
    BOOST_TEST(rule_of(EntityID::opaque(std::string(1025, 'a'))) == rule(Errc::uri_malformed));
    BOOST_TEST((*EntityID::opaque("localhost") != *EntityID::opaque("Localhost")));
    BOOST_TEST((*EntityID::opaque("urn:a") == *EntityID::parse("urn:a")));
}

BOOST_AUTO_TEST_CASE(an_entity_id_is_read_in_the_form_that_is_allowed) {
    BOOST_TEST(rule_of(read_entity_id("localhost", EntityIDForm::opaque)) == "accepted");
    BOOST_TEST(rule_of(read_entity_id("localhost", EntityIDForm::absolute_uri)) == rule(Errc::uri_malformed));
}

// Core 8.3.6 l.3315.
BOOST_AUTO_TEST_CASE(an_entity_id_ends_at_1024_bytes) {
    const std::string longest = "urn:" + std::string(1020, 'a');
    BOOST_TEST(rule_of(EntityID::parse(longest)) == "accepted");
    BOOST_TEST(rule_of(EntityID::parse(longest + "a")) == rule(Errc::uri_malformed));
}

BOOST_AUTO_TEST_CASE(a_message_id_is_an_ncname_of_ascii_characters) {
    for (const auto* text : {"_1", "a", "A.b-c_9", "_4E39BE77A5DB44A7DE94A1CFDBF29B43"}) {
        BOOST_TEST(rule_of(MessageID::parse(text)) == "accepted", text);
    }
    for (const auto* text :
         {"", "1a", "-a", ".a", "a b", " a", "a ", "a:b", "#a", "a'b", "a\"b", "a\n", "\xC3\xA4", "a/b"}) {
        BOOST_TEST(rule_of(MessageID::parse(text)) == rule(Errc::id_malformed), text);
    }
    // xs:ID has no limit; Salesforce's have about 280.
    BOOST_TEST(rule_of(MessageID::parse(std::string(1024, 'a'))) == "accepted");
    BOOST_TEST(rule_of(MessageID::parse(std::string(1025, 'a'))) == rule(Errc::id_malformed));
}

// Kantara IIP-G02: 256 characters, whichever.
BOOST_AUTO_TEST_CASE(a_session_index_may_have_256_characters_outside_the_bmp) {
    BOOST_TEST(rule_of(SessionIndex::parse(repeated("\xF0\x9F\x98\x80", 256))) == "accepted");
    BOOST_TEST(rule_of(SessionIndex::parse(repeated("\xF0\x9F\x98\x80", 256) + "a")) ==
               rule(Errc::session_index_malformed));
    BOOST_TEST(rule_of(SessionIndex::parse("::a/b.c=; d")) == "accepted");
}

BOOST_AUTO_TEST_CASE(an_xml_value_has_characters_of_xml_and_no_line_end_or_tab_around_them) {
    for (const auto* text : {"a", " a ", "a\rb", "a\tb", "a\nb", "a\x7F", "\xC2\x80", "\xC2\x85", "\xC2\x9F",
                             "\xC2\xA0", "\xEE\x80\x80", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF"}) {
        BOOST_TEST(is_xml_value(text, 100), text);
        BOOST_TEST(rule_of(SessionIndex::parse(text)) == "accepted", text);
    }
    for (const auto* text : {"", " ", "\t\r\n ", "a\r", "\ta", "a\n", "\x01", "a\x08", "a\x0B", "a\x0C", "a\x1F",
                             "a\xEF\xBF\xBE", "a\xEF\xBF\xBF", "a\xED\xA0\x80", "a\xC3"}) {
        BOOST_TEST(!is_xml_value(text, 100), text);
        BOOST_TEST(rule_of(SessionIndex::parse(text)) == rule(Errc::session_index_malformed), text);
    }
    BOOST_TEST(!is_xml_value({"a\0b", 3}, 100));
    BOOST_TEST(!is_xml_value(std::string(101, 'a'), 100));
}

BOOST_AUTO_TEST_CASE(a_clean_value_is_not_blank_and_has_no_control) {
    for (const auto* text : {"", " ", "   ", "a\tb", "a\nb", "a\rb", "\x01", "a\x1F", "a\x7F", "a\xC2\x80", "a\xC2\x9F",
                             "a\xEF\xBF\xBE", "a\xEF\xBF\xBF"}) {
        BOOST_TEST(!is_clean_value(text, 100), text);
    }
    BOOST_TEST(!is_clean_value({"a\0b", 3}, 100));
    for (const auto* text : {"a", " a ", "\xC2\xA0", "\xC3\x9F", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF"}) {
        BOOST_TEST(is_clean_value(text, 100), text);
    }
}

BOOST_AUTO_TEST_CASE(a_clean_value_is_strict_utf_8) {
    for (const auto* text : {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",
                             "\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF",
                             "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3(", "\xE2\x82(", "\xF0\x9F\x98("}) {
        BOOST_TEST(!is_clean_value(std::string("a") + text, 100), text);
    }
}

BOOST_AUTO_TEST_CASE(an_endpoint_is_an_http_url_with_a_host) {
    for (const auto* text :
         {"https://sp.example.com/saml/slo/soap", "http://sp", "https://sp:8443/x", "https://[::1]/x",
          "https://[2001:db8::1]:443", "https://sp?a=b", "http://127.0.0.1:8080/", "https://sp/%7e"}) {
        BOOST_TEST(rule_of(EndpointUrl::parse(text)) == "accepted", text);
    }
    for (const auto* text : {"",
                             "sp.example.com",
                             "//sp/x",
                             "ftp://sp/x",
                             "file:///etc/passwd",
                             "javascript:alert(1)",
                             "https:sp",
                             "https:/sp",
                             "https://",
                             "https:///x",
                             "https://:443/x",
                             "https://?x",
                             "https://user@sp/x",
                             "https://user:pw@sp/x",
                             "https://sp/x#f",
                             "https://sp#",
                             "https://sp:/x",
                             "https://sp:0/x",
                             "https://sp:65536/x",
                             "https://sp:http/x",
                             "https://sp:1:2/x",
                             "https://[::1/x",
                             "https://[]/x",
                             "https://[::1]x/",
                             "https://::1]/x",
                             "https://s p/x",
                             "https://sp\\@evil/x",
                             "https://sp/x\r\nHost: evil",
                             "HTTPS://sp/x",
                             "https://sp/\xC3\xA4"}) {
        BOOST_TEST(rule_of(EndpointUrl::parse(text)) == rule(Errc::uri_malformed), text);
    }
    BOOST_TEST(rule_of(EndpointUrl::parse("https://sp/" + std::string(1013, 'a'))) == "accepted");
    BOOST_TEST(rule_of(EndpointUrl::parse("https://sp/" + std::string(1014, 'a'))) == rule(Errc::uri_malformed));
}

// Core 1.3.1 l.280: exact binary comparison.
BOOST_AUTO_TEST_CASE(identifiers_compare_byte_by_byte) {
    BOOST_TEST((*EntityID::parse("https://idp/A") != *EntityID::parse("https://idp/a")));
    BOOST_TEST((*EntityID::parse("https://idp/%7E") != *EntityID::parse("https://idp/~")));
    BOOST_TEST((*EntityID::parse("https://idp/a") == *EntityID::parse("https://idp/a")));
}

// Core 1.3.4 l.318-329.
BOOST_AUTO_TEST_CASE(random_message_ids_differ_and_have_160_bits) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto id = random_message_id();
        BOOST_TEST_REQUIRE(id.has_value());
        BOOST_TEST_REQUIRE(id->str().size() == 41U);
        BOOST_TEST_REQUIRE(id->str().front() == '_');
        BOOST_TEST_REQUIRE((id->str().find_first_not_of("0123456789abcdef", 1) == std::string::npos));
        seen.insert(id->str());
    }
    BOOST_TEST(seen.size() == 1000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
