// How the library waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace slo::sp {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Alarm rings once, and stays so. Thread-safe.
class Alarm {
public:
    void ring() noexcept {
        const std::lock_guard lock(mutex_);
        has_rung_ = true;
        changed_.notify_all();
    }
    [[nodiscard]] bool has_rung() const noexcept {
        const std::lock_guard lock(mutex_);
        return has_rung_;
    }
    /// wait_until blocks the calling thread until it rings, or until `deadline`.
    void wait_until(SteadyTime deadline) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, deadline, [this] { return has_rung_; });
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool has_rung_ = false;
};

/// Pace is a port: the clock for deadlines, and the way in which a blocking call waits for an answer. Production uses
/// ThreadPace; a host with threads of its own kind, or a simulation, another one. Implementations are thread-safe.
class Pace {
public:
    virtual ~Pace() = default;
    [[nodiscard]] virtual SteadyTime now() const noexcept = 0;
    /// wait returns when `alarm` has rung, or at `deadline`.
    virtual void wait(Alarm& alarm, SteadyTime deadline) const = 0;
    /// run_all calls each of `works`, all at once, and returns when all have returned. They don't throw.
    virtual void run_all(const std::vector<std::function<void()>>& works) const = 0;
};

/// ThreadPace uses the steady clock and blocks the calling thread. run_all() uses threads of its own; if one can't
/// be had, it throws std::system_error once those that run have returned.
class ThreadPace final : public Pace {
public:
    [[nodiscard]] SteadyTime now() const noexcept override { return std::chrono::steady_clock::now(); }
    void wait(Alarm& alarm, SteadyTime deadline) const override { alarm.wait_until(deadline); }
    void run_all(const std::vector<std::function<void()>>& works) const override {
        if (works.size() == 1) return works.front()();
        std::vector<std::jthread> threads;
        threads.reserve(works.size());
        for (const auto& work : works) threads.emplace_back(work);
    }
    /// get returns one that lives as long as the process.
    [[nodiscard]] static const ThreadPace& get() noexcept {
        static const ThreadPace pace;
        return pace;
    }
};

}  // namespace slo::sp
