#include "slo/saml/xml.hpp"

#include <malloc.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "slo/saml/error.hpp"

using namespace slo::saml;
namespace data = boost::unit_test::data;

namespace {

Errc rule_of(const slo::Result<xml::Document>& result) {
    BOOST_REQUIRE(!result);
    BOOST_REQUIRE(slo::rule_as<Errc>(result.error()).has_value());
    return static_cast<Errc>(result.error().code.value());
}

std::string repeat(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

struct Refused {
    const char* what;
    std::string octets;
    Errc rule;
};
std::ostream& operator<<(std::ostream& out, const Refused& refused) {
    return out << refused.what;
}

using namespace std::string_literals;

const std::vector<Refused> refused_documents{
    {"nothing", "", Errc::xml_malformed},
    {"only white space", "  \n", Errc::xml_malformed},
    {"an unclosed element", "<a>", Errc::xml_malformed},
    {"two roots", "<a/><b/>", Errc::xml_malformed},
    {"junk behind the root", "<a/>x", Errc::xml_malformed},
    {"an undeclared prefix", "<p:a/>", Errc::xml_malformed},
    {"an attribute twice", "<a b='1' b='2'/>", Errc::xml_malformed},
    {"an attribute twice by its expanded name", "<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>",
     Errc::xml_malformed},
    {"an undeclared entity", "<a>&x;</a>", Errc::xml_malformed},
    {"a character that XML doesn't have", "<a>\x01</a>", Errc::xml_malformed},
    {"a reference to such a character", "<a>&#0;</a>", Errc::xml_malformed},
    {"XML 1.1", "<?xml version='1.1'?><a/>", Errc::xml_malformed},
    {"a declaration without end", "<?xml version=\"1.0\" encoding=", Errc::xml_encoding},
    {"an empty declaration", "<?xml?><a/>", Errc::xml_malformed},
    {"a relative namespace name", "<a xmlns:e='1'/>", Errc::xml_malformed},
    {"an ampersand in a namespace name", "<a xmlns:e='urn:x&amp;y'/>", Errc::xml_malformed},
    {"a byte order mark twice", "\xEF\xBB\xBF\xEF\xBB\xBF<a/>", Errc::xml_encoding},
    {"NUL", "<a>\0</a>"s, Errc::xml_encoding},
    {"Latin-1", "<a>\xE9</a>", Errc::xml_encoding},
    {"an overlong form", "<a>\xC0\xAF</a>", Errc::xml_encoding},
    {"a surrogate", "<a>\xED\xA0\x80</a>", Errc::xml_encoding},
    {"above U+10FFFF", "<a>\xF4\x90\x80\x80</a>", Errc::xml_encoding},
    {"UTF-16LE with a byte order mark", "\xFF\xFE<\0a\0/\0>\0"s, Errc::xml_encoding},
    {"UTF-16BE without one", "\0<\0a\0/\0>"s, Errc::xml_encoding},
    {"a declaration of UTF-7", "<?xml version='1.0' encoding='UTF-7'?><a/>", Errc::xml_encoding},
    {"a declaration of ISO-8859-1", "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", Errc::xml_encoding},
    {"a DOCTYPE", "<!DOCTYPE a><a/>", Errc::xml_doctype},
    {"a DOCTYPE with an external subset", "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x'><a/>", Errc::xml_doctype},
    {"an entity", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", Errc::xml_doctype},
    {"a parameter entity", "<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///x'>%p;]><a/>", Errc::xml_doctype},
    {"a processing instruction", "<a><?x y?></a>", Errc::xml_processing_instruction},
    {"a stylesheet in front", "<?xml-stylesheet href='x'?><a/>", Errc::xml_processing_instruction},
    {"a comment", "<a><!-- x --></a>", Errc::xml_comment},
    {"a comment behind the root", "<a/><!-- x -->", Errc::xml_comment},
    {"33 levels", repeat("<a>", 33) + repeat("</a>", 33), Errc::xml_limits},
    {"2049 elements", "<a>" + repeat("<b/>", 2048) + "</a>", Errc::xml_limits},
    {"33 attributes",
     [] {
         std::string octets = "<a";
         for (int i = 0; i < 33; ++i) octets += " b" + std::to_string(i) + "='1'";
         return octets + "/>";
     }(),
     Errc::xml_limits},
    {"33 namespaces",
     [] {
         std::string octets = "<a";
         for (int i = 0; i < 33; ++i) octets += " xmlns:b" + std::to_string(i) + "='urn:x'";
         return octets + "/>";
     }(),
     Errc::xml_limits},
    {"65,537 octets", "<a>" + std::string(64 * 1024 - 6, 'x') + "</a>", Errc::message_too_large},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(xml_document)

BOOST_DATA_TEST_CASE(refuses, data::make(refused_documents), refused) {
    BOOST_TEST(name(rule_of(xml::Document::parse(refused.octets))) == name(refused.rule));
}

BOOST_AUTO_TEST_CASE(accepts_documents_just_inside_the_limits) {
    BOOST_TEST(xml::Document::parse(repeat("<a>", 32) + repeat("</a>", 32)).has_value());
    BOOST_TEST(xml::Document::parse("<a>" + repeat("<b/>", 2047) + "</a>").has_value());
    BOOST_TEST(xml::Document::parse("<a>" + std::string(64 * 1024 - 7, 'x') + "</a>").has_value());
}

BOOST_AUTO_TEST_CASE(knows_whether_ids_are_unique) {
    for (const char* octets :
         {"<a ID='x'><b ID='x'/></a>", "<a ID='x'><b id='x'/></a>", "<a ID='x'><b AssertionID='x'/></a>",
          "<a ID='x'><b xmlns:w='urn:w' w:Id='x'/></a>", "<a xml:id='x'/>"}) {
        BOOST_TEST(!xml::Document::parse(octets).value().has_unique_ids(), octets);
    }
    BOOST_TEST(xml::Document::parse("<a ID='x'><b ID='y' name='x'/></a>").value().has_unique_ids());
}

// Under AddressSanitizer mallinfo2() says nothing: there LeakSanitizer looks for the same.
BOOST_AUTO_TEST_CASE(keeps_nothing_of_a_refused_document) {
    const auto refuse_all = [](int rounds) {
        for (int i = 0; i < rounds; ++i) {
            for (const auto& refused : refused_documents) BOOST_TEST_REQUIRE(!xml::Document::parse(refused.octets));
        }
    };
    refuse_all(100);  // until the allocator's own caches have filled
    const auto before = ::mallinfo2().uordblks;
    constexpr int rounds = 250;
    refuse_all(rounds);
    // One octet kept of each document would be more.
    BOOST_TEST(::mallinfo2().uordblks < before + rounds * refused_documents.size());
}

BOOST_AUTO_TEST_CASE(accepts_a_byte_order_mark_and_a_truthful_declaration) {
    BOOST_TEST(xml::Document::parse("\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><a/>").has_value());
    BOOST_TEST(xml::Document::parse("<?xml version='1.0' encoding='US-ASCII'?><a/>").has_value());
}

BOOST_AUTO_TEST_CASE(drops_comments_where_the_limits_say_so) {
    const auto document = xml::Document::parse("<!-- x --><a>al<!-- y -->ice</a>", xml::metadata_limits);
    BOOST_REQUIRE(document.has_value());
    BOOST_TEST(document->root().text().value() == "alice");
}

BOOST_AUTO_TEST_CASE(reads_the_whole_text_of_an_element) {
    const auto document = xml::Document::parse("<a>al<![CDATA[<i>]]>&#105;ce</a>");
    BOOST_REQUIRE(document.has_value());
    BOOST_TEST(document->root().text().value() == "al<i>ice");
}

BOOST_AUTO_TEST_CASE(does_not_read_text_around_a_child_element) {
    const auto document = xml::Document::parse("<a>bob<b/>x</a>");
    BOOST_REQUIRE(document.has_value());
    const auto text = document->root().text();
    BOOST_REQUIRE(!text);
    BOOST_TEST(is(text.error(), Errc::schema_violation));
}

BOOST_AUTO_TEST_CASE(looks_up_attributes_by_their_expanded_name) {
    const auto document = xml::Document::parse("<a xmlns:x='urn:x' x:ID='evil' ID='good'/>");
    BOOST_REQUIRE(document.has_value());
    BOOST_TEST(document->root().attribute("ID").value() == "good");
    BOOST_TEST(!document->root().attribute("Id").has_value());
}

BOOST_AUTO_TEST_CASE(keeps_escapes_and_normalises_attribute_values_as_xml_says) {
    const auto document = xml::Document::parse("<a b='&amp;&lt;&#10;x\ny'>a\r\nb</a>");
    BOOST_REQUIRE(document.has_value());
    BOOST_TEST(document->root().attribute("b").value() == "&<\nx y");
    BOOST_TEST(document->root().text().value() == "a\nb");
}

BOOST_AUTO_TEST_CASE(tells_which_namespaces_are_in_scope) {
    const auto document = xml::Document::parse("<a xmlns='urn:d' xmlns:p='urn:p'><b xmlns:p='urn:q'/></a>");
    BOOST_REQUIRE(document.has_value());
    const auto child = document->root().first_child().value();
    BOOST_TEST(child.namespace_of_prefix("p").value() == "urn:q");
    BOOST_TEST(child.namespace_of_prefix("").value() == "urn:d");
    BOOST_TEST(child.namespaces_in_scope().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
