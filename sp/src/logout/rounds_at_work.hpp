// The sessions on which this process's applications are at work, and the rounds that wait for them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// Watch calls once, when none of its sessions is at work any more. Thread-safe.
class Watch {
public:
    explicit Watch(std::size_t sessions) noexcept : open_(sessions) {}
    /// `done` is called when all are over; at once if they are already.
    void start(std::function<void()> done);
    void one_is_over();

private:
    std::mutex mutex_;
    std::size_t open_;
    std::function<void()> done_;
};

/// LateRound is a round that outlived its answer. It is in a list of such, so that keeping it takes no memory.
struct LateRound {
    LateRound() = default;
    LateRound(const LateRound&) = delete;
    LateRound& operator=(const LateRound&) = delete;
    virtual ~LateRound() = default;

    std::shared_ptr<LateRound> next;
};

/// RoundsAtWork wakes waiting logouts when a session's round in this process is over: the store knows which round has a
/// session, over all nodes, but wakes no waiting logout. Thread-safe; calls nothing under its lock. Shared, because an
/// application may report after the service is gone.
class RoundsAtWork {
public:
    /// Throws std::system_error where the system has no randomness.
    RoundsAtWork();

    /// The first of `parts_of_a_round` numbers, one for each name of an order.
    static constexpr std::uint64_t parts_of_a_round = 4096;
    [[nodiscard]] RoundID next_round() noexcept { return {node_, ++rounds_ * parts_of_a_round}; }

    /// Throws std::bad_alloc, and then nothing has begun.
    void begin(const std::vector<Session>& sessions);
    void end(const std::vector<Session>& sessions) noexcept;

    [[nodiscard]] bool is_at_work_on(const Session& session) const;
    /// Watched says how many of `sessions` are at work here, and has a watch for these.
    struct Watched {
        std::size_t count = 0;
        std::shared_ptr<Watch> watch;
    };
    [[nodiscard]] Watched watch(const std::vector<Session>& sessions);

    /// keep_late keeps rounds whose applications went on after the answer was given, or whose report the store didn't
    void keep_late(std::shared_ptr<LateRound> late) noexcept;
    /// take_late returns the first of them all, which has the others behind it.
    [[nodiscard]] std::shared_ptr<LateRound> take_late() noexcept;
    [[nodiscard]] bool has_late() const noexcept { return has_late_; }
    /// late_is_at_rest notes that a late round is over.
    void late_is_at_rest() noexcept { late_at_rest_ = true; }
    [[nodiscard]] bool take_late_at_rest() noexcept { return late_at_rest_.exchange(false); }

private:
    const std::uint64_t node_;
    std::atomic<std::uint64_t> rounds_ = 0;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, unsigned> at_work_;  ///< a session's id, and how many rounds are at work on it
    std::unordered_multimap<std::string, std::weak_ptr<Watch>> watches_;
    std::shared_ptr<LateRound> late_;
    std::atomic<bool> has_late_ = false;
    std::atomic<bool> late_at_rest_ = false;
};

}  // namespace slo::sp
