// A request to a server in a thread of its own, so that no caller has to wait for the answer.
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

/// Arrivals counts answers that haven't been taken yet. Thread-safe.
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
    /// wait returns once there is one, after `most`, or as soon as `stop` is requested.
    void wait(std::chrono::milliseconds most, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, most, [this] { return count_ != 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::size_t count_ = 0;
};

/// MetadataLane has one question asked in a thread of its own. The destructor stops it and waits for that thread.
class MetadataLane {
public:
    MetadataLane(std::unique_ptr<MetadataQuestion> question, std::shared_ptr<Arrivals> arrivals) noexcept
        : question_(std::move(question)), arrivals_(std::move(arrivals)) {}
    ~MetadataLane() = default;
    MetadataLane(const MetadataLane&) = delete;
    MetadataLane& operator=(const MetadataLane&) = delete;

    /// start throws std::system_error if there is no thread.
    void start() {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
    [[nodiscard]] bool is_done() const noexcept { return is_done_; }
    void request_stop() noexcept { thread_.request_stop(); }
    /// answered waits for the thread, if there is one.
    [[nodiscard]] MetadataQuestion& answered() {
        if (thread_.joinable()) thread_.join();
        return *question_;
    }

private:
    void run(const std::stop_token& stop) noexcept {
        try {
            question_->run(stop);
        } catch (const std::exception&) {
            // No memory, most likely: the request counts as one that couldn't be made.
        }
        is_done_ = true;
        arrivals_->add();
    }

    std::unique_ptr<MetadataQuestion> question_;
    std::shared_ptr<Arrivals> arrivals_;
    std::atomic<bool> is_done_ = false;
    std::jthread thread_;  // the last: it uses the others
};

}  // namespace slo::idp_adapter
