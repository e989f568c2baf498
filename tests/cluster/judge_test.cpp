// The judge sees every kind of broken promise, and nothing if there is none. Moments are made up.
#include "judge.hpp"

#include <boost/test/unit_test.hpp>

#include "faults.hpp"

namespace {

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

constexpr Moment epoch{};
constexpr Instant midnight{};

Span span(int begin, int end) {
    return {.begin = epoch + std::chrono::seconds(begin), .end = epoch + std::chrono::seconds(end)};
}

/// ann logs in at 10 to 11 s with index "i", having authenticated 1 s after midnight.
struct OneSession {
    OneSession() {
        history.sessions.push_back({.id = "s", .user = "ann", .index = "i", .authn_instant = midnight + 1s});
        history.logins.push_back({.session = 0, .span = span(10, 11), .answer = LoginAnswer::admitted});
    }

    /// A logout that is issued 5 s after midnight, and answered from 20 to 21 s.
    LogoutFacts& log_out(LogoutAnswer answer = LogoutAnswer::success) {
        history.logouts.push_back({.id = "_1",
                                   .user = "ann",
                                   .indexes = {"i"},
                                   .issue_instant = midnight + 5s,
                                   .attempts = {{.span = span(20, 21), .answer = answer}}});
        return history.logouts.back();
    }
    void check(int begin, int end, CheckAnswer answer) {
        history.checks.push_back({.session = 0, .door = 2, .span = span(begin, end), .answer = answer});
    }
    /// An application's call about the session.
    void call(int begin, int end, ApplicationAnswer answer) {
        history.tells_applications = true;
        history.calls.push_back({.session = 0, .node = 1, .span = span(begin, end), .answer = answer});
    }
    /// The one rule that was broken, or nothing.
    std::optional<Rule> broken() const {
        const auto violations = judge(history);
        BOOST_TEST(violations.size() <= 1U);
        return violations.empty() ? std::nullopt : std::optional(violations.front().rule);
    }

    History history;
};

bool is(const std::optional<Rule>& broken, Rule rule) {
    return broken == rule;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(judge_suite, OneSession)

BOOST_AUTO_TEST_CASE(a_life_and_a_logout_break_nothing) {
    log_out();
    check(12, 13, CheckAnswer::alive);
    check(19, 22, CheckAnswer::dead);
    check(22, 23, CheckAnswer::dead);
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(alive_by_a_check_that_began_after_success_is_a_survivor) {
    log_out();
    check(22, 23, CheckAnswer::alive);
    BOOST_TEST(is(broken(), Rule::survivor));
    BOOST_TEST(judge(history).front().logout.value() == 0U);
    BOOST_TEST(judge(history).front().door.value() == 2U);
    BOOST_TEST(trace(history, judge(history).front(), epoch).find("check at door 2: alive") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(alive_by_a_check_that_began_before_success_is_not) {
    log_out();
    check(20, 25, CheckAnswer::alive);
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(a_logout_without_an_index_names_every_session) {
    log_out().indexes.clear();
    check(22, 23, CheckAnswer::alive);
    BOOST_TEST(is(broken(), Rule::survivor));
}

BOOST_AUTO_TEST_CASE(another_users_or_indexs_logout_names_nothing) {
    log_out().user = "bob";
    log_out().indexes = {"j"};
    check(22, 23, CheckAnswer::alive);
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(a_session_without_an_acknowledgement_must_be_dead_as_well) {
    history.logins.front().answer = LoginAnswer::lost;
    log_out();
    check(22, 23, CheckAnswer::alive);
    BOOST_TEST(is(broken(), Rule::survivor));
}

BOOST_AUTO_TEST_CASE(a_login_after_the_logout_is_a_new_one_if_the_user_authenticated_after_it) {
    history.sessions.front().authn_instant = midnight + 6s;
    history.logins.front().span = span(30, 31);
    log_out();
    check(32, 33, CheckAnswer::alive);
    BOOST_TEST(!broken().has_value());
    check(34, 35, CheckAnswer::dead);
    BOOST_TEST(is(broken(), Rule::lost_login));
}

BOOST_AUTO_TEST_CASE(a_late_login_must_be_refused) {
    history.logins.front().span = span(30, 31);
    log_out();
    BOOST_TEST(is(broken(), Rule::late_login));
    history.logins.front().answer = LoginAnswer::refused;
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(a_session_that_no_logout_names_must_live) {
    check(12, 13, CheckAnswer::dead);
    BOOST_TEST(is(broken(), Rule::lost_login));
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_say_breaks_nothing) {
    log_out().attempts.insert(history.logouts.front().attempts.begin(),
                              {{.span = span(14, 16), .answer = LogoutAnswer::responder},
                               {.span = span(17, 18), .answer = LogoutAnswer::lost}});
    check(12, 13, CheckAnswer::unavailable);
    check(15, 16, CheckAnswer::dead);
    check(22, 23, CheckAnswer::lost);
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(a_refusal_needs_a_logout) {
    history.logins.front().answer = LoginAnswer::refused;
    BOOST_TEST(is(broken(), Rule::refused_login));
}

BOOST_AUTO_TEST_CASE(a_repeat_gets_no_other_answer) {
    log_out().attempts.push_back({.span = span(25, 26), .answer = LogoutAnswer::responder});
    BOOST_TEST(!broken().has_value());
    history.logouts.front().attempts.push_back({.span = span(27, 28), .answer = LogoutAnswer::other});
    BOOST_TEST(is(broken(), Rule::another_answer));
}

BOOST_AUTO_TEST_CASE(a_logout_must_succeed_in_the_end) {
    log_out(LogoutAnswer::responder);
    BOOST_TEST(is(broken(), Rule::unfinished));
}

BOOST_AUTO_TEST_CASE(a_status_that_the_local_interface_does_not_have_is_noticed) {
    check(12, 13, CheckAnswer::absurd);
    BOOST_TEST(is(broken(), Rule::absurd));
}

BOOST_AUTO_TEST_CASE(success_after_an_application_has_said_gone_breaks_nothing) {
    log_out();
    call(15, 16, ApplicationAnswer::failed);
    call(17, 20, ApplicationAnswer::gone);
    call(24, 25, ApplicationAnswer::gone);
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(success_all_through_an_applications_work_is_noticed_though_another_call_said_gone) {
    log_out();
    call(17, 18, ApplicationAnswer::gone);
    call(19, 22, ApplicationAnswer::gone);
    BOOST_TEST(is(broken(), Rule::at_work));
    const auto violations = judge(history);
    BOOST_TEST(violations.front().logout.value() == 0U);
    BOOST_TEST(trace(history, violations.front(), epoch).find("application, for node 1: gone") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(work_that_began_while_success_was_on_its_way_may_have_come_after_it) {
    log_out();
    call(17, 18, ApplicationAnswer::gone);
    call(20, 30, ApplicationAnswer::gone);
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(a_call_that_a_dead_node_made_is_over) {
    log_out();
    call(17, 18, ApplicationAnswer::gone);
    call(19, 30, ApplicationAnswer::broken_off);
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(a_call_without_an_end_is_at_work) {
    log_out();
    call(17, 18, ApplicationAnswer::gone);
    call(19, 20, ApplicationAnswer::none);
    history.calls.back().span.end = Moment::max();
    BOOST_TEST(is(broken(), Rule::at_work));
}

BOOST_AUTO_TEST_CASE(success_after_an_application_has_failed_is_noticed) {
    log_out();
    call(17, 18, ApplicationAnswer::failed);
    BOOST_TEST(is(broken(), Rule::unended));
    call(20, 22, ApplicationAnswer::gone);
    BOOST_TEST(is(broken(), Rule::unended));
}

BOOST_AUTO_TEST_CASE(a_repeat_that_succeeds_needs_the_applications_report_too) {
    log_out(LogoutAnswer::responder).attempts.push_back({.span = span(25, 26), .answer = LogoutAnswer::success});
    call(20, 21, ApplicationAnswer::broken_off);
    BOOST_TEST(is(broken(), Rule::unended));
    call(23, 24, ApplicationAnswer::gone);
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(success_without_asking_an_application_is_noticed_also_when_the_session_expired) {
    history.tells_applications = true;
    history.sessions.front().expires_soon = true;
    log_out();
    BOOST_TEST(is(broken(), Rule::untold));
    call(24, 25, ApplicationAnswer::gone);
    BOOST_TEST(is(broken(), Rule::untold));
}

BOOST_AUTO_TEST_CASE(no_application_need_hear_of_a_session_without_an_acknowledgement) {
    history.tells_applications = true;
    history.logins.front().span = span(10, 21);
    log_out();
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(an_application_need_not_hear_of_a_newer_login) {
    history.tells_applications = true;
    history.sessions.front().authn_instant = midnight + 6s;
    log_out();
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(a_logout_whose_session_a_dead_node_holds_may_stay_unfinished_for_a_while) {
    log_out(LogoutAnswer::responder);
    call(17, 18, ApplicationAnswer::failed);
    BOOST_TEST(is(broken(), Rule::unfinished));
    history.deaths = {{.node = 0, .at = span(19, 19).begin}, {.node = 1, .at = span(16, 16).begin}};
    BOOST_TEST(is(broken(), Rule::unfinished));
    history.deaths.push_back({.node = 1, .at = span(19, 19).begin});
    BOOST_TEST(!broken().has_value());
    history.logouts.front().attempts.push_back({.span = span(300, 301), .answer = LogoutAnswer::responder});
    BOOST_TEST(is(broken(), Rule::unfinished));
}

BOOST_AUTO_TEST_CASE(success_for_another_form_of_a_living_sessions_name_is_noticed) {
    log_out().form = "format";
    BOOST_TEST(is(broken(), Rule::near_miss));
    BOOST_TEST(judge(history).front().session == 0U);
    history.logouts.front().indexes.clear();
    BOOST_TEST(is(broken(), Rule::near_miss));
}

BOOST_AUTO_TEST_CASE(success_for_another_letter_case_of_an_address_is_noticed_and_not_of_another_name) {
    history.sessions.front().user = "Ann@Example.org";
    log_out().user = "ann@example.org";
    BOOST_TEST(is(broken(), Rule::near_miss));
    history.sessions.front().user = "Ann";
    history.logouts.front().user = "ann";
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(success_for_a_telling_index_under_another_name_is_noticed_and_not_for_a_short_one) {
    history.sessions.front().index = "an-index-that-tells";
    log_out().user = "bob";
    history.logouts.front().indexes = {"an-index-that-tells"};
    BOOST_TEST(is(broken(), Rule::near_miss));
    history.sessions.front().index = "short";
    history.logouts.front().indexes = {"short"};
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(success_for_a_near_miss_needs_a_session_that_was_surely_alive) {
    log_out().form = "format";
    history.logins.front().span = span(10, 20);  // acknowledged as the logout was sent
    BOOST_TEST(!broken().has_value());
    history.logins.front().span = span(10, 11);
    history.sessions.front().expires_soon = true;
    BOOST_TEST(!broken().has_value());
    history.sessions.front().expires_soon = false;
    history.sessions.front().authn_instant = midnight + 6s;
    BOOST_TEST(!broken().has_value());
    history.sessions.front().authn_instant = midnight + 1s;
    LogoutFacts other = history.logouts.front();
    other.form.clear();
    other.attempts = {{.span = span(21, 22), .answer = LogoutAnswer::success}};
    history.logouts.push_back(other);
    BOOST_TEST(!broken().has_value());
    history.logouts.back().attempts.front().span = span(22, 23);
    BOOST_TEST(is(broken(), Rule::near_miss));
}

BOOST_AUTO_TEST_CASE(a_logout_that_names_a_session_has_no_near_misses) {
    log_out().form = "format";
    history.sessions.push_back(history.sessions.front());
    history.sessions.back().form = "format";
    history.logins.push_back({.session = 1, .span = span(12, 13), .answer = LoginAnswer::lost});
    BOOST_TEST(!broken().has_value());
}

BOOST_AUTO_TEST_CASE(a_near_miss_must_live_on) {
    log_out(LogoutAnswer::responder).form = "format";
    history.logouts.front().attempts.push_back({.span = span(40, 41), .answer = LogoutAnswer::success});
    check(23, 24, CheckAnswer::dead);
    const auto violations = judge(history);
    BOOST_TEST(count(violations, Rule::lost_login) == 1U);
}

BOOST_AUTO_TEST_CASE(a_late_login_must_be_refused_in_any_form_of_its_name) {
    log_out().form = "format";
    history.logins.front().span = span(30, 31);
    BOOST_TEST(is(broken(), Rule::late_login));
    BOOST_TEST(judge(history).front().logout.value() == 0U);
    history.logins.front().answer = LoginAnswer::refused;
    BOOST_TEST(!broken().has_value());
    history.sessions.front().user = "Ann";
    BOOST_TEST(is(broken(), Rule::refused_login));
}

BOOST_AUTO_TEST_CASE(a_login_of_an_unknown_idp_gets_422_and_nothing_else) {
    history.sessions.front().is_strangers = true;
    BOOST_TEST(is(broken(), Rule::stranger));
    history.logins.front().answer = LoginAnswer::refused;
    BOOST_TEST(is(broken(), Rule::stranger));
    for (const LoginAnswer answer : {LoginAnswer::stranger, LoginAnswer::lost, LoginAnswer::unavailable}) {
        history.logins.front().answer = answer;
        BOOST_TEST(!broken().has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_login_under_an_alias_of_the_idp_is_accepted) {
    history.logins.front().answer = LoginAnswer::stranger;
    BOOST_TEST(is(broken(), Rule::absurd));
}

BOOST_AUTO_TEST_CASE(only_a_session_that_expires_soon_may_be_dead_or_refused_for_it) {
    history.logins.push_back({.session = 0, .span = span(12, 13), .answer = LoginAnswer::expired});
    BOOST_TEST(is(broken(), Rule::absurd));
    history.sessions.front().expires_soon = true;
    check(20, 21, CheckAnswer::dead);
    BOOST_TEST(!broken().has_value());
    history.sessions.front().expires_soon = false;
    history.logins.pop_back();
    BOOST_TEST(is(broken(), Rule::lost_login));
}

BOOST_AUTO_TEST_CASE(of_attempts_at_the_same_time_the_first_beginning_and_the_first_success_count) {
    log_out(LogoutAnswer::responder).attempts.front().span = span(25, 26);
    history.logouts.front().attempts.push_back({.span = span(14, 30), .answer = LogoutAnswer::success});
    history.logouts.front().attempts.push_back({.span = span(15, 21), .answer = LogoutAnswer::success});
    check(17, 18, CheckAnswer::dead);
    BOOST_TEST(!broken().has_value());
    check(22, 23, CheckAnswer::alive);
    BOOST_TEST(is(broken(), Rule::survivor));
}

BOOST_AUTO_TEST_CASE(a_seed_means_the_same_faults) {
    const FaultMix mix{.kinds = {FaultKind::node_kill, FaultKind::split}, .hold = {1s, 2s}, .gap = {1s, 3s}};
    const auto faults = make_faults(5, 60s, mix);
    const auto again = make_faults(5, 60s, mix);
    const auto others = make_faults(6, 60s, mix);
    BOOST_REQUIRE(faults.size() == again.size());
    BOOST_TEST(faults.size() > 10U);
    bool differs = faults.size() != others.size();
    for (std::size_t i = 0; i < faults.size(); ++i) {
        BOOST_TEST((faults[i].at == again[i].at && faults[i].kind == again[i].kind && faults[i].pick == again[i].pick));
        BOOST_TEST((i == 0 || faults[i].at >= faults[i - 1].at + faults[i - 1].hold + 1s));
        BOOST_TEST((faults[i].at + faults[i].hold <= 60s));
        differs = differs || faults[i].at != others[i].at;
    }
    BOOST_TEST(differs);
}

BOOST_AUTO_TEST_SUITE_END()
