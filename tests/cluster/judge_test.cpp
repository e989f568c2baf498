// The judge sees every kind of broken promise, and nothing where there is none. Moments are made up.
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

BOOST_AUTO_TEST_CASE(a_session_that_nobody_acknowledged_must_be_dead_as_well) {
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
