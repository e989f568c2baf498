// The keys besides the principal by which the memory engine finds a session: for logouts that name it another way.
#pragma once

#include <cstddef>
#include <mutex>
#include <string_view>
#include <vector>

#include "memory_shard.hpp"

namespace slo::sp {

/// Hint leads to a session by one of its SessionIndexes, by its address in lower case, or by its NameID's text. It
/// is at the end of the session's own block. Guarded by its shard of the HintTable.
struct Hint {
    PackedSession* session;
    Hint* next = nullptr;
    Hint* previous = nullptr;
    KeyPlace place;
};

struct ByHint {
    static std::size_t hash(const Hint& hint) noexcept { return hint.place.hash; }
    static std::size_t hash(const KeyPlace& place) noexcept { return place.hash; }
    static bool equal(const Hint& hint, const KeyPlace& place) noexcept { return hint.place.hash == place.hash; }
};

/// HintTable finds candidates: the caller compares the names themselves, as two texts may have one place.
/// Thread-safe; its mutexes are the last that the engine takes. A session is in it as long as it is in its shards.
class HintTable {
public:
    /// add adds the hints of `session`. Throws std::bad_alloc, and then nothing has changed.
    void add(PackedSession& session);
    void remove(PackedSession& session) noexcept;
    /// at returns up to `most` of the sessions at `place`, as they were admitted.
    [[nodiscard]] std::vector<Session> at(KeyPlace place, std::size_t most) const;

private:
    struct alignas(64) Shard {
        mutable std::mutex mutex;
        PointerSet<Hint, KeyPlace, ByHint> hints;  ///< the first at each place
    };
    void add(Hint& hint);
    void remove(Hint& hint) noexcept;

    std::vector<Shard> shards_{shard_count};
};

/// index_place and its siblings return the places of the sessions of `idp` with this SessionIndex, with this address in
/// any letter case, and with this NameID's text those that are named by their SessionIndex.
[[nodiscard]] KeyPlace index_place(const saml::KeyedDigest& digest, std::string_view idp,
                                   std::string_view session_index);
[[nodiscard]] KeyPlace address_place(const saml::KeyedDigest& digest, std::string_view idp, std::string_view address);
[[nodiscard]] KeyPlace name_place(const saml::KeyedDigest& digest, std::string_view idp, std::string_view name_value);
/// hint_places returns the places of all hints that lead to `session`.
[[nodiscard]] std::vector<KeyPlace> hint_places(const saml::KeyedDigest& digest, const Session& session);

}  // namespace slo::sp
