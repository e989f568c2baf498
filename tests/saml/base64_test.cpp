#include "slo/saml/base64.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

#include "failure_check.hpp"

namespace {

using namespace slo::saml;
using slo::saml::test::rule;
using slo::saml::test::rule_of;

constexpr std::size_t plenty = 1024;

// RFC 4648, section 10.
const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                  {"f", "Zg=="},
                                                                  {"fo", "Zm8="},
                                                                  {"foo", "Zm9v"},
                                                                  {"foob", "Zm9vYg=="},
                                                                  {"fooba", "Zm9vYmE="},
                                                                  {"foobar", "Zm9vYmFy"}};

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_CASE(agrees_with_the_vectors_of_rfc_4648) {
    for (const auto& [octets, text] : vectors) {
        BOOST_TEST(encode_base64(octets) == text);
        const auto decoded = decode_base64(text, plenty);
        BOOST_TEST_REQUIRE(decoded.has_value(), text);
        BOOST_TEST(*decoded == octets);
    }
}

BOOST_AUTO_TEST_CASE(every_octet_and_length_survives_the_round_trip) {
    std::string octets;
    for (int i = 0; i < 7000; ++i) {
        octets += static_cast<char>(i * 7 % 256);
        if (i % 97 != 0 && (i < 3060 || i > 3080)) continue;
        const auto decoded = decode_base64(encode_base64(octets), octets.size());
        BOOST_TEST_REQUIRE(decoded.has_value(), i);
        BOOST_TEST((*decoded == octets), i);
    }
}

BOOST_AUTO_TEST_CASE(skips_xml_white_space_anywhere) {
    const auto decoded = decode_base64(" Z\tm9\r\nv\nYg = =\n", plenty);
    BOOST_TEST_REQUIRE(decoded.has_value());
    BOOST_TEST(*decoded == "foob");
}

BOOST_AUTO_TEST_CASE(refuses_missing_padding) {
    for (const auto* text : {"Zg", "Zg=", "Zm8", "Z", "Zm9vY", "Zm9vYg", "Zm9vYmE"}) {
        BOOST_TEST(rule_of(decode_base64(text, plenty)) == rule(Errc::base64_malformed), text);
    }
}

BOOST_AUTO_TEST_CASE(refuses_surplus_or_misplaced_padding) {
    for (const auto* text : {"Zg===", "Zm8==", "Zm9v=", "Zm9v====", "=", "====", "Z===", "Zg==Zg==", "Zg==Zm9v", "Zg=g",
                             "=Zg=", "Zm8=Zm9v", "Zg== =", "Zg=A", "Zg==ZgAA", "Zm8=Zm8A", "Zg==AAAA"}) {
        BOOST_TEST(rule_of(decode_base64(text, plenty)) == rule(Errc::base64_malformed), text);
    }
}

// Two spellings of one value would be two texts with one meaning.
BOOST_AUTO_TEST_CASE(refuses_set_bits_after_the_last_octet) {
    for (const auto* text : {"Zh==", "Zo==", "Zv==", "Zm9=", "Zm+=", "Zm//Zh=="}) {
        BOOST_TEST(rule_of(decode_base64(text, plenty)) == rule(Errc::base64_malformed), text);
    }
}

BOOST_AUTO_TEST_CASE(refuses_other_characters) {
    for (const auto* text : {"Zm9-", "Zm9_", "Zm9.", "Zm9v!", "Zm\v9v", "Zm\f9v", "Zm9v\xC2\xA0",
                             "Zm\x7F"
                             "9v",
                             "%5A"}) {
        BOOST_TEST(rule_of(decode_base64(text, plenty)) == rule(Errc::base64_malformed), text);
    }
    BOOST_TEST(rule_of(decode_base64({"Zm9v\0", 5}, plenty)) == rule(Errc::base64_malformed));
    BOOST_TEST(rule_of(decode_base64({"Zm\0v", 4}, plenty)) == rule(Errc::base64_malformed));
}

BOOST_AUTO_TEST_CASE(refuses_more_than_the_caller_wants) {
    BOOST_TEST(rule_of(decode_base64("Zm9vYmFy", 6)) == "accepted");
    BOOST_TEST(rule_of(decode_base64("Zm9vYmFy", 5)) == rule(Errc::base64_malformed));
    BOOST_TEST(rule_of(decode_base64("Zg==", 0)) == rule(Errc::base64_malformed));
    BOOST_TEST(rule_of(decode_base64("", 0)) == "accepted");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
