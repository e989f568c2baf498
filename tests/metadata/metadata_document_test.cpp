#include "slo/metadata/metadata_document.hpp"

#include <boost/test/unit_test.hpp>

#include "fixtures.hpp"
#include "metadata_text.hpp"
#include "slo/saml/error.hpp"

namespace {

using namespace slo;
using metadata::Errc;
using test::check_document_refused;
using test::IdpMetadataText;
using test::read_document;
using namespace std::chrono_literals;

saml::EntityID idp_id(int number) {
    return saml::EntityID::parse("https://idp" + std::to_string(number) + ".example.org/metadata").value();
}

std::string sp_entity(std::string_view id = "https://sp.example.com/metadata") {
    return "<md:EntityDescriptor entityID=\"" + std::string(id) +
           "\"><md:SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>"
           "</md:EntityDescriptor>";
}

std::string with_attributes(IdpMetadataText text, std::string_view attributes) {
    text.entity_attributes += " " + std::string(attributes);
    return text.xml();
}

BOOST_AUTO_TEST_SUITE(read_metadata)

BOOST_AUTO_TEST_CASE(takes_every_idp_of_nested_groups_and_leaves_service_providers) {
    const auto nested = test::entities(test::idp_text(2).xml() + sp_entity() + test::idp_text(3).xml());
    const auto document = read_document(test::entities(test::idp_text(1).xml() + nested + sp_entity("urn:sp2")));
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST(document->entities == 5U);
    BOOST_TEST_REQUIRE(document->idps.size() == 3U);
    for (int i = 0; i < 3; ++i) {
        const auto& idp = document->idps[static_cast<std::size_t>(i)];
        BOOST_TEST(idp.entity_id.str() == idp_id(i + 1).str());
        BOOST_TEST(idp.idp->verification_keys().size() == 1U);
        BOOST_TEST(idp.idp->single_logout_services.size() == 1U);
    }
    BOOST_TEST(document->refused_count == 0U);
}

BOOST_AUTO_TEST_CASE(takes_the_wanted_alone) {
    auto rules = test::local_rules();
    rules.wanted = {idp_id(2), idp_id(9)};
    IdpMetadataText broken = test::idp_text(3);
    broken.keys.clear();
    const auto document =
        read_document(test::entities(test::idp_text(1).xml() + test::idp_text(2).xml() + broken.xml()), rules);
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST_REQUIRE(document->idps.size() == 1U);
    BOOST_TEST(document->idps[0].entity_id.str() == idp_id(2).str());
    BOOST_TEST(document->refused.empty());
    BOOST_TEST(document->entities == 3U);
}

BOOST_AUTO_TEST_CASE(reads_a_root_that_is_an_entity) {
    const auto document =
        read_document("\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
                      with_attributes({}, R"(validUntil="2030-02-01T00:00:00Z" cacheDuration="PT1H")"));
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST(document->idps.size() == 1U);
    BOOST_TEST(document->entities == 1U);
    BOOST_TEST(saml::format_instant(document->valid_until.value()) == "2030-02-01T00:00:00Z");
    BOOST_TEST((document->cache_duration == 1h));
    BOOST_TEST((document->idps[0].cache_duration == 1h));
    BOOST_TEST(saml::format_instant(document->idps[0].valid_until.value()) == "2030-02-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_a_root_that_is_an_entity) {
    IdpMetadataText keyless;
    keyless.keys.clear();
    check_document_refused(keyless.xml(), Errc::no_usable_key);
    IdpMetadataText http;
    http.services = R"(<md:SingleLogoutService Binding="urn:b" Location="http://canary.example/"/>)";
    check_document_refused(http.xml(), Errc::endpoint_not_allowed);
    check_document_refused(test::fixture("sp/metadata.xml"), Errc::no_idp_role);
    auto rules = test::local_rules();
    rules.wanted = {idp_id(2)};
    check_document_refused(IdpMetadataText{}.xml(), Errc::another_entity, rules);
}

BOOST_AUTO_TEST_CASE(lets_inner_ends_and_durations_only_shorten, *boost::unit_test::description("erratum E76; MD-12")) {
    const auto early = with_attributes(test::idp_text(1), R"(validUntil="2030-02-01T00:00:00Z" cacheDuration="PT1H")");
    const auto late = with_attributes(test::idp_text(2), R"(validUntil="2031-02-01T00:00:00Z" cacheDuration="P9D")");
    const auto group = test::entities(early + late, R"(validUntil="2030-06-01T00:00:00Z" cacheDuration="P1D")");
    const auto document =
        read_document(test::entities(group + test::idp_text(3).xml(), R"(validUntil="2030-12-01T00:00:00Z")"));
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST(saml::format_instant(document->valid_until.value()) == "2030-12-01T00:00:00Z");
    BOOST_TEST_REQUIRE(document->idps.size() == 3U);
    BOOST_TEST(saml::format_instant(document->idps[0].valid_until.value()) == "2030-02-01T00:00:00Z");
    BOOST_TEST(saml::format_instant(document->idps[1].valid_until.value()) == "2030-06-01T00:00:00Z");
    BOOST_TEST(saml::format_instant(document->idps[2].valid_until.value()) == "2030-12-01T00:00:00Z");
    BOOST_TEST((document->idps[0].cache_duration == 1h));
    BOOST_TEST((document->idps[1].cache_duration == 24h));
    BOOST_TEST((document->idps[2].cache_duration == std::nullopt));
    const auto longer = test::entities(test::idp_text(1).xml(), R"(validUntil="2032-01-01T00:00:00Z")");
    const auto outer =
        read_document(test::entities(longer, R"(validUntil="2030-12-01T00:00:00Z" cacheDuration="PT2H")"));
    BOOST_TEST_REQUIRE(outer.has_value());
    BOOST_TEST(saml::format_instant(outer->idps.at(0).valid_until.value()) == "2030-12-01T00:00:00Z");
    BOOST_TEST((outer->idps[0].cache_duration == 2h));
}

BOOST_AUTO_TEST_CASE(refuses_entities_one_by_one_with_reason_and_line) {
    IdpMetadataText keyless = test::idp_text(1);
    keyless.keys.clear();
    IdpMetadataText nameless = test::idp_text(2);
    nameless.entity_attributes.clear();
    const auto ended = with_attributes(test::idp_text(3), R"(validUntil="2030-01-15T09:56:59Z")");
    IdpMetadataText hostile = test::idp_text(4);
    hostile.services = R"(<md:SingleLogoutService Binding="urn:b" Location="https://idp4.example.org/" )"
                       R"(ResponseLocation="https://169.254.169.254/canary"/>)";
    const auto document =
        read_document(test::entities(keyless.xml() + nameless.xml() + ended + hostile.xml() + test::idp_text(5).xml()));
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST_REQUIRE(document->idps.size() == 1U);
    BOOST_TEST(document->idps[0].entity_id.str() == idp_id(5).str());
    const std::pair<Errc, std::uint64_t> expected[] = {{Errc::no_usable_key, 2U},
                                                       {Errc::schema_violation, 7U},
                                                       {Errc::expired, 13U},
                                                       {Errc::endpoint_not_allowed, 19U}};
    BOOST_TEST_REQUIRE(document->refused.size() == std::size(expected));
    BOOST_TEST(document->refused_count == std::size(expected));
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        BOOST_TEST(document->refused[i].why.code == make_error_code(expected[i].first));
        BOOST_TEST(document->refused[i].line == expected[i].second);
        BOOST_TEST((document->refused[i].why.detail.find(test::canary) == std::string::npos));
    }
    BOOST_TEST(document->refused[0].entity_id->str() == idp_id(1).str());
    BOOST_TEST(!document->refused[1].entity_id.has_value());
}

BOOST_AUTO_TEST_CASE(reports_that_a_wanted_entity_is_no_idp) {
    auto rules = test::local_rules();
    rules.wanted = {saml::EntityID::parse("https://sp.example.com/metadata").value()};
    const auto document = read_document(test::entities(sp_entity() + test::idp_text(1).xml()), rules);
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST_REQUIRE(document->refused.size() == 1U);
    BOOST_TEST(document->refused[0].why.code == make_error_code(Errc::no_idp_role));
}

BOOST_AUTO_TEST_CASE(lists_a_thousand_refused_and_counts_the_rest) {
    std::string content;
    for (int i = 0; i < 1005; ++i) {
        IdpMetadataText keyless = test::idp_text(i);
        keyless.keys.clear();
        content += keyless.xml();
    }
    const auto document = read_document(test::entities(content));
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST(document->refused.size() == metadata::max_refused_listed);
    BOOST_TEST(document->refused_count == 1005U);
}

BOOST_AUTO_TEST_CASE(keeps_one_copy_of_a_certificate_that_several_entities_share) {
    const auto document = read_document(test::entities(test::idp_text(1).xml() + test::idp_text(2).xml()));
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST(&document->idps.at(0).idp->keys.at(0).certificate->der() ==
               &document->idps.at(1).idp->keys.at(0).certificate->der());
}

BOOST_AUTO_TEST_CASE(reads_when_the_root_was_published) {
    const std::string published =
        R"(<md:Extensions xmlns:rpi="urn:oasis:names:tc:SAML:metadata:rpi"><rpi:Other/><rpi:PublicationInfo )"
        R"(creationInstant="2030-01-14T08:00:00Z"><rpi:UsagePolicy/></rpi:PublicationInfo></md:Extensions>)";
    std::string later = published;
    later.replace(later.find("2030-01-14"), 10, "2030-01-15");
    const auto group = test::entities(later + test::idp_text(2).xml());
    IdpMetadataText entity = test::idp_text(1);
    entity.before_role = later;
    const auto document = read_document(test::entities(published + entity.xml() + group));
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST(saml::format_instant(document->published.value()) == "2030-01-14T08:00:00Z");
    BOOST_TEST(saml::format_instant(read_document(entity.xml())->published.value()) == "2030-01-15T08:00:00Z");
    BOOST_TEST(!read_document(test::entities(group))->published.has_value());
    const std::string twice = test::entities(
        R"(<md:Extensions xmlns:rpi="urn:oasis:names:tc:SAML:metadata:rpi"><rpi:PublicationInfo )"
        R"(creationInstant="2030-01-14T08:00:00Z"/><rpi:PublicationInfo creationInstant="2030-01-15T08:00:00Z"/>)"
        R"(</md:Extensions>)");
    BOOST_TEST(saml::format_instant(read_document(twice)->published.value()) == "2030-01-14T08:00:00Z");
    BOOST_TEST(!read_document(IdpMetadataText{}.xml())->published.has_value());
}

BOOST_AUTO_TEST_CASE(believes_a_signature_by_a_pinned_key) {
    const auto document = read_document(
        test::signed_by_federation(test::entities(test::idp_text(1).xml(), R"(ID="_f")")), test::federation_rules());
    BOOST_TEST_REQUIRE(document.has_value());
    BOOST_TEST(document->idps.size() == 1U);
    BOOST_TEST(read_document(test::signed_by_federation(with_attributes(test::idp_text(1), R"(ID="_e")")),
                             test::federation_rules())
                   ->idps.size() == 1U);
}

BOOST_AUTO_TEST_CASE(believes_a_pinned_hash_and_no_other) {
    const auto text = test::entities(test::idp_text(1).xml());
    const auto hash = read_document(text)->sha256;
    BOOST_TEST(hash.size() == 64U);
    auto rules = test::local_rules();
    rules.trust = metadata::PinnedHash{hash};
    BOOST_TEST(read_document(text, rules).has_value());
    check_document_refused(text + "\n", Errc::hash_mismatch, rules);
    rules.trust = metadata::PinnedHash{""};
    check_document_refused(text, Errc::hash_mismatch, rules);
}

BOOST_AUTO_TEST_CASE(fails_where_no_key_is_trusted_to_sign) {
    auto rules = test::local_rules();
    rules.trust = metadata::SignedBy{};
    check_document_refused(test::signed_by_federation(with_attributes({}, R"(ID="_e")")),
                           make_error_code(saml::Errc::no_verification_key), rules);
    check_document_refused(IdpMetadataText{}.xml(), make_error_code(saml::Errc::no_verification_key), rules);
}

BOOST_AUTO_TEST_CASE(passes_on_a_failure_of_the_source) {
    const saml::OctetSource broken = [](std::span<char>) -> Result<std::size_t> {
        return Failure{make_error_code(std::errc::io_error), "the disk"};
    };
    const auto document = metadata::read_metadata(broken, test::local_rules(), test::reading_time());
    BOOST_TEST_REQUIRE(!document.has_value());
    BOOST_TEST(document.error().code == make_error_code(std::errc::io_error));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(longest_validity, *boost::unit_test::description("MET-03; Kantara IIP-MD04"))

metadata::MetadataRules two_weeks() {
    auto rules = test::local_rules();
    rules.longest_validity = 14 * 24h;
    return rules;
}
std::string root_until(std::string_view instant) {
    return test::entities(IdpMetadataText{}.xml(), "validUntil=\"" + std::string(instant) + "\"");
}

BOOST_AUTO_TEST_CASE(demands_an_end_of_the_root) {
    check_document_refused(test::entities(with_attributes({}, R"(validUntil="2030-01-16T00:00:00Z")")),
                           Errc::valid_until_missing, two_weeks());
    check_document_refused(test::entities(IdpMetadataText{}.xml(), R"(cacheDuration="PT1H")"),
                           Errc::valid_until_missing, two_weeks());
}

BOOST_AUTO_TEST_CASE(refuses_an_end_that_is_too_far_or_has_passed) {
    BOOST_TEST(read_document(root_until("2030-01-29T10:03:00Z"), two_weeks()).has_value());
    check_document_refused(root_until("2030-01-29T10:03:00.001Z"), Errc::valid_until_too_far, two_weeks());
    check_document_refused(root_until("9999-12-31T23:59:59Z"), Errc::valid_until_too_far, two_weeks());
    BOOST_TEST(read_document(root_until("2030-01-15T09:57:00Z"), two_weeks()).has_value());
    check_document_refused(root_until("2030-01-15T09:56:59.999Z"), Errc::expired, two_weeks());
    check_document_refused(root_until("0000-01-01T00:00:00Z"), Errc::expired, two_weeks());
    check_document_refused(root_until("canary"), Errc::schema_violation, two_weeks());
}

BOOST_AUTO_TEST_CASE(may_be_as_long_as_a_number_can_say) {
    auto rules = two_weeks();
    rules.longest_validity = std::chrono::seconds::max();
    BOOST_TEST(read_document(root_until("9999-12-31T23:59:59Z"), rules).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(older_documents, *boost::unit_test::description("MET-04"))

metadata::MetadataDocument made(std::optional<Instant> published, std::optional<Instant> valid_until) {
    metadata::MetadataDocument document;
    document.published = published;
    document.valid_until = valid_until;
    document.sha256 = "new";
    return document;
}
constexpr Instant monday = std::chrono::sys_days{std::chrono::January / 14 / 2030};
constexpr Instant tuesday = monday + 24h;

bool refused(const metadata::MetadataDocument& document, const metadata::Precedent& last) {
    const auto checked = check_not_older(document, last);
    if (!checked) BOOST_TEST(checked.error().code == make_error_code(Errc::older_than_known));
    return !checked;
}

BOOST_AUTO_TEST_CASE(goes_by_the_date_of_publication_where_both_have_one) {
    const metadata::Precedent last{.published = tuesday, .valid_until = tuesday, .sha256 = "old"};
    BOOST_TEST(refused(made(monday, tuesday + 24h), last));
    BOOST_TEST(!refused(made(tuesday, monday), last));
    BOOST_TEST(!refused(made(tuesday + 1s, std::nullopt), last));
}

BOOST_AUTO_TEST_CASE(goes_by_the_end_otherwise) {
    const metadata::Precedent last{.published = tuesday, .valid_until = tuesday, .sha256 = "old"};
    BOOST_TEST(refused(made(std::nullopt, monday), last));
    BOOST_TEST(!refused(made(std::nullopt, tuesday), last));
    BOOST_TEST(refused(made(tuesday, monday), {.published = std::nullopt, .valid_until = tuesday, .sha256 = "old"}));
    BOOST_TEST(!refused(made(std::nullopt, std::nullopt), last));
    BOOST_TEST(!refused(made(monday, monday), {.published = std::nullopt, .valid_until = std::nullopt, .sha256 = ""}));
}

BOOST_AUTO_TEST_CASE(never_refuses_the_same_octets) {
    BOOST_TEST(!refused(made(monday, monday), {.published = tuesday, .valid_until = tuesday, .sha256 = "new"}));
}

BOOST_AUTO_TEST_CASE(knows_the_last_64_octets_that_were_superseded_whatever_their_dates) {
    metadata::Precedent last;
    const auto accept = [&](int number) {
        auto document = made(std::nullopt, tuesday);
        document.sha256 = std::to_string(number);
        last = precedent_after(document, last, monday, 180s);
    };
    const auto is_refused = [&](int number) {
        auto document = made(std::nullopt, tuesday + 24h);
        document.sha256 = std::to_string(number);
        return refused(document, last);
    };
    for (int i = 0; i <= 65; ++i) accept(i);
    BOOST_TEST(last.superseded.size() == metadata::max_superseded);
    BOOST_TEST(!is_refused(65));
    BOOST_TEST(is_refused(64));
    BOOST_TEST(is_refused(1));
    BOOST_TEST(!is_refused(0));
}

BOOST_AUTO_TEST_CASE(takes_a_date_that_has_not_come_for_now) {
    const auto after = [](Instant published, const metadata::Precedent& before) {
        return precedent_after(made(published, tuesday), before, monday, 180s).published;
    };
    BOOST_TEST((after(monday + 180s, {}) == monday + 180s));
    BOOST_TEST((after(monday + 181s, {}) == monday));
    const metadata::Precedent before{.published = monday + 60s, .valid_until = std::nullopt, .sha256 = "old"};
    BOOST_TEST((after(monday + 181s, before) == monday + 60s));  // nothing older than that gets in
}

BOOST_AUTO_TEST_CASE(the_merged_record_has_the_later_date_and_all_superseded_documents) {
    const metadata::Precedent ours{.published = monday, .valid_until = tuesday, .sha256 = "c", .superseded = {"a"}};
    const metadata::Precedent theirs{
        .published = tuesday, .valid_until = std::nullopt, .sha256 = "d", .superseded = {"b", "a"}};
    const auto both = merged(ours, theirs);
    BOOST_TEST((both.published == tuesday));
    BOOST_TEST((both.valid_until == tuesday));
    BOOST_TEST(both.sha256 == "c");
    BOOST_TEST(both.superseded == (std::vector<std::string>{"b", "a", "d"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
