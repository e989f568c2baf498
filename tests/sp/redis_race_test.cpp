// Two nodes at once: one goes on between two requests of the other.
#include <boost/test/unit_test.hpp>

#include "redis_nodes.hpp"
#include "rounds.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

/// A session of another principal that has the same local id.
sp::Session of_another(std::string_view id) {
    sp::Session session = session_of(id);
    session.name_id.value = "another";
    return session;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(redis_races)

BOOST_AUTO_TEST_CASE(a_logout_that_begins_while_recovery_gives_it_up_is_still_recovered) {
    bool interrupted = true;
    for (int passed = 0; interrupted; ++passed) {
        Site site;
        Node dead(site);
        static_cast<void>(taken(dead.store.admit(session_of("s"))));
        dead.line.cut_after(2, Cut::before_request);  // the order has its place and is in the journal
        BOOST_TEST((begin_logout(dead.store, order_for_all("r")).error().code == sp::StoreErrc::store_failed));

        Node recovery(site, noon + 30min);
        Node another(site, noon + 30min + 1s);
        recovery.line.interrupt_after(
            passed, [&another] { static_cast<void>(taken(begin_logout(another.store, order_for_all("r")))); });
        static_cast<void>(taken(recovery.store.unfinished_logouts()));
        interrupted = recovery.line.was_interrupted();
        if (!interrupted) continue;
        BOOST_TEST(taken(another.store.unfinished_logouts()).size() == 1u);
        BOOST_TEST(site.is_kept_for_ever(":request:*"));
    }
}

// Its id became another principal's while it was on its way: a session that no place leads to may not stay behind.
BOOST_AUTO_TEST_CASE(a_login_that_loses_its_id_on_the_way_leaves_no_session) {
    for (const auto lasts : {std::chrono::milliseconds(1s), std::chrono::milliseconds(8h)}) {
        for (int passed = 0; passed < 4; ++passed) {
            Site site;
            Node slow(site);
            Node fast(site, noon + 1min);
            sp::Session session = session_of("id");
            session.expires = noon + lasts;
            bool is_taken = false;
            slow.line.interrupt_after(passed, [&] { is_taken = fast.store.admit(of_another("id")).has_value(); });
            const auto admission = slow.store.admit(session);
            BOOST_TEST(slow.line.was_interrupted());
            BOOST_TEST(is_taken == (passed < 3 || lasts == 1s));  // only before it is there, or when it has expired
            if (is_taken) BOOST_TEST((admission.error().code == sp::StoreErrc::session_id_taken));
            if (!is_taken) BOOST_TEST((taken(admission) == sp::Admission::admitted));
            BOOST_TEST(fast.is_alive("id"));
            const auto begun = taken(begin_logout(fast.store, order_for_all("r")));
            BOOST_TEST(granted(begun) == (is_taken ? " | " : "id | "));
        }
    }
}

/// A node whose login of session_of("id") has lost its place to another principal's that came no further. Before it
/// withdraws the session, `act` is done.
void lose_the_place(Site& site, Node& slow, const std::function<void()>& act) {
    slow.line.interrupt_after(2, [&site, &slow, act] {
        Node dead(site);
        dead.line.cut_after(4, Cut::before_request);  // it has taken the place over
        BOOST_TEST(!dead.store.admit(of_another("id")).has_value());
        slow.line.interrupt_after(1, act);
    });
}

BOOST_AUTO_TEST_CASE(a_login_that_withdraws_leaves_a_session_that_a_logout_has_named) {
    Site site;
    Node slow(site);
    Node fast(site);
    lose_the_place(site, slow,
                   [&fast] { BOOST_TEST(granted(taken(begin_logout(fast.store, order_for_all("r")))) == "id | "); });
    BOOST_TEST((taken(slow.store.admit(session_of("id"))) == sp::Admission::refused_by_logout));
    BOOST_TEST(slow.line.was_interrupted());
    BOOST_TEST(granted(taken(begin_logout(fast.store, order_for_all("r")))) == "id | ");
}

// The application tried it at another node, too, which has said yes.
BOOST_AUTO_TEST_CASE(a_login_that_withdraws_leaves_a_session_that_another_login_has_admitted) {
    Site site;
    Node slow(site);
    Node fast(site);
    lose_the_place(site, slow, [&] {
        BOOST_TEST((taken(fast.store.admit(session_of("id"))) == sp::Admission::admitted));
        slow.line.cut_after(1, Cut::before_request);
    });
    BOOST_TEST((slow.store.admit(session_of("id")).error().code == sp::StoreErrc::store_failed));
    BOOST_TEST(slow.line.was_interrupted());
    BOOST_TEST(fast.is_alive("id"));
    BOOST_TEST(granted(taken(begin_logout(fast.store, order_for_all("r")))) == "id | ");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
