// How long to wait before the next try.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace slo::sp::redis {

/// BackOff doubles from `shortest` to `longest`. Each wait is drawn from its upper half, so that many nodes that lost
/// one server don't come back in step.
class BackOff {
public:
    static constexpr std::chrono::milliseconds shortest{20};
    static constexpr std::chrono::milliseconds longest{1000};

    template <class Random>
    [[nodiscard]] std::chrono::milliseconds next(Random& random) {
        const auto wait = next_;
        next_ = std::min(next_ * 2, longest);
        return std::chrono::milliseconds(
            std::uniform_int_distribution<std::chrono::milliseconds::rep>(wait.count() / 2, wait.count())(random));
    }
    void reset() noexcept { next_ = shortest; }

private:
    std::chrono::milliseconds next_ = shortest;
};

}  // namespace slo::sp::redis
