// Sources of metadata over days: clocks that are set.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "fake_places.hpp"

namespace {

using namespace slo;
using namespace slo::idp_adapter;
using namespace std::chrono_literals;
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
