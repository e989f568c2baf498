#include "slo/sp/application.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace slo::sp {

namespace {

std::vector<Ended> end_each(const SynchronousApplication::EndOne& end_one, const std::vector<Session>& sessions) {
    std::vector<Ended> results;
    results.reserve(sessions.size());
    for (const Session& session : sessions) {
        // One session that can't be ended must not keep the others alive.
        try {
            results.push_back(end_one(session));
        } catch (...) {
            results.push_back(Ended::failed);
        }
    }
    return results;
}

}  // namespace

/// Threads do one work each, the rest in the order of its coming. What waits at the end is dropped, with its reports.
class SynchronousApplication::Threads {
public:
    Threads() = default;
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;
    /// All are told before any is waited for: none goes on with what waits.
    ~Threads() {
        for (std::jthread& thread : threads_) thread.request_stop();
    }
    /// Throws where there is no thread yet and none can be had.
    void post(std::function<void()> work) {
        const std::lock_guard lock(mutex_);
        if (idle_ <= waiting_.size() && threads_.size() < most) add_thread();
        waiting_.push_back(std::move(work));
        changed_.notify_one();
    }

private:
    static constexpr std::size_t most = 16;

    void add_thread() {
        threads_.reserve(most);
        try {
            threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
        } catch (...) {
            if (threads_.empty()) throw;  // else another one will come to it
        }
    }
    void work(const std::stop_token& stop) {
        while (const auto work = next(stop)) {
            try {
                work();
            } catch (...) {  // the report is dropped with it
            }
        }
    }
    std::function<void()> next(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        ++idle_;
        const bool has_some = changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
        --idle_;
        if (!has_some || stop.stop_requested()) return nullptr;
        auto work = std::move(waiting_.front());
        waiting_.pop_front();
        return work;
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<std::function<void()>> waiting_;
    std::size_t idle_ = 0;
    std::vector<std::jthread> threads_;  // last: they use everything above
};

SynchronousApplication::SynchronousApplication(std::string name, EndOne end_one, Run run)
    : name_(std::move(name)),
      end_one_(std::move(end_one)),
      run_(std::move(run)),
      threads_(run_ ? nullptr : std::make_unique<Threads>()) {}

SynchronousApplication::~SynchronousApplication() = default;

void SynchronousApplication::end_sessions(const std::vector<Session>& sessions, ReportEnded report) {
    // Copies, because the work may be done after the caller, and where there is a `run` even this object, is gone.
    auto work = [end_one = end_one_, sessions, report = std::move(report)] { report(end_each(end_one, sessions)); };
    if (run_) return run_(std::move(work));
    threads_->post(std::move(work));
}

}  // namespace slo::sp
