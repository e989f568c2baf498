// A logout that starts here: the sessions end first, whatever the IdP does, and no result exceeds the proof.
#include <boost/test/unit_test.hpp>

#include <set>

#include "slo/idp_adapter/metadata_source.hpp"
#include "slo/saml/error.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/store_error.hpp"
#include "start_under_test.hpp"

namespace slo::sp {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using namespace std::chrono_literals;
using idp_adapter::ReplyErrc;
using Kind = idp_adapter::LogoutVerdict::Kind;

namespace {

std::string joined(const std::vector<saml::SessionIndex>& indexes) {
    std::string text;
    for (const auto& index : indexes) text += index.str() + " ";
    return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(start_logout, StartUnderTest)

BOOST_AUTO_TEST_CASE(ends_the_session_here_before_it_asks_the_idp) {
    admit(session("S1", {"i1"}));
    bool dead_when_asked = false;
    link.on_ask = [&] { dead_when_asked = !lives("S1") && application.told() == "S1"; };
    const auto result = log_out({"S1"});
    BOOST_TEST(dead_when_asked);
    BOOST_TEST((result.extent == Extent::everywhere));
    BOOST_TEST_REQUIRE(result.idps.size() == 1U);
    BOOST_TEST(result.idps.front().local.ended == 1U);
    BOOST_TEST(kept() == 0U);
}

BOOST_AUTO_TEST_CASE(asks_with_the_name_id_as_received_and_every_session_index) {
    Session one = session("S1", {"i1", "i2"});
    one.name_id = {.value = "N1",
                   .format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
                   .name_qualifier = idp_id.str(),
                   .sp_name_qualifier = our_id.str(),
                   .sp_provided_id = "p"};
    Session beside = session("S2", {"i2", "i3"});
    beside.name_id = one.name_id;
    Session other = session("S3", {"i4"});
    other.name_id = one.name_id;
    other.authn_instant += 1s;
    for (const auto& each : {one, beside, other}) admit(each);
    BOOST_TEST((log_out({"S1"}).extent == Extent::everywhere));
    BOOST_TEST_REQUIRE(link.asked.size() == 1U);
    const auto& ask = link.asked.front().ask;
    BOOST_TEST((ask.name_id == one.name_id));
    BOOST_TEST(joined(ask.session_indexes) == "i1 i2 i3 ");
    BOOST_TEST(ask.reason == uri(LogoutReason::user));
    BOOST_TEST((ask.issuer == our_id));
    BOOST_TEST((ask.not_on_or_after == clock.now() + 5min));
    BOOST_TEST(!lives("S2"));
    BOOST_TEST(lives("S3"));
}

BOOST_AUTO_TEST_CASE(ends_every_visit_of_one_session_at_the_idp) {
    admit(session("S1", {"i1"}));
    admit(session("S2", {"i2"}));  // LemonLDAP::NG gives the same authentication an index for each visit
    Session later = session("S3", {"i3"});
    later.authn_instant += 1min;
    admit(later);
    log_out({"S1"});
    BOOST_TEST(joined(link.asked.front().ask.session_indexes) == "i1 i2 ");
    BOOST_TEST((!lives("S1") && !lives("S2") && lives("S3")));
}

BOOST_AUTO_TEST_CASE(asks_for_one_session_at_a_time_where_the_idp_reads_the_first_index_only) {
    idp_adapter::InteropProfile profile;
    profile.outgoing.session_indexes = idp_adapter::IndexesSent::of_one_session;
    parts.idps = directory_of({idp_that_can_be_asked(idp_id, profile)});
    admit(session("S1", {"i1", "i2"}));
    admit(session("S2", {"i3"}));
    Session elsewhere = session("S3", {"i4"});
    elsewhere.authn_instant += 1min;
    admit(elsewhere);
    const auto result = log_out({"S1", "S3"});
    std::set<std::string> asked;
    for (const auto& one : link.asked) asked.insert(joined(one.ask.session_indexes));
    // S1 and S2 may be two devices that signed in at one moment.
    BOOST_TEST((asked == std::set<std::string>{"i1 i2 ", "i3 ", "i4 "}));
    BOOST_TEST((result.extent == Extent::everywhere));
    BOOST_TEST((!lives("S1") && !lives("S2") && !lives("S3")));
}

// LemonLDAP::NG: the late assertion of an ended session has an index that was never seen.
BOOST_AUTO_TEST_CASE(a_late_login_is_known_by_its_authn_instant_where_each_assertion_has_an_index_of_its_own) {
    const auto preset = idp_adapter::preset("lemonldap");
    parts.idps = directory_of({idp_that_can_be_asked(idp_id, *preset)});
    admit(session("S1", {"i1"}));
    admit(session("S2", {"i2"}));
    BOOST_TEST((log_out({"S1"}).extent == Extent::everywhere));
    BOOST_TEST((!lives("S1") && !lives("S2")));
    BOOST_TEST((taken(memory.admit(session("S3", {"i3"}))) == Admission::refused_by_logout));
    Session anew = session("S4", {"i4"});
    anew.authn_instant += 1s;
    BOOST_TEST((taken(memory.admit(anew)) == Admission::admitted));
}

BOOST_AUTO_TEST_CASE(names_more_indexes_than_one_request_may_have_in_several) {
    std::vector<std::string> ids;
    for (int i = 0; i < 70; ++i) {
        const std::string n = std::to_string(i);
        admit(session("S" + n, {"i" + n, "j" + n}));
        ids.push_back("S" + n);
    }
    BOOST_TEST((log_out({"S0"}).extent == Extent::everywhere));
    std::set<std::string> asked;
    for (const auto& one : link.asked) {
        BOOST_TEST(one.ask.session_indexes.size() <= 64u);
        for (const auto& index : one.ask.session_indexes) asked.insert(index.str());
    }
    BOOST_TEST(asked.size() == 140U);
    for (const auto& id : ids) BOOST_TEST(!lives(id));
}

BOOST_AUTO_TEST_CASE(asks_each_idp_with_its_own_name) {
    admit(session("S1", {"i1"}, "at-one"));
    admit(session("S2", {"j1"}, "at-two", idp2_id));
    link.answers.push_back({Kind::success, {}, {}, {}});
    link.will(Kind::unproven, ReplyErrc::fault);
    const auto result = log_out({"S1", "S2"});
    BOOST_TEST_REQUIRE(link.asked.size() == 2U);
    for (const auto& asked : link.asked) {
        BOOST_TEST(asked.ask.name_id.value == (asked.idp == idp_id ? "at-one" : "at-two"));
    }
    BOOST_TEST((result.extent == Extent::unknown));
    BOOST_TEST(result.idps.size() == 2U);
    BOOST_TEST(!lives("S1"));
    BOOST_TEST(!lives("S2"));
}

BOOST_AUTO_TEST_CASE(an_idp_that_is_down_is_asked_again_until_it_answers) {
    admit(session("S1", {"i1"}));
    link.will(Kind::unsent, ReplyErrc::unreachable);
    link.will(Kind::lost, ReplyErrc::timed_out);
    const auto result = log_out({"S1"});
    BOOST_TEST((result.extent == Extent::local_only));
    BOOST_TEST(result.idps.front().why == "reply.unreachable");
    BOOST_TEST((result.idps.front().retried == Retried::yes));
    BOOST_TEST(!lives("S1"));

    BOOST_TEST(send_kept() == 0U);
    clock.advance(5s);
    made.reset();  // another process, or this one after a restart
    BOOST_TEST(send_kept() == 1U);
    BOOST_TEST(audit.last().event == "resend");
    BOOST_TEST(audit.last().status == "unknown");
    clock.advance(10s);
    BOOST_TEST(send_kept() == 1U);
    BOOST_TEST(audit.last().status == "everywhere");
    BOOST_TEST_REQUIRE(link.asked.size() == 3U);
    BOOST_TEST((link.asked[2].ask.not_on_or_after == link.asked[0].ask.not_on_or_after));
    BOOST_TEST(joined(link.asked[2].ask.session_indexes) == "i1 ");
    BOOST_TEST(kept() == 0U);
}

// The way to an IdP that hangs may be full of others: its turn comes, and the wait for it doesn't grow meanwhile.
BOOST_AUTO_TEST_CASE(a_request_that_was_deferred_for_others_is_no_attempt) {
    admit(session("S1", {"i1"}));
    for (int i = 0; i < 6; ++i) link.will(Kind::unsent, ReplyErrc::busy);
    const auto result = log_out({"S1"});
    BOOST_TEST((result.extent == Extent::local_only));
    BOOST_TEST(result.idps.front().why == "reply.busy");
    BOOST_TEST((result.idps.front().retried == Retried::yes));
    for (int i = 0; i < 6; ++i) {
        clock.advance(10s);
        BOOST_TEST(send_kept() == 1U);
    }
    BOOST_TEST(audit.last().status == "everywhere");
    BOOST_TEST(kept() == 0U);
}

BOOST_AUTO_TEST_CASE(a_request_that_fails_too_late_for_another_attempt_is_told_as_given_up) {
    admit(session("S1", {"i1"}));
    for (int i = 0; i < 2; ++i) link.will(Kind::lost, ReplyErrc::timed_out);
    BOOST_TEST((log_out({"S1"}).idps.front().retried == Retried::yes));
    clock.advance(298s);
    BOOST_TEST(send_kept() == 1U);
    BOOST_TEST(audit.last().rule == "reply.timed_out");
    clock.advance(2s);
    BOOST_TEST(send_kept() == 1U);
    BOOST_TEST(audit.last().rule == "request.given_up");
    BOOST_TEST(link.asked.size() == 2U);
    BOOST_TEST(kept() == 0U);
}

BOOST_AUTO_TEST_CASE(a_request_is_not_sent_after_its_not_on_or_after) {
    admit(session("S1", {"i1"}));
    link.will(Kind::unsent, ReplyErrc::unreachable);
    BOOST_TEST((log_out({"S1"}).idps.front().retried == Retried::yes));
    clock.advance(5min);
    BOOST_TEST(send_kept() == 1U);
    BOOST_TEST(link.asked.size() == 1U);
    BOOST_TEST(audit.last().rule == "request.given_up");
    BOOST_TEST(kept() == 0U);
}

BOOST_AUTO_TEST_CASE(is_not_kept_when_the_next_attempt_would_be_too_late) {
    idp_adapter::InteropProfile profile;
    profile.outgoing.validity = 5s;
    parts.idps = directory_of({idp_that_can_be_asked(idp_id, profile)});
    admit(session("S1", {"i1"}));
    link.will(Kind::unsent, ReplyErrc::unreachable);
    BOOST_TEST((log_out({"S1"}).idps.front().retried == Retried::no));
    BOOST_TEST(kept() == 0U);
}

BOOST_AUTO_TEST_CASE(a_request_kept_by_a_process_that_died_ends_its_sessions_here_too) {
    admit(session("S1", {"i1"}));
    const LogoutOrder order{.key = {idp_id, parsed<saml::MessageID>("_ours")},
                            .sp = our_id,
                            .name_id = session_named("S1").name_id,
                            .session_indexes = {parsed<saml::SessionIndex>("i1")},
                            .matching = saml::NameIDMatching::default_qualifiers,
                            .as_of = clock.now(),
                            .keep_until = clock.now() + 1h};
    BOOST_REQUIRE(memory.keep_request({order, "", clock.now() + 5min, clock.now(), 1}));
    BOOST_TEST(send_kept() == 1U);
    BOOST_TEST(!lives("S1"));
    BOOST_TEST(application.told() == "S1");
    BOOST_TEST(link.asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_late_assertion_does_not_bring_an_ended_session_back) {
    const Session wanted = session("S1", {"i1"});
    admit(wanted);
    log_out({"S1"});
    Session late = wanted;
    late.id = parsed<LocalSessionID>("S1-late");
    BOOST_TEST((taken(memory.admit(late)) == Admission::refused_by_logout));
    late.session_indexes = {parsed<saml::SessionIndex>("i2")};
    late.authn_instant = clock.now() + 1s;
    BOOST_TEST((taken(memory.admit(late)) == Admission::admitted));
}

BOOST_AUTO_TEST_CASE(a_late_assertion_that_the_idp_dates_by_a_clock_ahead_of_ours_is_late) {
    const Session wanted = session("S1", {"i1"});
    admit(wanted);
    log_out({"S1"});
    Session late = wanted;
    late.id = parsed<LocalSessionID>("S1-late");
    late.authn_instant = clock.now() + parts.policy.clock_skew;
    BOOST_TEST((taken(memory.admit(late)) == Admission::refused_by_logout));
    late.authn_instant += 1ms;
    BOOST_TEST((taken(memory.admit(late)) == Admission::admitted));
}

BOOST_AUTO_TEST_CASE(an_idp_clock_that_is_ahead_of_ours_opens_no_gap) {
    Session wanted = session("S1", {"i1"});
    wanted.authn_instant = clock.now() + 1min;
    admit(wanted);
    log_out({"S1"});
    wanted.id = parsed<LocalSessionID>("S1-late");
    BOOST_TEST((taken(memory.admit(wanted)) == Admission::refused_by_logout));
}

BOOST_AUTO_TEST_CASE(an_idp_without_an_endpoint_may_bring_its_user_back) {
    parts.idps = directory_of({idp_with_first_key()});
    const Session wanted = session("S1", {"i1"});
    admit(wanted);
    const auto result = log_out({"S1"});
    BOOST_TEST((result.extent == Extent::local_only));
    BOOST_TEST(result.idps.front().why == "reply.no_endpoint");
    BOOST_TEST((result.idps.front().retried == Retried::no));
    BOOST_TEST(link.asked.empty());
    BOOST_TEST(!lives("S1"));
    Session again = wanted;
    again.id = parsed<LocalSessionID>("S1-again");
    BOOST_TEST((taken(memory.admit(again)) == Admission::admitted));
}

BOOST_AUTO_TEST_CASE(no_idp_is_asked_to_end_a_session_without_a_session_index) {
    admit(session("S1", {}));
    const auto result = log_out({"S1"});
    BOOST_TEST((result.extent == Extent::local_only));
    BOOST_TEST(result.idps.front().why == "request.no_session_index");
    BOOST_TEST(link.asked.empty());
    BOOST_TEST(!lives("S1"));
}

BOOST_AUTO_TEST_CASE(all_of_a_user_s_sessions_end_where_one_has_no_session_index) {
    admit(session("S1", {}));
    Session other = session("S2", {"i2"});
    other.authn_instant += 1min;
    admit(other);
    const auto result = log_out({"S1"});
    BOOST_TEST((result.extent == Extent::partial));
    BOOST_TEST_REQUIRE(link.asked.size() == 1U);
    BOOST_TEST(joined(link.asked.front().ask.session_indexes) == "i2 ");
    BOOST_TEST((!lives("S1") && !lives("S2")));
}

BOOST_AUTO_TEST_CASE(an_idp_that_is_no_partner_any_more_is_not_asked) {
    parts.idps = directory_of({});
    admit(session("S1", {"i1"}));
    const auto result = log_out({"S1"});
    BOOST_TEST((result.extent == Extent::local_only));
    BOOST_TEST(result.idps.front().why == "check.issuer_unknown");
    BOOST_TEST(!lives("S1"));
}

BOOST_AUTO_TEST_CASE(a_request_that_is_kept_waits_for_an_idp_that_is_out) {
    link.will(Kind::lost, ReplyErrc::timed_out);
    admit(session("S1", {"i1"}));
    static_cast<void>(log_out({"S1"}));
    const auto there = parts.idps;
    const auto why = make_error_code(idp_adapter::SourceErrc::file_unreadable);
    start_service().replace_idps(std::make_shared<idp_adapter::IdpDirectory>(
        taken(idp_adapter::IdpDirectory::of({}, {{.source = "idp-1", .names = {idp_id}, .why = {why, "gone"}}}))));
    clock.advance(10s);
    BOOST_TEST(send_kept() == 1U);
    BOOST_TEST(link.asked.size() == 1U);
    BOOST_TEST(audit.last().rule == "check.metadata_unusable");
    start_service().replace_idps(there);
    clock.advance(1min);
    BOOST_TEST(send_kept() == 1U);
    BOOST_TEST(audit.last().status == "everywhere");
    BOOST_TEST(link.asked.size() == 2U);
}

// Which IdPs it has isn't known before it comes.
BOOST_AUTO_TEST_CASE(a_request_that_is_kept_waits_for_a_source_that_may_have_its_idp) {
    link.will(Kind::lost, ReplyErrc::timed_out);
    admit(session("S1", {"i1"}));
    static_cast<void>(log_out({"S1"}));
    const auto there = parts.idps;
    const auto why = make_error_code(idp_adapter::SourceErrc::file_unreadable);
    for (const auto& later :
         {std::shared_ptr<const idp_adapter::IdpDirectory>(),
          std::shared_ptr<const idp_adapter::IdpDirectory>(std::make_shared<idp_adapter::IdpDirectory>(taken(
              idp_adapter::IdpDirectory::of({}, {{.source = "federation", .names = {}, .why = {why, "gone"}}}))))}) {
        start_service().replace_idps(later);
        clock.advance(20s);
        BOOST_TEST(send_kept() == 1U);
        BOOST_TEST(audit.last().rule == "check.metadata_unusable");
    }
    BOOST_TEST(link.asked.size() == 1U);
    start_service().replace_idps(there);
    clock.advance(1min);
    BOOST_TEST(send_kept() == 1U);
    BOOST_TEST(audit.last().status == "everywhere");
}

BOOST_AUTO_TEST_CASE(without_a_way_to_idps_logouts_stay_here) {
    parts.idp_link = nullptr;
    admit(session("S1", {"i1"}));
    BOOST_TEST(log_out({"S1"}).idps.front().why == "request.no_link");
    BOOST_TEST(!lives("S1"));
}

BOOST_AUTO_TEST_CASE(a_failing_application_makes_it_partial) {
    application.answer_all(Ended::failed);
    admit(session("S1", {"i1"}));
    const auto result = log_out({"S1"});
    BOOST_TEST((result.extent == Extent::partial));
    BOOST_TEST(result.idps.front().local.failed == 1U);
    BOOST_TEST(!lives("S1"));
    BOOST_TEST((audit.last().failed_applications == std::vector<std::string>{"shop"}));
}

BOOST_AUTO_TEST_CASE(a_success_that_proves_nothing_is_unknown) {
    idp_adapter::InteropProfile profile;
    profile.outgoing.success = idp_adapter::SuccessProves::nothing;
    parts.idps = directory_of({idp_that_can_be_asked(idp_id, profile)});
    admit(session("S1", {"i1"}));
    BOOST_TEST((log_out({"S1"}).extent == Extent::unknown));
}

BOOST_AUTO_TEST_CASE(a_session_that_is_gone_cannot_be_logged_out) {
    admit(session("S1", {"i1"}));
    log_out({"S1"});
    const auto again = start(SessionsByID{{parsed<LocalSessionID>("S1")}});
    BOOST_TEST((again.error().code == StartErrc::no_session));
    BOOST_TEST(link.asked.size() == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_happens_where_the_request_cannot_be_kept) {
    admit(session("S1", {"i1"}));
    failing.inject(FailingStore::Fault::keep_fails);
    const auto result = start(SessionsByID{{parsed<LocalSessionID>("S1")}});
    BOOST_TEST((result.error().code == StoreErrc::store_failed));
    BOOST_TEST(lives("S1"));
    BOOST_TEST(link.asked.empty());
}

BOOST_AUTO_TEST_CASE(a_logout_that_may_have_begun_is_unknown_until_it_is_completed) {
    using Fault = FailingStore::Fault;
    for (const Fault fault : {Fault::begin_fails, Fault::begin_loses_its_answer}) {
        admit(session("S1", {"i1"}));
        failing.inject(fault);
        const auto result = log_out({"S1"});
        BOOST_TEST((result.extent == Extent::unknown));
        BOOST_TEST(result.idps.front().why == "store.outcome_unknown");
        BOOST_TEST((result.idps.front().retried == Retried::yes));
        BOOST_TEST(link.asked.empty());
        BOOST_TEST(lives("S1") == (fault == Fault::begin_fails));

        failing.inject(Fault::none);
        clock.advance(1min);
        BOOST_TEST(send_kept() == 1U);
        BOOST_TEST(!lives("S1"));
        BOOST_TEST(application.told().ends_with("S1"));
        BOOST_TEST(link.asked.size() == 1U);
        BOOST_TEST(kept() == 0U);
        link.asked.clear();
        clock.advance(24h);
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_outcome_that_nothing_will_settle_is_an_error) {
    admit(session("S1", {}));  // without a SessionIndex no IdP can be asked, so nothing is kept
    failing.inject(FailingStore::Fault::begin_fails);
    const auto result = start(SessionsByID{{parsed<LocalSessionID>("S1")}});
    BOOST_TEST((result.error().code == StoreErrc::store_failed));
}

BOOST_AUTO_TEST_CASE(a_logout_that_the_store_could_not_complete_is_not_everywhere) {
    admit(session("S1", {"i1"}));
    failing.inject(FailingStore::Fault::complete_fails);
    const auto result = log_out({"S1"});
    BOOST_TEST((result.extent == Extent::partial));
    BOOST_TEST(!lives("S1"));
}

BOOST_AUTO_TEST_CASE(a_store_that_throws_is_a_store_that_failed) {
    admit(session("S1", {"i1"}));
    failing.inject(FailingStore::Fault::begin_throws);
    BOOST_TEST((start(SessionsByID{{parsed<LocalSessionID>("S1")}}).error().code == StoreErrc::store_failed));
}

BOOST_AUTO_TEST_CASE(a_principals_sessions_are_found_as_the_idps_profile_compares_names) {
    idp_adapter::InteropProfile profile;
    profile.name_id_matching = saml::NameIDMatching::value_only;
    parts.idps = directory_of({idp_that_can_be_asked(idp_id, profile)});
    admit(session("S1", {"i1"}, "ann"));
    SessionsOfPrincipal ann{.idp = {}, .name_id = session("S1", {}, "ann").name_id, .matching = {}};
    ann.name_id.format = "urn:example:another";
    BOOST_TEST(taken(start_service().preview(ann)).size() == 1U);
    ann.matching = saml::NameIDMatching::default_qualifiers;
    BOOST_TEST(taken(start_service().preview(ann)).empty());
}

BOOST_AUTO_TEST_CASE(an_administrator_ends_all_sessions_of_a_user_at_every_idp) {
    admit(session("S1", {"i1"}, "ann"));
    admit(session("S2", {"i2"}, "ann"));
    admit(session("S3", {"j1"}, "ann", idp2_id));
    admit(session("S4", {"j2"}, "bob", idp2_id));
    const SessionsOfPrincipal ann{.idp = {}, .name_id = session("S1", {}, "ann").name_id, .matching = {}};
    BOOST_TEST(taken(start_service().preview(ann)).size() == 3U);
    BOOST_TEST(lives("S1"));
    const auto result = taken(start(ann, LogoutReason::admin));
    BOOST_TEST((result.extent == Extent::everywhere));
    BOOST_TEST(link.asked.size() == 2U);
    for (const auto& asked : link.asked) BOOST_TEST(asked.ask.reason == uri(LogoutReason::admin));
    BOOST_TEST((!lives("S1") && !lives("S2") && !lives("S3")));
    BOOST_TEST(lives("S4"));
}

BOOST_AUTO_TEST_CASE(an_administrator_ends_all_sessions_of_an_idp_without_waiting_for_it) {
    constexpr std::size_t users = 300;
    for (std::size_t i = 0; i < users; ++i) {
        const std::string n = std::to_string(i);
        admit(session("S" + n, {"i" + n}, "user" + n));
    }
    admit(session("T1", {"j1"}, "user1", idp2_id));
    const auto result = taken(start(SessionsOfIdp{idp_id}, LogoutReason::admin));
    BOOST_TEST_REQUIRE(result.idps.size() == 1U);
    BOOST_TEST(result.idps.front().logouts == users);
    BOOST_TEST(result.idps.front().local.ended == users);
    BOOST_TEST(result.idps.front().why == "request.waiting");
    BOOST_TEST((result.extent == Extent::local_only));
    BOOST_TEST(link.asked.empty());
    for (std::size_t i = 0; i < users; ++i) BOOST_TEST(!lives("S" + std::to_string(i)));
    BOOST_TEST(lives("T1"));
    for (int i = 0; i < 9 && link.asked.size() < users; ++i) {
        while (send_kept() != 0) continue;
        clock.advance(10s);  // some may have been put off
    }
    BOOST_TEST(link.asked.size() == users);
    BOOST_TEST(kept() == 0U);
}

BOOST_AUTO_TEST_CASE(lists_the_sessions_that_a_logout_request_would_end_and_ends_none) {
    admit(session("S1", {"i1"}));
    admit(session("S2", {"i2"}));
    const std::string body = signed_body(baseline_request());
    const auto named = taken(BackChannel(start_service()).preview({body, "text/xml"})).would_end;
    BOOST_TEST_REQUIRE(named.size() == 1U);
    BOOST_TEST(named.front().id.str() == "S1");
    BOOST_TEST(lives("S1"));
    BOOST_TEST(BackChannel(start_service()).handle({body, "text/xml"}).http_status == 200);
    BOOST_TEST(audit.last().event == "logout");
    BOOST_TEST(!lives("S1"));
}

BOOST_AUTO_TEST_CASE(a_forged_request_is_told_nothing) {
    admit(session("S1", {"i1"}));
    const std::string stolen = signed_body(baseline_request(), "sp/sp");
    const auto named = BackChannel(start_service()).preview({stolen, "text/xml"});
    BOOST_TEST((named.error().code == saml::Errc::signature_invalid));
}

BOOST_AUTO_TEST_CASE(writes_one_audit_line_without_names) {
    admit(session("S1", {"i1"}));
    log_out({"S1"});
    BOOST_TEST_REQUIRE(audit.entries().size() == 1U);
    const AuditLine line = audit.last();
    BOOST_TEST(line.event == "start");
    BOOST_TEST(line.status == "everywhere");
    BOOST_TEST(line.idp == idp_id.str());
    BOOST_TEST(line.name_id == digest.hex({"name_id", idp_id.str(), "N1"}));
    BOOST_TEST(line.ended == 1U);
    BOOST_TEST(line.rule.empty());
    BOOST_TEST(line.json.find("N1") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
