// The threads in which handlers may block.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace slo::sp {

/// HandlerThreads runs what it is given, a thread's worth of it at a time, the rest in order. Thread-safe. Its queue is
/// as long as its users let it become: a connection has one entry there at most.
class HandlerThreads {
public:
    /// Throws std::system_error where the threads can't be had.
    explicit HandlerThreads(std::size_t count) {
        threads_.reserve(count);
        while (threads_.size() < count) {
            threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
        }
    }
    HandlerThreads(const HandlerThreads&) = delete;
    HandlerThreads& operator=(const HandlerThreads&) = delete;
    /// Waits for the work that has begun. What waits is dropped.
    ~HandlerThreads() = default;

    /// What goes on comes before what begins: a request half answered is nearer to its end than any other, and under
    /// load it would wait through the whole queue twice.
    enum class Turn { begins, goes_on };

    /// `work` mustn't throw: that ends the process. Throws std::bad_alloc, and then `work` is dropped.
    void post(Turn turn, std::function<void()> work) {
        {
            const std::lock_guard lock(mutex_);
            (turn == Turn::begins ? beginning_ : going_on_).push_back(std::move(work));
        }
        changed_.notify_one();
    }

private:
    void work(const std::stop_token& stop) noexcept {
        while (const auto work = next(stop)) work();
    }

    /// Nothing: it's over.
    std::function<void()> next(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [this] { return !going_on_.empty() || !beginning_.empty(); })) return nullptr;
        auto& queue = going_on_.empty() ? beginning_ : going_on_;
        auto work = std::move(queue.front());
        queue.pop_front();
        return work;
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<std::function<void()>> going_on_;
    std::deque<std::function<void()>> beginning_;
    std::vector<std::jthread> threads_;  // last: they use everything above
};

}  // namespace slo::sp
