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
    /// Whether some of that is still under way.
    [[nodiscard]] bool is_working() const noexcept { return working_ > 0; }
    /// Asks for every session that there ever was, once, at one node or another. When nothing is under way any more.
    void ask_for_all();

private:
    using Random = std::mt19937_64;

    // A logout that has succeeded, for late logins and repeats.
    struct Done {
        std::size_t logout;
        std::string user;
        std::string index;  // one of those it names; empty where it names all
        examples::SentLogout request;
        std::vector<std::size_t> named = {};
    };

    void add_thread(std::function<void(Random)> work, Random& seeds);
    void log_in_and_on(Random random);
    void check_on(std::size_t door, Random random);
    void log_out_and_on(Random random);

    void log_in(SessionFacts facts, Random& random);
    void check(std::size_t session, std::size_t door);
    [[nodiscard]] std::optional<std::size_t> choose_session(std::size_t door, Random& random);
    void log_out(Random& random);
    [[nodiscard]] LogoutAttempt send(const examples::SentLogout& request) const;
    void succeed(Done done, const std::vector<std::string>& indexes, Random& random);
    // Every door's checks come to them soon.
    void watch(const std::vector<std::size_t>& sessions);
    [[nodiscard]] SessionFacts invent_login(Random& random);

    const Site& site_;
    Recorder& recorder_;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> working_ = 0;
    std::atomic<Moment> deadline_;

    std::mutex mutex_;  // for everything below
    std::uint64_t sessions_made_ = 0;
    std::vector<std::size_t> sessions_;  // places in the history
    std::vector<std::vector<std::size_t>> of_user_;
    std::vector<std::deque<std::size_t>> watched_;  // for each door
    std::deque<Done> done_;

    std::vector<std::jthread> threads_;
};

}  // namespace slo::test
