#include "slo/sp/clock.hpp"

#include <chrono>

namespace slo::sp {

Instant SystemClock::now() const noexcept {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace slo::sp
