// Sources of metadata over days: clocks that are set, documents whose time comes or ends, servers that don't answer.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "fake_places.hpp"
#include "slo/metadata/error.hpp"

namespace {

using namespace slo;
using namespace slo::idp_adapter;
using namespace std::chrono_literals;
using Kind = RefreshOutcome::Kind;
using test::FakePlaces;

const Instant noon = *saml::parse_instant("2027-01-01T12:00:00Z");
const std::vector<std::string> queried{"https://q1.example.org/", "https://q2.example.org/", "https://q3.example.org/"};

/// Two documents at URLs and a Metadata Query server with three entities, all of which answer.
struct Federation {
    FakePlaces places;
    MetadataRefresher refresher = opened();

    MetadataRefresher opened() {
        std::vector<SourceOfIdps> sources;
        for (const std::string name : {"one", "two"}) {
            places.put("https://" + name + ".example.org/all", {.entity_id = "https://idp." + name + ".example.org/"});
            sources.push_back({.source = places.at_url(name), .profile = {}});
        }
        for (const std::string& id : queried) places.put(test::query_url(id), {.entity_id = id});
        sources.push_back({.source = places.by_query("mdq", queried), .profile = {}});
        return places.open(std::move(sources), noon);
    }
    /// A host that looks each minute, for `time` by a true clock; ours is wrong by `error`.
    void play(Instant from, std::chrono::minutes time, std::chrono::seconds error) {
        for (Instant now = from; now < from + time; now += 1min) {
            places.now = now;
            test::refresh_all(refresher, now + error);
        }
    }
    /// Each of them was asked that often, no more and no less.
    void check_asked(std::size_t fewest, std::size_t most) const {
        BOOST_TEST(places.asked.size() == 5U);
        for (const auto& [url, times] : places.asked) {
            BOOST_TEST(times.size() >= fewest, url << " was asked " << times.size() << " times");
            BOOST_TEST(times.size() <= most, url << " was asked " << times.size() << " times");
            for (std::size_t i = 1; i < times.size(); ++i) BOOST_TEST((times[i] - times[i - 1] >= 300s), url);
        }
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metadata_under_a_clock_that_is_set, Federation)

BOOST_AUTO_TEST_CASE(three_days_back_leave_nothing_unasked) {
    play(noon, 1h, 0s);
    check_asked(1, 1);
    play(noon + 1h, 60h, -std::chrono::days(3));
    check_asked(11, 12);
}

BOOST_AUTO_TEST_CASE(hours_back_do_not_add_to_the_longest_refresh) {
    play(noon, 5h, 0s);
    play(noon + 5h, 1h, -3h);  // later than each was asked, sooner than each is due
    check_asked(2, 2);
}

BOOST_AUTO_TEST_CASE(a_step_forward_and_the_way_back_ask_each_once) {
    play(noon, 1h, 0s);
    play(noon + 1h, 1h, std::chrono::days(3));
    check_asked(2, 2);
    play(noon + 2h, 1h, 0s);
    check_asked(3, 3);
    play(noon + 3h, 60h, 0s);
    check_asked(12, 14);
}

BOOST_AUTO_TEST_CASE(a_clock_that_trembles_makes_nobody_ask) {
    for (int i = 0; i < 100; ++i) play(noon + i * 1min, 1min, i % 2 == 0 ? 0s : -90s);
    check_asked(1, 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(metadata_whose_time_is_wrong, FakePlaces)

namespace {

std::string until(const std::string& instant) {
    return R"( ID="d" validUntil=")" + instant + "\"";
}

/// An aggregate of one IdP until `first_ends` and another that lasts.
std::string two_idps(const std::string& first_ends) {
    return R"(<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="a">)" +
           test::text_of({.entity_id = "https://idp1.example.org/saml", .root_attributes = until(first_ends)}) +
           test::text_of({.entity_id = "https://idp2.example.org/saml", .root_attributes = {}}) +
           "</md:EntitiesDescriptor>";
}

std::string told(const std::vector<RefreshOutcome>& outcomes) {
    std::string text;
    for (const auto& outcome : outcomes) {
        text += std::string(name(outcome.kind)) + (outcome.why.code ? " " + outcome.why.code.message() : "") + "; ";
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_that_was_refused_as_ended_is_believed_when_the_clock_is_right_again) {
    auto source = open_one(at_file("idp", test::text_of({})), noon);
    write_file("idp", test::text_of({.certificate = "keys/stranger.crt.pem"}));
    // The clock stands in the next month, and the file doesn't change any more.
    const Instant wrong = noon + std::chrono::days(31);
    BOOST_TEST(told(source.refresh(wrong)).starts_with("refused meta.expired; "));
    for (int i = 1; i < 400; ++i) {
        BOOST_TEST((told(source.refresh(wrong + i * 5s)).find("refused") == std::string::npos));
    }
    BOOST_TEST(told(source.refresh(noon + 1h)) == "updated; ");
    BOOST_TEST(source.refresh(noon + 1h + 1s).empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_was_refused_as_lasting_too_long_is_believed_when_time_has_come) {
    auto options = at_file("idp", test::text_of({}));
    options.rules.longest_validity = std::chrono::days(14);
    auto source = open_one(std::move(options), noon);
    write_file("idp", test::text_of({.root_attributes = until("2027-01-15T13:00:00Z")}));
    BOOST_TEST(told(source.refresh(noon + 1s)) == "refused meta.valid_until_too_far; ");
    std::string all;
    for (Instant at = noon + 2s; at < noon + 70min; at += 10s) all += told(source.refresh(at));
    BOOST_TEST(all == "updated; ");
}

BOOST_AUTO_TEST_CASE(an_entity_that_was_refused_as_ended_comes_back_when_the_clock_is_right_again) {
    const Instant wrong = *saml::parse_instant("2027-01-03T00:00:00Z");
    auto source = open_one(at_file("idp", two_idps("2027-01-02T00:00:00Z")), wrong);
    BOOST_TEST(source.documents().front()->idps.size() == 1U);
    BOOST_TEST(source.refresh(wrong).empty());
    BOOST_TEST(source.refresh(wrong + 1h).empty());
    BOOST_TEST(told(source.refresh(noon)) == "updated; expiring source.expiring; ");
    BOOST_TEST(source.documents().front()->idps.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_entity_of_a_server_s_document_comes_back_too) {
    bodies["https://md.example.org/all"] = test::signed_octets(two_idps("2027-01-02T00:00:00Z"));
    auto options = at_url("md");
    options.rules.longest_validity.reset();
    etag = "\"1\"";
    const Instant wrong = *saml::parse_instant("2027-01-03T00:00:00Z");
    auto source = open_one(std::move(options), wrong);
    BOOST_TEST(told(source.refresh(wrong)) == "updated; refused meta.expired; ");
    BOOST_TEST(told(source.refresh(noon)) == "updated; expiring source.expiring; ");
    BOOST_TEST(source.documents().front()->idps.size() == 2U);
    BOOST_TEST(told(source.refresh(noon + 6h)).starts_with("unchanged; "));  // said 304
    BOOST_TEST(last_status == 304);
}

// MET-05
BOOST_AUTO_TEST_CASE(one_entity_that_has_ended_is_told_as_that_entity_s_end) {
    auto source = open_one(at_file("idp", two_idps("2027-01-02T00:00:00Z")), noon);
    const auto check = [&](Instant at, Kind kind, const std::string& part) {
        const auto outcomes = source.refresh(at);
        BOOST_REQUIRE(outcomes.size() == 1U);
        BOOST_TEST(name(outcomes.front().kind) == name(kind));
        BOOST_REQUIRE(outcomes.front().entity_id.has_value());
        BOOST_TEST(outcomes.front().entity_id->str() == "https://idp1.example.org/saml");
        BOOST_TEST((outcomes.front().why.detail.find(part) != std::string::npos), outcomes.front().why.detail);
        BOOST_TEST((outcomes.front().why.detail.find("IdPs") == std::string::npos), outcomes.front().why.detail);
    };
    check(noon, Kind::expiring, "the entity ends at 2027-01-02T00:00:00Z");
    check(noon + 13h, Kind::expired, "the entity ended at 2027-01-02T00:00:00Z: its messages are refused");
}

// MET-05
BOOST_AUTO_TEST_CASE(of_many_entities_that_end_some_are_told_and_the_rest_are_counted) {
    std::string text = R"(<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="a">)";
    for (int i = 0; i < 40; ++i) {
        text += test::text_of({.entity_id = "https://idp" + std::to_string(i) + ".example.org/",
                               .root_attributes = R"( validUntil="2027-01-02T00:00:00Z")"});
    }
    auto source = open_one(at_file("idp", text + "</md:EntitiesDescriptor>"), noon);
    const auto outcomes = source.refresh(noon);
    BOOST_REQUIRE(outcomes.size() == 17U);
    BOOST_TEST(!outcomes.back().entity_id.has_value());
    BOOST_TEST((outcomes.back().why.detail.find("24 more entities end, or have ended") != std::string::npos));
    BOOST_TEST(source.refresh(noon + 1s).empty());
}

BOOST_AUTO_TEST_SUITE_END()
