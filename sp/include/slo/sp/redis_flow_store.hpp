// The shared engine of the FlowStore: many nodes with one state, in Redis or Valkey.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "slo/saml/record_cipher.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/flow_store.hpp"
#include "slo/sp/redis_session_store.hpp"

namespace slo::sp {

struct RedisFlowStoreOptions {
    RedisServers servers;
    saml::StoreKeys keys = {};   ///< as RedisSessionStoreOptions::keys: its index_key names records and claims
    std::string prefix = "slo";  ///< of every key; may be the session store's, under the same keys
    ReplicaShortfall replica_shortfall = ReplicaShortfall::refuse;
    /// Pending records that were kept through this node and whose time isn't over, whether they have been taken or not;
    /// one of a KiB and more counts for each KiB begun. Whatever the others do; it begins anew with each start.
    std::size_t max_flows = 1'000'000;
    std::size_t max_claims = 4'000'000;  ///< the same of claims, whose time isn't over
};

/// RedisFlowStore has each record and each claim under a key of its own, named by a keyed digest, so that one command
/// on one server does each operation, in a Cluster too. Nodes write the end by their own clocks into what they keep,
/// and judge it by these; the servers remove it an hour later by theirs.
///
/// A claim waits for `replicas`, as a logout does, because a failover that lost it would let the assertion be used
/// again: with too few of them it is store_failed. A pending record doesn't wait: a failover may lose one, or bring one
/// back that was taken, whose assertion is claimed. Blocks in its callers' threads; all of them share its connections,
/// which are its own. A server without memory is StoreErrc::store_full for keep() and claim().
class RedisFlowStore final : public FlowStore {
public:
    /// open connects. Errors: StoreErrc::store_unusable, as RedisSessionStore::open. `clock` must outlive the store;
    /// the nodes' clocks mustn't differ by more than seconds.
    [[nodiscard]] static Result<std::unique_ptr<RedisFlowStore>> open(const Clock& clock,
                                                                      RedisFlowStoreOptions options);
    ~RedisFlowStore() override;

    /// keep: a handle whose record has expired takes another one only once the servers have removed that.
    [[nodiscard]] Result<void> keep(const FlowHandle& handle, std::string_view record, Instant until) override;
    [[nodiscard]] Result<std::optional<std::string>> peek(const FlowHandle& handle) override;
    [[nodiscard]] Result<std::optional<std::string>> take(const FlowHandle& handle) override;
    /// claim says `seen` for another hour after an assertion's end.
    [[nodiscard]] Result<AssertionUse> claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                             Instant until) override;

    /// forget_expired returns 0: the servers drop what has expired. It checks their clocks, as
    /// RedisSessionStore::sweep_some does: after a leap forward, claims may be missing.
    std::size_t forget_expired() override;

    [[nodiscard]] StoreHealth health() const noexcept override;
    [[nodiscard]] std::vector<std::string> notes() const override;

private:
    struct Impl;
    explicit RedisFlowStore(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
