// The judgement of logouts that start here, and of answers that waited for troubles of others.
#include <algorithm>
#include <map>
#include <string>

#include "judge_rules.hpp"

namespace slo::test {
namespace {

/// When the IdP signed Success for each user, in order.
using Words = std::map<std::string, std::vector<Moment>, std::less<>>;

Words words_of(const History& history) {
    Words words;
    for (const IdpWord& word : history.words) words[word.user].push_back(word.at);
    for (auto& [user, moments] : words) std::ranges::sort(moments);
    return words;
}

/// Whether the user had one before `moment`.
bool has_word(const Words& words, const std::string& user, Moment moment) {
    const auto found = words.find(user);
    return found != words.end() && found->second.front() <= moment;
}

bool is_within(const Span& trouble, Moment moment) {
    return trouble.begin < moment && moment < trouble.end;
}

/// Whether it was asked during one of the troubles, and answered after it, or never.
bool has_waited(const History& history, Moment asked, std::optional<Moment> answered) {
    return std::ranges::any_of(history.troubles, [&](const Span& trouble) {
        return is_within(trouble, asked) && (!answered || *answered > trouble.end);
    });
}

class Blame {
public:
    Blame(const History& history, std::vector<Violation>& violations) : history_(history), violations_(violations) {}
    void operator()(Rule rule, Moment at, std::size_t departure) const {
        violations_.push_back(
            {.rule = rule, .at = at, .session = history_.sessions.size(), .logout = {}, .departure = departure});
    }

private:
    const History& history_;
    std::vector<Violation>& violations_;
};

void judge_departure(const History& history, std::size_t place, const Words& words, const Blame& blame) {
    const Departure& departure = history.departures[place];
    const auto& attempts = departure.attempts;
    const auto ended = departure.ended();
    if (!ended) blame(Rule::stays, attempts.back().span.end, place);
    if (has_waited(history, attempts.front().span.begin, ended)) {
        blame(Rule::waited, attempts.front().span.begin, place);
    }
    for (const DepartureAttempt& attempt : attempts) {
        if (attempt.answer == DepartureAnswer::absurd) blame(Rule::absurd, attempt.span.end, place);
        if (attempt.answer != DepartureAnswer::everywhere || has_word(words, departure.user, attempt.span.end))
            continue;
        return blame(Rule::unproven, attempt.span.end, place);
    }
}

/// Which request was given up isn't shown: their names are hashed. So as many may be missing as were given up.
void judge_kept(const History& history, const Words& words, const Blame& blame) {
    std::size_t excused = history.given_up;
    for (std::size_t i = 0; i < history.departures.size(); ++i) {
        const Departure& departure = history.departures[i];
        const auto kept = std::ranges::find_if(departure.attempts, &DepartureAttempt::is_kept);
        if (kept == departure.attempts.end() || has_word(words, departure.user, Moment::max())) continue;
        if (excused > 0) {
            --excused;
        } else {
            blame(Rule::unsent, kept->span.end, i);
        }
    }
}

/// A lost line doesn't show its logout. So as many may be missing as were reported.
void judge_lines(const History& history, std::vector<Violation>& violations) {
    if (!history.lines) return;
    std::size_t excused = history.lines->lost;
    for (std::size_t i = 0; i < history.logouts.size(); ++i) {
        const auto success = history.logouts[i].success();
        if (!success || history.lines->told.contains(history.logouts[i].id)) continue;
        if (excused > 0) {
            --excused;
            continue;
        }
        violations.push_back(
            {.rule = Rule::line_missing, .at = *success, .session = history.sessions.size(), .logout = i});
    }
}

}  // namespace

void judge_departures(const History& history, std::vector<Violation>& violations) {
    const Words words = words_of(history);
    const Blame blame(history, violations);
    for (std::size_t i = 0; i < history.departures.size(); ++i) {
        if (!history.departures[i].attempts.empty()) judge_departure(history, i, words, blame);
    }
    judge_kept(history, words, blame);
    judge_lines(history, violations);
    for (const Probe& probe : history.probes) {
        // Where the node died there is no answer, and it didn't wait for one.
        if (!has_waited(history, probe.span.begin, probe.span.end)) continue;
        violations.push_back({.rule = Rule::waited,
                              .at = probe.span.begin,
                              .session = history.sessions.size(),
                              .logout = {},
                              .door = probe.door});
    }
}

}  // namespace slo::test
