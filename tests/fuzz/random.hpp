// Choices that a seed decides, the same everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace slo::fuzz {

/// Random is splitmix64.
class Random {
public:
    explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

    /// 0 to `count` - 1; 0 where `count` is 0.
    [[nodiscard]] std::size_t below(std::size_t count) noexcept { return count == 0 ? 0 : next() % count; }
    [[nodiscard]] bool one_in(std::size_t count) noexcept { return below(count) == 0; }
    /// One of `choices`, which isn't empty.
    template <class Choices>
    [[nodiscard]] const auto& pick(const Choices& choices) noexcept {
        return *std::next(std::begin(choices), static_cast<std::ptrdiff_t>(below(std::size(choices))));
    }

private:
    [[nodiscard]] std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }

    std::uint64_t state_;
};

}  // namespace slo::fuzz
