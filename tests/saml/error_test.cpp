#include "slo/saml/error.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <regex>
#include <set>
#include <string>

namespace {

using namespace slo::saml;

constexpr int last_rule = static_cast<int>(Errc::crypto_failure);

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_CASE(every_rule_has_the_name_that_its_header_comment_says) {
    std::ifstream header(SLO_SOURCE_DIR "/saml/include/slo/saml/error.hpp");
    const std::regex enumerator(R"(^    (\w+)( = 1)?,\s+///< ([a-z0-9_]+\.[a-z0-9_]+).*$)");
    int number = 0;
    std::smatch found;
    for (std::string line; std::getline(header, line);) {
        if (!std::regex_match(line, found, enumerator)) continue;
        ++number;
        BOOST_TEST(name(static_cast<Errc>(number)) == found[3].str(), found[1].str());
    }
    BOOST_TEST(number == last_rule);
}

BOOST_AUTO_TEST_CASE(no_two_rules_share_a_name) {
    std::set<std::string_view> names;
    for (int i = 1; i <= last_rule; ++i) names.insert(name(static_cast<Errc>(i)));
    BOOST_TEST(names.size() == static_cast<std::size_t>(last_rule));
}

BOOST_AUTO_TEST_CASE(stage_is_what_stands_before_the_dot) {
    BOOST_TEST(stage(Errc::message_too_large) == "xml");
    BOOST_TEST(stage(Errc::soap_body_count) == "soap");
    BOOST_TEST(stage(Errc::version_too_low) == "saml");
    BOOST_TEST(stage(Errc::signature_missing) == "sig");
    BOOST_TEST(stage(Errc::request_expired) == "check");
    BOOST_TEST(stage(Errc::decryption_failed) == "id");
    BOOST_TEST(stage(Errc::crypto_failure) == "crypto");
}

BOOST_AUTO_TEST_CASE(an_error_code_shows_the_name_of_its_rule) {
    const std::error_code code = Errc::xml_doctype;
    BOOST_TEST(code.message() == "xml.doctype");
    BOOST_TEST(std::string_view(code.category().name()) == "slo.saml");
}

BOOST_AUTO_TEST_CASE(a_number_outside_the_enumeration_is_unknown) {
    BOOST_TEST(name(static_cast<Errc>(0)) == "unknown.unknown");
    BOOST_TEST(name(static_cast<Errc>(-1)) == "unknown.unknown");
    BOOST_TEST(name(static_cast<Errc>(last_rule + 1)) == "unknown.unknown");
}

BOOST_AUTO_TEST_CASE(is_compares_the_category_too) {
    BOOST_TEST(is(fail(Errc::signature_missing), Errc::signature_missing));
    BOOST_TEST(!is(fail(Errc::signature_missing), Errc::signature_count));
    const slo::Failure foreign{std::error_code(static_cast<int>(Errc::signature_missing), std::generic_category()), {}};
    BOOST_TEST(!is(foreign, Errc::signature_missing));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
