// The memory engine's kept requests: few beside sessions, so one mutex guards them all.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slo/sp/kept_requests.hpp"

namespace slo::sp {

/// MemoryKeptRequests finds requests by their key and by their due time. Thread-safe. Throws std::bad_alloc alone, and
/// then nothing has changed.
class MemoryKeptRequests {
public:
    explicit MemoryKeptRequests(std::size_t limit) noexcept : limit_(limit) {}

    /// Errors: StoreErrc::store_full, where those that may be dropped at `now` don't make room.
    [[nodiscard]] Result<void> keep(const KeptRequest& request, Instant now);
    [[nodiscard]] std::vector<KeptRequest> take_due(Instant now, Instant until, std::size_t count);
    void drop(const LogoutKey& key);
    /// sweep drops some that may be dropped at `now`. Returns how many.
    std::size_t sweep(Instant now) noexcept;

private:
    using Key = std::pair<std::string, std::string>;  // IdP and request ID
    using Requests = std::map<Key, KeptRequest, std::less<>>;
    using Place = std::pair<Instant, const Key*>;  // of a key in requests_, which stays where it is
    struct Earlier {
        bool operator()(const Place& a, const Place& b) const noexcept {
            return a.first != b.first ? a.first < b.first : std::less<>()(a.second, b.second);
        }
    };
    using Places = std::set<Place, Earlier>;

    static Key key_of(const LogoutKey& key) { return {key.idp.str(), key.request_id.str()}; }
    void erase(Requests::iterator it) noexcept;
    std::size_t sweep_locked(Instant now) noexcept;

    const std::size_t limit_;
    std::size_t weight_ = 0;  // of all, up to the limit
    std::mutex mutex_;
    Requests requests_;
    Places by_attempt_;
    Places by_end_;  // by not_on_or_after
};

}  // namespace slo::sp
