// Everything that was asked and answered, as the IdP and the applications saw it: what a verdict is based on.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "slo/saml/time.hpp"

namespace slo::test {

/// One process asks everything, so one clock is enough.
using Moment = std::chrono::steady_clock::time_point;

/// From just before a question was sent until the last octet of its answer was here, or until it was given up.
struct Span {
    Moment begin;
    Moment end;
};

enum class LoginAnswer {
    admitted,     ///< 201
    refused,      ///< 409: a logout came first
    unavailable,  ///< 503
    lost,         ///< none came
    absurd,       ///< none of these
};

enum class CheckAnswer {
    alive,        ///< 200
    dead,         ///< 404
    unavailable,  ///< 503
    lost,
    absurd,
};

enum class LogoutAnswer {
    success,    ///< signed by the SP, and in response to this very request
    responder,  ///< likewise; an IdP may come again
    busy,       ///< 503
    lost,
    other,  ///< another status, or one that isn't signed
};

/// A session that an application wanted to admit, by one or more attempts.
struct SessionFacts {
    std::string id;
    std::string user;
    std::string index;  ///< empty: none
    Instant authn_instant;
};

struct LoginAttempt {
    std::size_t session;  ///< in History::sessions
    Span span;
    LoginAnswer answer;
};

struct Check {
    std::size_t session;
    std::size_t door;  ///< which node was asked, or the spreader
    Span span;
    CheckAnswer answer;
};

struct LogoutAttempt {
    Span span;
    LogoutAnswer answer;
    std::string text = {};  ///< the status in short, or what was wrong with the answer
};

/// One request of the IdP, and how often it was sent.
struct LogoutFacts {
    std::string id;
    std::string user;
    std::vector<std::string> indexes;  ///< none: all sessions
    Instant issue_instant;
    std::vector<LogoutAttempt> attempts = {};

    [[nodiscard]] bool names(const SessionFacts& session) const;
    /// When the IdP first held a signed Success.
    [[nodiscard]] std::optional<Moment> success() const;
};

struct History {
    std::vector<SessionFacts> sessions;
    std::vector<LoginAttempt> logins;
    std::vector<Check> checks;
    std::vector<LogoutFacts> logouts;
};

/// Recorder collects a History from many threads.
class Recorder {
public:
    /// Before its first login is sent. Returns its place.
    std::size_t add_session(SessionFacts session);
    /// Before it is sent for the first time.
    std::size_t add_logout(LogoutFacts logout);
    void add(const LoginAttempt& login);
    void add(const Check& check);
    void add(std::size_t logout, LogoutAttempt attempt);

    [[nodiscard]] SessionFacts session(std::size_t place) const;
    [[nodiscard]] History copy() const;
    [[nodiscard]] std::size_t successes() const;

private:
    mutable std::mutex mutex_;
    History history_;
    std::size_t successes_ = 0;
};

}  // namespace slo::test
