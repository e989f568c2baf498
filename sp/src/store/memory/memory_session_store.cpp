#include "slo/sp/memory_session_store.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "memory_store_impl.hpp"
#include "slo/sp/store_error.hpp"
#include "store_guard.hpp"

namespace slo::sp {
namespace {

// Undoes a beginning when memory runs out halfway.
struct BeginningUndone {
    PrincipalShard& principal_shard;
    LogoutShard& logout_shard;
    LogoutRecord& logout;
    bool armed = true;

    ~BeginningUndone() {
        if (!armed) return;
        principal_shard.take_down(logout);
        logout_shard.logouts.remove(logout.request_key());
    }
};

std::vector<Session> unpack_all(const std::vector<const PackedSession*>& packed) {
    std::vector<Session> sessions;
    sessions.reserve(packed.size());
    for (const PackedSession* const session : packed) sessions.push_back(session->unpack());
    return sessions;
}

}  // namespace

SessionKey MemorySessionStore::Impl::key_of(const LocalSessionID& id) const {
    return {id.str(), KeyPlace::of(digest({"session", id.str()}))};
}

RequestKey MemorySessionStore::Impl::key_of(const LogoutKey& key) const {
    return {key.idp.str(), key.request_id.str(),
            KeyPlace::of(digest({"request", key.idp.str(), key.request_id.str()}))};
}

Result<Admission> MemorySessionStore::Impl::admit(const Session& session) {
    const Instant now = clock.now();
    if (auto formed = check_form(session, now); !formed) return std::move(formed).error();
    const SessionKey id = key_of(session.id);
    const PrincipalKey principal = principal_key(digest, session);
    const Scope* const scope = scopes.intern(Naming::of(session));
    auto packed = PackedSession::pack(session, scope, id.place, principal.place, hint_places(digest, session));
    Quota::Claim room = session_quota.claim(packed->weight);
    Login login{session, id, principal, now, std::move(packed), std::move(room)};
    for (;;) {
        switch (try_admit(login)) {
            case Try::admitted:
                return Admission::admitted;
            case Try::refused:
                return Admission::refused_by_logout;
            case Try::needs_room:
                login.room = claim_session(login.packed->weight, now);
                if (!login.room) return fail(StoreErrc::store_full);
                break;
            case Try::principal_full:
                if (!has_room_for_one_of(principal, now)) return principal_full(options.max_sessions_per_principal);
                break;
            case Try::id_held:
                if (!free_id(id, now)) return fail(StoreErrc::session_id_taken);
                break;
        }
    }
}

MemorySessionStore::Impl::Try MemorySessionStore::Impl::try_admit(Login& login) {
    PrincipalShard& shard = principals[login.principal.place.shard()];
    SessionShard& ids = sessions[login.id.place.shard()];
    const std::lock_guard shard_lock(shard.mutex);
    if (shard.forbids(login.session, login.principal, login.now, options.relogin, digest)) return Try::refused;

    const std::lock_guard ids_lock(ids.mutex);
    if (const PackedSession* const holder = ids.sessions.find(login.id)) {
        // Whether another principal's session is ending is guarded by another shard's mutex, so free_id() decides.
        if (holder->principal_place.shard() != login.principal.place.shard()) return Try::id_held;
        if (holder->unpack() != login.session) return Try::id_held;
        return holder->is_ending() ? Try::refused : Try::admitted;
    }
    if (shard.count(login.principal) >= options.max_sessions_per_principal) return Try::principal_full;
    if (!login.room) return Try::needs_room;
    hints.add(*login.packed);
    bool has_id = false;
    try {
        ids.sessions.add(login.packed.get());
        has_id = true;
        shard.add(login.packed.get(), login.principal);
    } catch (...) {
        if (has_id) ids.sessions.remove(login.id);
        hints.remove(*login.packed);
        throw;
    }
    static_cast<void>(login.packed.release());  // the shards own it now
    static_cast<void>(login.room.release());    // forget() gives it back
    return Try::admitted;
}

bool MemorySessionStore::Impl::free_id(const SessionKey& id, Instant now) {
    const auto principal_shard_of_holder = find_principal_shard(id);
    if (!principal_shard_of_holder) return true;
    PrincipalShard& shard = principals[*principal_shard_of_holder];
    const std::lock_guard shard_lock(shard.mutex);
    const PackedSession* holder = nullptr;
    {
        SessionShard& ids = sessions[id.place.shard()];
        const std::lock_guard ids_lock(ids.mutex);
        holder = ids.sessions.find(id);
        // Another call was faster: the caller tries again and finds the present state.
        if (holder == nullptr || holder->principal_place.shard() != *principal_shard_of_holder) return true;
    }
    if (!holder->is_droppable(now)) return false;
    forget(shard.take_out(holder->principal_key(), [holder](const PackedSession& s) { return &s == holder; }));
    return true;
}

std::optional<std::size_t> MemorySessionStore::Impl::find_principal_shard(const SessionKey& id) const {
    const SessionShard& ids = sessions[id.place.shard()];
    const std::lock_guard lock(ids.mutex);
    const PackedSession* const session = ids.sessions.find(id);
    return session != nullptr ? std::optional(session->principal_place.shard()) : std::nullopt;
}

Admission MemorySessionStore::Impl::would_admit(const Session& session) const {
    const PrincipalKey principal = principal_key(digest, session);
    const PrincipalShard& shard = principals[principal.place.shard()];
    const std::lock_guard lock(shard.mutex);
    const bool forbidden = shard.forbids(session, principal, clock.now(), options.relogin, digest);
    return forbidden ? Admission::refused_by_logout : Admission::admitted;
}

Result<BegunLogout> MemorySessionStore::Impl::begin_logout(const LogoutOrder& order, const RoundClaim& its_round) {
    const Instant now = clock.now();
    const RequestKey request = key_of(order.key);
    const PrincipalKey principal = principal_key(digest, order);
    auto logout = std::make_unique<LogoutRecord>(order, scopes.intern(Naming::of(order)), request.place, principal,
                                                 digest, idp_quotas.of(order.key.idp.str()));
    LogoutClaim claim = try_claim_logout(*logout);
    LogoutShard& shard = logouts[request.place.shard()];
    for (;;) {
        {
            const std::lock_guard lock(shard.mutex);
            if (const LogoutRecord* const known = shard.logouts.find(request)) {
                if (!known->is_repeated_by(order)) return fail(StoreErrc::request_id_reused);
                return BegunLogout(repeated(*known, its_round, now));
            }
            if (claim) {
                Result<FreshLogout> fresh = begin_fresh(shard, order, *logout, its_round, now);
                if (!fresh) return std::move(fresh).error();
                if (order.origin == LogoutOrigin::here) weight_here += logout->weight;
                static_cast<void>(logout.release());  // the shard owns it now
                claim.keep();                         // the sweep gives it back
                return BegunLogout(*std::move(fresh));
            }
        }
        claim = claim_logout(*logout, now);
        if (!claim) return fail(StoreErrc::store_full);
    }
}

Result<FreshLogout> MemorySessionStore::Impl::begin_fresh(LogoutShard& logout_shard, const LogoutOrder& order,
                                                          LogoutRecord& logout, const RoundClaim& claim, Instant now) {
    PrincipalShard& shard = principals[logout.principal_place.shard()];
    const std::lock_guard lock(shard.mutex);
    if (logout.origin == LogoutOrigin::idp && !shard.has_room_for(logout)) return fail(StoreErrc::store_full);
    std::vector<Session> unpacked;
    std::vector<PackedSession*> named;
    for (PackedSession* s = shard.principals.find(logout.principal_key()); s != nullptr; s = s->next) {
        // Expired or not: it may be alive by another node's clock, and in an application.
        if (!names(order, PackedSessionView{*s})) continue;
        unpacked.push_back(s->unpack());
        named.push_back(s);
    }
    BeginningUndone undo{shard, logout_shard, logout};
    logout_shard.logouts.add(&logout);
    shard.put_up(logout);
    Granted granted = grant(rounds, claim, std::move(unpacked), now);
    undo.armed = false;

    // Nothing below fails.
    shard.take_down_redundant(logout);
    logout_shard.earliest_end.include(logout.keep_until);
    ++logout_shard.unfinished;
    logout.number = ++shard.logouts_begun;
    for (PackedSession* const session : named) {
        if (session->is_ending()) continue;
        session->ending_by = &logout;
        ++logout.pending;
    }
    return FreshLogout{std::move(granted.ending), std::move(granted.in_another_round)};
}

std::vector<const PackedSession*> MemorySessionStore::Impl::named_by(const LogoutRecord& logout) const {
    const PrincipalShard& shard = principals[logout.principal_place.shard()];
    const LogoutOrder order = logout.order();
    std::vector<const PackedSession*> named;
    for (const PackedSession* s = shard.principals.find(logout.principal_key()); s != nullptr; s = s->next) {
        if (logout.has_named(*s, order)) named.push_back(s);
    }
    return named;
}

RepeatedLogout MemorySessionStore::Impl::repeated(const LogoutRecord& logout, const RoundClaim& claim, Instant now) {
    if (const auto recorded = final_answer(logout.outcome)) return {recorded, {}};
    const std::lock_guard lock(principals[logout.principal_place.shard()].mutex);
    Granted granted = grant(rounds, claim, unpack_all(named_by(logout)), now);
    return {std::nullopt, std::move(granted.ending), std::move(granted.in_another_round)};
}

Result<RepeatedLogout> MemorySessionStore::Impl::resume_logout(const LogoutKey& key, const RoundClaim& claim) {
    const RequestKey request = key_of(key);
    LogoutShard& logout_shard = logouts[request.place.shard()];
    const std::lock_guard lock(logout_shard.mutex);
    const LogoutRecord* const logout = logout_shard.logouts.find(request);
    if (logout == nullptr) return fail(StoreErrc::store_failed, "no such logout has begun");
    return repeated(*logout, claim, clock.now());
}

Result<LogoutOutcome> MemorySessionStore::Impl::complete_logout(const LogoutKey& key, const RoundReport& report) {
    const RequestKey request = key_of(key);
    LogoutShard& logout_shard = logouts[request.place.shard()];
    const std::lock_guard lock(logout_shard.mutex);
    LogoutRecord* const logout = logout_shard.logouts.find(request);
    if (logout == nullptr) return fail(StoreErrc::store_failed, "no such logout has begun");

    PrincipalShard& shard = principals[logout->principal_place.shard()];
    const std::lock_guard shard_lock(shard.mutex);
    const std::vector<const PackedSession*> doomed = named_in(*logout, report);
    const std::size_t still_there = named_by(*logout).size() - doomed.size();

    // Nothing below fails.
    forget(shard.take_out(logout->principal_key(), [&doomed](const PackedSession& session) {
        return std::ranges::binary_search(doomed, &session, std::less<>());
    }));
    if (report.at_work_until) rounds.keep(report.round, *report.at_work_until);
    if (!report.at_work_until) rounds.give_back(report.round);
    if (!logout->outcome) settle_one(*logout);
    logout->outcome = with_report(logout->outcome, report, still_there);
    return *logout->outcome;
}

std::vector<const PackedSession*> MemorySessionStore::Impl::named_in(const LogoutRecord& logout,
                                                                     const RoundReport& report) const {
    const LogoutOrder order = logout.order();
    std::vector<const PackedSession*> named;
    for (const LocalSessionID& id : report.gone) {
        if (!rounds.has(report.round, id)) continue;
        const SessionKey key = key_of(id);
        const SessionShard& ids = sessions[key.place.shard()];
        const std::lock_guard lock(ids.mutex);
        const PackedSession* const session = ids.sessions.find(key);
        if (session == nullptr || session->principal_place.shard() != logout.principal_place.shard()) continue;
        if (logout.has_named(*session, order)) named.push_back(session);
    }
    std::ranges::sort(named, std::less<>());
    const auto twice = std::ranges::unique(named);
    named.erase(twice.begin(), twice.end());
    return named;
}

std::optional<Session> MemorySessionStore::Impl::find(const LocalSessionID& id) const {
    const Instant now = clock.now();
    const SessionKey key = key_of(id);
    const SessionShard& ids = sessions[key.place.shard()];
    // A begin_logout holds the principal's shard until all its sessions are ending. Waiting for it here is what makes
    // them all end at once, and needs a second look: the session may be gone, or another's, by the time we have it.
    for (auto shard = find_principal_shard(key); shard; shard = find_principal_shard(key)) {
        const std::lock_guard shard_lock(principals[*shard].mutex);
        const std::lock_guard ids_lock(ids.mutex);
        const PackedSession* const session = ids.sessions.find(key);
        if (session == nullptr) return std::nullopt;
        if (session->principal_place.shard() != *shard) continue;
        if (session->is_ending() || session->expires <= now) return std::nullopt;
        return session->unpack();
    }
    return std::nullopt;
}

std::vector<UnfinishedLogout> MemorySessionStore::Impl::unfinished_logouts() const {
    std::vector<UnfinishedLogout> unfinished;
    for (const LogoutShard& shard : logouts) {
        if (shard.unfinished == 0) continue;
        const std::lock_guard lock(shard.mutex);
        shard.logouts.for_each([&](const LogoutRecord* logout) {
            if (logout->is_finished()) return;
            const std::lock_guard principal_lock(principals[logout->principal_place.shard()].mutex);
            if (logout->is_finished()) return;
            // A logout that isn't completed names all that it waits for, or recovery would complete it too early.
            std::vector<const PackedSession*> ending = named_by(*logout);
            if (logout->outcome) std::erase_if(ending, [&](const auto* s) { return s->ending_by != logout; });
            unfinished.push_back({logout->order().key, unpack_all(ending)});
        });
    }
    return unfinished;
}

MemorySessionStore::MemorySessionStore(const Clock& clock, saml::KeyedDigest digest, MemorySessionStoreOptions options)
    : impl_(std::make_unique<Impl>(clock, digest, options)) {}

MemorySessionStore::~MemorySessionStore() = default;

Result<Admission> MemorySessionStore::admit(const Session& session) {
    return or_store_failed([&] { return impl_->admit(session); });
}

Result<Admission> MemorySessionStore::would_admit(const Session& session) {
    return or_store_failed([&]() -> Result<Admission> { return impl_->would_admit(session); });
}

Result<BegunLogout> MemorySessionStore::begin_logout(const LogoutOrder& order, const RoundClaim& claim) {
    return or_store_failed([&] { return impl_->begin_logout(order, claim); });
}

Result<RepeatedLogout> MemorySessionStore::resume_logout(const LogoutKey& key, const RoundClaim& claim) {
    return or_store_failed([&] { return impl_->resume_logout(key, claim); });
}

Result<LogoutOutcome> MemorySessionStore::complete_logout(const LogoutKey& key, const RoundReport& report) {
    return or_store_failed([&] { return impl_->complete_logout(key, report); });
}

Result<std::optional<Session>> MemorySessionStore::find(const LocalSessionID& id) {
    return or_store_failed([&]() -> Result<std::optional<Session>> { return impl_->find(id); });
}

Result<std::vector<UnfinishedLogout>> MemorySessionStore::unfinished_logouts() {
    return or_store_failed([&]() -> Result<std::vector<UnfinishedLogout>> { return impl_->unfinished_logouts(); });
}

Result<std::vector<Session>> MemorySessionStore::named_by(const SessionNaming& naming) {
    return or_store_failed([&]() -> Result<std::vector<Session>> { return impl_->named_by(naming); });
}

Result<std::vector<NearMiss>> MemorySessionStore::near_misses(const LogoutOrder& order) {
    return or_store_failed([&]() -> Result<std::vector<NearMiss>> { return impl_->near_misses(order); });
}

Result<SessionPage> MemorySessionStore::sessions_of(const saml::EntityID& idp, const std::string& after,
                                                    std::size_t count) {
    return or_store_failed([&] { return impl_->sessions_of(idp, after, count); });
}

Result<std::vector<saml::EntityID>> MemorySessionStore::idps_of_sessions() {
    return or_store_failed([&]() -> Result<std::vector<saml::EntityID>> { return impl_->idps_of_sessions(); });
}

Result<void> MemorySessionStore::keep_request(const KeptRequest& request) {
    return or_store_failed([&] { return impl_->kept_requests.keep(request, impl_->clock.now()); });
}

Result<std::vector<KeptRequest>> MemorySessionStore::take_due_requests(Instant now, Instant until, std::size_t count) {
    return or_store_failed(
        [&]() -> Result<std::vector<KeptRequest>> { return impl_->kept_requests.take_due(now, until, count); });
}

Result<void> MemorySessionStore::drop_request(const LogoutKey& key) {
    return or_store_failed([&]() -> Result<void> {
        impl_->kept_requests.drop(key);
        return Done{};
    });
}

std::size_t MemorySessionStore::sweep_some() {
    return impl_->sweep_some();
}

MemorySessionStore::Size MemorySessionStore::size() const noexcept {
    const std::size_t weight_here = impl_->weight_here;
    const std::size_t taken = impl_->session_quota.taken();
    return {taken - std::min(taken, weight_here), impl_->logout_quota.taken() + weight_here};
}

}  // namespace slo::sp
