// The memory engine's operations that only read: the sessions an order would end, and an IdP's sessions page by page.
#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_set>
#include <utility>

#include "memory_store_impl.hpp"
#include "page_place.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp {
namespace {

bool is_live(const PackedSession& session, Instant now) noexcept {
    return !session.is_ending() && session.expires > now;
}

/// The first sessions of the IdP's principals whose places have at least this hash, in the order of their places.
std::vector<const PackedSession*> principals_of(const PrincipalShard& shard, std::string_view idp,
                                                std::uint64_t least) {
    std::vector<const PackedSession*> found;
    shard.principals.for_each([&](const PackedSession* first) {
        if (first->principal_place.hash >= least && first->naming().idp() == idp) found.push_back(first);
    });
    std::ranges::sort(found, {}, [](const PackedSession* first) { return first->principal_place.hash; });
    return found;
}

}  // namespace

std::vector<Session> MemorySessionStore::Impl::named_by(const SessionNaming& naming) const {
    const Instant now = clock.now();
    const PrincipalKey principal = principal_key(digest, naming);
    const PrincipalShard& shard = principals[principal.place.shard()];
    const std::lock_guard lock(shard.mutex);
    std::vector<Session> named;
    for (const PackedSession* s = shard.principals.find(principal); s != nullptr; s = s->next) {
        if (is_live(*s, now) && names(naming, PackedSessionView{*s})) named.push_back(s->unpack());
    }
    return named;
}

std::vector<NearMiss> MemorySessionStore::Impl::near_misses(const LogoutOrder& order) const {
    const std::string& idp = order.key.idp.str();
    std::vector<Session> candidates;
    const auto add = [&candidates](std::vector<Session> found) {
        std::ranges::move(found, std::back_inserter(candidates));
    };
    {
        const PrincipalKey principal = principal_key(digest, order);
        const PrincipalShard& shard = principals[principal.place.shard()];
        const std::lock_guard lock(shard.mutex);
        const PackedSession* s = shard.principals.find(principal);
        for (; s != nullptr && candidates.size() < max_candidates; s = s->next) candidates.push_back(s->unpack());
    }
    if (is_like_an_address(order.name_id.value)) {
        add(hints.at(address_place(digest, idp, order.name_id.value), max_candidates));
    }
    add(hints.at(name_place(digest, idp, order.name_id.value), max_candidates));
    for (const saml::SessionIndex& index : order.session_indexes) {
        if (is_identifying(index.str())) add(hints.at(index_place(digest, idp, index.str()), max_candidates));
    }
    return near_misses_among(order, candidates, [this](const Session& session) { return find(session.id) == session; });
}

// The next page begins in a shard, with the principals whose places have at least a certain hash. A place never
// changes, so every session that stays is met, whatever comes and goes.
Result<SessionPage> MemorySessionStore::Impl::sessions_of(const saml::EntityID& idp, const std::string& after,
                                                          std::size_t count) const {
    const Instant now = clock.now();
    const auto start = after.empty() ? PagePlace{} : PagePlace::parse(after);
    if (!start) return fail(StoreErrc::store_failed, "no page of sessions ended there");
    SessionPage page;
    std::uint64_t least = start->second;
    for (std::uint64_t number = start->first; number < shard_count; ++number, least = 0) {
        const PrincipalShard& shard = principals[number];
        const std::lock_guard lock(shard.mutex);
        for (const PackedSession* const first : principals_of(shard, idp.str(), least)) {
            const std::uint64_t hash = first->principal_place.hash;
            // Sessions that share a place stay together.
            if (page.sessions.size() >= count && hash >= least) {
                page.next = PagePlace{number, hash}.str();
                return page;
            }
            for (const PackedSession* s = first; s != nullptr; s = s->next) {
                if (is_live(*s, now)) page.sessions.push_back(s->unpack());
            }
            least = hash + 1;
        }
    }
    return page;
}

std::vector<saml::EntityID> MemorySessionStore::Impl::idps_of_sessions() const {
    std::vector<saml::EntityID> idps;
    std::unordered_set<std::string> known;
    for (const PrincipalShard& shard : principals) {
        const std::lock_guard lock(shard.mutex);
        shard.principals.for_each([&](const PackedSession* first) {
            if (known.emplace(first->naming().idp()).second) idps.push_back(first->naming().idp_entity());
        });
    }
    return idps;
}

}  // namespace slo::sp
