// Limits of the work that peers may cause.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <unordered_set>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/time.hpp"

namespace slo::sp {

/// Allowance is a token bucket: `per_second` on average, two seconds' worth at once. Not thread-safe: its owner is.
class Allowance {
public:
    explicit Allowance(unsigned per_second) noexcept : per_second_(per_second), left_(2.0 * per_second) {}

    /// take says whether `count` more may be had at `now`: a shortfall is owed for the next ones, so that a large one
    /// can be had at all. A clock that goes back earns nothing and takes nothing.
    [[nodiscard]] bool take(Instant now, std::size_t count = 1) noexcept {
        const std::chrono::duration<double> passed = now - last_;
        if (passed.count() > 0) left_ = std::min(2.0 * per_second_, left_ + passed.count() * per_second_);
        last_ = now;
        if (left_ < 1) return false;
        left_ -= static_cast<double>(count);
        return true;
    }

private:
    double per_second_;
    double left_;
    Instant last_{};
};

/// Allowances has an Allowance for each name. Only proven names may be used: each of them stays in memory.
/// Thread-safe.
class Allowances {
public:
    explicit Allowances(unsigned per_second) noexcept : per_second_(per_second) {}

    [[nodiscard]] bool take(const std::string& whose, Instant now) {
        const std::lock_guard lock(mutex_);
        return all_.try_emplace(whose, per_second_).first->second.take(now);
    }

private:
    std::mutex mutex_;
    unsigned per_second_;
    std::map<std::string, Allowance, std::less<>> all_;
};

/// RecentRequests remembers the last IDs that it was told, as hashes: rarely is another one taken for one of them.
class RecentRequests {
public:
    [[nodiscard]] bool has(const saml::MessageID& id) const { return known_.contains(hash(id)); }
    void add(const saml::MessageID& id) {
        constexpr std::size_t most = 8192;
        if (!known_.insert(hash(id)).second) return;
        order_.push_back(hash(id));
        if (order_.size() <= most) return;
        known_.erase(order_.front());
        order_.pop_front();
    }

private:
    [[nodiscard]] static std::size_t hash(const saml::MessageID& id) { return std::hash<std::string>()(id.str()); }

    std::unordered_set<std::size_t> known_;
    std::deque<std::size_t> order_;
};

/// PartnersAllowances limit each IdP: so many new requests per second, and as many repeats, which the record answers.
/// A replay uses none of its sender's allowance for new ones. Thread-safe.
class PartnersAllowances {
public:
    explicit PartnersAllowances(unsigned per_second) noexcept : per_second_(per_second) {}

    /// take says whether a request that is proven to come from `idp` may be handled. It counts as `weight` if it's new.
    [[nodiscard]] bool take(const std::string& idp, const saml::MessageID& id, std::size_t weight, Instant now) {
        const std::lock_guard lock(mutex_);
        Partner& partner = all_.try_emplace(idp, per_second_).first->second;
        if (partner.recent.has(id)) return partner.repeats.take(now);
        if (!partner.fresh.take(now, weight)) return false;
        partner.recent.add(id);
        return true;
    }

private:
    struct Partner {
        explicit Partner(unsigned per_second) noexcept : fresh(per_second), repeats(per_second) {}
        Allowance fresh;
        Allowance repeats;
        RecentRequests recent;
    };

    std::mutex mutex_;
    unsigned per_second_;
    std::map<std::string, Partner, std::less<>> all_;
};

}  // namespace slo::sp
