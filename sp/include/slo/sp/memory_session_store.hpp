// The memory engine: for tests, and for hosts whose sessions die with the process anyway.
#pragma once

#include <cstddef>
#include <memory>

#include "slo/saml/keyed_digest.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

struct MemorySessionStoreOptions {
    // For each limit, a record of over a KiB counts for each KiB begun.
    std::size_t max_sessions = 20'000'000;  ///< records of logouts that started here counted
    /// Records of IdPs' orders. An IdP may have as much as it leaves free: one alone half of this, two a third each.
    std::size_t max_logout_records = 2'000'000;
    std::size_t max_logout_records_per_idp = 1'000'000;
    std::size_t max_kept_requests = sp::max_kept_requests;
    std::size_t max_sessions_per_principal = sp::max_sessions_per_principal;  ///< live and ending ones
    ReloginRule relogin = ReloginRule::by_authn_instant;
};

/// MemorySessionStore keeps packed records in shards, found by keyed digests. Bounded: when it is full, expired records
/// make room, and if there are none, admit(), begin_logout() and keep_request() fail with StoreErrc::store_full; a
/// live session, an ending one, a kept logout and a kept request are never dropped. For a principal that has
/// max_sessions_per_principal, admit() fails with StoreErrc::principal_full, and for no other one. No record survives
/// the process. The clock must outlive it.
class MemorySessionStore final : public SessionStore {
public:
    MemorySessionStore(const Clock& clock, saml::KeyedDigest digest, MemorySessionStoreOptions options = {});
    ~MemorySessionStore() override;

    [[nodiscard]] Result<Admission> admit(const Session& session) override;
    [[nodiscard]] Result<Admission> would_admit(const Session& session) override;
    [[nodiscard]] Result<BegunLogout> begin_logout(const LogoutOrder& order, const RoundClaim& claim) override;
    [[nodiscard]] Result<RepeatedLogout> resume_logout(const LogoutKey& key, const RoundClaim& claim) override;
    [[nodiscard]] Result<LogoutOutcome> complete_logout(const LogoutKey& key, const RoundReport& report) override;
    [[nodiscard]] Result<std::optional<Session>> find(const LocalSessionID& id) override;
    [[nodiscard]] Result<std::vector<UnfinishedLogout>> unfinished_logouts() override;
    [[nodiscard]] Result<std::vector<Session>> named_by(const SessionNaming& naming) override;
    [[nodiscard]] Result<std::vector<NearMiss>> near_misses(const LogoutOrder& order) override;
    [[nodiscard]] Result<SessionPage> sessions_of(const saml::EntityID& idp, const std::string& after,
                                                  std::size_t count) override;
    [[nodiscard]] Result<std::vector<saml::EntityID>> idps_of_sessions() override;
    [[nodiscard]] Result<void> keep_request(const KeptRequest& request) override;
    [[nodiscard]] Result<std::vector<KeptRequest>> take_due_requests(Instant now, Instant until,
                                                                     std::size_t count) override;
    [[nodiscard]] Result<void> drop_request(const LogoutKey& key) override;

    /// sweep_some drops the expired records of one shard and moves on to the next; call it now and then. Returns how
    /// many were dropped.
    std::size_t sweep_some() override;

    struct Size {
        // Weighted as for the limits.
        std::size_t sessions = 0;  ///< live, ending, and expired ones not swept yet
        std::size_t logout_records = 0;
    };
    [[nodiscard]] Size size() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
