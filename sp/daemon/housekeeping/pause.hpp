// A pause for threads with recurring tasks.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace slo::daemon {

/// pause returns after `time`, or as soon as `stop` is requested; and soon if there is no memory to wait with.
inline void pause(const std::stop_token& stop, std::chrono::seconds time) noexcept {
    try {
        std::mutex mutex;
        std::condition_variable_any nobody_calls;
        std::unique_lock lock(mutex);
        nobody_calls.wait_for(lock, stop, time, [] { return false; });
    } catch (...) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

}  // namespace slo::daemon
