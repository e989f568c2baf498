// How many signed answers strangers may have of us.
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>

#include "slo/saml/time.hpp"

namespace slo::sp {

/// AnswerAllowance is a token bucket: `per_second` on average, two seconds' worth at once. A signature costs more than
/// all that a stranger needs to ask for one. Thread-safe.
class AnswerAllowance {
public:
    explicit AnswerAllowance(unsigned per_second) noexcept : per_second_(per_second), left_(2.0 * per_second) {}

    /// Whether one more may be signed at `now`. A clock that goes back earns nothing and takes nothing.
    [[nodiscard]] bool take(Instant now) noexcept {
        const std::lock_guard lock(mutex_);
        const std::chrono::duration<double> passed = now - last_;
        if (passed.count() > 0) left_ = std::min(2.0 * per_second_, left_ + passed.count() * per_second_);
        last_ = now;
        if (left_ < 1) return false;
        left_ -= 1;
        return true;
    }

private:
    std::mutex mutex_;
    double per_second_;
    double left_;
    Instant last_{};
};

}  // namespace slo::sp
