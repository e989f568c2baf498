// Where a question to a server is on its way, or what came is being kept, so that nothing else has to wait for it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "metadata_question.hpp"

namespace slo::idp_adapter {

/// Arrivals counts answers that nobody has taken yet. Thread-safe.
class Arrivals {
public:
    void add() noexcept {
        const std::lock_guard lock(mutex_);
        ++count_;
        changed_.notify_all();
    }
    void forget() noexcept {
        const std::lock_guard lock(mutex_);
        count_ = 0;
    }
    /// Returns once there is one, after `most`, or as soon as `stop` is requested.
    void wait(std::chrono::milliseconds most, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, most, [this] { return count_ != 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::size_t count_ = 0;
};

/// Lane has one piece of work done in a thread of its own. The destructor stops it and waits for that thread.
template <class Work>
class Lane {
public:
    Lane(std::unique_ptr<Work> work, std::shared_ptr<Arrivals> arrivals) noexcept
        : work_(std::move(work)), arrivals_(std::move(arrivals)) {}
    ~Lane() = default;
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    /// Throws std::system_error where there is no thread.
    void start() {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
    /// Without a thread.
    void run_here() noexcept { work({}); }
    [[nodiscard]] bool is_done() const noexcept { return is_done_; }
    void request_stop() noexcept { thread_.request_stop(); }
    /// Waits for the thread, where there is one.
    [[nodiscard]] Work& done() {
        if (thread_.joinable()) thread_.join();
        return *work_;
    }

private:
    void work(const std::stop_token& stop) noexcept {
        try {
            work_->run(stop);
        } catch (const std::exception&) {
            // No memory, most likely: it says so itself as long as it isn't done.
        }
    }
    void run(const std::stop_token& stop) noexcept {
        work(stop);
        is_done_ = true;
        arrivals_->add();
    }

    std::unique_ptr<Work> work_;
    std::shared_ptr<Arrivals> arrivals_;
    std::atomic<bool> is_done_ = false;
    std::jthread thread_;  // the last: it uses the others
};
using MetadataLane = Lane<MetadataQuestion>;
using KeepingLane = Lane<MetadataKeeping>;

}  // namespace slo::idp_adapter
