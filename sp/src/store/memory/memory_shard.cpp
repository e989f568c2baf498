#include "memory_shard.hpp"

namespace slo::sp {
namespace {

BarrierKey key_of(const Barrier& barrier) noexcept {
    const PackedNaming naming = barrier.logout->naming();
    BarrierKey key{naming.idp(), naming.principal(named_by(barrier.logout->matching)), {}, {}, barrier.place};
    if (!barrier.number) return key;
    const std::size_t indexes = naming.index_count();
    if (*barrier.number < indexes) key.index = naming.session_index(*barrier.number);
    if (*barrier.number >= indexes) key.authn_instant = barrier.logout->authn_instants[*barrier.number - indexes];
    return key;
}

bool any_forbids(const Barrier* first, const Session& session, Instant now, ReloginRule rule) {
    for (const Barrier* barrier = first; barrier != nullptr; barrier = barrier->next) {
        if (forbids(RecordView{*barrier->logout}, session, now, rule)) return true;
    }
    return false;
}

bool is_redundant(const LogoutRecord& logout, const Barrier* first) noexcept {
    for (const Barrier* barrier = first; barrier != nullptr; barrier = barrier->next) {
        if (barrier->logout->makes_redundant(logout)) return true;
    }
    return false;
}

template <class IsDoomed>
Barrier* unlink_barriers_if(Barrier* first, IsDoomed is_doomed) noexcept {
    for (Barrier** link = &first; *link != nullptr;) {
        Barrier& barrier = **link;
        if (!is_doomed(barrier)) {
            link = &barrier.next;
            continue;
        }
        *link = barrier.next;
        barrier.next = nullptr;
        barrier.linked = false;
    }
    return first;
}

}  // namespace

bool ByBarrier::equal(const Barrier& barrier, const BarrierKey& key) noexcept {
    const BarrierKey own = key_of(barrier);
    return own.index == key.index && own.authn_instant == key.authn_instant && own.principal == key.principal &&
           own.idp == key.idp;
}

void PrincipalShard::add(PackedSession* session, const PrincipalKey& principal) {
    if (PackedSession* const first = principals.find(principal)) {
        session->next = first->next;
        first->next = session;
        ++first->list_length;
    } else {
        principals.add(session);
    }
    earliest_expiry.include(session->expires);
}

bool PrincipalShard::forbids(const Session& session, const PrincipalKey& principal, Instant now, ReloginRule rule,
                             const saml::KeyedDigest& digest) const {
    if (barriers.empty()) return false;
    const BarrierKey everything{principal.idp, principal.principal, {}, {}, principal.place};
    if (any_forbids(barriers.find(everything), session, now, rule)) return true;
    const BarrierKey at_its_instant{principal.idp,
                                    principal.principal,
                                    {},
                                    session.authn_instant,
                                    barrier_place(digest, principal, session.authn_instant)};
    if (any_forbids(barriers.find(at_its_instant), session, now, rule)) return true;
    for (const saml::SessionIndex& index : session.session_indexes) {
        const BarrierKey one{
            principal.idp, principal.principal, index.str(), {}, barrier_place(digest, principal, index.str())};
        if (any_forbids(barriers.find(one), session, now, rule)) return true;
    }
    return false;
}

bool PrincipalShard::has_room_for(const LogoutRecord& logout) const noexcept {
    for (const Barrier& barrier : logout.barriers) {
        const Barrier* const first = barriers.find(key_of(barrier));
        if (is_redundant(logout, first)) continue;  // none is put up
        std::size_t others = 0;
        for (const Barrier* b = first; b != nullptr; b = b->next) {
            if (!logout.makes_redundant(*b->logout) && ++others == max_barriers_of_a_key) return false;
        }
    }
    return true;
}

void PrincipalShard::put_up(LogoutRecord& logout) {
    for (Barrier& barrier : logout.barriers) {
        Barrier* const first = barriers.find(key_of(barrier));
        if (is_redundant(logout, first)) continue;
        if (first != nullptr) {
            barrier.next = first->next;
            first->next = &barrier;
        } else {
            barriers.add(&barrier);
        }
        barrier.linked = true;
    }
}

void PrincipalShard::take_down_redundant(const LogoutRecord& logout) noexcept {
    for (const Barrier& barrier : logout.barriers) {
        if (!barrier.linked) continue;
        const BarrierKey key = key_of(barrier);
        barriers.replace(key, unlink_barriers_if(barriers.find(key), [&logout](const Barrier& other) {
                             return other.logout != &logout && logout.makes_redundant(*other.logout);
                         }));
    }
}

void PrincipalShard::take_down(LogoutRecord& logout) noexcept {
    for (const Barrier& barrier : logout.barriers) {
        if (!barrier.linked) continue;
        const BarrierKey key = key_of(barrier);
        barriers.replace(key, unlink_barriers_if(barriers.find(key),
                                                 [&logout](const Barrier& other) { return other.logout == &logout; }));
    }
}

}  // namespace slo::sp
