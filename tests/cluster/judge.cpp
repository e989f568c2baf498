#include "judge.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <string_view>

namespace slo::test {
namespace {

/// What the history lets us say of one session.
struct Bounds {
    std::optional<Moment> asked;       ///< the first attempt to admit it
    std::optional<Moment> admitted;    ///< the first acknowledgement
    std::optional<Moment> endangered;  ///< from here on a logout that names it is on its way
    std::optional<Moment> dead;        ///< from here on the IdP holds a Success
    std::optional<std::size_t> killer = {};
};

void lower(std::optional<Moment>& bound, Moment moment) {
    if (!bound || moment < *bound) bound = moment;
}

/// A login that authenticated after the logout is a new one: the logout may end it, and needn't.
void apply(const LogoutFacts& logout, std::size_t place, const SessionFacts& session, Bounds& bounds) {
    if (logout.attempts.empty() || !logout.names(session)) return;
    const auto success = logout.success();
    const bool is_new_login = session.authn_instant > logout.issue_instant;
    // A logout that was over before says nothing of it.
    if (is_new_login && success && bounds.asked && *success < *bounds.asked) return;
    lower(bounds.endangered, logout.attempts.front().span.begin);
    if (!success || is_new_login) return;
    if (!bounds.dead || *success < *bounds.dead) bounds.killer = place;
    lower(bounds.dead, *success);
}

std::vector<Bounds> bounds_of(const History& history) {
    std::multimap<std::string_view, std::size_t> logouts;
    for (std::size_t i = 0; i < history.logouts.size(); ++i) logouts.emplace(history.logouts[i].user, i);
    std::vector<Bounds> bounds(history.sessions.size());
    for (const LoginAttempt& login : history.logins) {
        lower(bounds[login.session].asked, login.span.begin);
        if (login.answer == LoginAnswer::admitted) lower(bounds[login.session].admitted, login.span.end);
    }
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const SessionFacts& session = history.sessions[i];
        const auto [begin, end] = logouts.equal_range(session.user);
        for (auto entry = begin; entry != end; ++entry) {
            apply(history.logouts[entry->second], entry->second, session, bounds[i]);
        }
    }
    return bounds;
}

std::optional<Rule> broken_by(const Check& check, const Bounds& bounds) {
    const bool ought_to_be_dead = bounds.dead && check.span.begin > *bounds.dead;
    const bool may_be_dead = !bounds.admitted || check.span.begin <= *bounds.admitted ||
                             (bounds.endangered && check.span.end >= *bounds.endangered);
    if (check.answer == CheckAnswer::alive && ought_to_be_dead) return Rule::survivor;
    if (check.answer == CheckAnswer::dead && !may_be_dead) return Rule::lost_login;
    if (check.answer == CheckAnswer::absurd) return Rule::absurd;
    return std::nullopt;
}

std::optional<Rule> broken_by(const LoginAttempt& login, const Bounds& bounds) {
    const bool ought_to_be_refused = bounds.dead && login.span.begin > *bounds.dead;
    const bool may_be_refused = bounds.endangered && login.span.end >= *bounds.endangered;
    if (login.answer == LoginAnswer::admitted && ought_to_be_refused) return Rule::late_login;
    if (login.answer == LoginAnswer::refused && !may_be_refused) return Rule::refused_login;
    if (login.answer == LoginAnswer::absurd) return Rule::absurd;
    return std::nullopt;
}

void judge_logouts(const History& history, std::vector<Violation>& violations) {
    for (std::size_t i = 0; i < history.logouts.size(); ++i) {
        const auto& attempts = history.logouts[i].attempts;
        if (attempts.empty()) continue;  // never sent
        const auto blame = [&](Rule rule, Moment at) {
            violations.push_back({.rule = rule, .at = at, .session = history.sessions.size(), .logout = i});
        };
        if (!history.logouts[i].success()) blame(Rule::unfinished, attempts.back().span.end);
        const auto odd = std::find_if(attempts.begin(), attempts.end(), [](const LogoutAttempt& attempt) {
            return attempt.answer == LogoutAnswer::other;
        });
        if (odd != attempts.end()) blame(Rule::another_answer, odd->span.end);
    }
}

std::string_view name_of(LoginAnswer answer) {
    constexpr std::string_view names[] = {"admitted", "refused", "unavailable", "no answer", "absurd"};
    return names[static_cast<std::size_t>(answer)];
}

std::string_view name_of(CheckAnswer answer) {
    constexpr std::string_view names[] = {"alive", "dead", "unavailable", "no answer", "absurd"};
    return names[static_cast<std::size_t>(answer)];
}

/// A line of a trace, to be sorted by its beginning.
using Line = std::pair<Moment, std::string>;

Line line(const Span& span, Moment start, const std::string& what) {
    const auto milliseconds = [start](Moment moment) {
        return std::chrono::duration<double, std::milli>(moment - start).count();
    };
    char text[256];
    std::snprintf(text, sizeof text, "    %10.1f - %10.1f ms  %s\n", milliseconds(span.begin), milliseconds(span.end),
                  what.c_str());
    return {span.begin, text};
}

void trace_logout(const LogoutFacts& logout, Moment start, std::vector<Line>& lines) {
    for (const LogoutAttempt& attempt : logout.attempts) {
        const std::string what = "logout " + logout.id.substr(0, 8) + (logout.indexes.empty() ? " of all: " : ": ");
        lines.push_back(line(attempt.span, start, what + (attempt.text.empty() ? "no answer" : attempt.text)));
    }
}

void trace_session(const History& history, std::size_t place, Moment start, std::vector<Line>& lines) {
    for (const LoginAttempt& login : history.logins) {
        if (login.session != place) continue;
        lines.push_back(line(login.span, start, "login: " + std::string(name_of(login.answer))));
    }
    for (const Check& check : history.checks) {
        if (check.session != place) continue;
        const std::string what = "check at door " + std::to_string(check.door) + ": ";
        lines.push_back(line(check.span, start, what + std::string(name_of(check.answer))));
    }
    for (const LogoutFacts& logout : history.logouts) {
        if (logout.names(history.sessions[place])) trace_logout(logout, start, lines);
    }
}

}  // namespace

std::string_view name_of(Rule rule) noexcept {
    switch (rule) {
        case Rule::survivor:
            return "alive after Success";
        case Rule::late_login:
            return "admitted after a logout";
        case Rule::lost_login:
            return "login lost";
        case Rule::refused_login:
            return "refused without a logout";
        case Rule::another_answer:
            return "another answer";
        case Rule::unfinished:
            return "logout unfinished";
        case Rule::absurd:
            break;
    }
    return "absurd status";
}

std::vector<Violation> judge(const History& history) {
    const std::vector<Bounds> bounds = bounds_of(history);
    std::vector<Violation> violations;
    std::set<std::pair<Rule, std::size_t>> seen;
    const auto blame = [&](Rule rule, Moment at, std::size_t session, std::optional<std::size_t> door) {
        if (!seen.emplace(rule, session).second) return;
        violations.push_back(
            {.rule = rule, .at = at, .session = session, .logout = bounds[session].killer, .door = door});
    };
    for (const Check& check : history.checks) {
        if (const auto rule = broken_by(check, bounds[check.session])) {
            blame(*rule, check.span.begin, check.session, check.door);
        }
    }
    for (const LoginAttempt& login : history.logins) {
        if (const auto rule = broken_by(login, bounds[login.session])) {
            blame(*rule, login.span.begin, login.session, std::nullopt);
        }
    }
    judge_logouts(history, violations);
    std::stable_sort(violations.begin(), violations.end(),
                     [](const Violation& a, const Violation& b) { return a.rule < b.rule; });
    return violations;
}

std::size_t count(const std::vector<Violation>& violations, Rule rule) {
    return static_cast<std::size_t>(
        std::count_if(violations.begin(), violations.end(), [rule](const Violation& one) { return one.rule == rule; }));
}

std::string trace(const History& history, const Violation& violation, Moment start) {
    std::vector<Line> lines;
    if (violation.session < history.sessions.size()) {
        trace_session(history, violation.session, start, lines);
    } else if (violation.logout) {
        trace_logout(history.logouts[*violation.logout], start, lines);
    }
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.first < b.first; });
    std::string text;
    for (const Line& one : lines) text += one.second;
    return text;
}

}  // namespace slo::test
