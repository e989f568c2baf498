// The threads in which handlers and applications may block.
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

/// HandlerThreads runs jobs, as many at a time as it has threads, the rest in order. Thread-safe. Its queue is as long
/// as its users let it become: a connection has one entry there at most.
class HandlerThreads {
public:
    enum class Start { all_at_once, as_needed };
    /// HandlerThreads has `most` threads at most. Throws std::system_error if those to be started at once can't be had.
    explicit HandlerThreads(std::size_t most, Start start = Start::all_at_once) : most_(most) {
        threads_.reserve(most_);
        while (start == Start::all_at_once && threads_.size() < most_) add_thread();
    }
    HandlerThreads(const HandlerThreads&) = delete;
    HandlerThreads& operator=(const HandlerThreads&) = delete;
    /// Drops the queue, then waits for the jobs at work. All threads are told before any is joined, so that none takes
    /// another job.
    ~HandlerThreads() {
        for (std::jthread& thread : threads_) thread.request_stop();
        std::unique_lock lock(mutex_);
        for (auto dropped = take(); dropped; dropped = take()) {
            lock.unlock();  // the jobs' destructors may do anything
            dropped = nullptr;
            lock.lock();
        }
    }

    /// Turn orders the queue: jobs that go on come before those that begin. A request half answered is nearer to its
    /// end than any other, and under load it would wait through the whole queue twice.
    enum class Turn { begins, goes_on };

    /// post queues `work`, which mustn't throw: that ends the process. Throws std::bad_alloc, and std::system_error if
    /// there is no thread yet and none can be had; then `work` is dropped.
    void post(Turn turn, std::function<void()> work) {
        {
            const std::lock_guard lock(mutex_);
            if (idle_ <= going_on_.size() + beginning_.size() && threads_.size() < most_) try_to_add_thread();
            (turn == Turn::begins ? beginning_ : going_on_).push_back(std::move(work));
        }
        changed_.notify_one();
    }

private:
    void add_thread() {
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
    void try_to_add_thread() {
        try {
            add_thread();
        } catch (...) {
            if (threads_.empty()) throw;  // otherwise another thread takes the job
        }
    }
    void work(const std::stop_token& stop) noexcept {
        while (const auto work = next(stop)) work();
    }

    /// next returns the next job, or an empty function when the threads are to stop.
    std::function<void()> next(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        ++idle_;
        const bool has_some = changed_.wait(lock, stop, [this] { return !going_on_.empty() || !beginning_.empty(); });
        --idle_;
        if (!has_some || stop.stop_requested()) return nullptr;  // the wait prefers work to a stop
        return take();
    }
    /// take returns the first job of the queue, or an empty function; the caller holds `mutex_`.
    std::function<void()> take() noexcept {
        auto& queue = going_on_.empty() ? beginning_ : going_on_;
        if (queue.empty()) return nullptr;
        auto work = std::move(queue.front());
        queue.pop_front();
        return work;
    }

    const std::size_t most_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<std::function<void()>> going_on_;
    std::deque<std::function<void()>> beginning_;
    std::size_t idle_ = 0;
    std::vector<std::jthread> threads_;  // last: they use everything above
};

}  // namespace slo::sp
