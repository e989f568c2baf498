// What bounds the memory engine: dropping what has expired, and claiming room.
#include <algorithm>
#include <memory>

#include "memory_store_impl.hpp"

namespace slo::sp {
namespace {

// How many records a call that needs room looks at, at most: about ten milliseconds. The next call goes on from there.
constexpr std::size_t sweep_budget = 65'536;

}  // namespace

MemorySessionStore::Impl::~Impl() {
    for (PrincipalShard& shard : principals) {
        shard.principals.update_each([](PackedSession*& first) {
            while (first != nullptr) {
                const PackedSession::Owned session(first);
                first = session->next;
            }
        });
    }
    for (LogoutShard& shard : logouts) {
        shard.logouts.update_each([](LogoutRecord*& logout) {
            const std::unique_ptr<LogoutRecord> owned(logout);
            logout = nullptr;
        });
    }
}

std::size_t MemorySessionStore::Impl::forget(PackedSession* list) noexcept {
    std::size_t forgotten = 0;
    while (list != nullptr) {
        const PackedSession::Owned session(list);
        list = session->next;
        {
            SessionShard& ids = sessions[session->id_place.shard()];
            const std::lock_guard lock(ids.mutex);
            ids.sessions.remove(session->id_key());
            hints.remove(*session);
        }
        if (session->is_ending()) settle_one(*session->ending_by);
        session_quota.give_back(session->weight);
        ++forgotten;
    }
    return forgotten;
}

void MemorySessionStore::Impl::settle_one(LogoutRecord& logout) noexcept {
    if (--logout.pending == 0) --logouts[logout.request_place.shard()].unfinished;
}

MemorySessionStore::Impl::Swept MemorySessionStore::Impl::sweep(PrincipalShard& shard, Instant now) {
    const std::lock_guard lock(shard.mutex);
    Swept swept;
    Instant earliest = Earliest::never;
    shard.principals.update_each([&](PackedSession*& first) {
        const std::size_t dropped =
            forget(unlink_if(first, [now](const PackedSession& s) { return s.is_droppable(now); }));
        swept.dropped += dropped;
        swept.seen += dropped;
        for (const PackedSession* s = first; s != nullptr; s = s->next) {
            ++swept.seen;
            if (!s->is_ending()) earliest = std::min(earliest, s->expires);
        }
    });
    shard.earliest_expiry.set(earliest);
    return swept;
}

MemorySessionStore::Impl::Swept MemorySessionStore::Impl::sweep(LogoutShard& shard, Instant now) {
    const std::lock_guard lock(shard.mutex);
    Swept swept;
    Instant earliest = Earliest::never;
    shard.logouts.update_each([&](LogoutRecord*& logout) {
        ++swept.seen;
        if (!logout->is_droppable(now)) {
            earliest = std::min(earliest, logout->keep_until);
            return;
        }
        PrincipalShard& principal_shard = principals[logout->principal_place.shard()];
        const std::lock_guard principal_lock(principal_shard.mutex);
        principal_shard.take_down(*logout);
        give_back_room_of(*logout);
        const std::unique_ptr<LogoutRecord> owned(std::exchange(logout, nullptr));
        ++swept.dropped;
    });
    shard.earliest_end.set(earliest);
    return swept;
}

bool MemorySessionStore::Impl::has_room_for_one_of(const PrincipalKey& principal, Instant now) {
    PrincipalShard& shard = principals[principal.place.shard()];
    const std::lock_guard lock(shard.mutex);
    if (shard.earliest_expiry.is_due(now)) {
        forget(shard.take_out(principal, [now](const PackedSession& s) { return s.is_droppable(now); }));
    }
    return shard.count(principal) < options.max_sessions_per_principal;
}

Quota::Claim MemorySessionStore::Impl::claim_session(std::size_t weight, Instant now) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < shard_count && seen < sweep_budget; ++i) {
        if (Quota::Claim room = session_quota.claim(weight)) return room;
        PrincipalShard& shard = principals[session_sweeps++ % shard_count];
        if (shard.earliest_expiry.is_due(now)) seen += sweep(shard, now).seen;
        LogoutShard& started_here = logouts[logout_sweeps++ % shard_count];
        if (weight_here > 0 && started_here.earliest_end.is_due(now)) seen += sweep(started_here, now).seen;
    }
    return session_quota.claim(weight);
}

/// A logout that starts here takes the room of the session that it ends: that is always there, and no IdP can fill it.
LogoutClaim MemorySessionStore::Impl::try_claim_logout(const LogoutRecord& logout) noexcept {
    if (logout.origin == LogoutOrigin::here) return {{}, {}, session_quota.overdraw(logout.weight)};
    LogoutClaim claim{logout_quota.claim(logout.weight), logout.idp_quota->claim(logout.weight), {}};
    if (!leaves_room_for_others(logout.idp_quota->taken(), logout_quota.taken(), options.max_logout_records)) return {};
    return claim;
}

void MemorySessionStore::Impl::give_back_room_of(const LogoutRecord& logout) noexcept {
    if (logout.origin == LogoutOrigin::here) {
        session_quota.give_back(logout.weight);
        weight_here -= logout.weight;
        return;
    }
    logout.idp_quota->give_back(logout.weight);
    logout_quota.give_back(logout.weight);
}

LogoutClaim MemorySessionStore::Impl::claim_logout(const LogoutRecord& logout, Instant now) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < shard_count && seen < sweep_budget; ++i) {
        if (LogoutClaim room = try_claim_logout(logout)) return room;
        LogoutShard& shard = logouts[logout_sweeps++ % shard_count];
        if (shard.earliest_end.is_due(now)) seen += sweep(shard, now).seen;
    }
    return try_claim_logout(logout);
}

std::size_t MemorySessionStore::Impl::sweep_some() {
    const Instant now = clock.now();
    PrincipalShard& principal_shard = principals[session_sweeps++ % shard_count];
    LogoutShard& logout_shard = logouts[logout_sweeps++ % shard_count];
    std::size_t dropped = kept_requests.sweep(now);
    if (principal_shard.earliest_expiry.is_due(now)) dropped += sweep(principal_shard, now).dropped;
    if (logout_shard.earliest_end.is_due(now)) dropped += sweep(logout_shard, now).dropped;
    return dropped;
}

}  // namespace slo::sp
