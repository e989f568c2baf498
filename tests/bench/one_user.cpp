#include "one_user.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <variant>

namespace slo::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr unsigned callers = 32;

Seconds since(SteadyClock::time_point start) {
    return SteadyClock::now() - start;
}

/// Another user logs in again and again until this is asked how long one login took at most.
class Bystander {
public:
    Bystander(sp::SessionStore& store, std::uint64_t first, Instant now)
        : thread_([this, &store, first, now](const std::stop_token& stop) {
              for (std::uint64_t i = first; !stop.stop_requested(); ++i) {
                  const auto start = SteadyClock::now();
                  static_cast<void>(must(store.admit(session(i, now))));
                  longest_ = std::max(longest_, since(start));
              }
          }) {}
    [[nodiscard]] double longest_ms() {
        thread_.request_stop();
        thread_.join();
        return longest_.count() * 1e3;
    }

private:
    Seconds longest_{};
    std::jthread thread_;  // last: it uses the others
};

struct Row {
    Seconds begin{};
    Seconds complete{};
    double begin_wait_ms = 0;
    double complete_wait_ms = 0;
};

class OneUser {
public:
    OneUser(sp::SessionStore& store, const StandingClock& clock, std::uint64_t user, std::uint64_t size)
        : store_(store), now_(clock.time), order_(order(user, clock.time)), user_(user), size_(size) {
        order_.session_indexes.clear();
    }

    Row log_out() {
        admit_all();
        Row row;
        const sp::RoundID round{.node = 2, .number = user_};
        std::vector<sp::Session> ending;
        {
            Bystander bystander(store_, (user_ << 32) + (1U << 30), now_);
            const auto start = SteadyClock::now();
            const auto begun =
                must(store_.begin_logout(order_, {.round = round, .until = now_ + std::chrono::minutes(1)}));
            row.begin = since(start);
            row.begin_wait_ms = bystander.longest_ms();
            ending = std::get<sp::FreshLogout>(begun).ending;
        }
        if (ending.size() != size_) std::abort();
        sp::RoundReport report{.round = round, .ended = static_cast<std::uint32_t>(size_), .gone = {}};
        for (const sp::Session& one : ending) report.gone.push_back(one.id);
        Bystander bystander(store_, (user_ << 32) + (3U << 30), now_);
        const auto start = SteadyClock::now();
        if (!must(store_.complete_logout(order_.key, report)).complete()) std::abort();
        row.complete = since(start);
        row.complete_wait_ms = bystander.longest_ms();
        return row;
    }

private:
    void admit_all() {
        std::atomic<std::uint64_t> next = 0;
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < callers; ++i) {
            threads.emplace_back([&] {
                for (std::uint64_t number = next++; number < size_; number = next++) {
                    sp::Session one = session((user_ << 32) + number * 64, now_);
                    one.idp = order_.key.idp;
                    one.name_id = order_.name_id;
                    if (must(store_.admit(one)) != sp::Admission::admitted) std::abort();
                }
            });
        }
    }

    sp::SessionStore& store_;
    Instant now_;
    sp::LogoutOrder order_;
    std::uint64_t user_;
    std::uint64_t size_;
};

}  // namespace

void print_one_users(sp::SessionStore& store, const StandingClock& clock, const std::vector<std::uint64_t>& sizes) {
    std::printf("%10s %9s %12s %9s %12s %9s\n", "sessions", "begin ms", "others wait", "compl. ms", "others wait",
                "us each");
    double first_each = 0;
    std::uint64_t user = 1U << 20;
    for (const std::uint64_t size : sizes) {
        const Row row = OneUser(store, clock, ++user, size).log_out();
        const double each = (row.begin + row.complete).count() * 1e6 / static_cast<double>(size);
        if (first_each == 0) first_each = each;
        std::printf(
            "%10llu %9.1f %12.1f %9.1f %12.1f %9.1f\n           a session costs %.2f times what it costs of %llu\n",
            static_cast<unsigned long long>(size), row.begin.count() * 1e3, row.begin_wait_ms,
            row.complete.count() * 1e3, row.complete_wait_ms, each, each / first_each,
            static_cast<unsigned long long>(sizes.front()));
        std::fflush(stdout);
    }
}

}  // namespace slo::bench
