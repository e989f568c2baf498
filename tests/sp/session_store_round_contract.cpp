// One round at a time has an ending session; and the sessions that an order may mean although it doesn't name them.
#include <boost/test/unit_test.hpp>
#include <string>
#include <variant>

#include "rounds.hpp"
#include "session_store_contract.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

constexpr sp::RoundID first_round{1, 1};
constexpr sp::RoundID second_round{2, 1};

/// "ending|in another round" of a begun logout.
std::string granted(const Result<sp::BegunLogout>& begun) {
    return std::visit([](const auto& logout) { return ids_of(logout.ending) + "|" + ids_of(logout.in_another_round); },
                      taken(begun));
}
std::string granted(const Result<sp::RepeatedLogout>& resumed) {
    return ids_of(taken(resumed).ending) + "|" + ids_of(taken(resumed).in_another_round);
}

sp::RoundReport report(sp::RoundID round, const std::vector<std::string>& gone) {
    sp::RoundReport made{.round = round, .ended = static_cast<std::uint32_t>(gone.size()), .gone = {}};
    for (const std::string& id : gone) made.gone.push_back(parsed<sp::LocalSessionID>(id));
    return made;
}

void a_session_is_in_one_round_at_a_time(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_with("a", {"i1"}), session_with("b", {"i2"})});
    BOOST_TEST(granted(trial.store->begin_logout(order_for("r1", {"i1"}), {first_round, noon + 10s})) == "a|");
    BOOST_TEST(granted(trial.store->begin_logout(order_for_all("r2"), {second_round, noon + 10s})) == "b|a");
    BOOST_TEST(granted(trial.store->begin_logout(order_for("r1", {"i1"}), {second_round, noon + 10s})) == "|a");
    BOOST_TEST(granted(trial.store->resume_logout(order_for_all("r2").key, {first_round, noon + 10s})) == "a|b");
}

void a_claim_that_is_repeated_is_granted_the_same(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    for (int i = 0; i < 2; ++i) {
        BOOST_TEST(granted(trial.store->begin_logout(order_for_all("r"), {first_round, noon + 10s})) == "a|");
    }
    BOOST_TEST(granted(trial.store->resume_logout(order_for_all("r").key, {first_round, noon + 10s})) == "a|");
}

void a_round_that_reports_gives_back_the_sessions_left(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a"), session_of("b")});
    const auto key = order_for_all("r").key;
    static_cast<void>(taken(trial.store->begin_logout(order_for_all("r"), {first_round, noon + 10s})));
    BOOST_TEST(taken(trial.store->complete_logout(key, report(first_round, {"a"}))).failed == 1U);
    BOOST_TEST(granted(trial.store->resume_logout(key, {second_round, noon + 10s})) == "b|");
}

void a_round_whose_application_is_at_work_keeps_the_sessions_left(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a"), session_of("b")});
    const auto key = order_for_all("r").key;
    static_cast<void>(taken(trial.store->begin_logout(order_for_all("r"), {first_round, noon + 10s})));
    sp::RoundReport late = report(first_round, {"a"});
    late.at_work_until = noon + 3min;
    BOOST_TEST(taken(trial.store->complete_logout(key, late)).failed == 1U);
    trial.clock.advance(179s);
    BOOST_TEST(granted(trial.store->resume_logout(key, {second_round, noon + 10min})) == "|b");
    BOOST_TEST(granted(trial.store->resume_logout(key, {first_round, noon + 10min})) == "b|");
    trial.clock.advance(1min);
    BOOST_TEST(granted(trial.store->resume_logout(key, {second_round, noon + 20min})) == "|b");
    BOOST_TEST(taken(trial.store->complete_logout(key, report(first_round, {"b"}))).complete());
}

// A claim, or a report, may have been sent before another one of the same round, and come after it.
void no_claim_of_a_round_shortens_its_hold(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    const auto key = order_for_all("r").key;
    static_cast<void>(taken(trial.store->begin_logout(order_for_all("r"), {first_round, noon + 3min})));
    BOOST_TEST(granted(trial.store->resume_logout(key, {first_round, noon + 10s})) == "a|");
    trial.clock.advance(1min);
    BOOST_TEST(granted(trial.store->resume_logout(key, {second_round, noon + 5min})) == "|a");
    sp::RoundReport late = report(first_round, {});
    late.at_work_until = noon + 2min;
    BOOST_TEST(taken(trial.store->complete_logout(key, late)).failed == 1U);
    trial.clock.advance(1min);
    BOOST_TEST(granted(trial.store->resume_logout(key, {second_round, noon + 5min})) == "|a");
    trial.clock.advance(1min);
    BOOST_TEST(granted(trial.store->resume_logout(key, {second_round, noon + 5min})) == "a|");
}

void a_round_that_is_over_its_time_loses_its_sessions(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    const auto key = order_for_all("r").key;
    static_cast<void>(taken(trial.store->begin_logout(order_for_all("r"), {first_round, noon + 10s})));
    trial.clock.set(noon + 10s - 1ms);
    BOOST_TEST(granted(trial.store->resume_logout(key, {second_round, noon + 1min})) == "|a");
    trial.clock.set(noon + 10s);
    BOOST_TEST(granted(trial.store->resume_logout(key, {second_round, noon + 1min})) == "a|");

    // What it reports now is about sessions that another round has.
    BOOST_TEST(taken(trial.store->complete_logout(key, report(first_round, {"a"}))).failed == 1U);
    BOOST_TEST(granted(trial.store->resume_logout(key, {second_round, noon + 1min})) == "a|");
    BOOST_TEST(taken(trial.store->complete_logout(key, report(second_round, {"a"}))).complete());
}

void no_logout_is_complete_while_another_round_holds_its_sessions(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    const auto first = order_for_all("r1").key;
    const auto second = order_for_all("r2").key;
    static_cast<void>(taken(trial.store->begin_logout(order_for_all("r1"), {first_round, noon + 10s})));
    BOOST_TEST(granted(trial.store->begin_logout(order_for_all("r2"), {second_round, noon + 10s})) == "|a");
    BOOST_TEST(taken(trial.store->complete_logout(second, report(second_round, {"a"}))).failed == 1U);
    BOOST_TEST(!trial.repeat(order_for_all("r2")).recorded.has_value());
    BOOST_TEST(taken(trial.store->complete_logout(first, report(first_round, {}))).failed == 1U);

    BOOST_TEST(granted(trial.store->resume_logout(first, {first_round, noon + 20s})) == "a|");
    BOOST_TEST(taken(trial.store->complete_logout(first, report(first_round, {"a"}))).complete());
    sp::RoundReport seen = report(second_round, {});
    seen.already_gone = 1;
    const auto outcome = taken(trial.store->complete_logout(second, seen));
    BOOST_TEST(outcome.complete());
    BOOST_TEST((trial.repeat(order_for_all("r2")).recorded == outcome));
}

void near_misses_keep_an_outcome_from_being_complete(MakeStore make_store) {
    Trial trial(make_store);
    const auto key = order_for_all("r").key;
    static_cast<void>(taken(trial.store->begin_logout(order_for_all("r"), {first_round, noon + 10s})));
    sp::RoundReport missed = report(first_round, {});
    missed.near_misses = 2;
    BOOST_TEST(taken(trial.store->complete_logout(key, missed)).failed == 2U);
    BOOST_TEST(!trial.repeat(order_for_all("r")).recorded.has_value());
    BOOST_TEST(trial.unfinished() == "");
    BOOST_TEST(taken(trial.store->complete_logout(key, report(first_round, {}))).complete());
}

void resuming_an_unknown_logout_fails(MakeStore make_store) {
    Trial trial(make_store);
    const auto resumed = trial.store->resume_logout(order_for_all("r").key, {first_round, noon + 10s});
    BOOST_TEST((resumed.error().code == sp::StoreErrc::store_failed));
}

/// "id:rule" of each near miss.
std::string misses(Trial& trial, const sp::LogoutOrder& order) {
    std::string text;
    for (const sp::NearMiss& miss : taken(trial.store->near_misses(order))) {
        text += (text.empty() ? "" : " ") + miss.session.id.str() + ":" + std::string(sp::name(miss.kind));
    }
    return text;
}

void a_name_that_is_written_otherwise_is_a_near_miss(MakeStore make_store) {
    Trial trial(make_store);
    sp::Session mail = session_of("a");
    mail.name_id.value = "Ann@example.org";
    mail.name_id.format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    trial.login({mail});
    sp::LogoutOrder order = order_for("r", {"i1"});
    order.name_id = mail.name_id;
    BOOST_TEST(misses(trial, order) == "");
    order.name_id.format = std::nullopt;
    BOOST_TEST(misses(trial, order) == "a:near_miss.format");
    order.name_id.format = mail.name_id.format;
    order.name_id.name_qualifier = "urn:another";
    BOOST_TEST(misses(trial, order) == "a:near_miss.qualifier");
    order.name_id.value = "ann@EXAMPLE.org";
    BOOST_TEST(misses(trial, order) == "a:near_miss.case");
    order.name_id.value = "bob@example.org";
    BOOST_TEST(misses(trial, order) == "");
    BOOST_TEST(trial.is_alive("a"));
}

void only_an_identifying_session_index_is_a_near_miss_by_itself(MakeStore make_store) {
    Trial trial(make_store);
    const std::string random = "_9f86d081884c7d659a2feaa0c55ad015";
    const std::string other = "_60303ae22b998861bce3b28f33eec1be";
    trial.login({session_with("a", {random}), session_with("b", {"1"}), session_with("c", {"2", other})});
    sp::LogoutOrder order = order_for("r", {random});
    order.name_id.value = "made anew";
    BOOST_TEST(misses(trial, order) == "a:near_miss.session_index");
    order.session_indexes = indexes({other});
    BOOST_TEST(misses(trial, order) == "c:near_miss.session_index");
    order.session_indexes = indexes({"1"});
    BOOST_TEST(misses(trial, order) == "");
    order.session_indexes = indexes({"nowhere", other, random});
    BOOST_TEST(misses(trial, order).find("a:near_miss.session_index") != std::string::npos);
    BOOST_TEST(misses(trial, order).find("c:near_miss.session_index") != std::string::npos);
}

void the_right_name_with_an_index_that_is_not_here_is_no_near_miss(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_with("a", {"i1"})});
    BOOST_TEST(misses(trial, order_for("r", {"_another_session_of_the_user"})) == "");
}

void a_session_that_is_named_in_the_other_way_is_a_near_miss(MakeStore make_store) {
    const std::string index(16, 'x');
    sp::Session by_index = session_with("a", {index});
    by_index.named_by = sp::NamedBy::session_index;
    sp::Session by_name = session_with("b", {index});
    by_name.name_id.value = "N2";
    Trial trial(make_store);
    trial.login({by_index, by_name});
    sp::LogoutOrder order = order_for("r", {index});
    order.name_id.value = "N3";
    BOOST_TEST(misses(trial, order) == "a:near_miss.session_index b:near_miss.session_index");
    order.name_id = by_index.name_id;  // as before the IdP's profile said "session_index"
    BOOST_TEST(misses(trial, order).find("a:near_miss.session_index") != std::string::npos);
    order.session_indexes.clear();
    BOOST_TEST(misses(trial, order) == "a:near_miss.no_index");
    order.session_indexes = indexes({std::string(16, 'y')});  // another session than this one is named
    BOOST_TEST(misses(trial, order) == "");

    order = order_for("r", {index});
    order.name_id.value = "N3";
    order.matching = saml::NameIDMatching::session_index;
    BOOST_TEST(misses(trial, order) == "b:near_miss.session_index");
}

void a_session_dead_or_newer_or_of_another_partner_is_no_near_miss(MakeStore make_store) {
    Trial trial(make_store);
    sp::LogoutOrder order = order_for_all("r");
    order.name_id.format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    sp::Session of_another_idp = session_of("a");
    of_another_idp.idp = other_idp_id;
    sp::Session at_another_entity = session_of("b");
    at_another_entity.sp = our_other_id;
    sp::Session newer = session_of("c");
    newer.authn_instant = noon + 1ms;
    sp::Session short_lived = session_of("d");
    short_lived.expires = noon + 1s;
    trial.login({of_another_idp, at_another_entity, newer, short_lived});
    BOOST_TEST(misses(trial, order) == "d:near_miss.format");
    trial.clock.advance(1s);
    BOOST_TEST(misses(trial, order) == "");
    trial.login({session_of("e")});
    BOOST_TEST(misses(trial, order) == "e:near_miss.format");
    trial.begin(order_for_all("other"));
    BOOST_TEST(misses(trial, order) == "");
}

void a_session_that_is_gone_is_no_near_miss_any_more(MakeStore make_store) {
    Trial trial(make_store);
    const std::string random = "_9f86d081884c7d659a2feaa0c55ad015";
    sp::LogoutOrder order = order_for("r", {random});
    order.name_id.value = "made anew";
    for (int i = 0; i < 3; ++i) {
        const std::string n = std::to_string(i);
        sp::Session one = session_with("a" + n, {random, "_60303ae22b998861bce3b28f33eec1be"});
        one.authn_instant = noon - 1min + i * 1s;
        sp::LogoutOrder its_end = order_for_all("end" + n);
        its_end.as_of = one.authn_instant;
        trial.login({one});
        BOOST_TEST(misses(trial, order) == "a" + n + ":near_miss.session_index");
        trial.log_out(its_end);
        BOOST_TEST(misses(trial, order) == "");
    }
}

}  // namespace

std::vector<ContractCase> round_contract() {
    return {
        {"a_session_is_in_one_round_at_a_time", a_session_is_in_one_round_at_a_time},
        {"a_claim_that_is_repeated_is_granted_the_same", a_claim_that_is_repeated_is_granted_the_same},
        {"a_round_that_reports_gives_back_the_sessions_left", a_round_that_reports_gives_back_the_sessions_left},
        {"a_round_whose_application_is_at_work_keeps_the_sessions_left",
         a_round_whose_application_is_at_work_keeps_the_sessions_left},
        {"no_claim_of_a_round_shortens_its_hold", no_claim_of_a_round_shortens_its_hold},
        {"a_round_that_is_over_its_time_loses_its_sessions", a_round_that_is_over_its_time_loses_its_sessions},
        {"no_logout_is_complete_while_another_round_holds_its_sessions",
         no_logout_is_complete_while_another_round_holds_its_sessions},
        {"near_misses_keep_an_outcome_from_being_complete", near_misses_keep_an_outcome_from_being_complete},
        {"a_session_that_is_named_in_the_other_way_is_a_near_miss",
         a_session_that_is_named_in_the_other_way_is_a_near_miss},
        {"resuming_an_unknown_logout_fails", resuming_an_unknown_logout_fails},
        {"a_name_that_is_written_otherwise_is_a_near_miss", a_name_that_is_written_otherwise_is_a_near_miss},
        {"only_an_identifying_session_index_is_a_near_miss_by_itself",
         only_an_identifying_session_index_is_a_near_miss_by_itself},
        {"the_right_name_with_an_index_that_is_not_here_is_no_near_miss",
         the_right_name_with_an_index_that_is_not_here_is_no_near_miss},
        {"a_session_dead_or_newer_or_of_another_partner_is_no_near_miss",
         a_session_dead_or_newer_or_of_another_partner_is_no_near_miss},
        {"a_session_that_is_gone_is_no_near_miss_any_more", a_session_that_is_gone_is_no_near_miss_any_more},
    };
}

}  // namespace slo::test
