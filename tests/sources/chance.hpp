// The choices that a seed decides.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace slo::sources {

/// Chance is a stream of numbers that a seed decides (splitmix64).
class Chance {
public:
    explicit Chance(std::uint64_t seed) : state_(seed) {}
    [[nodiscard]] std::uint64_t next() noexcept {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }
    /// 0 to count - 1.
    [[nodiscard]] std::size_t below(std::size_t count) noexcept { return next() % count; }
    [[nodiscard]] bool one_in(std::size_t count) noexcept { return below(count) == 0; }
    [[nodiscard]] std::chrono::seconds between(std::chrono::seconds least, std::chrono::seconds most) noexcept {
        return least + std::chrono::seconds(below(static_cast<std::size_t>((most - least).count()) + 1));
    }
    /// In [0, 1).
    [[nodiscard]] double part() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

private:
    std::uint64_t state_;
};

}  // namespace slo::sources
