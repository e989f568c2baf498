#include "slo/saml/name_id.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <optional>
#include <string>

namespace {

using namespace slo::saml;

const EntityID idp = *EntityID::parse("https://idp.example.org/metadata");
const EntityID sp = *EntityID::parse("https://sp.example.com/saml/metadata");
constexpr const char* unspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
constexpr const char* persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
constexpr std::array every_matching{NameIDMatching::exact, NameIDMatching::default_qualifiers,
                                    NameIDMatching::value_only};

bool matches(const NameID& a, const NameID& b, NameIDMatching matching) {
    const bool there = strongly_matches(a, b, matching, idp, sp);
    BOOST_TEST(there == strongly_matches(b, a, matching, idp, sp), "matching is symmetric");
    const bool same_form = matching_form(a, matching, idp, sp) == matching_form(b, matching, idp, sp);
    BOOST_TEST(there == same_form, "equal forms are one principal, and no others");
    return there;
}

NameID alice() {
    NameID name_id;
    name_id.value = "alice";
    return name_id;
}

BOOST_AUTO_TEST_SUITE(unit)

// SAML Core 8.3.7 l.3326-3336: an absent NameQualifier means the IdP, an absent SPNameQualifier us.
BOOST_AUTO_TEST_CASE(the_whole_table_of_qualifier_defaults) {
    const std::array<std::optional<std::string>, 3> name_qualifiers{std::nullopt, idp.str(), "https://other"};
    const std::array<std::optional<std::string>, 3> sp_name_qualifiers{std::nullopt, sp.str(), "https://other"};
    // Absent and default mean the same; "other" (index 2) means itself.
    const auto means = [](std::size_t i) { return i == 2 ? 2 : 0; };
    int rows = 0;
    for (std::size_t nq_a = 0; nq_a < 3; ++nq_a)
        for (std::size_t nq_b = 0; nq_b < 3; ++nq_b)
            for (std::size_t spnq_a = 0; spnq_a < 3; ++spnq_a)
                for (std::size_t spnq_b = 0; spnq_b < 3; ++spnq_b) {
                    NameID a = alice();
                    NameID b = alice();
                    a.name_qualifier = name_qualifiers[nq_a];
                    b.name_qualifier = name_qualifiers[nq_b];
                    a.sp_name_qualifier = sp_name_qualifiers[spnq_a];
                    b.sp_name_qualifier = sp_name_qualifiers[spnq_b];
                    BOOST_TEST_CONTEXT("row " << nq_a << nq_b << spnq_a << spnq_b) {
                        const bool defaulted = means(nq_a) == means(nq_b) && means(spnq_a) == means(spnq_b);
                        const bool exact = nq_a == nq_b && spnq_a == spnq_b;
                        BOOST_TEST(matches(a, b, NameIDMatching::default_qualifiers) == defaulted);
                        BOOST_TEST(matches(a, b, NameIDMatching::exact) == exact);
                        BOOST_TEST(matches(a, b, NameIDMatching::value_only));
                    }
                    ++rows;
                }
    BOOST_TEST(rows == 81);
}

BOOST_AUTO_TEST_CASE(the_default_of_one_qualifier_is_not_the_others) {
    NameID qualified = alice();
    qualified.name_qualifier = sp.str();
    BOOST_TEST(!matches(alice(), qualified, NameIDMatching::default_qualifiers));
    qualified = alice();
    qualified.sp_name_qualifier = idp.str();
    BOOST_TEST(!matches(alice(), qualified, NameIDMatching::default_qualifiers));
}

// Core 2.2.2 l.455-460 with erratum E60: the first edition's text has "1.0" by mistake.
BOOST_AUTO_TEST_CASE(a_missing_format_means_unspecified_1_1) {
    NameID explicitly = alice();
    explicitly.format = unspecified;
    NameID misprint = alice();
    misprint.format = "urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified";
    for (const auto matching : {NameIDMatching::exact, NameIDMatching::default_qualifiers}) {
        BOOST_TEST(matches(alice(), explicitly, matching));
        BOOST_TEST(!matches(alice(), misprint, matching));
    }
}

// Core 3.3.4 l.1949-1960.
BOOST_AUTO_TEST_CASE(another_format_is_another_principal) {
    NameID other = alice();
    other.format = persistent;
    BOOST_TEST(!matches(alice(), other, NameIDMatching::exact));
    BOOST_TEST(!matches(alice(), other, NameIDMatching::default_qualifiers));
    BOOST_TEST(matches(alice(), other, NameIDMatching::value_only));
    BOOST_TEST(matches(other, other, NameIDMatching::exact));
}

BOOST_AUTO_TEST_CASE(another_sp_provided_id_is_another_principal) {
    NameID other = alice();
    other.sp_provided_id = "a1";
    BOOST_TEST(!matches(alice(), other, NameIDMatching::exact));
    BOOST_TEST(!matches(alice(), other, NameIDMatching::default_qualifiers));
    BOOST_TEST(matches(alice(), other, NameIDMatching::value_only));
    NameID same = other;
    BOOST_TEST(matches(same, other, NameIDMatching::default_qualifiers));
}

// No trimming, no case folding, no normalisation: é as one and as two code points, full-width @, zero-width space.
BOOST_AUTO_TEST_CASE(text_is_compared_byte_by_byte) {
    for (const auto* text : {"Alice", "ALICE", " alice", "alice ", "al ice", "alice\xC2\xA0", "alice\xE2\x80\x8B",
                             "alic", "alice1", "\xEF\xBD\x81lice", "\xD0\xB0lice",
                             "al\xC4\xB1"
                             "ce"}) {
        NameID other = alice();
        other.value = text;
        for (const auto matching : every_matching) BOOST_TEST(!matches(alice(), other, matching), text);
    }
    NameID composed = alice();
    NameID decomposed = alice();
    composed.value = "ren\xC3\xA9";
    decomposed.value = "rene\xCC\x81";
    for (const auto matching : every_matching) BOOST_TEST(!matches(composed, decomposed, matching));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
