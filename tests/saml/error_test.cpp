#include "slo/saml/error.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace slo::saml;

constexpr int last_rule = static_cast<int>(Errc::decryption_failed);
constexpr int last_key_rule = static_cast<int>(KeyErrc::crypto_failure);

BOOST_AUTO_TEST_SUITE(unit)

BOOST_AUTO_TEST_CASE(every_rule_has_the_name_that_its_header_comment_says) {
    std::ifstream header(SLO_SOURCE_DIR "/saml/include/slo/saml/error.hpp");
    const std::regex enumerator(R"(^    (\w+)( = 1)?,\s+///< ([a-z0-9_]+\.[a-z0-9_]+).*$)");
    std::vector<std::string> names;
    for (int i = 1; i <= last_rule; ++i) names.emplace_back(name(static_cast<Errc>(i)));
    for (int i = 1; i <= last_key_rule; ++i) names.emplace_back(name(static_cast<KeyErrc>(i)));
    std::vector<std::string> commented;
    std::smatch found;
    for (std::string line; std::getline(header, line);) {
        if (std::regex_match(line, found, enumerator)) commented.push_back(found[3].str());
    }
    BOOST_TEST(names == commented, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_two_rules_share_a_name) {
    std::set<std::string_view> names;
    for (int i = 1; i <= last_rule; ++i) names.insert(name(static_cast<Errc>(i)));
    for (int i = 1; i <= last_key_rule; ++i) names.insert(name(static_cast<KeyErrc>(i)));
    BOOST_TEST(names.size() == static_cast<std::size_t>(last_rule + last_key_rule));
}

BOOST_AUTO_TEST_CASE(stage_is_the_part_before_the_dot) {
    BOOST_TEST(stage(Errc::message_too_large) == "xml");
    BOOST_TEST(stage(Errc::soap_body_count) == "soap");
    BOOST_TEST(stage(Errc::version_too_low) == "saml");
    BOOST_TEST(stage(Errc::signature_missing) == "sig");
    BOOST_TEST(stage(Errc::request_expired) == "check");
    BOOST_TEST(stage(Errc::decryption_failed) == "id");
}

BOOST_AUTO_TEST_CASE(an_error_code_shows_the_name_of_its_rule) {
    const std::error_code code = Errc::xml_doctype;
    BOOST_TEST(code.message() == "xml.doctype");
    BOOST_TEST(std::string_view(code.category().name()) == "slo.saml");
    const std::error_code key = KeyErrc::key_mismatch;
    BOOST_TEST(key.message() == "key.mismatch");
    BOOST_TEST(std::string_view(key.category().name()) == "slo.saml.key");
    BOOST_TEST(slo::rule_name(code).value() == "xml.doctype");
    BOOST_TEST(!slo::rule_name(std::make_error_code(std::errc::io_error)));
}

BOOST_AUTO_TEST_CASE(a_number_outside_the_enumeration_is_unknown) {
    BOOST_TEST(name(static_cast<Errc>(0)) == "unknown.unknown");
    BOOST_TEST(name(static_cast<Errc>(-1)) == "unknown.unknown");
    BOOST_TEST(name(static_cast<Errc>(last_rule + 1)) == "unknown.unknown");
    BOOST_TEST(name(static_cast<KeyErrc>(last_key_rule + 1)) == "unknown.unknown");
}

BOOST_AUTO_TEST_CASE(is_compares_the_category_too) {
    BOOST_TEST(is(fail(Errc::signature_missing), Errc::signature_missing));
    BOOST_TEST(!is(fail(Errc::signature_missing), Errc::signature_count));
    const slo::Failure foreign{std::error_code(static_cast<int>(Errc::signature_missing), std::generic_category()), {}};
    BOOST_TEST(!is(foreign, Errc::signature_missing));
    BOOST_TEST(!is(fail(Errc::message_too_large), KeyErrc::key_unreadable));
    BOOST_TEST((slo::rule_as<Errc>(fail(Errc::signature_missing)) == Errc::signature_missing));
    BOOST_TEST(!slo::rule_as<KeyErrc>(fail(Errc::message_too_large)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
