// The memory engine of the FlowStore: for tests, and for one process whose users may begin a sign-on anew after a
// restart.
#pragma once

#include <cstddef>
#include <memory>

#include "slo/saml/keyed_digest.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/flow_store.hpp"

namespace slo::sp {

struct MemoryFlowStoreOptions {
    std::size_t max_flows = 1'000'000;   ///< pending records; one of a KiB and more counts for each KiB begun
    std::size_t max_claims = 4'000'000;  ///< assertions that were used and may still be accepted by time
};

/// MemoryFlowStore keeps everything in shards with locks of their own, which it shares with no session store. When it
/// is full, what has expired makes room. A restart forgets records and claims together: an assertion that was asked for
/// isn't accepted any more, as its record is gone; one that may come unasked could be used once more within its time.
/// The clock must outlive it.
class MemoryFlowStore final : public FlowStore {
public:
    MemoryFlowStore(const Clock& clock, saml::KeyedDigest digest, MemoryFlowStoreOptions options = {});
    ~MemoryFlowStore() override;

    [[nodiscard]] Result<void> keep(const FlowHandle& handle, std::string_view record, Instant until) override;
    [[nodiscard]] Result<std::optional<std::string>> peek(const FlowHandle& handle) override;
    [[nodiscard]] Result<std::optional<std::string>> take(const FlowHandle& handle) override;
    [[nodiscard]] Result<AssertionUse> claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                             Instant until) override;

    /// forget_expired drops what has expired in one shard and moves on to the next.
    std::size_t forget_expired() override;

    /// octets_beside_record is what a pending record takes besides its own octets: its header, and its slot in a table.
    /// A claim takes octets_of_claim. Neither counts a table's free slots, up to as many again, nor the allocator's
    /// own octets.
    static const std::size_t octets_beside_record;
    static const std::size_t octets_of_claim;

    struct Size {
        std::size_t flows = 0;   ///< pending records that are there, expired ones included
        std::size_t claims = 0;  ///< the same of claims
        std::size_t octets = 0;  ///< of both, by octets_beside_record and octets_of_claim
    };
    [[nodiscard]] Size size() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
