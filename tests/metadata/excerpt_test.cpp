// Of an aggregate, the wanted IdPs alone: they say what they said there, for as long as it was granted there.
#include "slo/metadata/excerpt.hpp"

#include <boost/test/unit_test.hpp>

#include "metadata_text.hpp"
#include "slo/metadata/difference.hpp"
#include "slo/saml/error.hpp"

namespace {

using namespace slo;
using test::idp_text;

metadata::MetadataRules wanting(std::vector<int> numbers, metadata::MetadataRules rules) {
    for (const int number : numbers) {
        rules.wanted.push_back(
            saml::EntityID::parse("https://idp" + std::to_string(number) + ".example.org/metadata").value());
    }
    return rules;
}

Result<metadata::Excerpt> excerpt_of(std::string_view document, const metadata::MetadataRules& rules) {
    return metadata::read_excerpt(saml::source_of(document), rules, test::reading_time());
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

const std::string published =
    R"(<md:Extensions xmlns:rpi="urn:oasis:names:tc:SAML:metadata:rpi"><rpi:PublicationInfo publisher="https://f.example" )"
    R"(creationInstant="2030-01-14T08:00:00Z"/></md:Extensions>)";

/// The content of `octets` must be that of `document`.
void check_same(const metadata::MetadataDocument& document, std::string_view octets) {
    const auto again = test::read_document(octets);
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(metadata::difference(document, *again).empty());
    BOOST_TEST(again->entities == document.idps.size());
    BOOST_TEST(again->refused_count == 0U);
    BOOST_TEST((again->published == document.published));
    BOOST_TEST((again->valid_until == document.valid_until));
    BOOST_TEST((again->cache_duration == document.cache_duration));
}

BOOST_AUTO_TEST_SUITE(excerpt)

BOOST_AUTO_TEST_CASE(has_the_wanted_idps_and_nothing_else) {
    const std::string document = test::entities(published + idp_text(1).xml() + idp_text(2).xml() + idp_text(3).xml(),
                                                R"(ID="_1" validUntil="2030-01-20T00:00:00Z" cacheDuration="PT6H")");
    for (const bool is_signed : {false, true}) {
        const auto rules = wanting({3, 1}, is_signed ? test::federation_rules() : test::local_rules());
        const auto taken = excerpt_of(is_signed ? test::signed_by_federation(document) : document, rules);
        BOOST_TEST_REQUIRE(taken.has_value());
        BOOST_TEST(taken->document.idps.size() == 2U);
        BOOST_TEST(!has(taken->octets, "idp2.example.org"));
        BOOST_TEST(!has(taken->octets, "Signature>"));
        check_same(taken->document, taken->octets);
    }
}

// It has the hashed octets unchanged.
BOOST_AUTO_TEST_CASE(copies_the_octets_of_an_entity) {
    const auto whole =
        excerpt_of(test::entities(idp_text(1).xml() + idp_text(2).xml()), wanting({2}, test::local_rules()));
    BOOST_TEST_REQUIRE(whole.has_value());
    const auto entity = whole->octets.substr(whole->octets.find("<md:EntityDescriptor"));
    const auto again = excerpt_of(whole->octets, test::local_rules());
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(again->octets.substr(again->octets.find("<md:EntityDescriptor")) == entity);
}

// Erratum E76
BOOST_AUTO_TEST_CASE(keeps_the_validity_that_each_group_granted) {
    const std::string inner =
        test::entities(test::entities(idp_text(2).xml(), R"(validUntil="2030-01-18T00:00:00Z")") + idp_text(3).xml(),
                       R"(validUntil="2030-01-19T00:00:00Z" cacheDuration="PT1H")");
    const auto taken = excerpt_of(test::entities(idp_text(1).xml() + inner, R"(validUntil="2030-01-20T00:00:00Z")"),
                                  wanting({1, 2, 3}, test::local_rules()));
    BOOST_TEST_REQUIRE(taken.has_value());
    check_same(taken->document, taken->octets);
    const auto again = test::read_document(taken->octets);
    const auto end_of = [&](std::size_t i) { return saml::format_instant(again->idps.at(i).valid_until.value()); };
    BOOST_TEST(end_of(0) == "2030-01-20T00:00:00Z");
    BOOST_TEST(end_of(1) == "2030-01-18T00:00:00Z");
    BOOST_TEST(end_of(2) == "2030-01-19T00:00:00Z");
    BOOST_TEST(again->idps.at(2).cache_duration->count() == 3600);
}

BOOST_AUTO_TEST_CASE(leaves_out_an_idp_that_is_refused) {
    auto broken = idp_text(2);
    broken.services =
        R"(<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="http://10.0.0.1/"/>)";
    const auto taken = excerpt_of(test::entities(idp_text(1).xml() + broken.xml()), test::local_rules());
    BOOST_TEST_REQUIRE(taken.has_value());
    BOOST_TEST(taken->document.refused_count == 1U);
    BOOST_TEST(!has(taken->octets, "10.0.0.1"));
    check_same(taken->document, taken->octets);
}

BOOST_AUTO_TEST_CASE(is_empty_where_nothing_is_taken_or_nothing_left_out) {
    BOOST_TEST(excerpt_of(test::entities(idp_text(1).xml()), wanting({9}, test::local_rules())).value().octets == "");
    BOOST_TEST(excerpt_of(idp_text(1).xml(), test::local_rules()).value().octets == "");
}

BOOST_AUTO_TEST_CASE(comes_out_of_no_document_that_is_not_believed) {
    std::string document =
        test::signed_by_federation(test::entities(idp_text(1).xml() + idp_text(2).xml(), "ID=\"_1\""));
    document.replace(document.find("idp2.example.org"), 4, "idp3");
    const auto taken = excerpt_of(document, wanting({1}, test::federation_rules()));
    BOOST_TEST_REQUIRE(!taken.has_value());
    BOOST_TEST(taken.error().code == make_error_code(saml::Errc::signature_invalid));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
