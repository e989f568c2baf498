// Rounds, as the shared store keeps them.
#include <boost/test/unit_test.hpp>

#include "redis_nodes.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

/// A round's report of sessions that are gone.
sp::RoundReport report_of(std::uint64_t round, const std::vector<std::string>& gone) {
    sp::RoundReport report{.round = round_until(round, noon).round, .ended = 0, .gone = {}};
    for (const std::string& id : gone) report.gone.push_back(parsed<sp::LocalSessionID>(id));
    report.ended = static_cast<std::uint32_t>(gone.size());
    return report;
}

/// An order for all that were logged in until then.
sp::LogoutOrder order_as_of(std::string_view request_id, Instant as_of) {
    sp::LogoutOrder order = order_for_all(request_id);
    order.as_of = as_of;
    return order;
}

sp::Session session_from(std::string_view id, Instant authn_instant) {
    sp::Session session = session_of(id);
    session.authn_instant = authn_instant;
    return session;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(redis_rounds)

BOOST_AUTO_TEST_CASE(an_outcome_counts_none_but_the_sessions_that_its_order_names) {
    Site site;
    Node node(site);
    for (const char* id : {"a", "b"}) static_cast<void>(taken(node.store.admit(session_with(id, {id}))));
    static_cast<void>(taken(node.store.begin_logout(order_for("ra", {"a"}), round_until(1, noon + 1min))));
    static_cast<void>(taken(node.store.begin_logout(order_for("rb", {"b"}), round_until(2, noon + 1min))));
    BOOST_TEST(taken(node.store.complete_logout(order_for("rb", {"b"}).key, report_of(2, {}))).failed == 1u);
    BOOST_TEST(taken(node.store.complete_logout(order_for("rb", {"b"}).key, report_of(2, {"b"}))).failed == 1u);
    const auto resumed = taken(node.store.resume_logout(order_for("rb", {"b"}).key, round_until(3, noon + 1min)));
    BOOST_TEST(granted(resumed) == "b | ");
    BOOST_TEST(taken(node.store.complete_logout(order_for("rb", {"b"}).key, report_of(3, {"b"}))).complete());
}

BOOST_AUTO_TEST_CASE(a_logout_waits_for_no_session_that_came_after_it) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(session_from("a", noon - 1h))));
    const sp::LogoutKey first = order_for_all("r1").key;
    static_cast<void>(taken(node.store.begin_logout(order_as_of("r1", noon), round_until(1, noon + 1min))));
    static_cast<void>(taken(node.store.admit(session_from("ending", noon + 1s))));
    const auto begun = node.store.begin_logout(order_as_of("r2", noon + 1s), round_until(2, noon + 1min));
    BOOST_TEST(granted(taken(begun)) == "ending | a");
    static_cast<void>(taken(node.store.complete_logout(order_for_all("r2").key, report_of(2, {}))));
    BOOST_TEST((taken(node.store.admit(session_from("alive", noon + 2s))) == sp::Admission::admitted));
    BOOST_TEST(taken(node.store.complete_logout(first, report_of(1, {}))).failed == 1u);
    BOOST_TEST(granted(taken(node.store.resume_logout(first, round_until(3, noon + 1min)))) == "a | ");
    BOOST_TEST(taken(node.store.complete_logout(first, report_of(3, {"a"}))).complete());
}

BOOST_AUTO_TEST_CASE(a_report_counts_once_however_many_come_before_it_is_repeated) {
    Site site;
    Node node(site);
    const sp::LogoutKey key = order_for_all("r").key;
    constexpr int count = 40;
    for (int i = 0; i <= count; ++i) static_cast<void>(taken(node.store.admit(session_of("s" + std::to_string(i)))));
    static_cast<void>(taken(node.store.begin_logout(order_for_all("r"), round_until(1, noon + 1min))));
    const auto report = [&](int i) {
        sp::RoundReport one = report_of(1, {"s" + std::to_string(i)});
        one.at_work_until = noon + 1min;
        return taken(node.store.complete_logout(key, one)).ended;
    };
    for (int i = 0; i < count; ++i) BOOST_TEST(report(i) == static_cast<unsigned>(i) + 1);
    for (std::uint64_t round = 2; round < 40; ++round) {  // they have nothing to say
        static_cast<void>(taken(node.store.complete_logout(key, report_of(round, {}))));
    }
    for (int i = count - 16; i < count; ++i) BOOST_TEST(report(i) == static_cast<unsigned>(count));
    // So many are remembered, and no more.
    const std::string longest =
        "local longest = 0; for _, one in ipairs(redis.call('HVALS', KEYS[1])) do "
        "longest = math.max(longest, #one) end return longest";
    BOOST_TEST(Site::server().ask({"EVAL", longest, "1", site.key(":{*}:rounds")}) == std::to_string(16 * 16));
}

BOOST_AUTO_TEST_CASE(a_logout_that_is_complete_leaves_nothing_of_its_rounds) {
    Site site;
    Node node(site);
    const sp::LogoutKey key = order_for_all("r").key;
    for (const char* id : {"a", "b"}) static_cast<void>(taken(node.store.admit(session_of(id))));
    static_cast<void>(taken(node.store.begin_logout(order_for_all("r"), round_until(1, noon + 1min))));
    static_cast<void>(taken(node.store.complete_logout(key, report_of(1, {"a"}))));
    BOOST_TEST(granted(taken(node.store.resume_logout(key, round_until(2, noon + 1min)))) == "b | ");
    BOOST_TEST(taken(node.store.complete_logout(key, report_of(2, {"b"}))).complete());
    BOOST_TEST(site.count_keys(":{*}:rounds") == 0u);
}

// An older node, which knows no rounds, has ended the session; its id went to a new one.
BOOST_AUTO_TEST_CASE(a_rounds_hold_on_a_session_that_is_gone_is_not_one_on_its_successor) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(session_of("id"))));
    static_cast<void>(taken(node.store.begin_logout(order_for_all("r1"), round_until(1, noon + 24h))));
    Site::server().ask({"DEL", site.key(":{*}:sessions")});
    sp::Session newer = session_of("id");
    newer.authn_instant = noon + 1s;
    static_cast<void>(taken(node.store.admit(newer)));
    BOOST_TEST(granted(taken(node.store.begin_logout(order_for_all("r2"), round_until(2, noon)))) == "id | ");
}

// An older node has begun the logout, or the rounds were lost.
BOOST_AUTO_TEST_CASE(an_ending_session_without_a_round_is_given_to_the_next) {
    Site site;
    Node node(site);
    static_cast<void>(taken(node.store.admit(session_of("id"))));
    static_cast<void>(taken(node.store.begin_logout(order_for_all("r"), round_until(1, noon + 24h))));
    Site::server().ask({"DEL", site.key(":{*}:rounds")});
    const sp::LogoutKey key = order_for_all("r").key;
    const sp::RoundReport lost{.round = round_until(1, noon).round, .ended = 1, .gone = {session_of("id").id}};
    BOOST_TEST(taken(node.store.complete_logout(key, lost)).failed == 1u);
    BOOST_TEST(granted(taken(node.store.resume_logout(key, round_until(2, noon + 1min)))) == "id | ");
    const sp::RoundReport gone{.round = round_until(2, noon).round, .ended = 1, .gone = {session_of("id").id}};
    BOOST_TEST(taken(node.store.complete_logout(key, gone)).complete());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
