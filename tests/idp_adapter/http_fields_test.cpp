// HTTP's vocabulary: what fields are made of, and the one grammar of Content-Type.
#include "http_fields.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "content_type.hpp"

namespace slo::idp_adapter {
namespace {

using Values = std::vector<std::string_view>;

BOOST_AUTO_TEST_SUITE(http_fields)

BOOST_AUTO_TEST_CASE(a_token_has_no_separator_no_control_and_nothing_beyond_ascii) {
    BOOST_TEST(is_token("aZ09!#$%&'*+-.^_`|~"));
    for (const std::string_view text :
         {"",   " ",  "a b", "a\tb", "a:", "(a", "a)", "a,",    "a/b", "a;",    "<a",  "a>",
          "=a", "a?", "a@",  "[a",   "a]", "{a", "a}", "\"a\"", "a\\", "a\x7f", "a\r", "\xC3\xA4"}) {
        BOOST_TEST(!is_token(text), text);
    }
}

BOOST_AUTO_TEST_CASE(letter_case_is_that_of_ascii_alone) {
    BOOST_TEST(lower_case("AZaz09@[`{\xC3\x84") == "azaz09@[`{\xC3\x84");
    BOOST_TEST(same_ignoring_case("Content-TYPE", "cONTENT-type"));
    for (const std::string_view other : {"", "k", "Kelvi", "Kelvin ", "Kelv1n",
                                         "\xE2\x84\xAA"
                                         "elvin"}) {
        BOOST_TEST(!same_ignoring_case("Kelvin", other), other);
    }
    BOOST_TEST(!same_ignoring_case("[", "{"));
    BOOST_TEST(!same_ignoring_case("@", "`"));
}

BOOST_AUTO_TEST_CASE(optional_white_space_is_blanks_and_tabs) {
    BOOST_TEST(trimmed(" \t a \t b\t ") == "a \t b");
    BOOST_TEST(trimmed(" \t ").empty());
    BOOST_TEST(trimmed("\r\na\v") == "\r\na\v");
}

BOOST_AUTO_TEST_CASE(a_list_has_members_between_commas) {
    std::string_view list = " a ,, b\tc,";
    BOOST_TEST(cut_member(list) == "a");
    BOOST_TEST(cut_member(list).empty());
    BOOST_TEST(cut_member(list) == "b\tc");
    BOOST_TEST(list.empty());
    BOOST_TEST(lists("keep-alive,\tCLOSE ,x", "close"));
    for (const std::string_view other : {"", ",", "closed", "close x", "x close", "clos,e"}) {
        BOOST_TEST(!lists(other, "close"), other);
    }
}

BOOST_AUTO_TEST_CASE(a_field_is_found_by_its_name_in_any_letter_case) {
    const std::vector<std::pair<std::string, std::string>> fields{{"A", "1"}, {"b", " 2 "}, {"a", "3"}, {"A-", "4"}};
    BOOST_TEST(values_of(fields, "a") == (Values{"1", "3"}), boost::test_tools::per_element());
    BOOST_TEST(count_of(fields, "a") == 2U);
    BOOST_TEST(count_of(fields, "c") == 0U);
    BOOST_TEST(!only_value(fields, "A"));
    BOOST_TEST(!only_value(fields, "c"));
    BOOST_TEST(only_value(fields, "B").value() == " 2 ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(content_type)

BOOST_AUTO_TEST_CASE(reads_the_media_type_and_its_charsets) {
    const auto type = ContentType::parse("Text/XML; Charset=\"ut\\f-8\"; a=b; CHARSET=Latin1");
    BOOST_TEST_REQUIRE(type.has_value());
    BOOST_TEST(type->media_type == "text/xml");
    BOOST_TEST((type->charsets == std::vector<std::string>{"utf-8", "latin1"}));
    BOOST_TEST(!type->is_utf8());
}

BOOST_AUTO_TEST_CASE(takes_all_that_the_grammar_has) {
    for (const std::string_view field :
         {"text/xml", " text/xml\t", "text/xml;", "text/xml;;a=b", "text/xml ;\ta=b", "TEXT/XML;a=\"; charset=x\\\"\"",
          "text/xml; charset=UTF-8", "text/xml;charset=\"utf-8\" "}) {
        const auto type = ContentType::parse(field);
        BOOST_TEST((type && type->media_type == "text/xml" && type->is_utf8()), field);
        BOOST_TEST(media_type_in(field) == "text/xml", field);
    }
}

BOOST_AUTO_TEST_CASE(takes_no_media_type_that_the_grammar_does_not_have) {
    for (const std::string_view field : {"", " ", ";", "text", "text/", "/xml", "text /xml", "text/ xml", "text/xml/x",
                                         "text/xml,text/xml", "text/xml a=b", "\"text/xml\"", "text/x\xC3\xA4"}) {
        BOOST_TEST(!ContentType::parse(field), field);
        BOOST_TEST(media_type_in(field).empty(), field);
    }
}

// They matter where they are read: a reply that its signature proves isn't refused for them.
BOOST_AUTO_TEST_CASE(takes_no_parameter_that_the_grammar_does_not_have) {
    for (const std::string_view field :
         {"text/xml;a", "text/xml;a=", "text/xml;=b", "text/xml;a =b", "text/xml;a= b", "text/xml;a=\"b",
          "text/xml;a=\"b\\\"", "text/xml;a=\"b\"c", "text/xml;a=b c", "text/xml;a=b,text/html"}) {
        BOOST_TEST(!ContentType::parse(field), field);
        BOOST_TEST(media_type_in(field) == "text/xml", field);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace slo::idp_adapter
