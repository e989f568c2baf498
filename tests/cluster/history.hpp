// All requests and answers, as the IdP and the applications saw them: the basis of a verdict.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
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
    crowded,      ///< 409: the user has as many sessions as they may
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
    std::string idp = {};       ///< its entityID; empty: the usual one
    bool is_many = false;       ///< of a user who has as many as they may
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
    std::string text = {};  ///< the status in short, or the fault of the answer
};

/// An application's report on a session that it was to end.
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
    std::string idp = {};                      ///< as in SessionFacts
    bool may_be_refused = false;               ///< for good: its IdP has filled its quota

    [[nodiscard]] bool names(const SessionFacts& session) const;
    /// Whether it forbids the session's late assertion: however the NameID is written, if its value is the same.
    [[nodiscard]] bool forbids(const SessionFacts& session) const;
    /// Whether it doesn't name the session and may well mean it: another form, an address in another letter case, or
    /// a SessionIndex that identifies its session.
    [[nodiscard]] bool nearly_names(const SessionFacts& session) const;
    /// When the IdP began to send it; nothing if it never did.
    [[nodiscard]] std::optional<Moment> begun() const;
    /// When the IdP first held a signed Success.
    [[nodiscard]] std::optional<Moment> success() const;
};

/// The local interface's answer to a logout that started here.
enum class DepartureAnswer {
    everywhere,   ///< 200, and the IdP is said to have ended its session
    partial,      ///< 200
    local_only,   ///< 200
    unknown,      ///< 200
    nothing,      ///< 404: nothing of that lives
    unavailable,  ///< 503, or that the store's answer was lost (store.outcome_unknown)
    lost,
    absurd,
};

struct DepartureAttempt {
    Span span;
    DepartureAnswer answer;
    bool is_kept = false;  ///< it said that the IdP will be asked again

    /// Whether it said that the sessions don't live here any more.
    [[nodiscard]] bool says_gone() const noexcept { return answer <= DepartureAnswer::nothing; }
};

/// A logout that starts here: of a user's sessions, all of which are one session at their IdP.
struct Departure {
    std::string user;
    std::vector<std::size_t> sessions;  ///< admitted before it began
    std::vector<DepartureAttempt> attempts = {};

    /// When it was first said that its sessions are gone; nothing if it never was.
    [[nodiscard]] std::optional<Moment> ended() const;
};

/// A LogoutRequest of ours that an IdP has read, in time and signed by us, and answered with a signed Success.
struct IdpWord {
    std::string user;
    Moment at;  ///< before the answer was sent
};

/// A question asked during a trouble that doesn't concern it.
struct Probe {
    std::size_t door;
    Span span;
    bool is_answered;
};

/// What the nodes' lines say of the logouts that IdPs have ordered.
struct Lines {
    std::unordered_set<std::string> told = {};  ///< the requests' IDs
    std::size_t lost = 0;                       ///< proven lines that are reported as lost

    void add(const std::string& line);
};

struct History {
    std::vector<SessionFacts> sessions;
    std::vector<LoginAttempt> logins;
    std::vector<Check> checks;
    std::vector<LogoutFacts> logouts;
    std::vector<ApplicationCall> calls = {};
    std::vector<NodeDeath> deaths = {};
    std::vector<Departure> departures = {};
    std::vector<IdpWord> words = {};
    std::size_t given_up = 0;  ///< kept requests that were reported as given up
    std::vector<Probe> probes = {};
    std::optional<Lines> lines = {};  ///< only where each line should be there
    /// The troubles for which none of the probes and departures begun meanwhile may wait: each was mended only
    /// after their answers, or after a patience that no machine needs.
    std::vector<Span> troubles = {};
    bool tells_applications = false;  ///< an application is called for each session that ends
};

/// A SessionIndex of so many characters identifies its session.
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
    /// Before it is sent for the first time.
    std::size_t add_departure(Departure departure);
    void add(std::size_t departure, DepartureAttempt attempt);
    void add(const IdpWord& word);
    void add(const Probe& probe);
    void add_trouble(const Span& trouble);
    void set_given_up(std::size_t requests);
    void set_lines(Lines lines);
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
