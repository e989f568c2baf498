// The shared engine: many nodes with one state, in Redis or Valkey.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slo/saml/record_cipher.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// RedisTopology says how the named servers belong together.
enum class RedisTopology {
    single,    ///< one server
    sentinel,  ///< the named servers are Sentinels that know which master serves
    cluster,   ///< the named servers are some of a Cluster's
};

struct RedisTlsOptions {
    std::string ca_file;                ///< PEM; issuer of the servers' certificates
    std::string certificate_file = {};  ///< PEM; ours, if servers ask for one
    std::string private_key_file = {};
    std::string server_name = {};  ///< the name in the certificates; empty: the host that was dialled
};

/// RedisServers says how to reach the servers.
struct RedisServers {
    /// "host:port", "[::1]:port" or "unix:/path". More than one for a Cluster or Sentinels.
    std::vector<std::string> addresses;
    RedisTopology topology = RedisTopology::single;
    std::string sentinel_master = {};  ///< the master's name among the Sentinels
    std::string user = {};             ///< ACL user; empty: `default`
    std::string password = {};         ///< empty: none is sent
    std::string sentinel_user = {};
    std::string sentinel_password = {};
    std::optional<RedisTlsOptions> tls = {};
    /// For one request to the servers, its repetitions included. An operation of the store makes up to three, one after
    /// the other; near_misses() more if very many sessions have a SessionIndex in common.
    std::chrono::milliseconds deadline{2000};
    /// How many replicas must have a logout before it counts: all that may be promoted, or a failover can undo an
    /// acknowledged one. 0: there are none, and no failover. With others, find() and admit() fail while fewer follow
    /// the master, and logouts wait for three seconds after a master was first seen.
    unsigned replicas = 0;
};

/// ReplicaShortfall says what happens to a logout that fewer replicas than `replicas` have acknowledged in time.
enum class ReplicaShortfall {
    refuse,  ///< StoreErrc::store_failed: the IdP gets Responder, and may come again
    report,  ///< it counts, and health() says so
};

/// SessionEndedListener gets the sessions that ended on any node, for a host that caches answers of find(). Called
/// from the store's own thread, which it mustn't block; must not throw.
class SessionEndedListener {
public:
    virtual ~SessionEndedListener() = default;
    virtual void session_ended(const LocalSessionID& id) noexcept = 0;
    /// may_have_missed: some may have been missed; a cache of positive answers drops them all.
    virtual void may_have_missed() noexcept = 0;
};

struct RedisSessionStoreOptions {
    RedisServers servers;
    saml::StoreKeys keys = {};
    std::string prefix = "slo";  ///< of every key, and of the channel; lets several applications share a server
    ReplicaShortfall replica_shortfall = ReplicaShortfall::refuse;
    ReloginRule relogin = ReloginRule::by_authn_instant;
    /// Records of IdPs' orders through this node, whatever the others do; it begins anew with each start. A logout
    /// counts for each KiB begun. An IdP may have as much as it leaves free: one alone half, two a third each.
    std::size_t max_logout_records = 2'000'000;
    std::size_t max_logout_records_per_idp = 1'000'000;
    /// Approximate: requests lie in 16 parts with a sixteenth each. One over a KiB counts for each KiB begun.
    std::size_t max_kept_requests = sp::max_kept_requests;
    /// Live and ending ones. All nodes must have the same, as a login is counted by its node's value. All principals'
    /// sessions together have no limit but the servers' maxmemory: set it. Beyond it, admit() is StoreErrc::store_full.
    std::size_t max_sessions_per_principal = sp::max_sessions_per_principal;
    std::shared_ptr<SessionEndedListener> listener = nullptr;
};

/// RedisSessionStore keeps every principal's sessions and logouts together, so that one script on one server does each
/// of the store's operations. Its records show no NameID, entityID, index or local id: these are named by keyed
/// digests, and sealed if they are needed back. Blocks in its callers' threads; all of them share its connections.
class RedisSessionStore final : public SessionStore {
public:
    /// open connects. Errors: StoreErrc::store_unusable if no server can be reached or may serve (its eviction policy
    /// could drop logouts, it has another deployment's keys); `detail` names the remedy. `clock` must outlive the
    /// store; the nodes' clocks mustn't differ by more than seconds.
    [[nodiscard]] static Result<std::unique_ptr<RedisSessionStore>> open(const Clock& clock,
                                                                         RedisSessionStoreOptions options);
    ~RedisSessionStore() override;

    [[nodiscard]] Result<Admission> admit(const Session& session) override;
    [[nodiscard]] Result<Admission> would_admit(const Session& session) override;
    [[nodiscard]] Result<BegunLogout> begin_logout(const LogoutOrder& order, const RoundClaim& claim) override;
    [[nodiscard]] Result<RepeatedLogout> resume_logout(const LogoutKey& key, const RoundClaim& claim) override;
    [[nodiscard]] Result<LogoutOutcome> complete_logout(const LogoutKey& key, const RoundReport& report) override;
    [[nodiscard]] Result<std::optional<Session>> find(const LocalSessionID& id) override;
    [[nodiscard]] Result<std::vector<UnfinishedLogout>> unfinished_logouts() override;
    [[nodiscard]] Result<std::vector<Session>> named_by(const SessionNaming& naming) override;
    /// near_misses: StoreErrc::store_failed also if thousands of sessions have to be examined, and none of them is one.
    [[nodiscard]] Result<std::vector<NearMiss>> near_misses(const LogoutOrder& order) override;
    /// sessions_of sees everything only as long as a Cluster moves no slots. If a server restarts or a replica takes
    /// over, the walk goes back to its beginning by itself.
    [[nodiscard]] Result<SessionPage> sessions_of(const saml::EntityID& idp, const std::string& after,
                                                  std::size_t count) override;
    [[nodiscard]] Result<std::vector<saml::EntityID>> idps_of_sessions() override;
    [[nodiscard]] Result<void> keep_request(const KeptRequest& request) override;
    [[nodiscard]] Result<std::vector<KeptRequest>> take_due_requests(Instant now, Instant until,
                                                                     std::size_t count) override;
    [[nodiscard]] Result<void> drop_request(const LogoutKey& key) override;

    /// sweep_some returns 0: the servers drop expired records. It checks their clocks instead, at most each five
    /// seconds, for health(): then it blocks, for the servers' deadline at most.
    std::size_t sweep_some() override;

    [[nodiscard]] StoreHealth health() const noexcept override;
    /// notes returns what was found about the servers at open().
    [[nodiscard]] std::vector<std::string> notes() const override;

private:
    struct Impl;
    explicit RedisSessionStore(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
