// A blocking wait for what others do in threads of their own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace slo::sp {

/// WaitForOne lets one thread wait for one call from another. It is shared: the call may come after the wait is over.
class WaitForOne {
public:
    void call() {
        const std::lock_guard lock(mutex_);
        called_ = true;
        changed_.notify_one();
    }
    void wait_until(std::chrono::steady_clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, deadline, [this] { return called_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool called_ = false;
};

/// `start` takes an `on_complete`, as PendingLogout and ApplicationRound do.
template <class Start>
void start_and_wait(Start start, std::chrono::steady_clock::time_point deadline) {
    const auto wait = std::make_shared<WaitForOne>();
    start([wait] { wait->call(); });
    wait->wait_until(deadline);
}

}  // namespace slo::sp
