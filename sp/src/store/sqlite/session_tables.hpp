// The port's operations on the tables. None of them begins or ends a transaction, and none waits.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "database.hpp"
#include "slo/sp/sqlite_session_store.hpp"
#include "store_rules.hpp"

namespace slo::sp {

/// StoredSession is a row of sessions.
struct StoredSession {
    std::int64_t number;
    Session session;
    std::optional<std::int64_t> ending_by;  ///< the first logout that named it; none while it is active

    /// is_droppable is true of an expired session that no logout waits for: the application may keep a session past
    /// `expires`, and a logout that named it has to see it gone first.
    [[nodiscard]] bool is_droppable(Instant now) const noexcept { return !ending_by && session.expires <= now; }
    [[nodiscard]] bool is_alive(Instant now) const noexcept { return !ending_by && session.expires > now; }
};

/// StoredLogout is a row of logouts. Numbers grow in the order in which logouts began.
struct StoredLogout {
    std::int64_t number;
    LogoutOrder order;
    std::optional<LogoutOutcome> outcome;
};

struct OrderRows;

/// StoredRequest is a row of kept requests.
struct StoredRequest {
    std::int64_t number;
    KeptRequest request;
};

/// BegunRows is a logout that has begun: for good, or with sessions that are still ending.
struct BegunRows {
    bool is_repeat = false;
    std::optional<LogoutOutcome> recorded = {};
    std::vector<Session> ending = {};
};

/// Taken is the use of the quotas. weight_here, that of logouts that started here, takes room of sessions.
struct Taken {
    std::size_t sessions = 0;
    std::size_t weight_of_idps = 0;
    std::size_t weight_here = 0;
};

/// SessionTables decides and acts through one connection, whose errors its caller checks afterwards. It finds every
/// reason to refuse an operation before it writes, except that expired records make room first.
class SessionTables {
public:
    SessionTables(Database& database, const SqliteSessionStoreOptions& options) noexcept
        : database_(database), options_(options) {}

    // Within a transaction that writes.
    [[nodiscard]] Result<Admission> admit(const Session& session, Instant now);
    [[nodiscard]] Result<BegunRows> begin_logout(const LogoutOrder& order, Instant now);
    /// forget removes those in `gone` that the logout named. Errors: as awaited_by().
    [[nodiscard]] Result<void> forget(const LogoutKey& key, const std::vector<LocalSessionID>& gone);
    /// complete_logout does so, and takes the report for all that are gone by now.
    [[nodiscard]] Result<LogoutOutcome> complete_logout(const LogoutKey& key, const RoundReport& report,
                                                        const std::vector<LocalSessionID>& gone);
    [[nodiscard]] Result<void> keep_request(const KeptRequest& request, Instant now);
    [[nodiscard]] std::vector<KeptRequest> take_due_requests(Instant now, Instant until, std::size_t count);
    void drop_request(const LogoutKey& key);
    std::size_t sweep(Instant now);

    // Within any transaction.
    [[nodiscard]] bool is_forbidden(const Session& session, Instant now);
    /// Errors: StoreErrc::store_failed where no such logout has begun.
    [[nodiscard]] Result<BegunRows> awaited_by(const LogoutKey& key);
    [[nodiscard]] bool has_begun(const LogoutKey& key) { return logout_number(key).has_value(); }
    [[nodiscard]] std::vector<NearMiss> near_misses(const LogoutOrder& order, Instant now);
    [[nodiscard]] std::optional<StoredSession> session(const LocalSessionID& id);
    [[nodiscard]] std::vector<UnfinishedLogout> unfinished_logouts();
    [[nodiscard]] std::vector<Session> named_by(const SessionNaming& naming, Instant now);
    /// last_session returns the greatest number of a session; 0 if there is none.
    [[nodiscard]] std::int64_t last_session();
    /// sessions_of returns the live ones whose numbers are greater than `after` and at most `last`.
    [[nodiscard]] std::vector<StoredSession> sessions_of(const saml::EntityID& idp, std::int64_t after,
                                                         std::int64_t last, std::size_t count, Instant now);
    [[nodiscard]] std::vector<saml::EntityID> idps_of_sessions();
    [[nodiscard]] SqliteSessionStore::Size size();

private:
    [[nodiscard]] Taken taken();
    [[nodiscard]] bool has_room_for(const Session& session, Instant now);
    [[nodiscard]] bool has_room_for_one_of(const saml::EntityID& idp, const Principal& principal, Instant now);
    /// has_at_least says whether a principal has at least `count` sessions, expired ones included.
    [[nodiscard]] bool has_at_least(std::size_t count, const saml::EntityID& idp, const Principal& principal);
    [[nodiscard]] bool has_room_for_logout(const LogoutOrder& order, std::size_t weight, Instant now);
    [[nodiscard]] bool has_room_for_barriers(const LogoutOrder& order);
    [[nodiscard]] std::size_t idp_logout_weight(const saml::EntityID& idp);

    [[nodiscard]] std::int64_t entity(const saml::EntityID& id);
    [[nodiscard]] OrderRows rows_of(const LogoutOrder& order);
    [[nodiscard]] std::vector<StoredSession> sessions_of(const NamingView& naming);
    /// sessions_of returns the sessions that `query` finds by an IdP and a text: up to `most`, or all if it's negative.
    [[nodiscard]] std::vector<StoredSession> sessions_of(Query query, const saml::EntityID& idp, std::string_view text,
                                                         std::int64_t most);
    [[nodiscard]] BegunRows awaited_by(const StoredLogout& logout);
    void add(const Session& session);
    [[nodiscard]] std::optional<StoredSession> read_session(const Cursor& row);
    [[nodiscard]] std::optional<std::int64_t> logout_number(const LogoutKey& key);
    [[nodiscard]] std::optional<StoredLogout> logout(std::int64_t number);
    [[nodiscard]] std::vector<StoredSession> named_by(const StoredLogout& logout);
    /// barriers returns the logouts whose barriers cover one index of a principal.
    [[nodiscard]] std::vector<StoredLogout> barriers(const saml::EntityID& idp, const Principal& principal,
                                                     std::string_view session_index);

    [[nodiscard]] std::int64_t add(const LogoutOrder& order, std::size_t weight);
    void put_up_barriers(const LogoutOrder& order, std::int64_t number);
    void take_down_barriers(const StoredLogout& logout);
    void take_down_barrier(const LogoutOrder& order, std::string_view session_index, std::int64_t number);
    [[nodiscard]] std::vector<Session> make_ending(const LogoutOrder& order, std::int64_t number);
    void forget(const StoredSession& session);
    void forget(const StoredLogout& logout, const std::vector<LocalSessionID>& gone);
    /// Errors: StoreErrc::store_failed where no such logout has begun.
    [[nodiscard]] Result<StoredLogout> begun(const LogoutKey& key);
    std::size_t sweep_sessions(Instant now);
    std::size_t sweep_sessions_of(const saml::EntityID& idp, const Principal& principal, Instant now);
    std::size_t sweep_logouts(Instant now);

    [[nodiscard]] std::optional<std::int64_t> kept_request_number(const LogoutKey& key);
    [[nodiscard]] bool has_room_for(const KeptRequest& request, Instant now);
    std::size_t sweep_kept_requests(Instant now);

    Database& database_;
    const SqliteSessionStoreOptions& options_;
};

}  // namespace slo::sp
