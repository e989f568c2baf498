// How long the server keeps the store's records: a server drops by itself, and must drop none that still counts.
#include <boost/test/unit_test.hpp>

#include <set>

#include "redis_nodes.hpp"
#include "rounds.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

sp::Session lasting(sp::Session session, std::chrono::milliseconds time) {
    session.expires = noon + time;
    return session;
}

/// The ids of all sessions that are still in the store, live or not.
std::set<std::string> stored(Node& node) {
    sp::LogoutOrder order = order_for_all("what-is-there");
    order.as_of = node.clock.now();
    const auto begun = taken(begin_logout(node.store, order));
    const auto& fresh = std::get<sp::FreshLogout>(begun);
    std::set<std::string> ids;
    for (const auto* const sessions : {&fresh.ending, &fresh.in_another_round}) {
        for (const sp::Session& session : *sessions) ids.insert(session.id.str());
    }
    return ids;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(redis_keeping)

BOOST_AUTO_TEST_CASE(a_principals_sessions_are_kept_as_long_as_the_longest_of_them) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(lasting(session_of("a"), 2h))));
    BOOST_TEST((site.time_to_live(":{*}:sessions") > 2h));
    static_cast<void>(taken(node.store.admit(lasting(session_of("b"), 20h))));
    BOOST_TEST((site.time_to_live(":{*}:sessions") > 20h));
    static_cast<void>(taken(node.store.admit(lasting(session_of("c"), 1h))));
    BOOST_TEST((site.time_to_live(":{*}:sessions") > 20h));
}

// By the clock of another node it may still live.
BOOST_AUTO_TEST_CASE(at_the_cap_sessions_expired_a_minute_ago_go_and_later_ones_stay) {
    Site site;
    Node node(site, noon, 3);
    for (const auto& [id, time] : {std::pair("a", 1min), std::pair("b", 2min), std::pair("c", 600min)}) {
        static_cast<void>(taken(node.store.admit(lasting(session_of(id), time))));
    }
    node.clock.set(noon + 2min);
    static_cast<void>(taken(node.store.admit(session_of("d"))));
    BOOST_TEST((stored(node) == std::set<std::string>{"b", "c", "d"}));
}

BOOST_AUTO_TEST_CASE(an_ending_session_is_kept_for_ever_despite_other_logins) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(session_with("a", {"i1"}))));
    static_cast<void>(taken(begin_logout(node.store, order_for("r", {"i1"}))));
    BOOST_TEST(site.is_kept_for_ever(":{*}:sessions"));
    static_cast<void>(taken(node.store.admit(session_with("b", {"i2"}))));
    BOOST_TEST(site.is_kept_for_ever(":{*}:sessions"));
}

BOOST_AUTO_TEST_CASE(a_session_that_another_logout_waits_for_is_kept_when_one_is_completed) {
    Site site;
    Node node(site);
    for (const char* id : {"a", "b"}) static_cast<void>(taken(node.store.admit(session_with(id, {id}))));
    static_cast<void>(taken(node.store.admit(lasting(session_with("c", {"c"}), 20h))));
    const auto end = [&node](const char* id) {
        const sp::LogoutKey key = order_for(id, {id}).key;
        static_cast<void>(taken(complete_logout(node.store, key, {.ended = 1}, {session_of(id).id})));
    };
    for (const char* id : {"a", "b"}) static_cast<void>(taken(begin_logout(node.store, order_for(id, {id}))));
    end("a");
    BOOST_TEST(site.is_kept_for_ever(":{*}:sessions"));
    end("b");
    BOOST_TEST((site.time_to_live(":{*}:sessions") > 20h));
}

BOOST_AUTO_TEST_CASE(a_logout_is_kept_until_it_is_completed_and_as_long_as_it_says) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(session_of("a"))));
    sp::LogoutOrder order = order_for_all("r");
    order.keep_until = noon + 20h;
    static_cast<void>(taken(begin_logout(node.store, order)));
    for (const char* key : {":{*}:logout:*", ":request:*"}) BOOST_TEST(site.is_kept_for_ever(key));
    static_cast<void>(taken(complete_logout(node.store, order.key, {}, {})));
    for (const char* key : {":{*}:logout:*", ":request:*"}) BOOST_TEST(site.is_kept_for_ever(key));
    static_cast<void>(taken(begin_logout(node.store, order)));
    static_cast<void>(taken(complete_logout(node.store, order.key, {.ended = 1}, {session_of("a").id})));
    for (const char* key : {":{*}:logout:*", ":request:*"}) BOOST_TEST((site.time_to_live(key) > 20h));
}

BOOST_AUTO_TEST_CASE(barriers_and_numbers_are_kept_as_long_as_the_longest_logout) {
    Site site;
    Node node(site);
    for (const auto& [id, kept] : {std::pair("r1", 20h), std::pair("r2", 1h)}) {
        sp::LogoutOrder order = order_for_all(id);
        order.as_of += 20h - kept;  // the newer one doesn't make the older one redundant
        order.keep_until = noon + kept;
        static_cast<void>(taken(begin_logout(node.store, order)));
        for (const char* key : {":{*}:barrier", ":{*}:count"}) BOOST_TEST((site.time_to_live(key) > 20h));
    }
}

// The hour is for a server's clock that goes otherwise than a node's.
BOOST_AUTO_TEST_CASE(a_logouts_records_go_an_hour_after_it_and_its_number_an_hour_later) {
    Site site;
    Node node(site);
    sp::LogoutOrder order = order_for_all("r");
    order.keep_until = noon + 5min;
    static_cast<void>(taken(begin_logout(node.store, order)));
    static_cast<void>(taken(complete_logout(node.store, order.key, {}, {})));
    for (const char* key : {":{*}:logout:*", ":{*}:barrier", ":request:*"}) {
        BOOST_TEST((site.time_to_live(key) > 1h));
        BOOST_TEST((site.time_to_live(key) <= 1h + 5min));
    }
    BOOST_TEST((site.time_to_live(":{*}:count") > 2h));
    BOOST_TEST((site.time_to_live(":{*}:count") <= 2h + 5min));
}

BOOST_AUTO_TEST_CASE(a_logout_takes_down_barriers_that_have_been_over_for_an_hour_and_no_others) {
    Site site;
    Node node(site);
    const auto barriers_after = [&](const char* id, std::chrono::hours as_of, std::chrono::hours kept) {
        sp::LogoutOrder order = order_for_all(id);
        order.as_of += as_of;  // of two, none makes the other redundant
        order.keep_until = noon + kept;
        static_cast<void>(taken(begin_logout(node.store, order)));
        constexpr unsigned octets_of_one = 33;
        return std::stoul(site.server().ask({"STRLEN", site.key(":{*}:barrier")})) / octets_of_one;
    };
    BOOST_TEST(barriers_after("r1", 0h, 20h) == 1U);
    BOOST_TEST(barriers_after("r2", 19h, 1h) == 2U);
    node.clock.advance(119min);
    BOOST_TEST(barriers_after("r3", 5h, 10h) == 3U);
    node.clock.advance(1min);
    BOOST_TEST(barriers_after("r4", 6h, 9h) == 3U);  // r1's, r3's and its own
}

// The number is dropped some hours after the last logout, and a node's clock may have been ahead by more.
BOOST_AUTO_TEST_CASE(a_logout_counts_sessions_for_which_one_of_a_clock_ahead_still_waits) {
    Site site;
    Node ahead(site, noon + 3h);
    Node node(site);
    static_cast<void>(taken(node.store.admit(lasting(session_of("a"), 20h))));
    static_cast<void>(taken(begin_logout(ahead.store, order_for_all("r1"))));
    static_cast<void>(site.server().ask({"DEL", site.key(":{*}:count")}));
    const sp::LogoutOrder later = order_for_all("r2");
    static_cast<void>(taken(begin_logout(node.store, later)));
    BOOST_TEST(!taken(complete_logout(node.store, later.key, {}, {})).complete());
}

BOOST_AUTO_TEST_CASE(rounds_are_kept_as_long_as_the_longest_of_them) {
    Site site;
    Node node(site);
    for (const char* id : {"a", "b"}) static_cast<void>(taken(node.store.admit(session_with(id, {id}))));
    static_cast<void>(taken(node.store.begin_logout(order_for("r1", {"a"}), round_until(1, noon + 5h))));
    BOOST_TEST((site.time_to_live(":{*}:rounds") > 5h));
    static_cast<void>(taken(node.store.begin_logout(order_for("r2", {"b"}), round_until(2, noon - 20h))));
    BOOST_TEST((site.time_to_live(":{*}:rounds") > 5h));
    const sp::RoundReport at_work{.round = round_until(2, noon).round, .gone = {}, .at_work_until = noon + 20h};
    static_cast<void>(taken(node.store.complete_logout(order_for("r2", {"b"}).key, at_work)));
    BOOST_TEST((site.time_to_live(":{*}:rounds") > 20h));
}

BOOST_AUTO_TEST_CASE(a_round_that_began_too_late_is_there_all_the_same) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(session_of("a"))));
    static_cast<void>(taken(node.store.begin_logout(order_for_all("r"), round_until(1, noon - 20h))));
    const sp::RoundReport report{.round = round_until(1, noon).round, .ended = 1, .gone = {session_of("a").id}};
    BOOST_TEST(taken(node.store.complete_logout(order_for_all("r").key, report)).complete());
}

BOOST_AUTO_TEST_CASE(a_hint_is_kept_as_long_as_the_longest_session_that_it_leads_to) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(lasting(hinted("a", "N1"), 20h))));
    BOOST_TEST((site.time_to_live(":hint:*") > 20h));
    static_cast<void>(taken(node.store.admit(lasting(hinted("b", "N2"), 1h))));
    BOOST_TEST((site.time_to_live(":hint:*") > 20h));
}

// Each login looks at some others of its principal, and drops those that have expired for an hour by any clock.
BOOST_AUTO_TEST_CASE(logins_remove_long_expired_records_and_no_others) {
    Site site;
    Node node(site);
    constexpr int count = 30;
    const auto log_in = [&](const std::string& kind, std::chrono::milliseconds time) {
        for (int i = 0; i < count; ++i) {
            static_cast<void>(taken(node.store.admit(lasting(session_with(kind + std::to_string(i), {kind}), time))));
        }
    };
    const auto stored_of = [](const std::set<std::string>& all, const std::string& kind) {
        return std::ranges::count_if(all, [&](const std::string& id) { return id.starts_with(kind); });
    };
    log_in("long-expired", 1h);
    log_in("ending", 1h);
    log_in("expired", 2h + 30min);
    log_in("alive", 20h);
    static_cast<void>(taken(begin_logout(node.store, order_for("r", {"ending"}))));
    node.clock.set(noon + 3h);
    for (const char* kind : {"x", "y", "z"}) log_in(kind, 20h);
    const std::set<std::string> all = stored(node);
    for (const char* kind : {"ending", "expired", "alive", "x", "y", "z"}) BOOST_TEST(stored_of(all, kind) == count);
    BOOST_TEST(stored_of(all, "long-expired") < count);
}

// A refused order is in the journal, too, because that was written before the refusal was known.
BOOST_AUTO_TEST_CASE(recovery_does_not_take_a_refused_order_for_the_logout_with_its_id) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(session_of("a"))));
    static_cast<void>(taken(begin_logout(node.store, order_for_all("r"))));
    sp::LogoutOrder reused = order_for_all("r");
    reused.name_id.value = "N2";
    BOOST_TEST((begin_logout(node.store, reused).error().code == sp::StoreErrc::request_id_reused));

    node.clock.advance(24h);
    BOOST_TEST(taken(node.store.unfinished_logouts()).size() == 1u);
    BOOST_TEST(site.is_kept_for_ever(":request:*"));
    static_cast<void>(taken(complete_logout(node.store, order_for_all("r").key, {.ended = 1}, {session_of("a").id})));
    BOOST_TEST(!site.is_kept_for_ever(":request:*"));
    BOOST_TEST(taken(node.store.unfinished_logouts()).empty());
    BOOST_TEST(site.count_keys(":unfinished:*") == 0u);
}

// Places lie in slots of their own: another server may have lost one, and given it to another order.
BOOST_AUTO_TEST_CASE(a_logout_that_is_over_gives_no_other_orders_place_an_end) {
    Site site;
    Node node(site);
    static_cast<void>(taken(begin_logout(node.store, order_for_all("r"))));
    Site::server().ask({"DEL", site.key(":request:*")});
    const auto other = begin_logout(node.store, order_for("r", {"i1"}));
    BOOST_TEST_REQUIRE(!other.has_value());
    BOOST_TEST((other.error().code == sp::StoreErrc::request_id_reused));
    static_cast<void>(taken(complete_logout(node.store, order_for_all("r").key, {}, {})));
    BOOST_TEST(site.is_kept_for_ever(":request:*"));
}

BOOST_AUTO_TEST_CASE(a_logout_that_is_complete_leaves_of_its_sessions_neither_places_nor_hints) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(hinted("s", "user@example.com"))));
    BOOST_TEST(site.count_keys(":session:*") == 1u);
    BOOST_TEST(site.count_keys(":hint:*") == 2u);
    sp::LogoutOrder order = order_for_all("r");
    order.name_id = hinted("s", "user@example.com").name_id;
    static_cast<void>(taken(begin_logout(node.store, order)));
    static_cast<void>(taken(complete_logout(node.store, order.key, {.ended = 1}, {session_of("s").id})));
    BOOST_TEST(site.count_keys(":session:*") == 0u);
    BOOST_TEST(site.count_keys(":hint:*") == 0u);
    BOOST_TEST(site.count_keys(":{*}:sessions") == 0u);
}

BOOST_AUTO_TEST_CASE(a_journal_keeps_an_entry_for_ten_minutes_until_its_logout_begins) {
    Site site;
    Node dying(site);
    Node node(site);
    dying.line.cut_after(2, Cut::before_request);  // place and journal
    BOOST_TEST(!begin_logout(dying.store, order_for_all("r")).has_value());
    node.clock.advance(10min - 1ms);
    BOOST_TEST(taken(node.store.unfinished_logouts()).empty());
    BOOST_TEST(site.count_keys(":unfinished:*") == 1u);
    node.clock.advance(1ms);
    BOOST_TEST(taken(node.store.unfinished_logouts()).empty());
    BOOST_TEST(site.count_keys(":unfinished:*") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
