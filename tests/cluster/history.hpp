// Everything that was asked and answered, as the IdP and the applications saw it: what a verdict is based on.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
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
    expired,      ///< 400
    stranger,     ///< 422: of an IdP that isn't known
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
    std::string user;   ///< the NameID's value
    std::string index;  ///< empty: none
    Instant authn_instant;
    std::string form = {};      ///< the NameID's Format and qualifiers, under the present names; empty: the usual ones
    bool expires_soon = false;  ///< within the trial: then it may be dead of itself
    bool is_strangers = false;  ///< of an IdP that isn't configured
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

/// What an application said of a session that it was to end.
enum class ApplicationAnswer {
    gone,
    failed,      ///< or it hung up without a word
    broken_off,  ///< the node died, or didn't wait for the answer
    none,        ///< it was at work until the end
};

/// As the application saw it: `span` ends before the node can have its answer.
struct ApplicationCall {
    std::size_t session;
    std::size_t node;
    Span span;
    ApplicationAnswer answer;
};

/// A node that was killed.
struct NodeDeath {
    std::size_t node;
    Moment at;
};

/// One request of the IdP, and how often it was sent.
struct LogoutFacts {
    std::string id;
    std::string user;
    std::vector<std::string> indexes;  ///< none: all sessions
    Instant issue_instant;
    std::string form = {};                     ///< as in SessionFacts
    std::vector<LogoutAttempt> attempts = {};  ///< some at the same time; in the order of their ends, about

    [[nodiscard]] bool names(const SessionFacts& session) const;
    /// Whether it keeps the session's late assertion out: however the NameID is written, if its value is the same.
    [[nodiscard]] bool forbids(const SessionFacts& session) const;
    /// Whether it doesn't name the session and may well mean it: another form, an address in another letter case, or
    /// a SessionIndex that tells by itself whose it is.
    [[nodiscard]] bool nearly_names(const SessionFacts& session) const;
    /// When the IdP began to send it; nothing if it never did.
    [[nodiscard]] std::optional<Moment> begun() const;
    /// When the IdP first held a signed Success.
    [[nodiscard]] std::optional<Moment> success() const;
};

struct History {
    std::vector<SessionFacts> sessions;
    std::vector<LoginAttempt> logins;
    std::vector<Check> checks;
    std::vector<LogoutFacts> logouts;
    std::vector<ApplicationCall> calls = {};
    std::vector<NodeDeath> deaths = {};
    bool tells_applications = false;  ///< an application is called for each session that ends
};

/// A SessionIndex of so many characters tells by itself whose session it is.
inline constexpr std::size_t telling_index = 16;

[[nodiscard]] std::string in_lower_case(std::string text);

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
    void add(const ApplicationCall& call);
    void add(const NodeDeath& death);
    void applications_are_told();

    /// The place of a session; nothing if there is none with this id.
    [[nodiscard]] std::optional<std::size_t> place_of(const std::string& id) const;
    [[nodiscard]] SessionFacts session(std::size_t place) const;
    [[nodiscard]] History copy() const;
    [[nodiscard]] std::size_t successes() const;

private:
    mutable std::mutex mutex_;
    History history_;
    std::unordered_map<std::string, std::size_t> places_;
    std::size_t successes_ = 0;
};

}  // namespace slo::test
