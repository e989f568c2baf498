// The two kinds of record of the memory engine, and the keys that find them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "packed_naming.hpp"
#include "slo/saml/keyed_digest.hpp"
#include "slo/sp/session_store.hpp"
#include "store_quota.hpp"
#include "store_rules.hpp"

namespace slo::sp {

inline constexpr std::size_t shard_count = 4096;

/// KeyPlace says where the record of a digest is: in which shard, and in which bucket of it. The digest is keyed, so a
/// sender can't aim at one shard or make places collide. The caller compares the bytes themselves, so a collision costs
/// time and nothing else. 32 bits are enough for that, and eight bytes fewer in each record.
struct KeyPlace {
    std::uint32_t hash = 0;

    [[nodiscard]] static KeyPlace of(saml::Digest128 digest) noexcept {
        return {static_cast<std::uint32_t>(digest.low)};
    }
    [[nodiscard]] std::size_t shard() const noexcept { return hash % shard_count; }
};

/// SessionKey is a local session's id.
struct SessionKey {
    std::string_view id;
    KeyPlace place;
};
/// PrincipalKey is a principal under the widest matching rule: narrower ones filter its sessions.
struct PrincipalKey {
    std::string_view idp;
    Principal principal;
    KeyPlace place;
};
/// RequestKey is a logout's IdP and request ID.
struct RequestKey {
    std::string_view idp;
    std::string_view id;
    KeyPlace place;
};

struct Hint;
struct LogoutRecord;

/// PackedSession is a Session in one heap block: this header, then the Hints that lead to it, then its PackedNaming.
/// `next`, `ending_by` and `list_length` are guarded
/// by the principal's shard; the rest never changes. The block is freed only under both its shards' mutexes.
struct PackedSession {
    PackedSession* next = nullptr;      ///< another session of the same principal
    LogoutRecord* ending_by = nullptr;  ///< the first logout that named it; null while it is active
    const Scope* scope;
    Instant authn_instant;
    Instant expires;
    KeyPlace id_place;
    KeyPlace principal_place;
    std::uint16_t hint_count;
    NamedBy named_by;
    std::uint8_t weight;            ///< in the quota
    std::uint32_t list_length = 1;  ///< the length of the list that begins here; meaningless in others than a first

    struct Free {
        void operator()(PackedSession* session) const noexcept;
    };
    using Owned = std::unique_ptr<PackedSession, Free>;

    [[nodiscard]] static Owned pack(const Session& session, const Scope* scope, KeyPlace id, KeyPlace principal,
                                    const std::vector<KeyPlace>& hint_places);
    [[nodiscard]] PackedNaming naming() const noexcept;
    [[nodiscard]] std::span<Hint> hints() noexcept;
    /// The key borrows from this session.
    [[nodiscard]] SessionKey id_key() const noexcept { return {naming().id(), id_place}; }
    [[nodiscard]] PrincipalKey principal_key() const noexcept {
        return {naming().idp(), naming().principal(named_by), principal_place};
    }
    [[nodiscard]] Session unpack() const;

    [[nodiscard]] bool is_ending() const noexcept { return ending_by != nullptr; }
    /// is_droppable is true of an expired session that no logout waits for: the application may keep a session past
    /// `expires`, and a logout that named it has to see it gone first.
    [[nodiscard]] bool is_droppable(Instant now) const noexcept { return !is_ending() && expires <= now; }
};

/// Barrier is a logout as a login meets it: one for each index and each AuthnInstant that the order names, or one that
/// stands for all.
struct Barrier {
    const LogoutRecord* logout;
    /// number is that of the logout's index, or behind them of its AuthnInstant; without one, it bars every session.
    std::optional<std::uint32_t> number;
    KeyPlace place;
    bool linked = false;
    Barrier* next = nullptr;
};

/// LogoutRecord is replay entry, tombstone and stored answer in one. `number`, the barriers and every change of
/// `pending` are guarded by the principal's shard, `outcome` by the logout's own shard; the rest never changes.
struct LogoutRecord {
    LogoutRecord(const LogoutOrder& order, const Scope* shared_scope, KeyPlace request, const PrincipalKey& principal,
                 const saml::KeyedDigest& digest, Quota& its_idp_quota);

    const Scope* scope;
    std::unique_ptr<char[]> text;
    std::size_t weight;  ///< in the quotas: one for each KiB begun, its barriers counted
    Instant as_of;
    Instant keep_until;
    saml::NameIDMatching matching;
    LogoutOrigin origin;
    KeyPlace request_place;
    KeyPlace principal_place;
    Quota* idp_quota;
    std::uint64_t number = 0;                ///< counts the logouts that began in the principal's shard
    std::atomic<std::uint32_t> pending = 1;  ///< its completion, and each session whose `ending_by` is this; only falls
    std::optional<LogoutOutcome> outcome;
    std::vector<Instant> authn_instants;
    std::vector<Barrier> barriers;

    [[nodiscard]] PackedNaming naming() const noexcept { return {scope, text.get()}; }
    /// The key borrows from this record.
    [[nodiscard]] RequestKey request_key() const noexcept { return {naming().idp(), naming().id(), request_place}; }
    [[nodiscard]] PrincipalKey principal_key() const noexcept {
        return {naming().idp(), naming().principal(named_by(matching)), principal_place};
    }
    [[nodiscard]] LogoutOrder order() const;

    /// is_repeated_by says whether `order`, which has this logout's key, orders the same thing.
    [[nodiscard]] bool is_repeated_by(const LogoutOrder& order) const;
    [[nodiscard]] bool is_finished() const noexcept { return pending == 0; }
    [[nodiscard]] bool is_droppable(Instant now) const noexcept { return is_finished() && keep_until <= now; }
    /// has_named says whether this logout, whose order() is `own_order`, named `session`, which is still there: it was
    /// ending when this began, or has been since. A session that took over the id of one that is gone wasn't named.
    [[nodiscard]] bool has_named(const PackedSession& session, const LogoutOrder& own_order) const;
    /// makes_redundant says whether every login that `other` forbids is forbidden by this one too.
    [[nodiscard]] bool makes_redundant(const LogoutRecord& other) const noexcept;
};

/// RecordView reads a LogoutRecord, which outlives it.
struct RecordView {
    const LogoutRecord& record;

    [[nodiscard]] Instant as_of() const noexcept { return record.as_of; }
    [[nodiscard]] Instant keep_until() const noexcept { return record.keep_until; }
    [[nodiscard]] std::string_view sp() const noexcept { return record.naming().sp(); }
};

/// PackedSessionView reads a PackedSession, which outlives it.
struct PackedSessionView {
    const PackedSession& session;

    [[nodiscard]] std::string_view idp() const noexcept { return session.naming().idp(); }
    [[nodiscard]] std::string_view sp() const noexcept { return session.naming().sp(); }
    [[nodiscard]] saml::NameID name_id() const { return session.naming().name_id(); }
    [[nodiscard]] NamedBy named_by() const noexcept { return session.named_by; }
    [[nodiscard]] Instant authn_instant() const noexcept { return session.authn_instant; }
    [[nodiscard]] bool has_any_of(const std::vector<saml::SessionIndex>& indexes) const noexcept {
        return session.naming().has_any_of(indexes);
    }
};

/// The keys borrow from the functions' arguments.
[[nodiscard]] PrincipalKey principal_key(const saml::KeyedDigest& digest, std::string_view idp, Principal principal);
[[nodiscard]] inline PrincipalKey principal_key(const saml::KeyedDigest& digest, const Session& session) {
    return principal_key(digest, session.idp.str(), Principal::of(session));
}
[[nodiscard]] inline PrincipalKey principal_key(const saml::KeyedDigest& digest, const NamingView& naming) {
    return principal_key(digest, naming.idp.str(), Principal::of(naming));
}
[[nodiscard]] KeyPlace barrier_place(const saml::KeyedDigest& digest, const PrincipalKey& principal,
                                     std::string_view session_index);
[[nodiscard]] KeyPlace barrier_place(const saml::KeyedDigest& digest, const PrincipalKey& principal,
                                     Instant authn_instant);

}  // namespace slo::sp
