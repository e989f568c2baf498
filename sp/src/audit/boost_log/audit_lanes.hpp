// Lines on their way to a reader that may be slow: lines of unproven senders never delay the proven ones.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "slo/sp/audit.hpp"

namespace slo::sp {

/// AuditLanes holds lines until they are taken, each lane with its own room. A caller that puts a line in never waits:
/// if its lane is full, the line is lost and counted. Thread-safe.
class AuditLanes {
public:
    struct Line {
        AuditLane lane;
        std::string text;
    };

    AuditLanes(std::size_t most_proven, std::size_t most_sampled) noexcept
        : proven_{.most = most_proven}, sampled_{.most = most_sampled} {}

    void put(AuditLane lane, std::string text) noexcept {
        {
            const std::lock_guard lock(mutex_);
            Lane& its = of(lane);
            if (!its.take_in(std::move(text))) return its.lose();
        }
        changed_.notify_one();
    }
    /// take waits for a line; the proven ones come first. std::nullopt: it was asked to stop.
    [[nodiscard]] std::optional<Line> take(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        const bool has_some =
            changed_.wait(lock, stop, [this] { return !proven_.lines.empty() || !sampled_.lines.empty(); });
        if (stop.stop_requested() || !has_some) return std::nullopt;
        return front();
    }
    /// take_now returns a line, or std::nullopt if there is none.
    [[nodiscard]] std::optional<Line> take_now() {
        const std::lock_guard lock(mutex_);
        return proven_.lines.empty() && sampled_.lines.empty() ? std::nullopt : std::optional(front());
    }

    /// lose counts a taken line that couldn't be written.
    void lose(AuditLane lane) noexcept {
        const std::lock_guard lock(mutex_);
        of(lane).lose();
    }
    /// untold returns how many were lost and haven't been reported.
    [[nodiscard]] StderrLog::Lost untold() const noexcept {
        const std::lock_guard lock(mutex_);
        return {.proven = proven_.lost - proven_.told, .sampled = sampled_.lost - sampled_.told};
    }
    /// tell notes that so many have been reported.
    void tell(const StderrLog::Lost& told) noexcept {
        const std::lock_guard lock(mutex_);
        proven_.told += told.proven;
        sampled_.told += told.sampled;
    }
    [[nodiscard]] std::size_t waiting() const noexcept {
        const std::lock_guard lock(mutex_);
        return proven_.lines.size() + sampled_.lines.size();
    }
    [[nodiscard]] StderrLog::Lost lost() const noexcept {
        const std::lock_guard lock(mutex_);
        return {.proven = proven_.lost, .sampled = sampled_.lost};
    }

private:
    struct Lane {
        std::size_t most;
        std::deque<std::string> lines = {};
        std::uint64_t lost = 0;
        std::uint64_t told = 0;

        [[nodiscard]] bool take_in(std::string text) noexcept {
            if (lines.size() >= most) return false;
            try {
                lines.push_back(std::move(text));
                return true;
            } catch (...) {
                return false;
            }
        }
        void lose() noexcept { ++lost; }
    };

    Lane& of(AuditLane lane) noexcept { return lane == AuditLane::proven ? proven_ : sampled_; }
    Line front() {
        const AuditLane lane = proven_.lines.empty() ? AuditLane::sampled : AuditLane::proven;
        Lane& its = of(lane);
        Line line{lane, std::move(its.lines.front())};
        its.lines.pop_front();
        return line;
    }

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    Lane proven_;
    Lane sampled_;
};

}  // namespace slo::sp
