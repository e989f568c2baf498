#include "memory_records.hpp"

#include <algorithm>
#include <new>
#include <type_traits>

#include "memory_hints.hpp"

namespace slo::sp {
static_assert(sizeof(PackedSession) == 56, "ten million of them: every word counts");
static_assert(std::is_trivially_destructible_v<PackedSession> && std::is_trivially_destructible_v<Hint>);
static_assert(sizeof(PackedSession) % alignof(Hint) == 0, "the hints stand right behind it");

void PackedSession::Free::operator()(PackedSession* session) const noexcept {
    ::operator delete(session);  // trivially destructible, see above
}

PackedSession::Owned PackedSession::pack(const Session& session, const Scope* scope, KeyPlace id, KeyPlace principal,
                                         const std::vector<KeyPlace>& hint_places) {
    const Naming naming = Naming::of(session);
    const std::size_t before_naming = sizeof(PackedSession) + hint_places.size() * sizeof(Hint);
    void* const block = ::operator new(before_naming + PackedNaming::size(naming, scope));
    Owned packed(::new (block) PackedSession{
        .scope = scope,
        .authn_instant = session.authn_instant,
        .expires = session.expires,
        .id_place = id,
        .principal_place = principal,
        .hint_count = static_cast<std::uint16_t>(hint_places.size()),
        .named_by = session.named_by,
        .weight = static_cast<std::uint8_t>(std::min<std::size_t>(weight_of(session), 255)),
    });
    auto* const hints = reinterpret_cast<Hint*>(static_cast<char*>(block) + sizeof(PackedSession));
    for (std::size_t i = 0; i < hint_places.size(); ++i) {
        ::new (hints + i) Hint{.session = packed.get(), .place = hint_places[i]};
    }
    PackedNaming::write(naming, scope, static_cast<char*>(block) + before_naming);
    return packed;
}

std::span<Hint> PackedSession::hints() noexcept {
    return {reinterpret_cast<Hint*>(reinterpret_cast<char*>(this) + sizeof(PackedSession)), hint_count};
}

PackedNaming PackedSession::naming() const noexcept {
    return {scope, reinterpret_cast<const char*>(this) + sizeof(PackedSession) + hint_count * sizeof(Hint)};
}

Session PackedSession::unpack() const {
    const PackedNaming packed = naming();
    return {
        .id = LocalSessionID::parse(packed.id()).value(),
        .idp = packed.idp_entity(),
        .sp = packed.sp_entity(),
        .name_id = packed.name_id(),
        .session_indexes = packed.session_indexes(),
        .authn_instant = authn_instant,
        .expires = expires,
        .named_by = named_by,
    };
}

namespace {

std::size_t weight_of(const LogoutOrder& order, const Scope* scope) {
    const std::size_t octets = PackedNaming::size(Naming::of(order), scope) +
                               (order.session_indexes.size() + order.authn_instants.size()) * sizeof(Barrier);
    return weight_of_octets(octets);
}

}  // namespace

LogoutRecord::LogoutRecord(const LogoutOrder& order, const Scope* shared_scope, KeyPlace request,
                           const PrincipalKey& principal, const saml::KeyedDigest& digest, Quota& its_idp_quota)
    : scope(shared_scope),
      text(new char[PackedNaming::size(Naming::of(order), shared_scope)]),
      weight(weight_of(order, shared_scope)),
      as_of(order.as_of),
      keep_until(order.keep_until),
      matching(order.matching),
      origin(order.origin),
      request_place(request),
      principal_place(principal.place),
      idp_quota(&its_idp_quota),
      authn_instants(order.authn_instants) {
    PackedNaming::write(Naming::of(order), scope, text.get());
    if (order.session_indexes.empty()) {
        barriers.push_back({.logout = this, .number = std::nullopt, .place = principal.place});
        return;
    }
    barriers.reserve(order.session_indexes.size() + authn_instants.size());
    const auto add = [this](KeyPlace place) {
        barriers.push_back({.logout = this, .number = static_cast<std::uint32_t>(barriers.size()), .place = place});
    };
    for (const saml::SessionIndex& index : order.session_indexes) add(barrier_place(digest, principal, index.str()));
    for (const Instant instant : authn_instants) add(barrier_place(digest, principal, instant));
}

LogoutOrder LogoutRecord::order() const {
    const PackedNaming packed = naming();
    return {
        .key = {packed.idp_entity(), saml::MessageID::parse(packed.id()).value()},
        .sp = packed.sp_entity(),
        .name_id = packed.name_id(),
        .session_indexes = packed.session_indexes(),
        .matching = matching,
        .as_of = as_of,
        .keep_until = keep_until,
        .authn_instants = authn_instants,
        .origin = origin,
    };
}

bool LogoutRecord::is_repeated_by(const LogoutOrder& order) const {
    return is_repeat(this->order(), order);
}

bool LogoutRecord::has_named(const PackedSession& session, const LogoutOrder& own_order) const {
    return session.is_ending() && session.ending_by->number <= number && names(own_order, PackedSessionView{session});
}

bool LogoutRecord::makes_redundant(const LogoutRecord& other) const noexcept {
    return sp::makes_redundant(RecordView{*this}, RecordView{other});
}

PrincipalKey principal_key(const saml::KeyedDigest& digest, std::string_view idp, Principal principal) {
    return {idp, principal, KeyPlace::of(digest({principal.kind(), idp, principal.text}))};
}

KeyPlace barrier_place(const saml::KeyedDigest& digest, const PrincipalKey& principal, std::string_view session_index) {
    return KeyPlace::of(digest({"barrier", principal.idp, principal.principal.text, session_index}));
}

KeyPlace barrier_place(const saml::KeyedDigest& digest, const PrincipalKey& principal, Instant authn_instant) {
    const std::string ticks = std::to_string(authn_instant.time_since_epoch().count());
    return KeyPlace::of(digest({"barrier of an instant", principal.idp, principal.principal.text, ticks}));
}

}  // namespace slo::sp
