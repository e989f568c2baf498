// The session store's port: few operations, each of them atomic. The promise "Success means gone" rests on it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/kept_requests.hpp"
#include "slo/sp/logout_order.hpp"
#include "slo/sp/session.hpp"

namespace slo::sp {

/// LogoutOutcome is the result for the sessions that an order named. Success may be signed only if complete().
struct LogoutOutcome {
    std::uint32_t ended = 0;         ///< live until now, gone everywhere
    std::uint32_t already_gone = 0;  ///< the application had none of them any more
    std::uint32_t failed = 0;        ///< may still live in an application

    [[nodiscard]] bool complete() const noexcept { return failed == 0; }
    friend bool operator==(const LogoutOutcome&, const LogoutOutcome&) = default;
};

/// Admission: the session was admitted, or an earlier logout forbids it (Core 3.7.3.1 l.2598-2609).
enum class Admission { admitted, refused_by_logout };

/// RoundID names one round of the applications through the sessions of a logout. Unique over all nodes and restarts.
struct RoundID {
    std::uint64_t node = 0;    ///< random, made anew by each process
    std::uint64_t number = 0;  ///< counts that process's rounds
    friend bool operator==(const RoundID&, const RoundID&) = default;
};

/// RoundClaim asks for sessions that are *ending*: only one round at a time has a session, over all nodes. A round has
/// it until it reports (complete_logout), or until another one claims it after `until`, because a node died. A round's
/// hold is never shortened by another claim of its own, which may have been sent earlier and arrive later.
struct RoundClaim {
    RoundID round;
    Instant until;  ///< by the node's clock; nodes may differ by seconds, so it has them to spare
};

/// FreshLogout and RepeatedLogout are begin_logout's results. In both, `ending` is the part granted to the claim: the
/// caller has the applications end them. A claim repeated under the same RoundID is granted the same again.
struct FreshLogout {
    std::vector<Session> ending;                 ///< now *ending*: find() already answers "not alive" for each of them
    std::vector<Session> in_another_round = {};  ///< ending too, and another round has them
};
struct RepeatedLogout {
    /// The final answer: present once everything that the logout named is gone. A partial one isn't kept as an answer,
    /// because the failed sessions may have ended since.
    std::optional<LogoutOutcome> recorded;
    std::vector<Session> ending;  ///< those still *ending*; empty if `recorded` is present
    std::vector<Session> in_another_round = {};
};
using BegunLogout = std::variant<FreshLogout, RepeatedLogout>;

/// RoundReport is the result of a round.
struct RoundReport {
    RoundID round;
    std::uint32_t ended = 0;           ///< sessions that an application had and ended
    std::uint32_t already_gone = 0;    ///< sessions that no application had any more
    std::vector<LocalSessionID> gone;  ///< all of those: the store may forget them
    /// Sessions beside those that the logout names that keep it from being complete: near misses.
    std::uint32_t near_misses = 0;
    /// If an application is still at work: until when the round keeps the sessions left. Absent: it gives them back.
    std::optional<Instant> at_work_until = {};
};

/// NearMiss is a live session of an order's IdP that the order doesn't name, though it may well mean it.
struct NearMiss {
    /// What differs, and so which setting would make the order name the session.
    enum class Kind {
        format,         ///< the NameID's Format
        qualifier,      ///< NameQualifier, SPNameQualifier or SPProvidedID
        name_case,      ///< an e-mail address in other letter case
        white_space,    ///< the order's NameID or SessionIndex has white space around it, the session's none
        session_index,  ///< the SessionIndex is the session's, the NameID isn't
        no_index,       ///< the session is named by its SessionIndex, and the order has none
    };
    Kind kind;
    Session session;
    friend bool operator==(const NearMiss&, const NearMiss&) = default;
};
/// name returns "near_miss.format", "near_miss.qualifier", "near_miss.case", "near_miss.white_space",
/// "near_miss.session_index" or "near_miss.no_index". Static storage.
[[nodiscard]] std::string_view name(NearMiss::Kind kind) noexcept;
/// remedy_for says, for an operator, what to change so that the logout finds the session. Static storage.
[[nodiscard]] std::string_view remedy_for(NearMiss::Kind kind) noexcept;

/// UnfinishedLogout is a logout whose sessions recovery ends and completes. May be at work in this very process.
struct UnfinishedLogout {
    LogoutKey key;
    std::vector<Session> ending;
};

/// SessionPage is some of an IdP's sessions, and the place of the next ones.
struct SessionPage {
    std::vector<Session> sessions;
    std::string next;  ///< for the next call; empty: these were the last
};

/// max_sessions_per_principal is how many sessions of one principal a store takes, unless its options differ: live and
/// ending ones; one more is StoreErrc::principal_full. The cost of a principal's logout grows with it.
inline constexpr std::size_t max_sessions_per_principal = 10'000;

/// max_near_misses is how many near misses are returned: one is enough to refuse a Success.
inline constexpr std::size_t max_near_misses = 16;

/// StoreHealth is what an engine has seen of the servers that it shares with other nodes, since it was opened. Zero
/// if there are none.
struct StoreHealth {
    std::uint64_t reconnects = 0;
    std::uint64_t redirections = 0;  ///< from one server to another
    /// Steps of logouts (begun, completed; our own requests kept, taken, dropped) that fewer replicas than asked for
    /// had in time.
    std::uint64_t replica_shortfalls = 0;
    /// How often a server's clock was found to differ by more than 10 s from this node's, after it hadn't.
    std::uint64_t clock_differences = 0;
    /// How often one had moved by more than 10 s otherwise than this node's steady clock, from one look to the next; a
    /// node that was suspended meanwhile sees that, too. Servers drop records by their own clocks, so after a leap
    /// forward logouts may be missing.
    std::uint64_t clock_leaps = 0;
    std::chrono::seconds last_clock_leap{0};  ///< positive: forward
    friend bool operator==(const StoreHealth&, const StoreHealth&) = default;
};

/// SessionStore is the port. A session goes active -> ending -> gone and never back. Every operation is atomic, safe to
/// call from any thread, and durable as its engine says before it returns. After StoreErrc::store_full and
/// principal_full everything is as it was. StoreErrc::store_failed means that the result is unknown: the operation may
/// have been done in full, and its answer lost. Each of them may be repeated then, with the same arguments, and has the
/// same effect. Identity of a principal: (IdP, our entity, NameID under the order's matching rule). Sessions that are
/// named by their SessionIndex (Session::named_by) have the index in the NameID's place, and only orders under
/// NameIDMatching::session_index name them. One database has the sessions, the logouts and the kept requests.
class SessionStore : public KeptRequests {
public:
    /// admit makes `session` live, unless a logout of its principal forbids it: one that names one of its indexes, or
    /// all, that is still kept, and whose `as_of` isn't before the session's AuthnInstant (in strict mode: whatever the
    /// AuthnInstant). Admitting the same session again is admitted and changes nothing.
    /// The order that keeps the promise: the host first makes the session in the application, so that end_sessions
    /// finds it, then admits it, and only then hands out its cookie; if it isn't admitted, the host erases it.
    ///
    /// Errors: StoreErrc::session_id_taken, session_malformed, store_full, principal_full, store_failed.
    [[nodiscard]] virtual Result<Admission> admit(const Session& session) = 0;

    /// would_admit says whether admit() would refuse `session` for a logout known now. Changes nothing. For the other
    /// names under which a session's IdP and our entity have been known. Errors: StoreErrc::store_failed.
    [[nodiscard]] virtual Result<Admission> would_admit(const Session& session) = 0;

    /// begin_logout records `order` and turns every session that it names *ending*, expired or not, in one step: no
    /// login slips in between, no two callers both get FreshLogout for one key. Sessions left *ending* by an earlier
    /// order are named again. In the same step `claim` gets those that no other round has.
    /// A session without an index is named only by an order without indexes. An order is a repeat if all but
    /// `matching`, `keep_until` and `origin` is as recorded; another order under a recorded key is refused, because no
    /// answer to it would be true. An order that starts here is never store_full for the number of records: it ends
    /// sessions that had room. Errors: StoreErrc::request_id_reused, store_full, store_failed.
    [[nodiscard]] virtual Result<BegunLogout> begin_logout(const LogoutOrder& order, const RoundClaim& claim) = 0;

    /// resume_logout claims the sessions that a begun logout still waits for, as begin_logout does for a repeat.
    /// Errors: StoreErrc::store_failed, also where no such logout has begun.
    [[nodiscard]] virtual Result<RepeatedLogout> resume_logout(const LogoutKey& key, const RoundClaim& claim) = 0;

    /// complete_logout takes a round's report: it forgets the sessions in `gone` that the logout named and that the
    /// round has; the others stay *ending*, and the round gives them back, or keeps them until at_work_until. Records
    /// and returns the logout's outcome: `ended` and `already_gone` are the sums of its rounds' reports (each session
    /// that was in another round and is gone counts as already_gone if its report says so), and `failed` is how many
    /// sessions that it named are still there, whichever round has them, plus the near misses. So it is complete only
    /// if no session that it named is left, and a complete outcome never changes again. If very many are gone, an
    /// engine may forget them piece by piece, and other callers see some of them gone before the rest.
    /// Errors: StoreErrc::store_failed, also where no such logout has begun.
    [[nodiscard]] virtual Result<LogoutOutcome> complete_logout(const LogoutKey& key, const RoundReport& report) = 0;

    /// find returns the session, if it is alive: admitted, not ending, not expired.
    [[nodiscard]] virtual Result<std::optional<Session>> find(const LocalSessionID& id) = 0;

    /// unfinished_logouts returns the logouts with sessions still *ending*, or never completed: after crash or failure.
    [[nodiscard]] virtual Result<std::vector<UnfinishedLogout>> unfinished_logouts() = 0;

    /// named_by returns the live sessions that `naming` names. Changes nothing. Errors: StoreErrc::store_failed.
    [[nodiscard]] virtual Result<std::vector<Session>> named_by(const SessionNaming& naming) = 0;

    /// near_misses returns live sessions of the order's IdP at our entity that it doesn't name, although they have its
    /// NameID's value (of an e-mail address also in another letter case), or one of its SessionIndexes under another
    /// NameID. A session that differs only in its SessionIndexes is none: the session that the order names isn't here.
    /// Changes nothing. At most max_near_misses of them. Errors: StoreErrc::store_failed.
    [[nodiscard]] virtual Result<std::vector<NearMiss>> near_misses(const LogoutOrder& order) = 0;

    /// sessions_of returns live sessions of `idp`, about `count` (at least 1) at a time, in an order of the engine's
    /// own; `after` is empty or a page's `next`. A session that is there during the whole walk is seen, others may be;
    /// one may be seen twice. For administrators: costs as much as there are sessions.
    [[nodiscard]] virtual Result<SessionPage> sessions_of(const saml::EntityID& idp, const std::string& after,
                                                          std::size_t count) = 0;

    /// idps_of_sessions returns the IdPs of the sessions, by the names under which these were admitted; maybe some that
    /// have none any more. For administrators: costs may grow with the sessions. Errors: StoreErrc::store_failed.
    [[nodiscard]] virtual Result<std::vector<saml::EntityID>> idps_of_sessions() = 0;

    /// sweep_some drops some expired records; call it now and then. Returns how many were dropped. An engine whose
    /// servers do that by themselves drops nothing.
    virtual std::size_t sweep_some() { return 0; }

    /// health returns the state of the engine's servers. The figures needn't be of one moment.
    [[nodiscard]] virtual StoreHealth health() const noexcept { return {}; }

    /// notes returns what an operator should know of the engine when it starts to serve, one line each.
    [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
};

/// ReloginRule says how the store treats a login that a logout preceded.
enum class ReloginRule {
    /// Admitted if AuthnInstant is after the logout's IssueInstant. Both are the IdP's clock; where an IdP's nodes
    /// differ, an assertion from a node that is ahead may pass for a newer login by as much as they differ.
    by_authn_instant,
    strict,  ///< refused until the logout's `keep_until`
};

}  // namespace slo::sp
