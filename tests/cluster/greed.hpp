// A partner that takes all the room there is for it, and more.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "history.hpp"
#include "site.hpp"

namespace slo::test {

/// Greed is the other IdP of the site: its orders fill its quota of records and keep it full, and its users log in
/// until they have as many sessions as they may, and the store has. Some of its users log out all the same, by an
/// order of their IdP or here. `site` must outlive it and stay where it is.
class Greed {
public:
    /// Returns when the quota of records is full at every node, or would have to be.
    Greed(const Site& site, Recorder& recorder, std::uint64_t seed);
    ~Greed();
    Greed(const Greed&) = delete;
    Greed& operator=(const Greed&) = delete;

    /// Begins nothing new. Logouts that have begun go on until `patience` is over; the quota stays full.
    void wind_down(std::chrono::milliseconds patience);
    [[nodiscard]] bool is_working() const noexcept { return working_ > 0; }
    /// How often an order was refused, and how often a user had as many sessions as they may, or the store had.
    [[nodiscard]] std::size_t refused() const noexcept { return refused_; }
    [[nodiscard]] std::size_t crowded() const noexcept { return crowded_; }

private:
    using Random = std::mt19937_64;

    void add_thread(std::function<void(Random)> work, Random& seeds);
    [[nodiscard]] std::optional<LogoutAnswer> order_much(Random& random) const;
    void fill(Random& random);
    void order_and_on(Random random);
    void leave_and_on(Random random);
    void crowd_and_on(Random random);
    void leave(std::uint64_t number, Random& random);
    [[nodiscard]] std::optional<std::size_t> log_in(const std::string& user, std::uint64_t number, Random& random);
    void try_order(const SessionFacts& session, std::size_t place, Random& random);
    void log_out(const Departure& departure, Random& random);

    const Site& site_;
    Recorder& recorder_;
    std::string idp_;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> working_ = 0;
    std::atomic<Moment> deadline_;
    std::atomic<std::size_t> refused_ = 0;
    std::atomic<std::size_t> crowded_ = 0;
    std::vector<std::jthread> threads_;
};

}  // namespace slo::test
