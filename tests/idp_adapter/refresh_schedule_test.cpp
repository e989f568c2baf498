#include "refresh_schedule.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace slo;
using namespace slo::idp_adapter;
using namespace std::chrono_literals;

const Instant noon = *saml::parse_instant("2027-01-01T12:00:00Z");
constexpr RefreshBounds bounds{.shortest = 300s, .longest = 6h};

}  // namespace

BOOST_AUTO_TEST_SUITE(refresh_schedule)

BOOST_AUTO_TEST_CASE(the_shortest_wish_counts_within_our_bounds) {
    const auto wait = [](auto cache_duration, auto max_age) {
        return std::chrono::duration_cast<std::chrono::seconds>(
                   after_answer(noon, bounds, cache_duration, max_age, 0.0) - noon)
            .count();
    };
    const std::optional<std::chrono::seconds> none;
    BOOST_TEST(wait(none, none) == 6 * 3600);
    BOOST_TEST(wait(std::optional(1h), none) == 3600);
    BOOST_TEST(wait(none, std::optional(1h)) == 3600);
    BOOST_TEST(wait(std::optional(2h), std::optional(1h)) == 3600);
    BOOST_TEST(wait(std::optional(24h * 365), none) == 6 * 3600);
    BOOST_TEST(wait(std::optional(0s), std::optional(0s)) == 300);
}

BOOST_AUTO_TEST_CASE(nodes_drift_apart_by_a_tenth) {
    BOOST_TEST((after_answer(noon, bounds, std::nullopt, std::nullopt, 0.5) == noon + 6h - 18min));
}

BOOST_AUTO_TEST_CASE(failures_double_the_wait_up_to_the_longest) {
    BOOST_TEST((after_failure(noon, bounds, 1, 0.0) == noon + 300s));
    BOOST_TEST((after_failure(noon, bounds, 2, 0.0) == noon + 600s));
    BOOST_TEST((after_failure(noon, bounds, 4, 0.0) == noon + 2400s));
    BOOST_TEST((after_failure(noon, bounds, 4'000'000'000, 0.0) == noon + 6h));
    BOOST_TEST((after_failure(noon, bounds, 1, 0.5) == noon + 225s));
}

BOOST_AUTO_TEST_CASE(cache_control_is_read_as_far_as_it_is_clear) {
    const auto said = [](const std::string& text) {
        const auto time = freshness(text);
        return time ? std::to_string(time->count()) : "nothing";
    };
    BOOST_TEST(said("max-age=60") == "60");
    BOOST_TEST(said("public, Max-Age=60 , must-revalidate") == "60");
    BOOST_TEST(said("max-age=60, max-age=30") == "30");
    BOOST_TEST(said("no-cache") == "0");
    BOOST_TEST(said("max-age=60, no-store") == "0");
    for (const char* text : {"", ",,,", "public", "max-age", "max-age=", "max-age=-1", "max-age=6x", "max-age=\"60\"",
                             "max-age=99999999999999999999", "s-maxage=60"}) {
        BOOST_TEST(said(text) == "nothing", text);
    }
}

BOOST_AUTO_TEST_CASE(the_end_is_seen_ahead_of_time) {
    const auto at = [](auto valid_until) { return expiry_at(valid_until, noon, 48h, 180s); };
    BOOST_TEST((at(std::optional<Instant>()) == Expiry::far));
    BOOST_TEST((at(std::optional(noon + 48h + 1ms)) == Expiry::far));
    BOOST_TEST((at(std::optional(noon + 48h)) == Expiry::soon));
    BOOST_TEST((at(std::optional(noon - 180s + 1ms)) == Expiry::soon));
    BOOST_TEST((at(std::optional(noon - 180s)) == Expiry::passed));
}

BOOST_AUTO_TEST_SUITE_END()
