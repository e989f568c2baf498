// How much of our work others may have.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "slo/saml/time.hpp"

namespace slo::sp {

/// Allowance is a token bucket: `per_second` on average, two seconds' worth at once. Not thread-safe: its owner is.
class Allowance {
public:
    explicit Allowance(unsigned per_second) noexcept : per_second_(per_second), left_(2.0 * per_second) {}

    /// Whether one more may be had at `now`. A clock that goes back earns nothing and takes nothing.
    [[nodiscard]] bool take(Instant now) noexcept {
        const std::chrono::duration<double> passed = now - last_;
        if (passed.count() > 0) left_ = std::min(2.0 * per_second_, left_ + passed.count() * per_second_);
        last_ = now;
        if (left_ < 1) return false;
        left_ -= 1;
        return true;
    }

private:
    double per_second_;
    double left_;
    Instant last_{};
};

/// Allowances gives everybody an Allowance of their own. Only names that were proven may be asked for: each of them
/// stays in memory. Thread-safe.
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

}  // namespace slo::sp
