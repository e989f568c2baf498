#include "history.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace slo::test {

std::string in_lower_case(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

bool LogoutFacts::names(const SessionFacts& session) const {
    return form == session.form && forbids(session);
}

bool LogoutFacts::forbids(const SessionFacts& session) const {
    if (session.user != user || session.idp != idp) return false;
    return indexes.empty() || std::find(indexes.begin(), indexes.end(), session.index) != indexes.end();
}

bool LogoutFacts::nearly_names(const SessionFacts& session) const {
    if (session.idp != idp) return false;
    if (session.user == user) return form != session.form;
    if (user.find('@') != std::string::npos && in_lower_case(user) == in_lower_case(session.user)) return true;
    return session.index.size() >= telling_index &&
           std::find(indexes.begin(), indexes.end(), session.index) != indexes.end();
}

std::optional<Moment> LogoutFacts::begun() const {
    std::optional<Moment> first;
    for (const LogoutAttempt& attempt : attempts) {
        if (!first || attempt.span.begin < *first) first = attempt.span.begin;
    }
    return first;
}

std::optional<Moment> LogoutFacts::success() const {
    std::optional<Moment> first;
    for (const LogoutAttempt& attempt : attempts) {
        if (attempt.answer != LogoutAnswer::success) continue;
        if (!first || attempt.span.end < *first) first = attempt.span.end;
    }
    return first;
}

void Lines::add(const std::string& line) {
    const auto behind = [&line](std::string_view name) {
        const auto at = line.find(name);
        return at == std::string::npos ? std::string_view() : std::string_view(line).substr(at + name.size());
    };
    const std::string_view id = behind(R"("request_id":")");
    if (!id.empty()) told.emplace(id.substr(0, id.find('"')));
    const std::string_view number = behind(R"("proven":)");
    std::size_t proven = 0;
    std::from_chars(number.data(), number.data() + number.size(), proven);
    if (line.find(R"("event":"lines_lost")") != std::string::npos) lost += proven;
}

std::optional<Moment> Departure::ended() const {
    std::optional<Moment> first;
    for (const DepartureAttempt& attempt : attempts) {
        if (attempt.says_gone() && (!first || attempt.span.end < *first)) first = attempt.span.end;
    }
    return first;
}

std::size_t Recorder::add_session(SessionFacts session) {
    const std::lock_guard lock(mutex_);
    places_.emplace(session.id, history_.sessions.size());
    history_.sessions.push_back(std::move(session));
    return history_.sessions.size() - 1;
}

std::size_t Recorder::add_logout(LogoutFacts logout) {
    const std::lock_guard lock(mutex_);
    history_.logouts.push_back(std::move(logout));
    return history_.logouts.size() - 1;
}

void Recorder::add(const LoginAttempt& login) {
    const std::lock_guard lock(mutex_);
    history_.logins.push_back(login);
}

void Recorder::add(const Check& check) {
    const std::lock_guard lock(mutex_);
    history_.checks.push_back(check);
}

void Recorder::add(std::size_t logout, LogoutAttempt attempt) {
    const std::lock_guard lock(mutex_);
    if (attempt.answer == LogoutAnswer::success) ++successes_;
    history_.logouts[logout].attempts.push_back(std::move(attempt));
}

void Recorder::add(const ApplicationCall& call) {
    const std::lock_guard lock(mutex_);
    history_.calls.push_back(call);
}

void Recorder::add(const NodeDeath& death) {
    const std::lock_guard lock(mutex_);
    history_.deaths.push_back(death);
}

std::size_t Recorder::add_departure(Departure departure) {
    const std::lock_guard lock(mutex_);
    history_.departures.push_back(std::move(departure));
    return history_.departures.size() - 1;
}

void Recorder::add(std::size_t departure, DepartureAttempt attempt) {
    const std::lock_guard lock(mutex_);
    history_.departures[departure].attempts.push_back(attempt);
}

void Recorder::add(const IdpWord& word) {
    const std::lock_guard lock(mutex_);
    history_.words.push_back(word);
}

void Recorder::add(const Probe& probe) {
    const std::lock_guard lock(mutex_);
    history_.probes.push_back(probe);
}

void Recorder::add_trouble(const Span& trouble) {
    const std::lock_guard lock(mutex_);
    history_.troubles.push_back(trouble);
}

void Recorder::set_lines(Lines lines) {
    const std::lock_guard lock(mutex_);
    history_.lines = std::move(lines);
}

void Recorder::set_given_up(std::size_t requests) {
    const std::lock_guard lock(mutex_);
    history_.given_up = requests;
}

void Recorder::applications_are_told() {
    const std::lock_guard lock(mutex_);
    history_.tells_applications = true;
}

std::optional<std::size_t> Recorder::place_of(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(id);
    return found == places_.end() ? std::nullopt : std::optional(found->second);
}

SessionFacts Recorder::session(std::size_t place) const {
    const std::lock_guard lock(mutex_);
    return history_.sessions[place];
}

History Recorder::copy() const {
    const std::lock_guard lock(mutex_);
    return history_;
}

std::size_t Recorder::successes() const {
    const std::lock_guard lock(mutex_);
    return successes_;
}

}  // namespace slo::test
