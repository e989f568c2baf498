// A full store: expired records make room; a live session, an ending one and a kept logout never do.
#include <boost/test/unit_test.hpp>

#include "rounds.hpp"
#include "session_store_contract.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

/// Two logouts of one IdP, which leave two to others.
constexpr StoreSettings room_for_two{.max_sessions = 2, .max_logout_records = 4, .max_logout_records_per_idp = 10};

sp::LogoutOrder started_here(sp::LogoutOrder order) {
    order.origin = sp::LogoutOrigin::here;
    return order;
}

bool is_full_for(Trial& trial, const sp::Session& session) {
    const auto admitted = trial.store->admit(session);
    return !admitted && admitted.error().code == sp::StoreErrc::store_full;
}

bool is_full_for(Trial& trial, const sp::LogoutOrder& order) {
    const auto begun = begin_logout(*trial.store, order);
    return !begun && begun.error().code == sp::StoreErrc::store_full;
}

void a_full_store_refuses_and_forgets_no_live_session(MakeStore make_store) {
    Trial trial(make_store, room_for_two);
    trial.login({session_of("a"), session_of("b")});
    for (int i = 0; i < 5'000; ++i) BOOST_TEST_REQUIRE(is_full_for(trial, session_of("c" + std::to_string(i))));
    BOOST_TEST(trial.is_alive("a"));
    BOOST_TEST(trial.is_alive("b"));
    BOOST_TEST(trial.admits(session_of("a")));  // it is there already
    BOOST_TEST(trial.begin(order_for_all("r")) == "a b");
}

/// Barriers that aren't redundant: each is for an earlier instant and kept longer than the one before.
void barriers_are_bounded(MakeStore make_store) {
    Trial trial(make_store);
    for (int i = 0; i < 64; ++i) {
        sp::LogoutOrder order = order_for_all("r" + std::to_string(i));
        order.as_of -= std::chrono::milliseconds(i);
        order.keep_until += std::chrono::milliseconds(i);
        BOOST_TEST_REQUIRE(begin_logout(*trial.store, order).has_value());
    }
    sp::LogoutOrder one_more = order_for_all("one-more");
    one_more.as_of -= 1h;
    one_more.keep_until += 1h;
    BOOST_TEST(is_full_for(trial, one_more));
    sp::LogoutOrder redundant = order_for_all("redundant");  // and takes no place
    redundant.as_of -= 1ms;
    BOOST_TEST(begin_logout(*trial.store, redundant).has_value());
    sp::LogoutOrder in_between = order_for_all("in-between");  // takes the place of the 21st to the 41st
    in_between.as_of -= 20ms;
    in_between.keep_until += 40ms;
    BOOST_TEST(begin_logout(*trial.store, in_between).has_value());
    for (int i = 0; i < 20; ++i) {
        sp::LogoutOrder order = order_for_all("again" + std::to_string(i));
        order.as_of -= 1min + std::chrono::milliseconds(i);
        order.keep_until += 1min + std::chrono::milliseconds(i);
        BOOST_TEST_REQUIRE(begin_logout(*trial.store, order).has_value());
    }
    BOOST_TEST(is_full_for(trial, one_more));
    sp::LogoutOrder newer = order_for_all("newer");  // takes the place of them all
    newer.as_of += 1ms;
    newer.keep_until += 2h;
    BOOST_TEST(begin_logout(*trial.store, newer).has_value());
    BOOST_TEST(begin_logout(*trial.store, one_more).has_value());
}

/// A login is refused by the value of its NameID, so a newer barrier takes the place of one with another rest of it.
void newer_barriers_take_the_place_of_older_ones_however_the_name_is_written(MakeStore make_store) {
    using saml::NameIDMatching;
    Trial trial(make_store);
    sp::LogoutOrder elsewhere = order_for_all("elsewhere");
    elsewhere.sp = our_other_id;
    trial.log_out(elsewhere);
    for (int i = 0; i < 70; ++i) {
        sp::LogoutOrder order = order_for_all("r" + std::to_string(i));
        order.as_of += std::chrono::milliseconds(i);
        order.keep_until += std::chrono::milliseconds(i);
        order.matching = i % 2 == 0 ? NameIDMatching::exact : NameIDMatching::value_only;
        order.name_id.name_qualifier = "qualifier " + std::to_string(i / 2);
        BOOST_TEST_REQUIRE(begin_logout(*trial.store, order).has_value());
    }
    BOOST_TEST(!trial.admits(session_of("a")));
    sp::Session session_elsewhere = session_of("b");
    session_elsewhere.sp = our_other_id;
    BOOST_TEST(!trial.admits(session_elsewhere));
}

void a_refused_or_malformed_login_takes_no_room(MakeStore make_store) {
    Trial trial(make_store, room_for_two);
    trial.login({session_of("a")});
    trial.log_out(order_for("r", {"i9"}));
    sp::Session malformed = session_of("b");
    malformed.expires = noon;
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(!trial.store->admit(malformed).has_value());
        BOOST_TEST(!trial.store->admit(session_with("a", {"i2"})).has_value());
        BOOST_TEST(!trial.admits(session_with("b", {"i9"})));
        BOOST_TEST(trial.admits(session_of("a")));
    }
    BOOST_TEST(trial.admits(session_of("b")));
}

void a_session_that_is_gone_makes_room(MakeStore make_store) {
    Trial trial(make_store, room_for_two);
    trial.login({session_with("a", {"i1"}), session_with("b", {"i2"})});
    trial.log_out(order_for("r", {"i1"}));
    BOOST_TEST(trial.admits(session_with("c", {"i2"})));
    BOOST_TEST(is_full_for(trial, session_with("d", {"i2"})));
}

void an_expired_session_makes_room(MakeStore make_store) {
    Trial trial(make_store, room_for_two);
    sp::Session short_lived = session_of("b");
    short_lived.expires = noon + 1min;
    trial.login({session_of("a"), short_lived});
    trial.clock.set(short_lived.expires - 1ms);
    BOOST_TEST(is_full_for(trial, session_of("c")));
    trial.clock.set(short_lived.expires);
    BOOST_TEST(trial.admits(session_of("c")));
    BOOST_TEST(trial.is_alive("a"));
    BOOST_TEST(is_full_for(trial, session_of("d")));
}

void an_ending_session_makes_no_room_even_expired(MakeStore make_store) {
    Trial trial(make_store, room_for_two);
    trial.login({session_with("a", {"i1"}), session_with("b", {"i1"})});
    trial.begin(order_for("r", {"i1"}));
    trial.clock.set(session_of("a").expires);
    sp::Session later = session_with("c", {"i2"});
    later.expires += 24h;
    BOOST_TEST(is_full_for(trial, later));
    BOOST_TEST(trial.unfinished() == "r: a b");
}

void a_store_full_of_logouts_refuses_and_forgets_none(MakeStore make_store) {
    Trial trial(make_store, room_for_two);
    trial.login({session_with("a", {"i3"})});
    trial.log_out(order_for("r1", {"i1"}));
    trial.log_out(order_for("r2", {"i2"}));
    for (int i = 0; i < 5'000; ++i) BOOST_TEST_REQUIRE(is_full_for(trial, order_for("x" + std::to_string(i), {"i3"})));
    BOOST_TEST(trial.is_alive("a"));
    BOOST_TEST(trial.repeat(order_for("r1", {"i1"})).recorded.has_value());
    BOOST_TEST(!trial.admits(session_with("b", {"i1"})));
    BOOST_TEST(!trial.admits(session_with("b", {"i2"})));
    BOOST_TEST(trial.admits(session_with("b", {"i3"})));
}

void a_logout_no_longer_kept_makes_room_once_it_is_finished(MakeStore make_store) {
    Trial trial(make_store, room_for_two);
    trial.login({session_with("a", {"i1"})});
    trial.begin(order_for("r1", {"i1"}));
    trial.complete(order_for("r1", {"i1"}), {}, 1);
    trial.begin(order_for("r2", {"i2"}));
    sp::LogoutOrder later = order_for("r3", {"i3"});
    later.keep_until += 24h;
    trial.clock.set(order_for_all("any").keep_until);
    BOOST_TEST(is_full_for(trial, later));  // r1's session is still ending, r2 isn't completed
    BOOST_TEST(trial.unfinished() == "r1: a; r2: ");

    trial.complete(order_for("r2", {"i2"}), {});
    BOOST_TEST(trial.begin(later) == "");
    BOOST_TEST(is_full_for(trial, order_for_all("r4")));
    BOOST_TEST(ids_of(trial.repeat(order_for("r1", {"i1"})).ending) == "a");
    trial.complete(order_for("r1", {"i1"}), {"a"});
    BOOST_TEST(trial.begin(order_for_all("r4")) == "");
}

void a_kept_logout_makes_no_room(MakeStore make_store) {
    Trial trial(make_store, room_for_two);
    trial.log_out(order_for_all("r1"));
    trial.log_out(order_for_all("r2"));
    trial.clock.set(order_for_all("any").keep_until - 1ms);
    BOOST_TEST(is_full_for(trial, order_for_all("r3")));
    trial.clock.advance(1ms);
    BOOST_TEST(trial.begin(order_for_all("r3")) == "");
}

void one_idp_fills_its_own_share_only(MakeStore make_store) {
    StoreSettings settings;
    settings.max_logout_records_per_idp = 2;
    Trial trial(make_store, settings);
    trial.log_out(order_for_all("r1"));
    trial.log_out(order_for_all("r2"));
    BOOST_TEST(is_full_for(trial, order_for_all("r3")));
    sp::LogoutOrder of_another = order_for_all("r3");
    of_another.key.idp = other_idp_id;
    BOOST_TEST(trial.begin(of_another) == "");
    BOOST_TEST(trial.repeat(order_for_all("r1")).recorded.has_value());

    trial.clock.set(order_for_all("any").keep_until);
    BOOST_TEST(trial.begin(order_for_all("r3")) == "");
}

void however_many_idps_fill_their_shares_another_one_has_some(MakeStore make_store) {
    StoreSettings settings;
    settings.max_logout_records = 12;
    Trial trial(make_store, settings);
    const auto idp = [](int number) {
        return saml::EntityID::parse("https://idp" + std::to_string(number) + ".example").value();
    };
    const auto fill = [&](int number) {
        for (int i = 0;; ++i) {
            sp::LogoutOrder order = order_for_all("r" + std::to_string(i));
            order.key.idp = idp(number);
            if (is_full_for(trial, order)) return i;
        }
    };
    BOOST_TEST(fill(1) == 6);
    BOOST_TEST(fill(2) == 3);
    BOOST_TEST(fill(3) == 1);
    BOOST_TEST(fill(1) == 6);  // those are repeats, and it has no more
    sp::LogoutOrder of_a_fourth = order_for_all("r");
    of_a_fourth.key.idp = idp(4);
    BOOST_TEST(trial.begin(of_a_fourth) == "");
}

void idps_never_take_the_room_of_a_logout_that_starts_here(MakeStore make_store) {
    Trial trial(make_store, room_for_two);
    trial.login({session_with("a", {"i1"}), session_with("b", {"i2"})});
    trial.log_out(order_for("r1", {"i8"}));
    trial.log_out(order_for("r2", {"i9"}));
    BOOST_TEST(is_full_for(trial, order_for("r3", {"i1"})));
    BOOST_TEST(trial.begin(started_here(order_for("u1", {"i1"}))) == "a");
    BOOST_TEST(trial.begin(started_here(order_for("u2", {"i2"}))) == "b");
    BOOST_TEST(trial.begin(started_here(order_for("u3", {"i3"}))) == "");  // the same logout under another name
    BOOST_TEST(!trial.is_alive("a"));
    BOOST_TEST(trial.unfinished() == "u1: a; u2: b; u3: ");
    BOOST_TEST(is_full_for(trial, order_for("r3", {"i1"})));
}

void barriers_of_an_idp_never_keep_a_session_alive_here(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    for (int i = 0; i < 64; ++i) {
        sp::LogoutOrder order = order_for("r" + std::to_string(i), {"other"});
        order.as_of -= std::chrono::milliseconds(i);
        order.keep_until += std::chrono::milliseconds(i);
        BOOST_TEST_REQUIRE(begin_logout(*trial.store, order).has_value());
    }
    sp::LogoutOrder ours = order_for("u", {"other", session_of("a").session_indexes.front().str()});
    ours.as_of -= 1h;
    ours.keep_until += 1h;
    BOOST_TEST(is_full_for(trial, ours));
    BOOST_TEST(trial.begin(started_here(ours)) == "a");
    BOOST_TEST(!trial.admits(session_with("b", {"other"})));
}

void logouts_that_started_here_take_the_room_of_their_sessions(MakeStore make_store) {
    Trial trial(make_store, room_for_two);
    trial.login({session_with("a", {"i1"})});
    trial.log_out(started_here(order_for("u", {"i1"})));
    trial.login({session_with("b", {"i2"})});
    sp::Session later = session_with("c", {"i3"});
    later.expires += 24h;
    BOOST_TEST(is_full_for(trial, later));
    trial.clock.set(order_for_all("any").keep_until);
    BOOST_TEST(trial.admits(later));
}

void a_store_full_of_requests_refuses_one_more_and_replaces_those_that_it_has(MakeStore make_store) {
    StoreSettings settings;
    settings.max_kept_requests = 2;
    Trial trial(make_store, settings);
    const auto keep = [&trial](const sp::KeptRequest& request) { return trial.store->keep_request(request); };
    const auto is_full = [&keep](const sp::KeptRequest& request) {
        const auto kept = keep(request);
        return !kept && kept.error().code == sp::StoreErrc::store_full;
    };
    for (const char* id : {"r1", "r2", "r1"}) BOOST_TEST(keep(request_of(id)).has_value());
    for (int i = 0; i < 5; ++i) BOOST_TEST(is_full(request_of("r3")));
    BOOST_TEST(keep(request_of("r2")).has_value());
    BOOST_TEST(taken(trial.store->take_due_requests(noon, noon + 1h, 9)).size() == 2u);
    BOOST_TEST(is_full(request_of("r3")));  // those that are taken are still kept
    BOOST_TEST(trial.store->drop_request(request_of("r1").order.key).has_value());
    BOOST_TEST(keep(request_of("r3")).has_value());
    BOOST_TEST(is_full(request_of("r4")));
}

void a_large_session_counts_for_each_kib_that_it_begins(MakeStore make_store) {
    StoreSettings settings;
    settings.max_sessions = 5;
    Trial trial(make_store, settings);
    const std::string octets(1'000, 'i');
    trial.login({session_with("large", {octets + "1", octets + "2", octets + "3"}), session_of("a")});
    BOOST_TEST(is_full_for(trial, session_with("large2", {octets + "4", octets + "5"})));
    trial.login({session_of("b")});
    BOOST_TEST(is_full_for(trial, session_of("c")));
    trial.log_out(order_for("r", {octets + "2"}));
    trial.login({session_of("c"), session_of("d"), session_of("e")});
    BOOST_TEST(is_full_for(trial, session_of("f")));
}

void a_large_request_counts_for_each_kib_that_it_begins(MakeStore make_store) {
    StoreSettings settings;
    settings.max_kept_requests = 4;
    Trial trial(make_store, settings);
    const auto is_kept = [&trial](const sp::KeptRequest& request) {
        return trial.store->keep_request(request).has_value();
    };
    sp::KeptRequest large = request_of("large");
    large.order.name_id.value.assign(2'100, 'n');
    BOOST_TEST(is_kept(large));
    BOOST_TEST(is_kept(large));
    BOOST_TEST(is_kept(request_of("r1")));
    BOOST_TEST(!is_kept(request_of("r2")));
    BOOST_TEST(trial.store->drop_request(large.order.key).has_value());
    for (const char* id : {"r2", "r3", "r4"}) BOOST_TEST(is_kept(request_of(id)));
    BOOST_TEST(!is_kept(request_of("r5")));
}

void requests_an_hour_too_late_make_room(MakeStore make_store) {
    StoreSettings settings;
    settings.max_kept_requests = 2;
    Trial trial(make_store, settings);
    sp::KeptRequest early = request_of("r1");
    early.not_on_or_after = noon + 1min;
    BOOST_TEST(trial.store->keep_request(early).has_value());
    BOOST_TEST(trial.store->keep_request(request_of("r2")).has_value());
    trial.clock.set(noon + 1min + 1h - 1ms);
    BOOST_TEST((trial.store->keep_request(request_of("r3")).error().code == sp::StoreErrc::store_full));
    trial.clock.set(noon + 1min + 1h);
    BOOST_TEST(trial.store->keep_request(request_of("r3")).has_value());
    const auto due = taken(trial.store->take_due_requests(noon, noon + 1h, 9));
    BOOST_TEST_REQUIRE(due.size() == 2u);
    for (const sp::KeptRequest& request : due) BOOST_TEST((request.order.key != early.order.key));
}

}  // namespace

std::vector<ContractCase> limits_contract() {
    return {
        {"barriers_are_bounded", barriers_are_bounded},
        {"newer_barriers_take_the_place_of_older_ones_however_the_name_is_written",
         newer_barriers_take_the_place_of_older_ones_however_the_name_is_written},
        {"a_full_store_refuses_and_forgets_no_live_session", a_full_store_refuses_and_forgets_no_live_session},
        {"a_refused_or_malformed_login_takes_no_room", a_refused_or_malformed_login_takes_no_room},
        {"a_session_that_is_gone_makes_room", a_session_that_is_gone_makes_room},
        {"an_expired_session_makes_room", an_expired_session_makes_room},
        {"an_ending_session_makes_no_room_even_expired", an_ending_session_makes_no_room_even_expired},
        {"a_store_full_of_logouts_refuses_and_forgets_none", a_store_full_of_logouts_refuses_and_forgets_none},
        {"a_logout_no_longer_kept_makes_room_once_it_is_finished",
         a_logout_no_longer_kept_makes_room_once_it_is_finished},
        {"a_kept_logout_makes_no_room", a_kept_logout_makes_no_room},
        {"one_idp_fills_its_own_share_only", one_idp_fills_its_own_share_only},
        {"however_many_idps_fill_their_shares_another_one_has_some",
         however_many_idps_fill_their_shares_another_one_has_some},
        {"idps_never_take_the_room_of_a_logout_that_starts_here",
         idps_never_take_the_room_of_a_logout_that_starts_here},
        {"barriers_of_an_idp_never_keep_a_session_alive_here", barriers_of_an_idp_never_keep_a_session_alive_here},
        {"logouts_that_started_here_take_the_room_of_their_sessions",
         logouts_that_started_here_take_the_room_of_their_sessions},
        {"a_store_full_of_requests_refuses_one_more_and_replaces_those_that_it_has",
         a_store_full_of_requests_refuses_one_more_and_replaces_those_that_it_has},
        {"a_large_session_counts_for_each_kib_that_it_begins", a_large_session_counts_for_each_kib_that_it_begins},
        {"a_large_request_counts_for_each_kib_that_it_begins", a_large_request_counts_for_each_kib_that_it_begins},
        {"requests_an_hour_too_late_make_room", requests_an_hour_too_late_make_room},
    };
}

}  // namespace slo::test
