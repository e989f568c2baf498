// The steady load: logins, checks and logouts from several threads, each written down by the recorder.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "history.hpp"
#include "site.hpp"

namespace slo::test {

/// Load runs from its construction until wind_down(). `site` must outlive it and stay where it is.
class Load {
public:
    Load(const Site& site, Recorder& recorder, std::uint64_t seed);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Begins nothing new. Logouts that have begun are sent again until they succeed, or until `patience` is over.
    void wind_down(std::chrono::milliseconds patience);
    /// Whether some of them are still under way.
    [[nodiscard]] bool is_working() const noexcept { return working_ > 0; }
    /// Asks for every session that there ever was, once, at one node or another. When nothing is under way any more.
    void ask_for_all();

private:
    using Random = std::mt19937_64;

    // A logout that has been sent, and its sessions.
    struct Order {
        std::size_t logout;  // in the history
        LogoutFacts facts;
        examples::SentLogout request;
        std::vector<std::size_t> named = {};
    };

    void add_thread(std::function<void(Random)> work, Random& seeds);
    void log_in_and_on(Random random);
    void check_on(std::size_t door, Random random);
    void log_out_and_on(Random random);
    void rival_on(Random random);
    void take_up_on(Random random);
    void miss_nearly_and_on(Random random);

    // Whether it was admitted.
    bool log_in(std::size_t session, Random& random);
    [[nodiscard]] LoginAttempt try_log_in(std::size_t session, const std::string& form, Random& random) const;
    void check(std::size_t session, std::size_t door);
    [[nodiscard]] std::optional<std::size_t> choose_session(std::size_t door, Random& random);
    [[nodiscard]] std::vector<std::string> choose_indexes(std::size_t user, Random& random);
    [[nodiscard]] bool may_order();
    void log_out(Random& random);
    // Signs it, under one of the IdP's names. Nothing is sent yet.
    [[nodiscard]] std::optional<Order> order(LogoutFacts facts, Random& random);
    // Sends it until it succeeds. One that takes long is left to the threads that take up old ones.
    void pursue(Order order, Random& random);
    LogoutAnswer send_once(const Order& order);
    void succeed(Order order, Random& random);
    // Every door's checks come to them soon.
    void watch(const std::vector<std::size_t>& sessions);
    [[nodiscard]] SessionFacts invent_login(Random& random);
    void miss_nearly(std::size_t number, Random& random);

    const Site& site_;
    Recorder& recorder_;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> working_ = 0;
    std::atomic<int> pursuing_ = 0;  // threads that may still leave logouts to others
    std::atomic<Moment> deadline_;

    std::mutex mutex_;  // for everything below
    std::uint64_t sessions_made_ = 0;
    std::vector<std::size_t> sessions_;  // places in the history
    std::vector<std::vector<std::size_t>> of_user_;
    std::vector<std::deque<std::size_t>> watched_;  // for each door
    std::deque<Order> done_;                        // have succeeded; for late logins and repeats
    std::deque<Order> rivals_;                      // on their way, and to be sent by another thread too
    std::deque<Order> left_;                        // have been sent for long

    std::vector<std::jthread> threads_;
};

}  // namespace slo::test
