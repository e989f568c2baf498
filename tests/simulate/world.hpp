// Time, chance and turns: the seed decides which fiber goes on next.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fiber.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/pace.hpp"

namespace slo::simulate {

using Milliseconds = std::chrono::milliseconds;

/// Chance is a stream of numbers that a seed determines.
class Chance {
public:
    explicit Chance(std::uint64_t seed) : state_(seed) {}
    [[nodiscard]] std::uint64_t next() noexcept {  // splitmix64: seeds that differ in one bit have nothing in common
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }
    /// 0 to count - 1.
    [[nodiscard]] std::size_t below(std::size_t count) noexcept { return next() % count; }
    [[nodiscard]] bool one_in(std::size_t count) noexcept { return below(count) == 0; }
    [[nodiscard]] Milliseconds between(Milliseconds least, Milliseconds most) noexcept {
        return least + Milliseconds(below(static_cast<std::size_t>((most - least).count()) + 1));
    }

private:
    std::uint64_t state_;
};

/// Fault is a failure at one of an operation's calls of the store.
struct Fault {
    enum class Kind {
        refused,       ///< not done, and the caller gets store_failed
        lost,          ///< done, and the caller gets store_failed
        crash_before,  ///< the node dies, and it isn't done
        crash_after,   ///< it's done, and the node dies
        stall_before,  ///< it takes longer than any claim lasts
        stall_after,   ///< its answer does
    };
    unsigned call = 0;
    Kind kind = Kind::refused;
};

/// Actor is the operation of the script for which a fiber runs.
struct Actor {
    Actor(std::string its_label, std::uint64_t seed) : label(std::move(its_label)), chance(seed) {}

    std::string label;
    Chance chance;
    std::vector<Fault> faults = {};
    unsigned calls = 0;
    bool is_hurt = false;                 ///< a fault has met it
    bool has_asked = false;               ///< an IdP
    unsigned proofs = 0;                  ///< IdPs' Success that it got
    std::vector<std::string> found = {};  ///< sessions that the store told it were alive
    std::vector<std::string> named = {};  ///< and those ended with them
};

/// World has the virtual time and the fibers. Nothing in it waits: when no fiber can go on, the time moves to the point
/// at which one can.
class World {
public:
    explicit World(std::uint64_t seed) : chance_(seed) {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    [[nodiscard]] Milliseconds now() const noexcept { return now_; }
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
    [[nodiscard]] Chance& chance() noexcept { return chance_; }

    /// `work` begins at the next turn that it gets. It must not throw.
    void spawn(std::shared_ptr<Actor> actor, std::function<void()> work);
    /// has_turn says whether a fiber runs.
    [[nodiscard]] bool has_turn() const noexcept { return current_ != nullptr; }
    [[nodiscard]] const std::shared_ptr<Actor>& actor() const noexcept { return current_->actor; }

    /// yield lets other fibers go on; for the fiber that runs.
    void yield();
    void sleep(Milliseconds time);
    /// Until `is_over()`, or until then.
    void wait(std::function<bool()> is_over, Milliseconds until);

    /// Runs fibers, one per step, until all have ended or `goes_on` says no; it is asked after each step.
    void run(const std::function<bool()>& goes_on);
    [[nodiscard]] bool is_empty() const noexcept { return fibers_.empty(); }

private:
    struct Place {
        std::unique_ptr<Fiber> fiber;
        std::shared_ptr<Actor> actor;
        std::function<bool()> is_over;  ///< what it waits for besides the time
        Milliseconds until{};
        [[nodiscard]] bool is_ready(Milliseconds now) const { return until <= now || (is_over && is_over()); }
    };
    void let_time_pass();

    Chance chance_;
    Milliseconds now_{};
    std::uint64_t steps_ = 0;
    std::vector<std::unique_ptr<Place>> fibers_;
    std::vector<std::size_t> ready_;
    Place* current_ = nullptr;
};

}  // namespace slo::simulate
