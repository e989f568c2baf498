#include "memory_kept_requests.hpp"

#include <utility>

#include "slo/sp/store_error.hpp"
#include "store_rules.hpp"

namespace slo::sp {
namespace {

// How many one sweep drops, at most: it holds the only mutex.
constexpr std::size_t sweep_batch = 64;

}  // namespace

Result<void> MemoryKeptRequests::keep(const KeptRequest& request, Instant now) {
    // Everything that may run out of memory precedes the first change.
    Requests added;
    const auto made = added.emplace(key_of(request.order.key), request).first;
    Places attempt{{request.next_attempt, &made->first}};
    Places end{{request.not_on_or_after, &made->first}};

    const std::size_t weight = weight_of(request);
    const std::lock_guard lock(mutex_);
    const auto known = requests_.find(made->first);
    if (known != requests_.end()) {
        erase(known);
    } else {
        while (weight_ + weight > limit_) {
            if (sweep_locked(now) == 0) return fail(StoreErrc::store_full);
        }
    }
    weight_ += weight;
    requests_.merge(added);
    by_attempt_.merge(attempt);
    by_end_.merge(end);
    return Done{};
}

std::vector<KeptRequest> MemoryKeptRequests::take_due(Instant now, Instant until, std::size_t count) {
    const std::lock_guard lock(mutex_);
    std::vector<KeptRequest> due;
    for (const auto& [next_attempt, key] : by_attempt_) {
        if (next_attempt > now || due.size() == count) break;
        due.push_back(requests_.find(*key)->second);
        due.back().next_attempt = until;
    }
    for (std::size_t i = 0; i < due.size(); ++i) {
        auto node = by_attempt_.extract(by_attempt_.begin());
        requests_.find(*node.value().second)->second.next_attempt = until;
        node.value().first = until;
        by_attempt_.insert(std::move(node));
    }
    return due;
}

void MemoryKeptRequests::drop(const LogoutKey& key) {
    const Key wanted = key_of(key);
    const std::lock_guard lock(mutex_);
    const auto known = requests_.find(wanted);
    if (known != requests_.end()) erase(known);
}

std::size_t MemoryKeptRequests::sweep(Instant now) noexcept {
    const std::lock_guard lock(mutex_);
    return sweep_locked(now);
}

std::size_t MemoryKeptRequests::sweep_locked(Instant now) noexcept {
    std::size_t dropped = 0;
    while (dropped < sweep_batch && !by_end_.empty() && by_end_.begin()->first + kept_request_margin <= now) {
        erase(requests_.find(*by_end_.begin()->second));
        ++dropped;
    }
    return dropped;
}

void MemoryKeptRequests::erase(Requests::iterator it) noexcept {
    by_attempt_.erase({it->second.next_attempt, &it->first});
    by_end_.erase({it->second.not_on_or_after, &it->first});
    weight_ -= weight_of(it->second);
    requests_.erase(it);
}

}  // namespace slo::sp
