// Which logins are admitted, and which come too late (Core 3.7.3.1 l.2598-2616).
#include <boost/test/unit_test.hpp>

#include "session_store_contract.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

void gives_back_every_field_of_a_session(MakeStore make_store) {
    Trial trial(make_store);
    sp::Session session = session_with("a", {"i1", "id1524392933593.694282512", "i1"});
    session.name_id = {"n", "urn:f", "nq", "spnq", "provided"};
    session.authn_instant += 7ms;
    session.expires += 9ms;
    trial.login({session});
    BOOST_TEST((trial.store->find(session.id).value() == session));
}

void finds_no_session_without_a_login(MakeStore make_store) {
    Trial trial(make_store);
    BOOST_TEST(!trial.is_alive("a"));
}

void a_session_is_alive_until_it_expires(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    trial.clock.set(session_of("a").expires - 1ms);
    BOOST_TEST(trial.is_alive("a"));
    trial.clock.advance(1ms);
    BOOST_TEST(!trial.is_alive("a"));
}

void refuses_a_late_login_with_an_index_that_was_logged_out(MakeStore make_store) {
    Trial trial(make_store);
    trial.log_out(order_for("r", {"i7", "i8"}));
    BOOST_TEST(!trial.admits(session_with("a", {"i7"})));
    BOOST_TEST(!trial.admits(session_with("a", {"i1", "i8"})));
    BOOST_TEST(!trial.is_alive("a"));
    BOOST_TEST(trial.admits(session_with("a", {"i1"})));
}

void refuses_a_late_login_with_an_index_of_two_lines_that_was_logged_out(MakeStore make_store) {
    Trial trial(make_store);
    trial.log_out(order_for("r", {"i7\ni8", "i9\r1"}));
    BOOST_TEST(!trial.admits(session_with("a", {"i7\ni8"})));
    BOOST_TEST(!trial.admits(session_with("a", {"i1", "i9\r1"})));
    BOOST_TEST(trial.admits(session_with("a", {"i7", "i8", "i9"})));
}

void refuses_a_late_login_before_the_logout_is_completed(MakeStore make_store) {
    Trial trial(make_store);
    trial.begin(order_for_all("r"));
    BOOST_TEST(!trial.admits(session_of("a")));
}

void refuses_every_late_login_after_a_logout_of_all(MakeStore make_store) {
    Trial trial(make_store);
    trial.log_out(order_for_all("r"));
    BOOST_TEST(!trial.admits(session_with("a", {"i1"})));
    BOOST_TEST(!trial.admits(session_with("a", {})));
}

void admits_a_late_login_without_index_after_a_logout_of_one_index(MakeStore make_store) {
    Trial trial(make_store);
    trial.log_out(order_for("r", {"i1"}));
    BOOST_TEST(trial.admits(session_with("a", {})));
}

void admits_only_a_login_after_the_logout(MakeStore make_store) {
    Trial trial(make_store);
    trial.log_out(order_for_all("r"));
    sp::Session session = session_of("a");
    session.authn_instant = noon;
    BOOST_TEST(!trial.admits(session));
    session.authn_instant = noon + 1ms;
    BOOST_TEST(trial.admits(session));
    BOOST_TEST(trial.is_alive("a"));
}

void the_strict_rule_refuses_later_logins_too(MakeStore make_store) {
    Trial trial(make_store, {.relogin = sp::ReloginRule::strict});
    const auto order = order_for_all("r");
    trial.log_out(order);
    sp::Session session = session_of("a");
    session.authn_instant = noon + 10min;
    trial.clock.set(order.keep_until - 1ms);
    BOOST_TEST(!trial.admits(session));
    trial.clock.set(order.keep_until);
    BOOST_TEST(trial.admits(session));
}

void a_logout_forbids_late_logins_until_it_is_no_longer_kept(MakeStore make_store) {
    Trial trial(make_store);
    const auto order = order_for_all("r");
    trial.log_out(order);
    trial.clock.set(order.keep_until - 1ms);
    BOOST_TEST(!trial.admits(session_of("a")));
    trial.clock.set(order.keep_until);
    BOOST_TEST(trial.admits(session_of("a")));
}

void a_logout_forbids_no_login_of_another_principal(MakeStore make_store) {
    Trial trial(make_store);
    trial.log_out(order_for_all("r"));
    sp::Session at_another_idp = session_of("a");
    at_another_idp.idp = other_idp_id;
    sp::Session at_another_entity_of_ours = session_of("b");
    at_another_entity_of_ours.sp = our_other_id;
    sp::Session of_another_principal = session_of("c");
    of_another_principal.name_id.value = "N2";
    for (const auto& session : {at_another_idp, at_another_entity_of_ours, of_another_principal}) {
        BOOST_TEST(trial.admits(session), session.id.str());
    }
}

// The assertion of the ended session may have the NameID otherwise than the request: near misses are late, too.
void a_late_login_is_refused_however_its_name_is_written(MakeStore make_store) {
    Trial trial(make_store);
    sp::LogoutOrder exact = order_for_all("r");
    exact.matching = saml::NameIDMatching::exact;
    trial.log_out(exact);
    sp::Session of_another_format = session_of("a");
    of_another_format.name_id.format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    sp::Session with_a_qualifier = session_of("b");
    with_a_qualifier.name_id.name_qualifier = idp_id.str();
    for (sp::Session& session : std::vector{of_another_format, with_a_qualifier}) {
        BOOST_TEST(!trial.admits(session), session.id.str());
        session.authn_instant = noon + 1ms;
        BOOST_TEST(trial.admits(session), session.id.str());
    }
}

void would_admit_tells_a_refusal_and_changes_nothing(MakeStore make_store) {
    Trial trial(make_store);
    BOOST_TEST((taken(trial.store->would_admit(session_of("a"))) == sp::Admission::admitted));
    BOOST_TEST(!trial.is_alive("a"));
    trial.log_out(order_for("r", {"i1"}));
    BOOST_TEST((taken(trial.store->would_admit(session_with("a", {"i1"}))) == sp::Admission::refused_by_logout));
    BOOST_TEST((taken(trial.store->would_admit(session_with("a", {"i2"}))) == sp::Admission::admitted));
    sp::Session later = session_with("a", {"i1"});
    later.authn_instant = noon + 1ms;
    BOOST_TEST((taken(trial.store->would_admit(later)) == sp::Admission::admitted));
}

// A login that one logout forbids, no other one permits.
void an_older_order_that_arrives_later_lifts_nothing(MakeStore make_store) {
    Trial trial(make_store);
    sp::LogoutOrder older_but_longer = order_for_all("r2");
    older_but_longer.as_of = noon - 30min;
    older_but_longer.keep_until = noon + 2h;
    trial.log_out(order_for_all("r1"));
    trial.log_out(older_but_longer);

    sp::Session session = session_of("a");
    session.authn_instant = noon - 15min;
    BOOST_TEST(!trial.admits(session));  // by r1
    trial.clock.set(order_for_all("r1").keep_until);
    BOOST_TEST(trial.admits(session));
    BOOST_TEST(!trial.admits(session_of("b")));  // by r2
}

void a_newer_order_lifts_nothing_of_an_older_one(MakeStore make_store) {
    Trial trial(make_store);
    sp::LogoutOrder newer_but_shorter = order_for_all("r2");
    newer_but_shorter.as_of = noon + 1min;
    newer_but_shorter.keep_until = noon + 2min;
    trial.log_out(order_for_all("r1"));
    trial.log_out(newer_but_shorter);
    trial.log_out(order_for("r3", {"i1"}));

    trial.clock.set(newer_but_shorter.keep_until);
    BOOST_TEST(!trial.admits(session_of("a")));
    BOOST_TEST(!trial.admits(session_with("a", {"i2"})));
}

void a_newer_order_for_others_lifts_nothing(MakeStore make_store) {
    sp::LogoutOrder for_another_entity_of_ours = order_for_all("r2");
    for_another_entity_of_ours.sp = our_other_id;
    sp::LogoutOrder for_fewer = order_for_all("r2");
    for_fewer.matching = saml::NameIDMatching::exact;
    sp::LogoutOrder for_another_qualifier = order_for_all("r2");
    for_another_qualifier.name_id.name_qualifier = "https://other.example.net/";
    for (sp::LogoutOrder newer : {for_another_entity_of_ours, for_fewer, for_another_qualifier}) {
        Trial trial(make_store);
        trial.log_out(order_for_all("r1"));
        newer.as_of += 1min;
        newer.keep_until += 1min;
        trial.log_out(newer);
        sp::Session session = session_of("a");
        session.name_id.name_qualifier = idp_id.str();  // the default for a missing one in r1
        BOOST_TEST(!trial.admits(session));
    }
}

void admitting_a_session_again_changes_nothing(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a"), session_of("a")});
    BOOST_TEST(trial.is_alive("a"));
    BOOST_TEST(trial.begin(order_for_all("r")) == "a");
}

void refuses_an_ending_session_that_comes_again(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    const auto order = order_for_all("r");
    trial.begin(order);
    BOOST_TEST(!trial.admits(session_of("a")));
    trial.clock.set(order.keep_until);  // no tombstone any more, but still ending
    BOOST_TEST(!trial.admits(session_of("a")));
}

void refuses_a_local_id_that_a_live_session_has(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    sp::Session of_somebody_else = session_of("a");
    of_somebody_else.name_id.value = "N2";
    BOOST_TEST((trial.store->admit(of_somebody_else).error().code == sp::StoreErrc::session_id_taken));
    BOOST_TEST((trial.store->admit(session_with("a", {"i2"})).error().code == sp::StoreErrc::session_id_taken));
    BOOST_TEST((trial.store->find(session_of("a").id).value() == session_of("a")));
}

void refuses_a_local_id_that_an_ending_session_has_even_expired(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a")});
    trial.begin(order_for_all("r"));
    sp::Session of_somebody_else = session_of("a");
    of_somebody_else.name_id.value = "N2";
    of_somebody_else.expires += 24h;
    BOOST_TEST((trial.store->admit(of_somebody_else).error().code == sp::StoreErrc::session_id_taken));
    trial.clock.set(session_of("a").expires);
    BOOST_TEST((trial.store->admit(of_somebody_else).error().code == sp::StoreErrc::session_id_taken));
}

void a_local_id_is_free_again_once_its_session_has_expired(MakeStore make_store) {
    Trial trial(make_store);
    trial.login({session_of("a"), session_of("b")});
    trial.clock.set(session_of("a").expires);
    sp::Session of_somebody_else = session_of("a");
    of_somebody_else.name_id.value = "N2";
    sp::Session of_the_same = session_of("b");
    for (sp::Session* session : {&of_somebody_else, &of_the_same}) {
        session->authn_instant = trial.clock.now();
        session->expires += 24h;
        BOOST_TEST(trial.admits(*session));
        BOOST_TEST((trial.store->find(session->id).value() == *session));
    }
    sp::LogoutOrder order = order_for_all("r");
    order.as_of = trial.clock.now();
    BOOST_TEST(trial.begin(order) == "b");
}

void refuses_a_session_that_no_logout_could_find(MakeStore make_store) {
    Trial trial(make_store);
    const auto refusal = [&trial](const sp::Session& session) { return trial.store->admit(session).error().code; };
    sp::Session session = session_of("a");
    session.expires = noon;
    BOOST_TEST((refusal(session) == sp::StoreErrc::session_malformed));
    session = session_with("a", std::vector<std::string>(65, "i"));
    BOOST_TEST((refusal(session) == sp::StoreErrc::session_malformed));
    session = session_of("a");
    session.name_id.value = std::string(1025, 'n');
    BOOST_TEST((refusal(session) == sp::StoreErrc::session_malformed));
    session.name_id.value = "";
    BOOST_TEST((refusal(session) == sp::StoreErrc::session_malformed));
    for (auto attribute : {&saml::NameID::format, &saml::NameID::name_qualifier, &saml::NameID::sp_name_qualifier,
                           &saml::NameID::sp_provided_id}) {
        session = session_of("a");
        session.name_id.*attribute = std::string(1025, 'n');
        BOOST_TEST((refusal(session) == sp::StoreErrc::session_malformed));
    }
    BOOST_TEST(!trial.is_alive("a"));
}

void admits_a_session_at_the_limits(MakeStore make_store) {
    Trial trial(make_store);
    sp::Session session = session_with(std::string(256, 'a'), std::vector<std::string>(64, std::string(1024, 'i')));
    const std::string longest(1024, 'n');
    session.name_id = {longest, "urn:" + std::string(1020, 'f'), longest, longest, longest};
    session.expires = noon + 1ms;
    trial.login({session});
    BOOST_TEST((trial.store->find(session.id).value() == session));
}

}  // namespace

std::vector<ContractCase> admission_contract() {
    return {
        {"gives_back_every_field_of_a_session", gives_back_every_field_of_a_session},
        {"finds_no_session_without_a_login", finds_no_session_without_a_login},
        {"a_session_is_alive_until_it_expires", a_session_is_alive_until_it_expires},
        {"refuses_a_late_login_with_an_index_that_was_logged_out",
         refuses_a_late_login_with_an_index_that_was_logged_out},
        {"refuses_a_late_login_with_an_index_of_two_lines_that_was_logged_out",
         refuses_a_late_login_with_an_index_of_two_lines_that_was_logged_out},
        {"refuses_a_late_login_before_the_logout_is_completed", refuses_a_late_login_before_the_logout_is_completed},
        {"refuses_every_late_login_after_a_logout_of_all", refuses_every_late_login_after_a_logout_of_all},
        {"admits_a_late_login_without_index_after_a_logout_of_one_index",
         admits_a_late_login_without_index_after_a_logout_of_one_index},
        {"admits_only_a_login_after_the_logout", admits_only_a_login_after_the_logout},
        {"the_strict_rule_refuses_later_logins_too", the_strict_rule_refuses_later_logins_too},
        {"a_logout_forbids_late_logins_until_it_is_no_longer_kept",
         a_logout_forbids_late_logins_until_it_is_no_longer_kept},
        {"a_logout_forbids_no_login_of_another_principal", a_logout_forbids_no_login_of_another_principal},
        {"a_late_login_is_refused_however_its_name_is_written", a_late_login_is_refused_however_its_name_is_written},
        {"would_admit_tells_a_refusal_and_changes_nothing", would_admit_tells_a_refusal_and_changes_nothing},
        {"an_older_order_that_arrives_later_lifts_nothing", an_older_order_that_arrives_later_lifts_nothing},
        {"a_newer_order_lifts_nothing_of_an_older_one", a_newer_order_lifts_nothing_of_an_older_one},
        {"a_newer_order_for_others_lifts_nothing", a_newer_order_for_others_lifts_nothing},
        {"admitting_a_session_again_changes_nothing", admitting_a_session_again_changes_nothing},
        {"refuses_an_ending_session_that_comes_again", refuses_an_ending_session_that_comes_again},
        {"refuses_a_local_id_that_a_live_session_has", refuses_a_local_id_that_a_live_session_has},
        {"refuses_a_local_id_that_an_ending_session_has_even_expired",
         refuses_a_local_id_that_an_ending_session_has_even_expired},
        {"a_local_id_is_free_again_once_its_session_has_expired",
         a_local_id_is_free_again_once_its_session_has_expired},
        {"refuses_a_session_that_no_logout_could_find", refuses_a_session_that_no_logout_could_find},
        {"admits_a_session_at_the_limits", admits_a_session_at_the_limits},
    };
}

}  // namespace slo::test
