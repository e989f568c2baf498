#include "memory_hints.hpp"

#include <span>

#include "store_rules.hpp"

namespace slo::sp {

void HintTable::add(PackedSession& session) {
    const std::span<Hint> hints = session.hints();
    std::size_t added = 0;
    try {
        for (; added < hints.size(); ++added) add(hints[added]);
    } catch (...) {
        for (std::size_t i = 0; i < added; ++i) remove(hints[i]);
        throw;
    }
}

void HintTable::remove(PackedSession& session) noexcept {
    for (Hint& hint : session.hints()) remove(hint);
}

void HintTable::add(Hint& hint) {
    Shard& shard = shards_[hint.place.shard()];
    const std::lock_guard lock(shard.mutex);
    Hint* const first = shard.hints.find(hint.place);
    if (first == nullptr) return shard.hints.add(&hint);
    hint.previous = first;
    hint.next = first->next;
    if (first->next != nullptr) first->next->previous = &hint;
    first->next = &hint;
}

void HintTable::remove(Hint& hint) noexcept {
    Shard& shard = shards_[hint.place.shard()];
    const std::lock_guard lock(shard.mutex);
    if (hint.next != nullptr) hint.next->previous = hint.previous;
    if (hint.previous != nullptr) {
        hint.previous->next = hint.next;
    } else {
        shard.hints.replace(hint.place, hint.next);
    }
    hint.next = hint.previous = nullptr;
}

std::vector<Session> HintTable::at(KeyPlace place, std::size_t most) const {
    const Shard& shard = shards_[place.shard()];
    const std::lock_guard lock(shard.mutex);
    std::vector<Session> sessions;
    for (const Hint* hint = shard.hints.find(place); hint != nullptr && sessions.size() < most; hint = hint->next) {
        sessions.push_back(hint->session->unpack());
    }
    return sessions;
}

KeyPlace index_place(const saml::KeyedDigest& digest, std::string_view idp, std::string_view session_index) {
    return KeyPlace::of(digest({"index", idp, session_index}));
}

KeyPlace address_place(const saml::KeyedDigest& digest, std::string_view idp, std::string_view address) {
    return KeyPlace::of(digest({"address", idp, in_lower_case(address)}));
}

KeyPlace name_place(const saml::KeyedDigest& digest, std::string_view idp, std::string_view name_value) {
    return KeyPlace::of(digest({"name", idp, name_value}));
}

std::vector<KeyPlace> hint_places(const saml::KeyedDigest& digest, const Session& session) {
    std::vector<KeyPlace> places;
    if (is_like_an_address(session.name_id.value)) {
        places.push_back(address_place(digest, session.idp.str(), session.name_id.value));
    }
    if (session.named_by == NamedBy::session_index) {
        places.push_back(name_place(digest, session.idp.str(), session.name_id.value));
    }
    for (const saml::SessionIndex& index : session.session_indexes) {
        if (is_identifying(index.str())) places.push_back(index_place(digest, session.idp.str(), index.str()));
    }
    return places;
}

}  // namespace slo::sp
