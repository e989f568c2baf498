// Ending, gone, repeated, unfinished: the states in which an answer may be signed.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <thread>
#include <variant>

#include "rounds.hpp"
#include "session_store_contract.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

void a_session_is_dead_as_soon_as_its_logout_begins(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a"), session_of("b")});
    trial.begin(order_for_all("r"));
    BOOST_TEST(!trial.is_alive("a"));
    BOOST_TEST(!trial.is_alive("b"));
}

void a_fresh_logout_gives_the_sessions_as_they_were_admitted(MakeStore make_store) {
    Trial trial(make_store);
    const sp::Session session = session_with("a", {"i1", "i2"});
    trial.login({session});
    const sp::BegunLogout begun = taken(begin_logout(*trial.store, order_for_all("r")));
    BOOST_TEST((std::get<sp::FreshLogout>(begun).ending == std::vector{session}));
}

void a_session_that_is_gone_is_forgotten(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    trial.log_out(order_for_all("r1"));
    BOOST_TEST(trial.begin(order_for_all("r2")) == "");
    BOOST_TEST(trial.unfinished() == "r2: ");
}

void a_session_that_failed_stays_ending_and_is_named_again(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a"), session_of("b")});
    trial.begin(order_for_all("r1"));
    trial.complete(order_for_all("r1"), {"a"}, 1);
    BOOST_TEST(!trial.is_alive("b"));
    BOOST_TEST(trial.begin(order_for_all("r2")) == "b");
    trial.complete(order_for_all("r2"), {"b"});
    BOOST_TEST(trial.unfinished() == "");
    BOOST_TEST(trial.begin(order_for_all("r3")) == "");
}

void a_repeat_before_the_completion_gets_the_sessions_still_ending(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a"), session_of("b")});
    trial.begin(order_for_all("r1"));
    sp::RepeatedLogout repeated = trial.repeat(order_for_all("r1"));
    BOOST_TEST(!repeated.recorded.has_value());
    BOOST_TEST(ids_of(repeated.ending) == "a b");

    trial.complete(order_for_all("r1"), {"a"});
    repeated = trial.repeat(order_for_all("r1"));
    BOOST_TEST(!repeated.recorded.has_value());
    BOOST_TEST(ids_of(repeated.ending) == "b");
}

void a_repeat_after_a_complete_outcome_gets_it_again(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a"), session_of("b")});
    trial.begin(order_for_all("r"));
    const sp::LogoutOutcome whole{.ended = 2, .already_gone = 0, .failed = 0};
    BOOST_TEST((trial.complete(order_for_all("r"), {"a", "b"}) == whole));
    for (int i = 0; i < 2; ++i) {
        const sp::RepeatedLogout repeated = trial.repeat(order_for_all("r"));
        BOOST_TEST((repeated.recorded == whole));
        BOOST_TEST(repeated.ending.empty());
    }
}

void a_repeat_ends_no_new_session(MakeStore make_store) {
    Trial trial(make_store);
    trial.log_out(order_for_all("r"));
    sp::Session later = session_of("a");
    later.authn_instant = noon + 1s;
    trial.login({later});
    BOOST_TEST(trial.repeat(order_for_all("r")).recorded.has_value());
    BOOST_TEST(trial.is_alive("a"));
}

void a_clock_that_goes_back_forgets_no_logout(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    trial.log_out(order_for_all("r"));
    trial.clock.set(noon + 59min);
    trial.log_out(order_for_all("r2"));
    for (const auto back : {1h, 24h}) {
        trial.clock.set(noon + 59min - back);
        trial.log_out(order_for_all("r-after-" + std::to_string(back.count())));
        BOOST_TEST(trial.repeat(order_for_all("r")).recorded.has_value());
        BOOST_TEST(!trial.admits(session_of("b")));
        BOOST_TEST(!trial.is_alive("a"));
    }
}

void a_request_id_is_used_once_whatever_it_says_then(MakeStore make_store) {
    Trial trial(make_store);
    sp::Session of_another = session_of("a");
    of_another.name_id.value = "N2";
    trial.login({of_another});
    trial.log_out(order_for_all("r"));
    std::vector<sp::LogoutOrder> others(4, order_for_all("r"));
    others[0].name_id.value = "N2";
    others[1].name_id.sp_provided_id = "x";
    others[2].session_indexes = order_for("r", {"i1"}).session_indexes;
    others[3].as_of += 1ms;
    for (const sp::LogoutOrder& other : others) {
        const auto begun = begin_logout(*trial.store, other);
        BOOST_TEST_REQUIRE(!begun.has_value());
        BOOST_TEST((begun.error().code == sp::StoreErrc::request_id_reused));
    }
    BOOST_TEST(trial.is_alive("a"));
    sp::LogoutOrder kept_longer = order_for_all("r");
    kept_longer.keep_until += 1min;
    BOOST_TEST(trial.repeat(kept_longer).recorded.has_value());
}

void a_request_id_belongs_to_its_idp(MakeStore make_store) {
    Trial trial(make_store);
    trial.log_out(order_for_all("r"));
    sp::Session session = session_of("a");
    session.idp = other_idp_id;
    trial.login({session});
    sp::LogoutOrder of_another_idp = order_for_all("r");
    of_another_idp.key.idp = other_idp_id;
    BOOST_TEST(trial.begin(of_another_idp) == "a");
}

void a_failed_session_may_be_gone_later_and_a_complete_outcome_stays_so(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a"), session_of("b")});
    const auto order = order_for_all("r");
    trial.begin(order);
    BOOST_TEST((trial.complete(order, {"a"}) == sp::LogoutOutcome{.ended = 1, .already_gone = 0, .failed = 1}));
    BOOST_TEST(trial.unfinished() == "r: b");
    BOOST_TEST(ids_of(trial.repeat(order).ending) == "b");
    const sp::LogoutOutcome whole{.ended = 2, .already_gone = 0, .failed = 0};
    BOOST_TEST((trial.complete(order, {"b"}) == whole));
    BOOST_TEST((trial.repeat(order).recorded == whole));
    BOOST_TEST((trial.complete(order, {}) == whole));
    BOOST_TEST(trial.unfinished() == "");
    BOOST_TEST(trial.begin(order_for_all("r2")) == "");
}

void completing_an_unknown_logout_fails(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    const auto result = complete_logout(*trial.store, order_for_all("r").key, {.ended = 1}, {session_of("a").id});
    BOOST_TEST((result.error().code == sp::StoreErrc::store_failed));
    BOOST_TEST(trial.is_alive("a"));
}

void a_completion_forgets_only_what_its_order_named(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_with("a", {"i1"}), session_with("b", {"i2"}), session_with("c", {"i3"})});
    trial.begin(order_for("r1", {"i1"}));
    trial.begin(order_for("r2", {"i2"}));
    trial.complete(order_for("r1", {"i1"}), {"a", "b", "c", "nobody"});
    BOOST_TEST(trial.is_alive("c"));
    BOOST_TEST(trial.unfinished() == "r2: b");
    trial.begin(order_for("r3", {"i3"}));
    trial.complete(order_for("r3", {"i3"}), {"b", "c"});
    BOOST_TEST(trial.unfinished() == "r2: b");
}

// Two logouts name "a"; the faster one sees it gone, and its id is given to a new session, which a third one ends.
void a_late_completion_forgets_no_session_that_took_the_id_over(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    static_cast<void>(
        taken(trial.store->begin_logout(order_for_all("slow"), {claim_of(order_for_all("slow").key).round, noon})));
    trial.log_out(order_for_all("fast"));
    sp::Session later = session_of("a");
    later.authn_instant = noon + 1s;
    trial.login({later});
    trial.complete(order_for_all("slow"), {"a"});
    BOOST_TEST(trial.is_alive("a"));

    trial.begin(order_for_all("third"));
    trial.complete(order_for_all("slow"), {"a"});
    BOOST_TEST(trial.unfinished() == "third: a");
}

void a_logout_is_unfinished_until_it_is_completed(MakeStore make_store) {
    Trial trial(make_store);
    BOOST_TEST(trial.unfinished() == "");
    trial.login({session_of("a")});
    trial.begin(order_for_all("r"));
    BOOST_TEST(trial.unfinished() == "r: a");
    trial.complete(order_for_all("r"), {"a"});
    BOOST_TEST(trial.unfinished() == "");
}

// Recovery completes the logouts that it gets: an incomplete one has to name all that it waits for.
void an_uncompleted_logout_names_sessions_that_an_earlier_one_left_ending(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a"), session_of("b")});
    trial.begin(order_for_all("r1"));
    trial.complete(order_for_all("r1"), {"b"}, 1);
    trial.begin(order_for_all("r2"));
    BOOST_TEST(trial.unfinished().ends_with("r2: a"));
}

// Otherwise many failed logouts of many sessions would make a list of their product.
void recovery_gets_a_session_that_two_completed_logouts_named_once(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    trial.begin(order_for_all("r1"));
    trial.complete(order_for_all("r1"), {}, 1);
    sp::Session later = session_of("b");
    later.authn_instant = noon + 1s;
    trial.login({later});
    trial.begin(order_for_all("r2"));
    trial.complete(order_for_all("r2"), {}, 2);
    BOOST_TEST(trial.unfinished() == "r1: a; r2: b");
}

// The application may keep a session past `expires`: only its own report makes it gone.
void an_expired_ending_session_stays_until_it_is_gone(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    trial.begin(order_for_all("r1"));
    trial.clock.set(session_of("a").expires + 24h);
    BOOST_TEST(trial.unfinished() == "r1: a");
    trial.complete(order_for_all("r1"), {});
    BOOST_TEST(trial.begin(order_for_all("r2")) == "a");
    trial.complete(order_for_all("r2"), {"a"});
    BOOST_TEST(trial.unfinished() == "");
}

// By another node's clock it may be alive, and in an application.
void an_expired_session_is_named_all_the_same(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    trial.clock.set(session_of("a").expires);
    BOOST_TEST(!trial.is_alive("a"));
    BOOST_TEST(trial.begin(order_for_all("r")) == "a");
    trial.clock.set(session_of("a").expires - 1s);
    BOOST_TEST(!trial.is_alive("a"));
}

void of_64_threads_exactly_one_begins_afresh(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a"), session_of("b")});
    constexpr int callers = 64;
    std::latch start(callers);
    std::atomic<int> fresh = 0;
    std::atomic<int> repeated = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < callers; ++i) {
        threads.emplace_back([&] {
            start.arrive_and_wait();
            const auto begun = begin_logout(*trial.store, order_for_all("r"));
            if (!begun) return;
            if (std::holds_alternative<sp::FreshLogout>(*begun)) ++fresh;
            const auto* again = std::get_if<sp::RepeatedLogout>(&*begun);
            if (again != nullptr && !again->recorded && again->ending.size() == 2) ++repeated;
        });
    }
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(fresh == 1);
    BOOST_TEST(repeated == callers - 1);
}

}  // namespace

std::vector<ContractCase> completion_contract() {
    return {
        {"a_session_is_dead_as_soon_as_its_logout_begins", a_session_is_dead_as_soon_as_its_logout_begins},
        {"a_fresh_logout_gives_the_sessions_as_they_were_admitted",
         a_fresh_logout_gives_the_sessions_as_they_were_admitted},
        {"a_session_that_is_gone_is_forgotten", a_session_that_is_gone_is_forgotten},
        {"a_session_that_failed_stays_ending_and_is_named_again",
         a_session_that_failed_stays_ending_and_is_named_again},
        {"a_repeat_before_the_completion_gets_the_sessions_still_ending",
         a_repeat_before_the_completion_gets_the_sessions_still_ending},
        {"a_repeat_after_a_complete_outcome_gets_it_again", a_repeat_after_a_complete_outcome_gets_it_again},
        {"a_repeat_ends_no_new_session", a_repeat_ends_no_new_session},
        {"a_clock_that_goes_back_forgets_no_logout", a_clock_that_goes_back_forgets_no_logout},
        {"a_request_id_is_used_once_whatever_it_says_then", a_request_id_is_used_once_whatever_it_says_then},
        {"a_request_id_belongs_to_its_idp", a_request_id_belongs_to_its_idp},
        {"a_failed_session_may_be_gone_later_and_a_complete_outcome_stays_so",
         a_failed_session_may_be_gone_later_and_a_complete_outcome_stays_so},
        {"completing_an_unknown_logout_fails", completing_an_unknown_logout_fails},
        {"a_completion_forgets_only_what_its_order_named", a_completion_forgets_only_what_its_order_named},
        {"a_late_completion_forgets_no_session_that_took_the_id_over",
         a_late_completion_forgets_no_session_that_took_the_id_over},
        {"a_logout_is_unfinished_until_it_is_completed", a_logout_is_unfinished_until_it_is_completed},
        {"an_uncompleted_logout_names_sessions_that_an_earlier_one_left_ending",
         an_uncompleted_logout_names_sessions_that_an_earlier_one_left_ending},
        {"recovery_gets_a_session_that_two_completed_logouts_named_once",
         recovery_gets_a_session_that_two_completed_logouts_named_once},
        {"an_expired_ending_session_stays_until_it_is_gone", an_expired_ending_session_stays_until_it_is_gone},
        {"an_expired_session_is_named_all_the_same", an_expired_session_is_named_all_the_same},
        {"of_64_threads_exactly_one_begins_afresh", of_64_threads_exactly_one_begins_afresh},
    };
}

}  // namespace slo::test
