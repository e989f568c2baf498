#include "slo/sp/memory_flow_store.hpp"

#include <algorithm>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstring>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "flow_rules.hpp"
#include "memory_shard.hpp"
#include "store_guard.hpp"
#include "store_quota.hpp"

namespace slo::sp {
namespace {

constexpr std::size_t flow_shard_count = 256;

/// PackedFlow is a pending record in one heap block: this header, then its octets.
struct PackedFlow {
    saml::Digest128 name;
    Instant until;
    std::size_t octets;

    struct Free {
        void operator()(PackedFlow* flow) const noexcept { ::operator delete(flow); }
    };
    using Owned = std::unique_ptr<PackedFlow, Free>;

    [[nodiscard]] static Owned pack(saml::Digest128 name, std::string_view record, Instant until) {
        void* const block = ::operator new(sizeof(PackedFlow) + record.size());
        Owned packed(::new (block) PackedFlow{.name = name, .until = until, .octets = record.size()});
        std::copy(record.begin(), record.end(), static_cast<char*>(block) + sizeof(PackedFlow));
        return packed;
    }
    [[nodiscard]] std::string_view record() const noexcept {
        return {reinterpret_cast<const char*>(this) + sizeof(PackedFlow), octets};
    }
    [[nodiscard]] std::size_t weight() const noexcept { return weight_of_octets(octets); }
};
static_assert(std::is_trivially_destructible_v<PackedFlow>);

// The digest is keyed, so that no sender can make two alike; and 128 bits of it don't meet by chance.
struct ByDigest {
    static std::size_t hash(const PackedFlow& flow) noexcept { return hash(flow.name); }
    static std::size_t hash(const saml::Digest128& name) noexcept { return name.low; }
    static bool equal(const PackedFlow& flow, const saml::Digest128& name) noexcept { return flow.name == name; }
    std::size_t operator()(const saml::Digest128& name) const noexcept { return hash(name); }
};
using Claims = boost::unordered_flat_map<saml::Digest128, Instant, ByDigest>;

struct alignas(64) FlowShard {
    mutable std::mutex mutex;
    PointerSet<PackedFlow, saml::Digest128, ByDigest> flows;  // owned
    Claims claims;
    Instant claims_floor = Instant::min();  // the latest end of those that were dropped
    Earliest earliest_end;                  // of both
};

}  // namespace

struct MemoryFlowStore::Impl {
    Impl(const Clock& its_clock, saml::KeyedDigest its_digest, MemoryFlowStoreOptions options)
        : clock(its_clock), digest(its_digest), flow_quota(options.max_flows), claim_quota(options.max_claims) {}
    ~Impl() {
        for (FlowShard& shard : shards) {
            shard.flows.update_each(
                [](PackedFlow*& flow) { const PackedFlow::Owned owned(std::exchange(flow, nullptr)); });
        }
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Result<void> keep(const FlowHandle& handle, std::string_view record, Instant until);
    std::optional<std::string> peek(const FlowHandle& handle) const;
    std::optional<std::string> take(const FlowHandle& handle);
    Result<AssertionUse> claim(const saml::EntityID& issuer, const saml::MessageID& assertion, Instant until);
    std::size_t sweep_next(Instant now);

    saml::Digest128 name_of(const FlowHandle& handle) const { return digest({flow_digest_part, handle.str()}); }
    // The tables hash by the low half.
    static std::size_t shard_of(const saml::Digest128& name) noexcept { return name.high % flow_shard_count; }
    // The caller holds the shard's mutex.
    PackedFlow::Owned remove(FlowShard& shard, PackedFlow* flow) noexcept;
    // Room, after dropping what has expired if need be; null if there is none even then. The caller holds no mutex.
    Quota::Claim room_in(Quota& quota, std::size_t weight, Instant now);
    std::size_t sweep(FlowShard& shard, Instant now);

    const Clock& clock;
    const saml::KeyedDigest digest;
    Quota flow_quota;
    Quota claim_quota;
    std::atomic<std::size_t> flows = 0;
    std::atomic<std::size_t> record_octets = 0;
    std::vector<FlowShard> shards{flow_shard_count};
    std::atomic<std::size_t> sweeps = 0;  // where the next sweep begins, modulo flow_shard_count
};

Result<void> MemoryFlowStore::Impl::keep(const FlowHandle& handle, std::string_view record, Instant until) {
    const Instant now = clock.now();
    if (auto checked = check_flow(record, until, now); !checked) return checked;
    PackedFlow::Owned packed = PackedFlow::pack(name_of(handle), record, until);
    FlowShard& shard = shards[shard_of(packed->name)];
    Quota::Claim room;
    for (;;) {
        {
            const std::lock_guard lock(shard.mutex);
            if (PackedFlow* const known = shard.flows.find(packed->name)) {
                if (known->until <= now) {
                    static_cast<void>(remove(shard, known));
                } else if (known->record() == record && known->until == until) {
                    return Done{};
                } else {
                    return fail(StoreErrc::flow_handle_taken);
                }
            }
            if (room) {
                shard.flows.add(packed.get());
                shard.earliest_end.include(until);
                ++flows;
                record_octets += packed->octets;
                static_cast<void>(packed.release());  // the shard owns it now
                static_cast<void>(room.release());    // remove() gives it back
                return Done{};
            }
        }
        room = room_in(flow_quota, packed->weight(), now);
        if (!room) return fail(StoreErrc::store_full, "as many sign-ons are pending as the store takes");
    }
}

std::optional<std::string> MemoryFlowStore::Impl::peek(const FlowHandle& handle) const {
    const saml::Digest128 name = name_of(handle);
    const FlowShard& shard = shards[shard_of(name)];
    const std::lock_guard lock(shard.mutex);
    const PackedFlow* const flow = shard.flows.find(name);
    if (flow == nullptr || flow->until <= clock.now()) return std::nullopt;
    return std::string(flow->record());
}

std::optional<std::string> MemoryFlowStore::Impl::take(const FlowHandle& handle) {
    const saml::Digest128 name = name_of(handle);
    FlowShard& shard = shards[shard_of(name)];
    const std::lock_guard lock(shard.mutex);
    PackedFlow* const flow = shard.flows.find(name);
    if (flow == nullptr) return std::nullopt;
    std::string record(flow->record());  // may run out of memory, so it precedes the removal
    const PackedFlow::Owned taken = remove(shard, flow);
    if (taken->until <= clock.now()) return std::nullopt;
    return record;
}

PackedFlow::Owned MemoryFlowStore::Impl::remove(FlowShard& shard, PackedFlow* flow) noexcept {
    shard.flows.remove(flow->name);
    flow_quota.give_back(flow->weight());
    --flows;
    record_octets -= flow->octets;
    return PackedFlow::Owned(flow);
}

Result<AssertionUse> MemoryFlowStore::Impl::claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                                  Instant until) {
    const Instant now = clock.now();
    if (auto checked = check_end(until, now, longest_claim); !checked) return std::move(checked).error();
    const saml::Digest128 name = digest({claim_digest_part, issuer.str(), assertion.str()});
    FlowShard& shard = shards[shard_of(name)];
    Quota::Claim room;
    for (;;) {
        {
            const std::lock_guard lock(shard.mutex);
            const auto known = shard.claims.find(name);
            if (known != shard.claims.end() && known->second > now) return AssertionUse::seen;
            if (auto checked = check_not_forgotten(until, shard.claims_floor); !checked) {
                return std::move(checked).error();
            }
            if (known != shard.claims.end()) {
                known->second = until;
                return AssertionUse::first;
            }
            if (room) {
                shard.claims.emplace(name, until);
                shard.earliest_end.include(until);
                static_cast<void>(room.release());  // sweep() gives it back
                return AssertionUse::first;
            }
        }
        room = room_in(claim_quota, 1, now);
        if (!room) return fail(StoreErrc::store_full, "as many used assertions are remembered as the store takes");
    }
}

Quota::Claim MemoryFlowStore::Impl::room_in(Quota& quota, std::size_t weight, Instant now) {
    for (std::size_t i = 0; i < flow_shard_count; ++i) {
        if (Quota::Claim room = quota.claim(weight)) return room;
        static_cast<void>(sweep_next(now));
    }
    return quota.claim(weight);
}

std::size_t MemoryFlowStore::Impl::sweep_next(Instant now) {
    FlowShard& shard = shards[sweeps++ % flow_shard_count];
    return shard.earliest_end.is_due(now) ? sweep(shard, now) : 0;
}

std::size_t MemoryFlowStore::Impl::sweep(FlowShard& shard, Instant now) {
    const std::lock_guard lock(shard.mutex);
    std::size_t dropped = 0;
    Instant earliest = Earliest::never;
    shard.flows.update_each([&](PackedFlow*& flow) {
        if (flow->until > now) {
            earliest = std::min(earliest, flow->until);
            return;
        }
        flow_quota.give_back(flow->weight());
        --flows;
        record_octets -= flow->octets;
        const PackedFlow::Owned owned(std::exchange(flow, nullptr));
        ++dropped;
    });
    const std::size_t claims_dropped = erase_if(shard.claims, [&](const auto& claim) {
        if (claim.second > now) {
            earliest = std::min(earliest, claim.second);
            return false;
        }
        shard.claims_floor = std::max(shard.claims_floor, claim.second);
        return true;
    });
    claim_quota.give_back(claims_dropped);
    shard.earliest_end.set(earliest);
    return dropped + claims_dropped;
}

const std::size_t MemoryFlowStore::octets_beside_record = sizeof(PackedFlow) + sizeof(PackedFlow*);
const std::size_t MemoryFlowStore::octets_of_claim = sizeof(Claims::value_type);

MemoryFlowStore::MemoryFlowStore(const Clock& clock, saml::KeyedDigest digest, MemoryFlowStoreOptions options)
    : impl_(std::make_unique<Impl>(clock, digest, options)) {}

MemoryFlowStore::~MemoryFlowStore() = default;

Result<void> MemoryFlowStore::keep(const FlowHandle& handle, std::string_view record, Instant until) {
    return or_store_failed([&] { return impl_->keep(handle, record, until); });
}

Result<std::optional<std::string>> MemoryFlowStore::peek(const FlowHandle& handle) {
    return or_store_failed([&]() -> Result<std::optional<std::string>> { return impl_->peek(handle); });
}

Result<std::optional<std::string>> MemoryFlowStore::take(const FlowHandle& handle) {
    return or_store_failed([&]() -> Result<std::optional<std::string>> { return impl_->take(handle); });
}

Result<AssertionUse> MemoryFlowStore::claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                            Instant until) {
    return or_store_failed([&] { return impl_->claim(issuer, assertion, until); });
}

std::size_t MemoryFlowStore::forget_expired() {
    return impl_->sweep_next(impl_->clock.now());
}

MemoryFlowStore::Size MemoryFlowStore::size() const noexcept {
    const std::size_t flows = impl_->flows;
    const std::size_t claims = impl_->claim_quota.taken();
    return {flows, claims, impl_->record_octets + flows * octets_beside_record + claims * octets_of_claim};
}

}  // namespace slo::sp
