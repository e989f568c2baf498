// The judge sees the faults of logouts that start here, and answers that wait for troubles of others.
#include <boost/test/unit_test.hpp>

#include "judge.hpp"

namespace {

using namespace slo;
using namespace slo::test;

constexpr Moment epoch{};

Moment at(int seconds) {
    return epoch + std::chrono::seconds(seconds);
}

Span span(int begin, int end) {
    return {.begin = at(begin), .end = at(end)};
}

/// ann is admitted at 10 to 11 s, and logs out here from 20 to 21 s.
struct OneDeparture {
    explicit OneDeparture(DepartureAnswer answer) {
        history.sessions.push_back({.id = "s", .user = "ann", .index = "i", .authn_instant = {}});
        history.logins.push_back({.session = 0, .span = span(10, 11), .answer = LoginAnswer::admitted});
        history.departures.push_back(
            {.user = "ann", .sessions = {0}, .attempts = {{.span = span(20, 21), .answer = answer}}});
    }
    /// An IdP's order instead of the departure, answered so.
    LogoutFacts& ordered(LogoutAnswer answer) {
        history.departures.clear();
        history.logouts.push_back({.id = "_1",
                                   .user = "ann",
                                   .indexes = {},
                                   .issue_instant = {},
                                   .attempts = {{.span = span(20, 21), .answer = answer}}});
        return history.logouts.back();
    }
    void check(int begin, int end, CheckAnswer answer) {
        history.checks.push_back({.session = 0, .door = 0, .span = span(begin, end), .answer = answer});
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

BOOST_AUTO_TEST_SUITE(judge_departures)

BOOST_AUTO_TEST_CASE(alive_after_a_logout_here_was_answered_is_a_survivor_however_far_it_went) {
    for (const auto answer :
         {DepartureAnswer::partial, DepartureAnswer::local_only, DepartureAnswer::unknown, DepartureAnswer::nothing}) {
        OneDeparture one(answer);
        one.check(19, 22, CheckAnswer::alive);
        one.check(20, 21, CheckAnswer::dead);
        BOOST_TEST(!one.broken());
        one.check(22, 23, CheckAnswer::alive);
        BOOST_TEST(is(one.broken(), Rule::survivor));
    }
}

BOOST_AUTO_TEST_CASE(dead_before_a_logout_here_began_is_a_lost_login) {
    OneDeparture one(DepartureAnswer::local_only);
    one.check(18, 19, CheckAnswer::dead);
    BOOST_TEST(is(one.broken(), Rule::lost_login));
}

BOOST_AUTO_TEST_CASE(a_logout_here_must_end_in_the_end) {
    OneDeparture one(DepartureAnswer::unavailable);
    one.history.departures[0].attempts.push_back({.span = span(22, 23), .answer = DepartureAnswer::lost});
    BOOST_TEST(is(one.broken(), Rule::stays));
    one.history.departures[0].attempts.push_back({.span = span(24, 25), .answer = DepartureAnswer::unknown});
    BOOST_TEST(!one.broken());
}

BOOST_AUTO_TEST_CASE(everywhere_needs_a_success_that_the_idp_signed_before_for_this_user) {
    OneDeparture one(DepartureAnswer::everywhere);
    BOOST_TEST(is(one.broken(), Rule::unproven));
    one.history.words = {{.user = "bob", .at = at(20)}, {.user = "ann", .at = at(22)}};
    BOOST_TEST(is(one.broken(), Rule::unproven));
    one.history.words.push_back({.user = "ann", .at = at(21)});
    BOOST_TEST(!one.broken());
}

BOOST_AUTO_TEST_CASE(a_kept_request_must_reach_the_idp_or_be_told_as_given_up) {
    OneDeparture one(DepartureAnswer::unknown);
    one.history.departures[0].attempts[0].is_kept = true;
    BOOST_TEST(is(one.broken(), Rule::unsent));
    one.history.given_up = 1;
    BOOST_TEST(!one.broken());
    one.history.departures.push_back(one.history.departures[0]);
    BOOST_TEST(is(one.broken(), Rule::unsent));
    one.history.given_up = 0;
    one.history.words = {{.user = "ann", .at = at(99)}};
    BOOST_TEST(!one.broken());
}

BOOST_AUTO_TEST_CASE(a_request_made_during_a_trouble_must_be_answered_during_it) {
    OneDeparture one(DepartureAnswer::local_only);
    one.history.troubles = {span(15, 30)};
    one.history.probes = {{.door = 0, .span = span(16, 29), .is_answered = true},
                          {.door = 0, .span = span(31, 99), .is_answered = true}};
    BOOST_TEST(!one.broken());
    one.history.probes.push_back({.door = 0, .span = span(16, 31), .is_answered = true});
    BOOST_TEST(is(one.broken(), Rule::waited));
    one.history.probes.pop_back();
    one.history.departures[0].attempts[0].span = span(20, 31);
    BOOST_TEST(is(one.broken(), Rule::waited));
}

BOOST_AUTO_TEST_CASE(a_line_tells_of_each_logout_or_how_many_lines_were_lost) {
    OneDeparture one(DepartureAnswer::local_only);
    one.history.logouts.push_back({.id = "_1",
                                   .user = "bob",
                                   .indexes = {},
                                   .issue_instant = {},
                                   .attempts = {{.span = span(20, 21), .answer = LogoutAnswer::success}}});
    BOOST_TEST(!one.broken());
    one.history.lines.emplace().add(R"({"event":"logout","request_id":"_2","status":"Success"})");
    BOOST_TEST(is(one.broken(), Rule::line_missing));
    one.history.lines->add(R"({"event":"lines_lost","lost":7,"proven":0})");
    BOOST_TEST(is(one.broken(), Rule::line_missing));
    one.history.lines->add(R"({"event":"lines_lost","lost":7,"proven":1})");
    BOOST_TEST(!one.broken());
    one.history.lines.emplace().add(R"({"event":"logout","request_id":"_1","status":"Success"})");
    BOOST_TEST(!one.broken());
}

BOOST_AUTO_TEST_CASE(an_answer_that_the_local_interface_does_not_have_is_noticed) {
    OneDeparture one(DepartureAnswer::absurd);
    one.history.departures[0].attempts.push_back({.span = span(24, 25), .answer = DepartureAnswer::unknown});
    BOOST_TEST(is(one.broken(), Rule::absurd));
}

BOOST_AUTO_TEST_CASE(only_a_user_with_many_sessions_may_have_too_many) {
    OneDeparture one(DepartureAnswer::local_only);
    one.history.logins.push_back({.session = 0, .span = span(12, 13), .answer = LoginAnswer::crowded});
    BOOST_TEST(is(one.broken(), Rule::refused_login));
    one.history.sessions[0].is_many = true;
    BOOST_TEST(!one.broken());
}

BOOST_AUTO_TEST_CASE(the_order_of_an_idp_that_has_filled_its_quota_may_be_refused_for_good_and_never_lie) {
    OneDeparture one(DepartureAnswer::local_only);
    one.ordered(LogoutAnswer::responder).may_be_refused = true;
    one.check(30, 31, CheckAnswer::alive);
    BOOST_TEST(!one.broken());
    one.history.logouts[0].attempts.push_back({.span = span(22, 23), .answer = LogoutAnswer::success});
    BOOST_TEST(is(one.broken(), Rule::survivor));
}

BOOST_AUTO_TEST_CASE(an_order_of_another_idp_names_nothing) {
    OneDeparture one(DepartureAnswer::local_only);
    one.ordered(LogoutAnswer::success).idp = "https://other";
    one.check(30, 31, CheckAnswer::alive);
    BOOST_TEST(!one.broken());
    one.check(32, 33, CheckAnswer::dead);
    BOOST_TEST(is(one.broken(), Rule::lost_login));
}

BOOST_AUTO_TEST_SUITE_END()
