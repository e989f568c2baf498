// Sources of metadata over days: clocks that are set, documents whose time comes or ends, servers that don't answer.
#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
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

const Failure silence{make_error_code(HttpErrc::timed_out), "out of time"};

std::vector<std::string> entities(int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) ids.push_back("https://idp" + std::to_string(i) + ".example.org/");
    return ids;
}

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

BOOST_AUTO_TEST_CASE(an_unsteady_clock_causes_no_request) {
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
    // The clock is in the next month, and the file doesn't change any more.
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

BOOST_FIXTURE_TEST_SUITE(metadata_of_a_server_in_trouble, FakePlaces)

BOOST_AUTO_TEST_CASE(a_silence_costs_one_question_each_rest_and_not_one_for_each_entity) {
    auto source = open_one(by_query("mdq", entities(50)), noon);
    failures.emplace("https://mdq.example.org/", silence);
    const auto asked_until = [&](Instant end) {
        for (; now < end; now = std::max(now + 1s, source.next_refresh())) static_cast<void>(source.refresh(now));
        std::size_t count = 0;
        for (const auto& [url, times] : asked) {
            BOOST_TEST(times.size() == 1U, url);
            count += times.size();
        }
        return count;
    };
    now = noon;
    BOOST_TEST(asked_until(noon + 301s) == 2U);
    BOOST_TEST(asked_until(noon + 302s) == 3U);
    BOOST_TEST(asked_until(noon + 899s) == 3U);  // twice as long each time, up to the longest refresh
    BOOST_TEST(asked_until(noon + 60h) == 17U);
}

BOOST_AUTO_TEST_CASE(a_server_with_errors_of_its_own_rests_and_one_that_lacks_an_entity_does_not) {
    for (const int status : {404, 403, 429, 500, 503}) {
        const bool rests = status >= 429;
        const std::string name = "mdq-" + std::to_string(status);
        auto source = open_one(by_query(name, entities(5)), noon);
        missing_status = status;
        asked.clear();
        for (int i = 0; i < 10; ++i) static_cast<void>(source.refresh(noon));
        BOOST_TEST(asked.size() == (rests ? 2U : 5U), status);
    }
}

BOOST_AUTO_TEST_CASE(one_entity_that_alone_is_not_answered_keeps_the_others_waiting_for_nothing) {
    const auto ids = entities(5);
    for (const std::string& id : ids) put(test::query_url(id), {.entity_id = id});
    failures.emplace(test::query_url(ids.at(1)), silence);
    auto source = open_one(by_query("mdq", ids), noon);
    for (int i = 0; i < 5; ++i) static_cast<void>(source.refresh(noon));
    BOOST_TEST(source.documents().size() == 4U);
    BOOST_TEST((source.next_refresh() == noon + 300s));
}

BOOST_AUTO_TEST_CASE(after_its_rest_every_entity_is_asked_once) {
    const auto ids = entities(20);
    for (const std::string& id : ids) put(test::query_url(id), {.entity_id = id});
    auto source = open_one(by_query("mdq", ids), noon);
    failures.emplace("https://mdq.example.org/", silence);
    for (int i = 0; i < 30; ++i) static_cast<void>(source.refresh(noon));
    failures.clear();
    asked.clear();
    for (int i = 0; i < 30; ++i) static_cast<void>(source.refresh(noon + 300s));
    BOOST_TEST(source.documents().size() == 20U);
    for (const auto& [url, times] : asked) BOOST_TEST(times.size() == 1U, url);
}

BOOST_AUTO_TEST_CASE(a_start_puts_the_idps_together_a_few_times_and_not_for_each_of_them) {
    const auto ids = entities(40);
    for (const std::string& id : ids) put(test::query_url(id), {.entity_id = id});
    std::vector<SourceOfIdps> sources;
    sources.push_back({.source = by_query("mdq", ids), .profile = {}});
    auto refresher = open(std::move(sources), noon);
    std::set<std::shared_ptr<const IdpDirectory>> directories{refresher.directory()};
    std::size_t told = 0;
    for (int i = 0; i < 40; ++i) {
        const auto before = refresher.directory();
        const std::size_t events = refresher.refresh(noon).size();
        BOOST_TEST((events == 0) == (refresher.directory() == before));  // news are told when they count
        told += events;
        directories.insert(refresher.directory());
    }
    BOOST_TEST((refresher.next_refresh() > noon));
    BOOST_TEST(told == 40U);
    BOOST_TEST(refresher.directory()->size() == 40U);
    BOOST_TEST(directories.size() == 2U);
}

BOOST_AUTO_TEST_CASE(news_do_not_wait_longer_than_a_second_for_others) {
    const auto ids = entities(5);
    for (const std::string& id : ids) put(test::query_url(id), {.entity_id = id});
    std::vector<SourceOfIdps> sources;
    sources.push_back({.source = by_query("mdq", ids), .profile = {}});
    auto refresher = open(std::move(sources), noon);
    BOOST_TEST(refresher.refresh(noon).empty());
    BOOST_TEST((refresher.next_refresh() <= noon));
    BOOST_TEST(refresher.refresh(noon + 1s).size() == 2U);
    BOOST_TEST(refresher.directory()->size() == 2U);
    BOOST_TEST(refresher.refresh(noon + 2s).empty());
    BOOST_TEST(refresher.refresh(noon - 2h).size() == 2U);  // a clock that was set back doesn't hold them
    BOOST_TEST(refresher.directory()->size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(metadata_in_lanes)

namespace {

/// FakePlaces of which some hang: they answer nothing until they're released, or stopped.
struct HangingPlaces : FakePlaces {
    [[nodiscard]] Result<HttpHead> answer_or_hang(const HttpCall& call, const BodySink& sink,
                                                  const std::stop_token& stop) {
        std::unique_lock lock(mutex);
        const std::string server = call.url.str().substr(0, call.url.str().find('/', 8));
        has_collided = has_collided || !at_work.insert(server).second;
        auto head = answer(call, sink);
        const unsigned before = releases;
        if (hanging.contains(server)) {
            ++hung;
            if (changed.wait(lock, stop, [&] { return releases != before; })) {
                head = silence;
            } else {
                head = Failure{make_error_code(HttpErrc::stopped), "stopped"};
                --hung;
            }
        }
        at_work.erase(server);
        return head;
    }
    /// A request that hangs runs into its deadline.
    void release() {
        const std::lock_guard lock(mutex);
        ++releases;
        hung = 0;
        changed.notify_all();
    }
    /// Until what hangs is all that is being asked.
    void settle(MetadataRefresher& refresher, Instant at) {
        for (;;) {
            static_cast<void>(refresher.refresh(at));
            {
                const std::lock_guard lock(mutex);
                if (refresher.lanes() == hung) return;
            }
            refresher.wait(1ms);
        }
    }
    [[nodiscard]] MetadataRefresher open_in_lanes(std::vector<SourceOfIdps> sources) {
        std::vector<SourcePorts> all(sources.size());
        for (auto& one : all) {
            one = {.exchange = [this](const auto& call, const auto& sink,
                                      const auto& stop) { return answer_or_hang(call, sink, stop); },
                   .chance = [] { return 0.0; }};
        }
        auto refresher =
            MetadataRefresher::open(std::move(sources), SharedKeys::accepted, noon, std::move(all), Asking::in_lanes);
        BOOST_REQUIRE_MESSAGE(refresher.has_value(), (refresher ? "" : refresher.error().detail));
        return *std::move(refresher);
    }
    [[nodiscard]] std::size_t asked_of(const std::string& start) const {
        std::size_t count = 0;
        for (const auto& [url, times] : asked) count += url.starts_with(start) ? times.size() : 0;
        return count;
    }

    std::mutex mutex;
    std::condition_variable_any changed;
    std::set<std::string> hanging;  ///< servers
    std::set<std::string> at_work;
    std::size_t hung = 0;
    unsigned releases = 0;
    bool has_collided = false;  ///< two questions at once went to one server
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_server_that_hangs_keeps_back_its_own_news_alone, HangingPlaces) {
    std::vector<SourceOfIdps> sources;
    sources.push_back({.source = by_query("mdq", entities(500)), .profile = {}});
    for (const std::string name : {"one", "two"}) {
        put("https://" + name + ".example.org/all", {.entity_id = "https://idp." + name + ".example.org/"});
        sources.push_back({.source = at_url(name), .profile = {}});
    }
    hanging.insert("https://mdq.example.org");
    auto refresher = open_in_lanes(std::move(sources));
    for (Instant at = noon; at < noon + 60h; at += 1min) {
        {
            const std::lock_guard lock(mutex);
            now = at;
        }
        settle(refresher, at);
        BOOST_TEST(refresher.directory()->size() == 2U);
        release();
    }
    for (const std::string url : {"https://one.example.org/all", "https://two.example.org/all"}) {
        BOOST_REQUIRE(asked[url].size() == 10U);
        for (std::size_t i = 0; i < 10; ++i) BOOST_TEST((asked[url][i] == noon + i * 6h), url);
    }
    BOOST_TEST(asked_of("https://mdq.example.org") == 17U);
    BOOST_TEST(!has_collided);
}

BOOST_FIXTURE_TEST_CASE(sources_of_one_server_share_a_lane, HangingPlaces) {
    std::vector<SourceOfIdps> sources;
    const auto ids = entities(6);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        put(test::query_url(ids[i]), {.entity_id = ids[i]});
        sources.push_back({.source = by_query("mdq-" + std::to_string(i), {ids[i]}), .profile = {}});
    }
    hanging.insert("https://mdq.example.org");
    auto refresher = open_in_lanes(std::move(sources));
    settle(refresher, noon);
    BOOST_TEST(refresher.lanes() == 1U);
    hanging.clear();
    release();
    settle(refresher, noon);
    BOOST_TEST(!has_collided);
    BOOST_TEST(refresher.directory()->size() == 5U);  // all but the one that had hung
    BOOST_TEST((refresher.next_refresh() == noon + 300s));
}

BOOST_FIXTURE_TEST_CASE(a_stop_does_not_wait_for_a_server, HangingPlaces) {
    std::vector<SourceOfIdps> sources;
    for (const std::string name : {"one", "two", "three"}) {
        sources.push_back({.source = at_url(name), .profile = {}});
        hanging.insert("https://" + name + ".example.org");
    }
    {
        auto refresher = open_in_lanes(std::move(sources));
        settle(refresher, noon);
        BOOST_TEST(refresher.lanes() == 3U);
    }
    BOOST_TEST(hung == 0U);
}

BOOST_FIXTURE_TEST_CASE(no_more_than_64_servers_are_asked_at_one_time, HangingPlaces) {
    std::vector<SourceOfIdps> sources;
    for (int i = 0; i < 70; ++i) {
        const std::string name = "s" + std::to_string(i);
        sources.push_back({.source = at_url(name), .profile = {}});
        hanging.insert("https://" + name + ".example.org");
    }
    auto refresher = open_in_lanes(std::move(sources));
    settle(refresher, noon);
    BOOST_TEST(refresher.lanes() == 64U);
    BOOST_TEST((refresher.next_refresh() > noon));  // or its host would ask again and again
    release();
    settle(refresher, noon);
    BOOST_TEST(refresher.lanes() == 6U);  // those that had to wait
    BOOST_TEST((refresher.next_refresh() == noon + 300s));
}

BOOST_FIXTURE_TEST_CASE(an_answer_ends_the_wait, HangingPlaces) {
    put("https://one.example.org/all", {});
    std::vector<SourceOfIdps> sources;
    sources.push_back({.source = at_url("one"), .profile = {}});
    auto refresher = open_in_lanes(std::move(sources));
    BOOST_TEST(refresher.refresh(noon).empty());
    refresher.wait(std::chrono::hours(1));
    BOOST_TEST((refresher.next_refresh() <= noon));
    const auto told_events = refresher.refresh(noon);
    BOOST_REQUIRE(told_events.size() == 1U);
    BOOST_TEST(name(told_events.front().outcome.kind) == "updated");
    BOOST_TEST(refresher.directory()->size() == 1U);
    std::stop_source stop;
    stop.request_stop();
    refresher.wait(std::chrono::hours(1), stop.get_token());
}

BOOST_AUTO_TEST_SUITE_END()
