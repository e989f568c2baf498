// Where the shared store looks for near misses, and which records it leaves there.
#include <boost/test/unit_test.hpp>

#include "redis_nodes.hpp"
#include "rounds.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

/// Names the sessions that have `hinted`'s index, under another NameID.
sp::LogoutOrder missing_order(std::string_view request_id = "r") {
    sp::LogoutOrder order = order_for(request_id, {"_an-index-of-its-own"});
    order.name_id.value = "another";
    return order;
}

std::string near(Node& node, const sp::LogoutOrder& order = missing_order()) {
    std::vector<sp::Session> sessions;
    for (const sp::NearMiss& miss : taken(node.store.near_misses(order))) sessions.push_back(miss.session);
    return ids_of(sessions);
}

/// Ends all sessions of a principal.
void log_out(Node& node, const std::string& name_value) {
    sp::LogoutOrder order = order_for_all("its-logout");
    order.name_id.value = name_value;
    const auto begun = taken(begin_logout(node.store, order));
    std::vector<sp::LocalSessionID> gone;
    for (const sp::Session& session : std::get<sp::FreshLogout>(begun).ending) gone.push_back(session.id);
    static_cast<void>(taken(complete_logout(node.store, order.key, {.ended = 1}, gone)));
}

/// Entries that lead to no session, as if each of their nodes had died in the middle of a login.
void lead_astray(const Site& site, int entries) {
    const std::string score = std::to_string((noon + 8h).time_since_epoch().count());
    Site::server().ask({"EVAL",
                        "for i = 1, " + std::to_string(entries) +
                            " do redis.call('ZADD', KEYS[1], ARGV[1], string.format('%048d', i)) end",
                        "1", site.key(":hint:*"), score});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(redis_near_misses)

BOOST_AUTO_TEST_CASE(a_session_that_is_gone_leaves_no_hint) {
    Site site;
    Node node(site);
    sp::Session session = hinted("a", "User@example.com");
    session.session_indexes.push_back(parsed<saml::SessionIndex>("_another-index-of-its-own"));
    static_cast<void>(taken(node.store.admit(session)));
    BOOST_TEST(site.count_keys(":hint:*") == 3u);
    BOOST_TEST(near(node) == "a");
    log_out(node, "User@example.com");
    BOOST_TEST(near(node) == "");
    BOOST_TEST(site.count_keys(":hint:*") == 0u);
}

BOOST_AUTO_TEST_CASE(an_ending_or_expired_session_is_no_near_miss) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(hinted("alive", "N1"))));
    static_cast<void>(taken(node.store.admit(hinted("ending", "N2"))));
    sp::Session expired = hinted("expired", "N3");
    expired.expires = noon + 1min;
    static_cast<void>(taken(node.store.admit(expired)));
    BOOST_TEST(near(node) == "alive ending expired");
    sp::LogoutOrder order = order_for_all("another");
    order.name_id.value = "N2";
    static_cast<void>(taken(begin_logout(node.store, order)));
    BOOST_TEST(near(node) == "alive expired");
    node.clock.advance(1min);
    BOOST_TEST(near(node) == "alive");
}

// A hint that many sessions share would otherwise only grow.
BOOST_AUTO_TEST_CASE(a_login_drops_a_hints_entries_of_long_expired_sessions) {
    Site site;
    Node node(site);
    const auto log_in = [&](const char* id) {
        sp::Session session = hinted(id);
        session.expires = node.clock.now() + 1h;
        static_cast<void>(taken(node.store.admit(session)));
        return Site::server().ask({"ZCARD", site.key(":hint:*")});
    };
    BOOST_TEST(log_in("a") == "1");
    node.clock.advance(1h + 59min);
    BOOST_TEST(log_in("b") == "2");
    node.clock.advance(1min);
    BOOST_TEST(log_in("c") == "2");
}

BOOST_AUTO_TEST_CASE(a_near_miss_is_found_behind_thousands_of_entries_that_lead_nowhere) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(hinted("a"))));
    lead_astray(site, 4'000);
    BOOST_TEST(near(node) == "a");
}

// An answer that there are none would be a guess.
BOOST_AUTO_TEST_CASE(a_search_that_takes_too_long_fails) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(hinted("a"))));
    log_out(node, "N1");
    static_cast<void>(taken(node.store.admit(hinted("b", "another"))));
    lead_astray(site, 5'000);
    const auto misses = node.store.near_misses(missing_order());
    BOOST_TEST_REQUIRE(!misses.has_value());
    BOOST_TEST((misses.error().code == sp::StoreErrc::store_failed));
    BOOST_TEST(misses.error().detail == "too many sessions have its SessionIndex");
}

BOOST_AUTO_TEST_CASE(the_orders_own_sessions_are_looked_at_once_and_never_too_many) {
    Site site;
    Node node(site);
    constexpr int count = 300;  // more than the server gives at once
    for (int i = 0; i < count; ++i) {
        static_cast<void>(taken(node.store.admit(hinted("own" + std::to_string(i), "another"))));
    }
    static_cast<void>(taken(node.store.admit(hinted("a"))));
    const int calls = node.line.calls();
    BOOST_TEST(near(node) == "a");
    BOOST_TEST(node.line.calls() - calls < 10);
}

BOOST_AUTO_TEST_CASE(of_many_near_misses_no_more_are_told_than_it_takes) {
    Site site;
    Node node(site);
    for (int i = 0; i < 40; ++i) {
        const std::string number = std::to_string(i);
        static_cast<void>(taken(node.store.admit(hinted("a" + number, "N" + number))));
    }
    BOOST_TEST(taken(node.store.near_misses(missing_order())).size() == sp::max_near_misses);
}

// The id was given to a new session while a node was still tidying up after the old one.
BOOST_AUTO_TEST_CASE(a_late_removal_takes_no_newer_sessions_hint_away) {
    Site site;
    Node slow(site);
    Node fast(site);
    static_cast<void>(taken(slow.store.admit(hinted("a"))));
    static_cast<void>(taken(begin_logout(slow.store, order_for_all("r"))));
    slow.line.interrupt_after(2, [&fast] {  // after the place was asked for and the logout completed
        sp::Session newer = hinted("a");
        newer.authn_instant = noon + 1s;
        newer.expires += 1h;
        static_cast<void>(taken(fast.store.admit(newer)));
    });
    static_cast<void>(taken(complete_logout(slow.store, order_for_all("r").key, {.ended = 1}, {hinted("a").id})));
    BOOST_TEST(slow.line.was_interrupted());
    BOOST_TEST(fast.is_alive("a"));
    sp::LogoutOrder order = missing_order();
    order.as_of = noon + 1min;
    BOOST_TEST(near(fast, order) == "a");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
