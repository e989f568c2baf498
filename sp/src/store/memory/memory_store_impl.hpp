// The implementation of MemorySessionStore. The port's operations are in memory_session_store.cpp, those that only
// read sessions in memory_store_reading.cpp, the limits in memory_store_sweep.cpp.
#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "memory_hints.hpp"
#include "memory_kept_requests.hpp"
#include "memory_shard.hpp"
#include "round_table.hpp"
#include "scope_table.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "store_quota.hpp"

namespace slo::sp {

/// LogoutClaim is room for one logout: in the store and in its IdP's share, or, if it starts here, beside the sessions.
struct LogoutClaim {
    Quota::Claim in_store;
    Quota::Claim of_idp;
    Quota::Claim beside_sessions;

    explicit operator bool() const noexcept { return beside_sessions || (in_store && of_idp); }
    void keep() noexcept {
        static_cast<void>(in_store.release());
        static_cast<void>(of_idp.release());
        static_cast<void>(beside_sessions.release());
    }
};

struct MemorySessionStore::Impl {
    Impl(const Clock& its_clock, saml::KeyedDigest its_digest, MemorySessionStoreOptions its_options)
        : clock(its_clock), digest(its_digest), options(its_options) {}
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Result<Admission> admit(const Session& session);
    Admission would_admit(const Session& session) const;
    Result<BegunLogout> begin_logout(const LogoutOrder& order, const RoundClaim& claim);
    Result<RepeatedLogout> resume_logout(const LogoutKey& key, const RoundClaim& claim);
    Result<LogoutOutcome> complete_logout(const LogoutKey& key, const RoundReport& report);
    std::optional<Session> find(const LocalSessionID& id) const;
    std::vector<UnfinishedLogout> unfinished_logouts() const;
    std::vector<Session> named_by(const SessionNaming& naming) const;
    std::vector<NearMiss> near_misses(const LogoutOrder& order) const;
    Result<SessionPage> sessions_of(const saml::EntityID& idp, const std::string& after, std::size_t count) const;
    std::vector<saml::EntityID> idps_of_sessions() const;
    std::size_t sweep_some();

    // A login on its way in, kept over several tries.
    struct Login {
        const Session& session;
        SessionKey id;
        PrincipalKey principal;
        Instant now;
        PackedSession::Owned packed;
        Quota::Claim room;
    };
    enum class Try { admitted, refused, id_held, needs_room, principal_full };

    SessionKey key_of(const LocalSessionID& id) const;
    RequestKey key_of(const LogoutKey& key) const;

    Try try_admit(Login& login);
    // Drops the session with `id` if it has expired. False: it is live or ending.
    bool free_id(const SessionKey& id, Instant now);
    // Which principal shard guards the session with `id`; by the time the caller has locked it, it may be another.
    std::optional<std::size_t> find_principal_shard(const SessionKey& id) const;

    // The caller holds the logout's shard's mutex.
    Result<FreshLogout> begin_fresh(LogoutShard& logout_shard, const LogoutOrder& order, LogoutRecord& logout,
                                    const RoundClaim& claim, Instant now);
    RepeatedLogout repeated(const LogoutRecord& logout, const RoundClaim& claim, Instant now);
    // The sessions that `logout` named and that are still ending. The caller holds the principal's shard's mutex.
    std::vector<const PackedSession*> named_by(const LogoutRecord& logout) const;
    // Those of them that the report says are gone and whose round it is, in std::less's order. The caller holds the
    // principal's shard's mutex.
    std::vector<const PackedSession*> named_in(const LogoutRecord& logout, const RoundReport& report) const;
    // Frees sessions that were taken out of a principal's shard, whose mutex the caller holds. Returns how many.
    std::size_t forget(PackedSession* list) noexcept;
    // Counts off one of the things that `logout` waits for. The caller holds the principal's shard's mutex.
    void settle_one(LogoutRecord& logout) noexcept;

    // Whether a principal may have one more session, after dropping its expired ones if need be. The caller holds no
    // mutex.
    bool has_room_for_one_of(const PrincipalKey& principal, Instant now);
    // Room, after dropping what has expired if need be; null if there is none even then. The caller holds no mutex.
    Quota::Claim claim_session(std::size_t weight, Instant now);
    LogoutClaim claim_logout(const LogoutRecord& logout, Instant now);
    LogoutClaim try_claim_logout(const LogoutRecord& logout) noexcept;
    void give_back_room_of(const LogoutRecord& logout) noexcept;

    struct Swept {
        std::size_t seen = 0;
        std::size_t dropped = 0;
    };
    Swept sweep(PrincipalShard& shard, Instant now);
    Swept sweep(LogoutShard& shard, Instant now);

    const Clock& clock;
    const saml::KeyedDigest digest;
    const MemorySessionStoreOptions options;
    ScopeTable scopes{digest};
    Quota session_quota{options.max_sessions};  // what of it weight_here counts are logouts that started here
    std::atomic<std::size_t> weight_here = 0;
    Quota logout_quota{options.max_logout_records};
    QuotaPerIdp idp_quotas{options.max_logout_records_per_idp};
    MemoryKeptRequests kept_requests{options.max_kept_requests};
    RoundTable rounds;
    HintTable hints;
    std::vector<PrincipalShard> principals{shard_count};
    std::vector<SessionShard> sessions{shard_count};
    std::vector<LogoutShard> logouts{shard_count};
    std::atomic<std::size_t> session_sweeps = 0;  // where the next sweep begins, modulo shard_count
    std::atomic<std::size_t> logout_sweeps = 0;
};

}  // namespace slo::sp
