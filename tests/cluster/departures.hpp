// Logouts that start here, by users and by an administrator: each of a user of its own, with some sessions.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "history.hpp"
#include "site.hpp"

namespace slo::test {

/// Departures run from their construction until wind_down(). `site` must outlive them and stay where it is.
class Departures {
public:
    /// Keeps a stock of users who are logged in, so that some can leave when none can log in.
    Departures(const Site& site, Recorder& recorder, std::uint64_t seed);
    ~Departures();
    Departures(const Departures&) = delete;
    Departures& operator=(const Departures&) = delete;

    /// No user leaves until go_on(). Those who have begun go on: is_resting() tells when all of them are gone.
    void rest() noexcept { resting_ = true; }
    void go_on() noexcept { resting_ = false; }
    [[nodiscard]] bool is_resting() const noexcept { return leaving_ == 0; }

    /// Begins nothing new. Logouts that have begun go on until `patience` is over.
    void wind_down(std::chrono::milliseconds patience);
    [[nodiscard]] bool is_working() const noexcept { return working_ > 0; }
    /// Asks for every session of theirs, once.
    void ask_for_all();

private:
    using Random = std::mt19937_64;
    void arrive_and_on(Random random);
    void leave_and_on(Random random);
    void arrive(Random& random);

    const Site& site_;
    Recorder& recorder_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> resting_ = false;
    std::atomic<int> leaving_ = 0;
    std::atomic<int> working_ = 0;
    std::atomic<Moment> deadline_;
    std::mutex mutex_;  // for what follows
    std::uint64_t groups_ = 0;
    std::deque<Departure> here_;
    std::vector<std::size_t> sessions_;
    std::vector<std::jthread> threads_;
};

}  // namespace slo::test
