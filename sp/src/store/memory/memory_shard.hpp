// The shards of the memory engine, which say where each record is. The caller holds the mutex of the shard it calls.
// Lock order: a logout shard, then a principal shard, then a session shard; never two of a kind.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/unordered/unordered_flat_set.hpp>
#include <mutex>
#include <utility>

#include "memory_records.hpp"

namespace slo::sp {

/// PointerSet finds a Record by Key. A slot is one pointer: hash and equality are read from the record itself.
template <class Record, class Key, class Traits>
class PointerSet {
public:
    [[nodiscard]] bool empty() const noexcept { return set_.empty(); }
    [[nodiscard]] Record* find(const Key& key) const noexcept {
        const auto it = set_.find(key);
        return it != set_.end() ? it->record : nullptr;
    }
    /// add adds `record`, which find() mustn't know yet. Throws std::bad_alloc alone, and then nothing has changed.
    void add(Record* record) { set_.insert(Slot{record}); }
    void remove(const Key& key) noexcept {
        const auto it = set_.find(key);
        if (it != set_.end()) set_.erase(it);
    }
    /// replace puts `record` in the place of another with the same key, or removes that one where `record` is null.
    void replace(const Key& key, Record* record) noexcept {
        const auto it = set_.find(key);
        if (it == set_.end()) return;
        it->record = record;
        if (record == nullptr) set_.erase(it);
    }
    /// Calls visit(Record*&) for each record; one set to null is removed, one exchanged for another has the same key.
    template <class Visit>
    void update_each(Visit visit) {
        erase_if(set_, [&visit](const Slot& slot) {
            visit(slot.record);
            return slot.record == nullptr;
        });
    }
    template <class Visit>
    void for_each(Visit visit) const {
        for (const Slot& slot : set_) visit(slot.record);
    }

private:
    struct Slot {
        mutable Record* record;  // not part of what is hashed: only ever changed to one with the same key
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(const Slot& slot) const noexcept { return Traits::hash(*slot.record); }
        std::size_t operator()(const Key& key) const noexcept { return Traits::hash(key); }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(const Slot& a, const Slot& b) const noexcept { return a.record == b.record; }
        bool operator()(const Slot& slot, const Key& key) const noexcept { return Traits::equal(*slot.record, key); }
        bool operator()(const Key& key, const Slot& slot) const noexcept { return Traits::equal(*slot.record, key); }
    };
    boost::unordered_flat_set<Slot, Hash, Equal> set_;
};

struct BySession {
    static std::size_t hash(const PackedSession& session) noexcept { return session.id_place.hash; }
    static std::size_t hash(const SessionKey& key) noexcept { return key.place.hash; }
    static bool equal(const PackedSession& session, const SessionKey& key) noexcept {
        return session.naming().id() == key.id;
    }
};

struct ByPrincipal {
    static std::size_t hash(const PackedSession& session) noexcept { return session.principal_place.hash; }
    static std::size_t hash(const PrincipalKey& key) noexcept { return key.place.hash; }
    static bool equal(const PackedSession& session, const PrincipalKey& key) noexcept {
        return session.principal_key().principal == key.principal && session.naming().idp() == key.idp;
    }
};

/// BarrierKey says what a barrier covers: a principal's session index or AuthnInstant, or the whole principal.
struct BarrierKey {
    std::string_view idp;
    Principal principal;
    std::optional<std::string_view> index;
    std::optional<Instant> authn_instant;
    KeyPlace place;
};

struct ByBarrier {
    static std::size_t hash(const Barrier& barrier) noexcept { return barrier.place.hash; }
    static std::size_t hash(const BarrierKey& key) noexcept { return key.place.hash; }
    static bool equal(const Barrier& barrier, const BarrierKey& key) noexcept;
};

struct ByRequest {
    static std::size_t hash(const LogoutRecord& logout) noexcept { return logout.request_place.hash; }
    static std::size_t hash(const RequestKey& key) noexcept { return key.place.hash; }
    static bool equal(const LogoutRecord& logout, const RequestKey& key) noexcept {
        return logout.naming().id() == key.id && logout.naming().idp() == key.idp;
    }
};

/// Earliest is a lower bound of the expiries in a shard: a shard with nothing due is passed without its lock.
/// Changed under the shard's mutex only.
class Earliest {
public:
    static constexpr Instant never = Instant::max();

    [[nodiscard]] bool is_due(Instant now) const noexcept { return get() <= now; }
    [[nodiscard]] Instant get() const noexcept { return Instant(Instant::duration(ticks_)); }
    void set(Instant instant) noexcept { ticks_ = instant.time_since_epoch().count(); }
    void include(Instant instant) noexcept { set(std::min(get(), instant)); }

private:
    std::atomic<Instant::rep> ticks_ = never.time_since_epoch().count();
};

struct alignas(64) SessionShard {
    mutable std::mutex mutex;
    PointerSet<PackedSession, SessionKey, BySession> sessions;
};

/// Unlinks from the list at `first` every session that `is_doomed`, and returns the list of these.
template <class IsDoomed>
[[nodiscard]] PackedSession* unlink_if(PackedSession*& first, IsDoomed is_doomed) noexcept {
    PackedSession* taken = nullptr;
    std::uint32_t left = first != nullptr ? first->list_length : 0;
    for (PackedSession** link = &first; *link != nullptr;) {
        PackedSession* const session = *link;
        if (!is_doomed(*session)) {
            link = &session->next;
            continue;
        }
        *link = session->next;
        session->next = std::exchange(taken, session);
        --left;
    }
    if (first != nullptr) first->list_length = left;
    return taken;
}

/// PrincipalShard has each principal's sessions and barriers side by side, so that a login and a logout of one
/// principal are one after the other, never at the same time.
struct alignas(64) PrincipalShard {
    mutable std::mutex mutex;
    PointerSet<PackedSession, PrincipalKey, ByPrincipal> principals;  ///< the first of each principal's sessions
    PointerSet<Barrier, BarrierKey, ByBarrier> barriers;              ///< the first of each key's barriers
    std::uint64_t logouts_begun = 0;
    Earliest earliest_expiry;

    /// add adds `session` to its principal's list. Throws std::bad_alloc alone, and then nothing has changed.
    void add(PackedSession* session, const PrincipalKey& principal);
    /// count returns how many sessions a principal has here, expired ones included.
    [[nodiscard]] std::size_t count(const PrincipalKey& principal) const noexcept {
        const PackedSession* const first = principals.find(principal);
        return first != nullptr ? first->list_length : 0;
    }
    /// take_out removes those of a principal's sessions that `is_doomed`; the caller owns the list that it returns.
    template <class IsDoomed>
    [[nodiscard]] PackedSession* take_out(const PrincipalKey& principal, IsDoomed is_doomed) noexcept {
        PackedSession* first = principals.find(principal);
        PackedSession* const taken = unlink_if(first, is_doomed);
        principals.replace(principal, first);
        return taken;
    }
    [[nodiscard]] bool forbids(const Session& session, const PrincipalKey& principal, Instant now, ReloginRule rule,
                               const saml::KeyedDigest& digest) const;

    /// has_room_for says whether logins and logouts of this principal walk past at most max_barriers_of_a_key.
    [[nodiscard]] bool has_room_for(const LogoutRecord& logout) const noexcept;
    /// put_up adds the barriers of `logout` that aren't redundant. Only std::bad_alloc; take_down() undoes the half.
    void put_up(LogoutRecord& logout);
    /// take_down_redundant removes barriers that `logout` makes redundant: a principal's million logouts leave one.
    void take_down_redundant(const LogoutRecord& logout) noexcept;
    void take_down(LogoutRecord& logout) noexcept;
};

struct alignas(64) LogoutShard {
    mutable std::mutex mutex;
    PointerSet<LogoutRecord, RequestKey, ByRequest> logouts;
    std::atomic<std::size_t> unfinished = 0;  ///< how many of them aren't finished
    Earliest earliest_end;
};

}  // namespace slo::sp
