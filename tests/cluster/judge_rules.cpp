#include "judge_rules.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace slo::test {
namespace {

void lower(std::optional<Moment>& bound, Moment moment) {
    if (!bound || moment < *bound) bound = moment;
}

/// A login that authenticated after the logout is a new one: the logout may end it, and needn't.
void apply(const LogoutFacts& logout, std::size_t place, const SessionFacts& session, Bounds& bounds) {
    const auto begun = logout.begun();
    if (!begun || !logout.forbids(session)) return;
    const bool names = logout.names(session);
    const auto success = logout.success();
    const bool is_new_login = session.authn_instant > logout.issue_instant;
    // A logout that was over before says nothing about it.
    if (is_new_login && success && bounds.asked && *success < *bounds.asked) return;
    lower(bounds.doubtful, *begun);
    if (names) lower(bounds.endangered, *begun);
    if (!success || is_new_login) return;
    if (!bounds.forbidden || *success < *bounds.forbidden) bounds.barrier = place;
    lower(bounds.forbidden, *success);
    if (!names) return;
    if (!bounds.dead || *success < *bounds.dead) bounds.killer = place;
    lower(bounds.dead, *success);
}

/// As a logout that names its sessions, but one without a barrier where the IdP can't be asked.
void apply(const Departure& departure, std::vector<Bounds>& bounds) {
    if (departure.attempts.empty()) return;
    const auto ended = departure.ended();
    for (const std::size_t session : departure.sessions) {
        for (const DepartureAttempt& attempt : departure.attempts) {
            lower(bounds[session].endangered, attempt.span.begin);
            lower(bounds[session].doubtful, attempt.span.begin);
        }
        if (!ended || (bounds[session].dead && *bounds[session].dead < *ended)) continue;
        bounds[session].dead = ended;
        bounds[session].killer.reset();
    }
}

/// The sessions, or logouts, that have a text in common.
using Places = std::multimap<std::string, std::size_t, std::less<>>;

template <class Visit>
void visit_each(const Places& places, std::string_view text, Visit visit) {
    const auto [begin, end] = places.equal_range(text);
    for (auto entry = begin; entry != end; ++entry) visit(entry->second);
}

Places sessions_by_user(const History& history) {
    Places places;
    for (std::size_t i = 0; i < history.sessions.size(); ++i) places.emplace(history.sessions[i].user, i);
    return places;
}

using Calls = std::vector<std::vector<const ApplicationCall*>>;

Calls calls_by_session(const History& history) {
    Calls calls(history.sessions.size());
    for (const ApplicationCall& call : history.calls) calls[call.session].push_back(&call);
    return calls;
}

/// The calls and reports of the applications about a session, while the IdP got a Success that names it. A call that a
/// dead node made is over, and since when is unknown.
std::optional<Rule> broken_by(const Span& success, const std::vector<const ApplicationCall*>& calls) {
    const auto any = [&calls](auto is_so) { return std::any_of(calls.begin(), calls.end(), is_so); };
    const bool was_at_work = any([&success](const ApplicationCall* call) {
        return call->answer != ApplicationAnswer::broken_off && call->span.begin < success.begin &&
               call->span.end > success.end;
    });
    if (was_at_work) return Rule::at_work;
    const bool was_asked = any([&success](const ApplicationCall* call) { return call->span.begin < success.end; });
    if (!was_asked) return Rule::untold;
    const bool is_gone = any([&success](const ApplicationCall* call) {
        return call->answer == ApplicationAnswer::gone && call->span.end <= success.end;
    });
    return is_gone ? std::nullopt : std::optional(Rule::unended);
}

/// It is only sure to have been in the store, for the logout to find it, if it was acknowledged before.
bool was_there(const LogoutFacts& logout, const Bounds& bounds) {
    const auto begun = logout.begun();
    return bounds.admitted && begun && *bounds.admitted < *begun;
}

void judge_application(const LogoutFacts& logout, const SessionFacts& session, const Bounds& bounds,
                       const std::vector<const ApplicationCall*>& calls, auto blame) {
    if (session.authn_instant > logout.issue_instant || !logout.names(session)) return;
    for (const LogoutAttempt& attempt : logout.attempts) {
        if (attempt.answer != LogoutAnswer::success) continue;
        const auto rule = broken_by(attempt.span, calls);
        if (rule && (*rule != Rule::untold || was_there(logout, bounds))) return blame(*rule, attempt.span.end);
    }
}

/// The sessions that a logout may mean, although it doesn't name them.
class Neighbours {
public:
    explicit Neighbours(const History& history) {
        for (std::size_t i = 0; i < history.sessions.size(); ++i) {
            const SessionFacts& session = history.sessions[i];
            by_user_.emplace(in_lower_case(session.user), i);
            if (session.index.size() >= telling_index) by_index_.emplace(session.index, i);
        }
    }
    template <class Visit>
    void visit(const LogoutFacts& logout, Visit visit) const {
        visit_each(by_user_, in_lower_case(logout.user), visit);
        for (const std::string& index : logout.indexes) visit_each(by_index_, index, visit);
    }

private:
    Places by_user_;
    Places by_index_;
};

/// Acknowledged before the logout was sent, and until the IdP had its Success no other logout was on its way to it.
bool was_alive(const SessionFacts& session, const Bounds& bounds, const LogoutFacts& logout, Moment success) {
    if (session.expires_soon || !was_there(logout, bounds)) return false;
    return !bounds.endangered || *bounds.endangered > success;
}

}  // namespace

std::vector<Bounds> bounds_of(const History& history) {
    Places logouts;
    for (std::size_t i = 0; i < history.logouts.size(); ++i) logouts.emplace(history.logouts[i].user, i);
    std::vector<Bounds> bounds(history.sessions.size());
    for (const LoginAttempt& login : history.logins) {
        lower(bounds[login.session].asked, login.span.begin);
        if (login.answer == LoginAnswer::admitted) lower(bounds[login.session].admitted, login.span.end);
    }
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const SessionFacts& session = history.sessions[i];
        visit_each(logouts, session.user,
                   [&](std::size_t logout) { apply(history.logouts[logout], logout, session, bounds[i]); });
    }
    for (const Departure& departure : history.departures) apply(departure, bounds);
    return bounds;
}

std::optional<Rule> broken_by(const Check& check, const SessionFacts& session, const Bounds& bounds) {
    const bool ought_to_be_dead = bounds.dead && check.span.begin > *bounds.dead;
    const bool may_be_dead = session.expires_soon || !bounds.admitted || check.span.begin <= *bounds.admitted ||
                             (bounds.endangered && check.span.end >= *bounds.endangered);
    if (check.answer == CheckAnswer::alive && ought_to_be_dead) return Rule::survivor;
    if (check.answer == CheckAnswer::dead && !may_be_dead) return Rule::lost_login;
    if (check.answer == CheckAnswer::absurd) return Rule::absurd;
    return std::nullopt;
}

std::optional<Rule> broken_by(const LoginAttempt& login, const SessionFacts& session, const Bounds& bounds) {
    const bool says_nothing = login.answer == LoginAnswer::unavailable || login.answer == LoginAnswer::lost;
    if (session.is_strangers) {
        return says_nothing || login.answer == LoginAnswer::stranger ? std::nullopt : std::optional(Rule::stranger);
    }
    const bool ought_to_be_refused = bounds.forbidden && login.span.begin > *bounds.forbidden;
    const bool may_be_refused = bounds.doubtful && login.span.end >= *bounds.doubtful;
    if (login.answer == LoginAnswer::admitted && ought_to_be_refused) return Rule::late_login;
    if (login.answer == LoginAnswer::refused && !may_be_refused) return Rule::refused_login;
    if (login.answer == LoginAnswer::crowded && !session.is_many) return Rule::refused_login;
    if (login.answer == LoginAnswer::absurd || login.answer == LoginAnswer::stranger) return Rule::absurd;
    if (login.answer == LoginAnswer::expired && !session.expires_soon) return Rule::absurd;
    return std::nullopt;
}

void judge_applications(const History& history, const std::vector<Bounds>& bounds, std::vector<Violation>& violations) {
    if (!history.tells_applications) return;
    const Places sessions = sessions_by_user(history);
    const Calls calls = calls_by_session(history);
    for (std::size_t i = 0; i < history.logouts.size(); ++i) {
        visit_each(sessions, history.logouts[i].user, [&](std::size_t session) {
            judge_application(history.logouts[i], history.sessions[session], bounds[session], calls[session],
                              [&](Rule rule, Moment at) {
                                  violations.push_back({.rule = rule, .at = at, .session = session, .logout = i});
                              });
        });
    }
}

void judge_near_misses(const History& history, const std::vector<Bounds>& bounds, std::vector<Violation>& violations) {
    const Neighbours neighbours(history);
    for (std::size_t i = 0; i < history.logouts.size(); ++i) {
        const LogoutFacts& logout = history.logouts[i];
        const auto success = logout.success();
        if (!success) continue;
        bool names_any = false;
        std::optional<std::size_t> near;
        neighbours.visit(logout, [&](std::size_t place) {
            const SessionFacts& session = history.sessions[place];
            if (logout.names(session))
                names_any = names_any || (bounds[place].asked && *bounds[place].asked < *success);
            const bool is_near = logout.nearly_names(session) && session.authn_instant <= logout.issue_instant;
            if (is_near && was_alive(session, bounds[place], logout, *success)) near = place;
        });
        if (near && !names_any) {
            violations.push_back({.rule = Rule::near_miss, .at = *success, .session = *near, .logout = i});
        }
    }
}

}  // namespace slo::test
