#include "judge.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <string_view>

#include "judge_rules.hpp"

namespace slo::test {
namespace {

/// Whether a round that told the application of one of the logout's sessions may have died with its node before the
/// store had its report. Where the application was late, the claim outlives the node for long.
bool has_broken_claim(const History& history, const LogoutFacts& logout) {
    const auto left_a_claim = [&](const ApplicationCall& call) {
        return std::any_of(history.deaths.begin(), history.deaths.end(), [&](const NodeDeath& death) {
            return death.node == call.node && death.at > call.span.begin &&
                   logout.attempts.back().span.end < death.at + longest_claim;
        });
    };
    return std::any_of(history.calls.begin(), history.calls.end(), [&](const ApplicationCall& call) {
        return logout.names(history.sessions[call.session]) && left_a_claim(call);
    });
}

void judge_logouts(const History& history, std::vector<Violation>& violations) {
    for (std::size_t i = 0; i < history.logouts.size(); ++i) {
        const LogoutFacts& logout = history.logouts[i];
        const auto& attempts = logout.attempts;
        if (attempts.empty()) continue;  // never sent
        const auto blame = [&](Rule rule, Moment at) {
            violations.push_back({.rule = rule, .at = at, .session = history.sessions.size(), .logout = i});
        };
        const bool may_fail = logout.may_be_refused || has_broken_claim(history, logout);
        if (!logout.success() && !may_fail) blame(Rule::unfinished, attempts.back().span.end);
        const auto odd = std::find_if(attempts.begin(), attempts.end(), [](const LogoutAttempt& attempt) {
            return attempt.answer == LogoutAnswer::other;
        });
        if (odd != attempts.end()) blame(Rule::another_answer, odd->span.end);
    }
}

std::string_view name_of(LoginAnswer answer) {
    constexpr std::string_view names[] = {"admitted",  "refused", "too many", "unavailable",
                                          "no answer", "expired", "stranger", "absurd"};
    return names[static_cast<std::size_t>(answer)];
}

std::string_view name_of(ApplicationAnswer answer) {
    constexpr std::string_view names[] = {"gone", "failed", "broken off", "still at work"};
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
        const std::string written = logout.form.empty() ? "" : " (" + logout.form + ")";
        const std::string what =
            "logout " + logout.id.substr(0, 8) + written + (logout.indexes.empty() ? " of all: " : ": ");
        lines.push_back(line(attempt.span, start, what + (attempt.text.empty() ? "no answer" : attempt.text)));
    }
}

void trace_departure(const Departure& departure, Moment start, std::vector<Line>& lines) {
    for (const DepartureAttempt& attempt : departure.attempts) {
        std::string what = "logout here of " + departure.user + ": " + std::string(name_of(attempt.answer));
        if (attempt.is_kept) what += ", to be asked again";
        lines.push_back(line(attempt.span, start, what));
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
    for (const ApplicationCall& call : history.calls) {
        if (call.session != place) continue;
        const Span span{call.span.begin, std::min(call.span.end, call.span.begin + std::chrono::hours(1))};
        const std::string what = "application, for node " + std::to_string(call.node) + ": ";
        lines.push_back(line(span, start, what + std::string(name_of(call.answer))));
    }
    for (const LogoutFacts& logout : history.logouts) {
        const SessionFacts& session = history.sessions[place];
        const bool concerns = logout.forbids(session) || logout.nearly_names(session);
        if (concerns) trace_logout(logout, start, lines);
    }
    for (const Departure& departure : history.departures) {
        const bool concerns = std::ranges::find(departure.sessions, place) != departure.sessions.end();
        if (concerns) trace_departure(departure, start, lines);
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
        case Rule::at_work:
            return "Success during an application's work";
        case Rule::unended:
            return "Success without an application's word";
        case Rule::untold:
            return "Success without asking an application";
        case Rule::near_miss:
            return "Success for a near miss";
        case Rule::stranger:
            return "a stranger's login not refused";
        case Rule::stays:
            return "a logout here without an end";
        case Rule::unproven:
            return "everywhere without the IdP's word";
        case Rule::unsent:
            return "a kept request lost";
        case Rule::waited:
            return "an answer that waited for others' trouble";
        case Rule::line_missing:
            return "a line missing";
        case Rule::absurd:
            break;
    }
    return "absurd status";
}

std::string_view name_of(DepartureAnswer answer) noexcept {
    constexpr std::string_view names[] = {"everywhere",    "partial",     "local only", "unknown",
                                          "nothing lives", "unavailable", "no answer",  "absurd"};
    return names[static_cast<std::size_t>(answer)];
}

std::vector<Violation> judge(const History& history) {
    const std::vector<Bounds> bounds = bounds_of(history);
    std::vector<Violation> violations;
    judge_applications(history, bounds, violations);
    judge_near_misses(history, bounds, violations);
    std::set<std::pair<Rule, std::size_t>> seen;
    const auto blame = [&](Rule rule, Moment at, std::size_t session, std::optional<std::size_t> door) {
        if (!seen.emplace(rule, session).second) return;
        const auto logout = rule == Rule::late_login ? bounds[session].barrier : bounds[session].killer;
        violations.push_back({.rule = rule, .at = at, .session = session, .logout = logout, .door = door});
    };
    for (const Check& check : history.checks) {
        if (const auto rule = broken_by(check, history.sessions[check.session], bounds[check.session])) {
            blame(*rule, check.span.begin, check.session, check.door);
        }
    }
    for (const LoginAttempt& login : history.logins) {
        if (const auto rule = broken_by(login, history.sessions[login.session], bounds[login.session])) {
            blame(*rule, login.span.begin, login.session, std::nullopt);
        }
    }
    judge_logouts(history, violations);
    judge_departures(history, violations);
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
    } else if (violation.departure) {
        trace_departure(history.departures[*violation.departure], start, lines);
    } else if (violation.logout) {
        trace_logout(history.logouts[*violation.logout], start, lines);
    }
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.first < b.first; });
    std::string text;
    constexpr std::size_t most = 60;
    for (std::size_t i = 0; i < lines.size() && i < most; ++i) text += lines[i].second;
    if (lines.size() > most) text += "    and " + std::to_string(lines.size() - most) + " more\n";
    return text;
}

}  // namespace slo::test
