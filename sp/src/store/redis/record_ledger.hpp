// The records that this node has made for IdPs: on the servers they have no limit but the servers' memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "slo/sp/session_store.hpp"
#include "store_rules.hpp"

namespace slo::sp::redis {

/// RecordLedger counts, for each IdP, the weights of records and their ends. Of one node: others have their own, and a
/// restart begins with an empty one. Thread-safe.
class RecordLedger {
public:
    RecordLedger(std::size_t limit, std::size_t limit_per_idp) noexcept
        : limit_(limit), limit_per_idp_(limit_per_idp) {}

    /// has_room says whether one more of this weight may be recorded at `now`.
    [[nodiscard]] bool has_room(const std::string& idp, std::size_t weight, Instant now) {
        const std::lock_guard lock(mutex_);
        drop_until(now);
        const auto its = by_idp_.find(idp);
        const std::size_t after = weight + (its == by_idp_.end() ? 0 : its->second);
        return after <= limit_per_idp_ && leaves_room_for_others(after, all_ + weight, limit_);
    }
    /// add counts a record; without memory it isn't counted.
    void add(const std::string& idp, std::size_t weight, Instant keep_until) noexcept {
        const std::lock_guard lock(mutex_);
        try {
            std::size_t& its = by_idp_[idp];
            ends_[std::chrono::ceil<Grain>(keep_until)][idp] += weight;
            its += weight;
            all_ += weight;
        } catch (...) {
        }
    }

private:
    /// Coarse, so that an entry serves many logouts.
    using Grain = std::chrono::duration<int, std::ratio<10>>;

    void drop_until(Instant now) noexcept {
        while (!ends_.empty() && ends_.begin()->first <= now) {
            for (const auto& [idp, weight] : ends_.begin()->second) {
                all_ -= weight;
                const auto its = by_idp_.find(idp);
                if ((its->second -= weight) == 0) by_idp_.erase(its);
            }
            ends_.erase(ends_.begin());
        }
    }

    const std::size_t limit_;
    const std::size_t limit_per_idp_;
    std::mutex mutex_;
    std::map<Instant, std::map<std::string, std::size_t>> ends_;  ///< what is dropped when
    std::map<std::string, std::size_t> by_idp_;
    std::size_t all_ = 0;
};

}  // namespace slo::sp::redis
