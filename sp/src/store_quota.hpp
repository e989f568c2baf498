// How much a bounded store may still take in. A claim is made before the room is used and given back if it wasn't.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace slo::sp {

/// Quota counts up to a limit. Thread-safe; outlives its claims.
class Quota {
public:
    explicit Quota(std::size_t limit) noexcept : limit_(limit) {}

    struct GiveBack {
        void operator()(Quota* quota) const noexcept { quota->give_back(); }
    };
    /// Claim is room for one. release() keeps it taken; give_back() ends that.
    using Claim = std::unique_ptr<Quota, GiveBack>;

    /// Null when there is no room.
    [[nodiscard]] Claim claim() noexcept {
        if (taken_.fetch_add(1) < limit_) return Claim(this);
        taken_.fetch_sub(1);
        return nullptr;
    }
    void give_back() noexcept { taken_.fetch_sub(1); }
    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

private:
    std::size_t limit_;
    std::atomic<std::size_t> taken_ = 0;
};

/// QuotaPerIdp makes one Quota for each IdP that ever ordered a logout, which only a configured partner can.
class QuotaPerIdp {
public:
    explicit QuotaPerIdp(std::size_t limit_per_idp) noexcept : limit_(limit_per_idp) {}

    /// Valid as long as this is. Thread-safe.
    [[nodiscard]] Quota& of(const std::string& idp) {
        const std::lock_guard lock(mutex_);
        return quotas_.try_emplace(idp, limit_).first->second;
    }

private:
    std::size_t limit_;
    std::mutex mutex_;
    std::map<std::string, Quota> quotas_;
};

}  // namespace slo::sp
