// The implementation of RedisSessionStore: logins in redis_admission.cpp, logouts in redis_logout.cpp, recovery in
// redis_recovery.cpp, near misses in redis_near_misses.cpp, our own requests in redis_requests.cpp, lists of sessions
// in redis_listing.cpp, the rest in redis_session_store.cpp.
//
// All records of a principal have one hash tag, and one script changes them. Records in other slots (whose a session
// is, which order has a request's ID, the journals, the hints at near misses) are written before and removed after, so
// that a node that dies in between leaves nothing alive that should be dead.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client.hpp"
#include "record_ledger.hpp"
#include "slo/sp/redis_session_store.hpp"
#include "store_scripts.hpp"
#include "stored_records.hpp"

namespace slo::sp {

/// JournalEntry is a logout's principal and its request's name.
struct JournalEntry {
    std::string principal;
    std::string request_name;
    std::optional<Instant> since = {};  ///< what it must still contain when it is dropped; absent: anything

    [[nodiscard]] std::string text() const { return principal + request_name; }
};

using redis::Acknowledgement;
using redis::Answer;
using redis::RecordWriter;
using redis::Reply;
using redis::Request;
using redis::Script;
using redis::StoredSession;
using redis::StoreScripts;

/// RedisOperations are the store's operations on given servers.
struct RedisOperations {
    /// `its_servers` must outlive it.
    RedisOperations(const Clock& its_clock, RedisSessionStoreOptions its_options, RecordWriter its_writer,
                    redis::Servers& its_servers)
        : clock(its_clock), options(std::move(its_options)), writer(std::move(its_writer)), servers(its_servers) {}

    [[nodiscard]] Result<Admission> admit(const Session& session);
    [[nodiscard]] Result<Admission> would_admit(const Session& session);
    [[nodiscard]] Result<BegunLogout> begin_logout(const LogoutOrder& order, const RoundClaim& claim);
    [[nodiscard]] Result<RepeatedLogout> resume_logout(const LogoutKey& key, const RoundClaim& claim);
    [[nodiscard]] Result<LogoutOutcome> complete_logout(const LogoutKey& key, const RoundReport& report);
    [[nodiscard]] Result<std::optional<Session>> find(const LocalSessionID& id);
    [[nodiscard]] Result<std::vector<UnfinishedLogout>> unfinished_logouts();
    [[nodiscard]] Result<std::vector<Session>> named_by(const SessionNaming& naming);
    [[nodiscard]] Result<std::vector<NearMiss>> near_misses(const LogoutOrder& order);
    [[nodiscard]] Result<SessionPage> sessions_of(const saml::EntityID& idp, const std::string& after,
                                                  std::size_t count);
    [[nodiscard]] Result<std::vector<saml::EntityID>> idps_of_sessions();
    [[nodiscard]] Result<void> keep_request(const KeptRequest& request);
    [[nodiscard]] Result<std::vector<KeptRequest>> take_due_requests(Instant now, Instant until, std::size_t count);
    [[nodiscard]] Result<void> drop_request(const LogoutKey& key);

    // A login on its way in. Its place says whose the session is, and which login wrote it: principal, nonce. While
    // it is on its way, a mark follows them: a login that saw the mark can't take over a place that has become final.
    struct Login {
        const Session& session;
        Instant now;
        std::string principal;
        std::string name;
        std::string nonce;
        std::string record;

        static constexpr char on_its_way = '?';
        [[nodiscard]] std::string claim() const { return principal + nonce + on_its_way; }
    };
    enum class Holder { same_alive, same_ending, another, expired, none };

    [[nodiscard]] Result<Login> log_in(const Session& session, Instant now) const;
    [[nodiscard]] const char* rule() const noexcept;
    // Whether the IdP must be put on the list of those with sessions: now and then again, as a server may lose it, and
    // where the session outlives the list.
    [[nodiscard]] bool must_be_listed(const Login& login);
    void note_listed(const Login& login);
    // Nothing: another login was at it at the same time, try again.
    [[nodiscard]] Result<std::optional<Admission>> try_admit(const Login& login);
    [[nodiscard]] Result<std::optional<Admission>> admit_at(const Login& login);
    [[nodiscard]] Result<Holder> holder_of(const Login& login, std::string_view place);
    // Returns what is there afterwards.
    [[nodiscard]] Result<std::string> replace_place(const Login& login, const std::string& place, const std::string& by,
                                                    std::chrono::milliseconds time);
    [[nodiscard]] Result<std::optional<Admission>> confirm(const Login& login, const std::string& place);
    // Drops the session to which a place leads, if it is active.
    void withdraw(const std::string& place, const std::string& name);

    // Whether there is room for an order. What has begun already needs none.
    [[nodiscard]] Result<bool> has_room(const LogoutOrder& order, const std::string& principal, Instant now);
    [[nodiscard]] Result<Reply> run_begin(const LogoutOrder& order, const RoundClaim& claim,
                                          const std::string& principal, Instant now);
    [[nodiscard]] Result<BegunLogout> read_begun(const Reply& reply, const std::string& principal) const;
    // Returns the logout's principal by its request's place. Errors: StoreErrc::store_failed, also if none began.
    [[nodiscard]] Result<std::string> principal_of(const std::string& request_name);
    // Returns the keys that the scripts of a logout that has begun work on.
    [[nodiscard]] std::vector<std::string> keys_of_logout(const std::string& principal,
                                                          const std::string& request_name) const;
    // Forgets a piece of the sessions that are gone, and their traces elsewhere.
    [[nodiscard]] Result<void> drop_piece(const RoundID& round, std::span<const LocalSessionID> gone,
                                          const std::string& principal, const std::string& request_name);
    // `gone` is the part of the report that no piece had.
    [[nodiscard]] Result<Reply> run_complete(const RoundReport& report, std::span<const LocalSessionID> gone,
                                             const std::string& principal, const std::string& request_name);
    // Returns requests that drop the traces elsewhere of the sessions that a script has dropped; its answer names these
    // from `first` on.
    [[nodiscard]] std::vector<Request> traces_of_dropped(const Reply& answer, std::size_t first,
                                                         const std::string& principal) const;
    [[nodiscard]] Result<std::vector<JournalEntry>> journal(unsigned number);
    [[nodiscard]] Result<std::optional<UnfinishedLogout>> look_at(const JournalEntry& entry, Instant now);
    // The logout is over: its request's place needn't outlive it, and recovery needn't look at it. `order` is the
    // order's name, or empty where no logout ever began. The place may be another order's, which this one was refused
    // for.
    void settle(const JournalEntry& entry, std::string_view order, std::chrono::milliseconds time_left,
                std::vector<Request> besides = {});
    // Pairs of a name and a sealed session, from `first` on.
    [[nodiscard]] Result<std::vector<Session>> open_sessions(const Reply& list, std::size_t first,
                                                             std::string_view principal) const;

    // Returns the live sessions in HGETALL's answer about a principal's sessions.
    [[nodiscard]] Result<std::vector<Session>> live_sessions(const Reply& list, std::string_view principal,
                                                             Instant now) const;

    // The entries of a hint to be examined for near misses; each is a principal and a session's name.
    struct Hint {
        std::string key;
        std::string position = "0";
    };
    using Candidate = std::pair<std::string, std::string>;
    // Returns some of each hint's. Hints that were examined completely are dropped.
    [[nodiscard]] Result<std::vector<Candidate>> next_candidates(std::vector<Hint>& hints);
    [[nodiscard]] Result<std::vector<Session>> live_candidates(std::span<const Candidate> candidates, Instant now);

    // Where a walk over all masters is: at a position that SCAN gave, at one of them. It counts only as long as the
    // same processes are masters: another one's positions mean something else.
    struct Walk {
        std::vector<redis::Address> masters;
        std::string servers;  // names the masters' processes
        std::size_t master = 0;
        std::string position = "0";

        [[nodiscard]] bool is_over() const noexcept { return master == masters.size(); }
        [[nodiscard]] std::string str() const;
    };
    [[nodiscard]] Result<Walk> walk_from(const std::string& after);
    // Takes one step of it: returns the keys of sessions that it found.
    [[nodiscard]] Result<std::vector<std::string>> step(Walk& walk, std::size_t count);
    // Adds all of these principals' live sessions of `idp`.
    [[nodiscard]] Result<void> add_sessions(const std::vector<std::string>& keys, const saml::EntityID& idp,
                                            std::vector<Session>& sessions);

    // A kept request that is due, as its part returned it.
    struct DueRequest {
        std::int64_t since = 0;
        unsigned part = 0;
        std::string name;
    };
    // Returns the earliest of all parts. A part that doesn't answer is left out, and reported in `trouble`.
    [[nodiscard]] std::vector<DueRequest> due_requests(Instant now, std::size_t count, std::optional<Failure>& trouble);
    [[nodiscard]] Request take_request(const std::vector<DueRequest>& due, unsigned part, Instant now,
                                       Instant until) const;

    // Sends one request; the server's own error is a Failure.
    [[nodiscard]] Result<Reply> ask(Request request);
    // Sends all at once; the first that fails fails them all.
    [[nodiscard]] Result<std::vector<Reply>> ask_all(std::vector<Request> requests);
    // Makes ask()'s result of an answer. `asked` is the acknowledgement that the request wanted.
    [[nodiscard]] Result<Reply> judge(Result<Answer> answer, Acknowledgement asked);
    [[nodiscard]] Result<Reply> ask_for_text(Request request);
    // A command and its key, which is the first of its arguments.
    [[nodiscard]] static Request command(std::vector<std::string> words);
    [[nodiscard]] static Request script(const Script& script, std::vector<std::string> keys,
                                        std::vector<std::string> arguments);

    const Clock& clock;
    const RedisSessionStoreOptions options;
    const RecordWriter writer;
    const StoreScripts& scripts = StoreScripts::get();
    std::atomic<std::uint64_t> replica_shortfalls = 0;
    redis::RecordLedger ledger{options.max_logout_records, options.max_logout_records_per_idp};
    std::mutex listed_mutex;
    struct Listing {
        Instant good_until;
        Instant kept_until;
    };
    std::unordered_map<std::string, Listing> listed;  // by IdP
    redis::Servers& servers;
};

}  // namespace slo::sp
