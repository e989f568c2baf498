// How much a bounded store may still take in. A claim precedes the use of the room and is given back if none was used.
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
        std::size_t units = 1;
        void operator()(Quota* quota) const noexcept { quota->give_back(units); }
    };
    /// Claim is room for some units. release() keeps them taken; give_back() ends that.
    using Claim = std::unique_ptr<Quota, GiveBack>;

    /// claim takes `units`; null when there is no room.
    [[nodiscard]] Claim claim(std::size_t units = 1) noexcept {
        if (taken_.fetch_add(units) + units <= limit_) return Claim(this, GiveBack{units});
        taken_.fetch_sub(units);
        return Claim(nullptr, GiveBack{});
    }
    void give_back(std::size_t units = 1) noexcept { taken_.fetch_sub(units); }
    /// overdraw takes `units` even beyond the limit; the caller must have another bound for them.
    [[nodiscard]] Claim overdraw(std::size_t units) noexcept {
        taken_.fetch_add(units);
        return Claim(this, GiveBack{units});
    }
    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

private:
    std::size_t limit_;
    std::atomic<std::size_t> taken_ = 0;
};

/// QuotaPerIdp makes one Quota for each IdP that ever ordered a logout; only configured partners can order one.
class QuotaPerIdp {
public:
    explicit QuotaPerIdp(std::size_t limit_per_idp) noexcept : limit_(limit_per_idp) {}

    /// of returns the quota of `idp`, valid as long as this is. Thread-safe.
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
