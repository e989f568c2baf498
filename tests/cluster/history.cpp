#include "history.hpp"

#include <algorithm>
#include <utility>

namespace slo::test {

bool LogoutFacts::names(const SessionFacts& session) const {
    if (session.user != user) return false;
    return indexes.empty() || std::find(indexes.begin(), indexes.end(), session.index) != indexes.end();
}

std::optional<Moment> LogoutFacts::success() const {
    for (const LogoutAttempt& attempt : attempts) {
        if (attempt.answer == LogoutAnswer::success) return attempt.span.end;
    }
    return std::nullopt;
}

std::size_t Recorder::add_session(SessionFacts session) {
    const std::lock_guard lock(mutex_);
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
