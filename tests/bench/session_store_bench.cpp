// The memory engine's size, speed and worst pause: session_store_bench [sessions], a million unless told otherwise.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "measured.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "store_load.hpp"

namespace {

using namespace slo;
using namespace slo::bench;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t probes = 1'000'000;

class Bench {
public:
    explicit Bench(std::uint64_t sessions) : sessions_(sessions) {}

    void run() {
        const std::size_t before = resident_bytes();
        report("admit", sessions_, [this](std::uint64_t i) {
            return [this, session = session(i, clock_.time)] { static_cast<void>(must(store_.admit(session))); };
        });
        const std::size_t bytes = resident_bytes() - before;
        std::printf("%llu sessions: %.1f bytes each, %.0f MB resident\n", static_cast<unsigned long long>(sessions_),
                    static_cast<double>(bytes) / static_cast<double>(sessions_), static_cast<double>(bytes) / 1e6);
        report("find, hit", probes, [this](std::uint64_t i) {
            return [this, id = local_id(somewhere(i))] { found_ += must(store_.find(id)) ? 1 : 0; };
        });
        report("find, miss", probes, [this](std::uint64_t i) {
            return [this, id = local_id(sessions_ + i)] { found_ += must(store_.find(id)) ? 1 : 0; };
        });
        if (found_ != probes) std::abort();
        report("begin_logout and complete_logout", std::min(sessions_, probes), [this](std::uint64_t i) {
            return [this, order = order(ordered(i), clock_.time)] { log_out(store_, order); };
        });
        report("unfinished_logouts", 1,
               [this](std::uint64_t) { return [this] { static_cast<void>(must(store_.unfinished_logouts())); }; });
        clock_.time = session(0, clock_.time).expires;
        report("sweep_some, everything expired", 4096,
               [this](std::uint64_t) { return [this] { static_cast<void>(store_.sweep_some()); }; });
        if (store_.size().sessions != 0 || store_.size().logout_records != 0) std::abort();
    }

private:
    // Runs prepare(i)() `count` times; what prepare does isn't measured.
    template <class Prepare>
    void report(const char* what, std::uint64_t count, Prepare prepare) {
        SteadyClock::duration total{};
        SteadyClock::duration worst{};
        double worst_cpu = 0;
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto operation = prepare(i);
            const double cpu_start = thread_cpu_milliseconds();
            const auto start = SteadyClock::now();
            operation();
            const auto elapsed = SteadyClock::now() - start;
            worst_cpu = std::max(worst_cpu, thread_cpu_milliseconds() - cpu_start);
            worst = std::max(worst, elapsed);
            total += elapsed;
        }
        using Nanoseconds = std::chrono::duration<double, std::nano>;
        using Milliseconds = std::chrono::duration<double, std::milli>;
        std::printf("%-34s %9.0f ns each, worst %.2f ms, of CPU %.2f ms\n", what,
                    Nanoseconds(total).count() / static_cast<double>(count), Milliseconds(worst).count(), worst_cpu);
        std::fflush(stdout);
    }

    // Spread over all sessions.
    std::uint64_t ordered(std::uint64_t i) const { return i * (sessions_ / std::min(sessions_, probes)); }

    // Jumps about, so that no look-up finds what the last one left in the cache.
    std::uint64_t somewhere(std::uint64_t i) const { return i * 7'368'787 % sessions_; }

    std::uint64_t sessions_;
    std::uint64_t found_ = 0;
    StandingClock clock_;
    sp::MemorySessionStore store_{clock_, must(saml::KeyedDigest::with_random_key())};
};

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t sessions = 1'000'000;
    if (argc > 1) {
        const std::string_view text(argv[1]);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sessions);
        if (argc > 2 || error != std::errc() || end != text.data() + text.size() || sessions == 0) {
            std::fputs("usage: session_store_bench [sessions]\n", stderr);
            return 2;
        }
    }
    Bench(sessions).run();
}
