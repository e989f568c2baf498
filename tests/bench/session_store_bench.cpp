// The memory engine's size, speed and worst pause: session_store_bench [sessions], a million unless told otherwise.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <string_view>
#include <variant>

#include "slo/sp/memory_session_store.hpp"

namespace {

using namespace slo;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t partners = 64;
constexpr std::uint64_t probes = 1'000'000;

template <class T>
T parsed(const std::string& text) {
    auto value = T::parse(text);
    if (!value) std::abort();
    return *std::move(value);
}

template <class T>
T taken(Result<T> result) {
    if (!result) std::abort();
    return *std::move(result);
}

std::string digits(std::uint64_t number, int width) {
    std::string text(static_cast<std::size_t>(width), '0');
    for (auto it = text.rbegin(); number != 0; ++it, number >>= 4) *it = "0123456789abcdef"[number & 0xF];
    return text;
}

// 64 entityIDs of 60 characters, NameIDs of 48, SessionIndexes of 33, local ids of 32.
saml::EntityID partner(std::uint64_t number) {
    const std::string host = "login." + digits(number % partners, 2) + ".identity.university.example.org";
    return parsed<saml::EntityID>("https://" + host + "/idp/saml2");
}

sp::LocalSessionID local_id(std::uint64_t number) {
    return parsed<sp::LocalSessionID>(digits(number * 0x9E3779B97F4A7C15U, 16) + digits(number, 16));
}

saml::NameID name_id(std::uint64_t number) {
    return {.value = "AAdzZWNyZXQx" + digits(number, 36),
            .format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            .name_qualifier = partner(number).str(),
            .sp_name_qualifier = "https://sp.example.com/saml/metadata",
            .sp_provided_id = std::nullopt};
}

saml::SessionIndex session_index(std::uint64_t number) {
    return parsed<saml::SessionIndex>("_" + digits(number, 32));
}

class Bench {
public:
    explicit Bench(std::uint64_t sessions) : sessions_(sessions) {}

    void run() {
        const std::size_t before = resident_bytes();
        report("admit", sessions_, [this](std::uint64_t i) {
            return [this, session = session(i)] { static_cast<void>(taken(store_.admit(session))); };
        });
        const std::size_t bytes = resident_bytes() - before;
        std::printf("%llu sessions: %.1f bytes each, %.0f MB resident\n", static_cast<unsigned long long>(sessions_),
                    static_cast<double>(bytes) / static_cast<double>(sessions_), static_cast<double>(bytes) / 1e6);
        report("find, hit", probes, [this](std::uint64_t i) {
            return [this, id = local_id(somewhere(i))] { found_ += taken(store_.find(id)) ? 1 : 0; };
        });
        report("find, miss", probes, [this](std::uint64_t i) {
            return [this, id = local_id(sessions_ + i)] { found_ += taken(store_.find(id)) ? 1 : 0; };
        });
        if (found_ != probes) std::abort();
        report("begin_logout and complete_logout", std::min(sessions_, probes),
               [this](std::uint64_t i) { return [this, order = order(i)] { log_out(order); }; });
        report("unfinished_logouts", 1,
               [this](std::uint64_t) { return [this] { static_cast<void>(taken(store_.unfinished_logouts())); }; });
        clock_.now_ = session(0).expires;
        report("sweep_some, everything expired", 4096,
               [this](std::uint64_t) { return [this] { static_cast<void>(store_.sweep_some()); }; });
        if (store_.size().sessions != 0 || store_.size().logout_records != 0) std::abort();
    }

private:
    struct Clock final : sp::Clock {
        [[nodiscard]] Instant now() const noexcept override { return now_; }
        Instant now_{std::chrono::hours(490'000)};
    };

    // What a pause costs on a machine that has nothing else to do.
    static double thread_cpu_milliseconds() {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
    }

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

    sp::Session session(std::uint64_t i) const {
        return {.id = local_id(i),
                .idp = partner(i),
                .sp = our_id_,
                .name_id = name_id(i),
                .session_indexes = {session_index(i)},
                .authn_instant = Clock().now_,
                .expires = Clock().now_ + std::chrono::hours(8)};
    }

    sp::LogoutOrder order(std::uint64_t i) const {
        const std::uint64_t number = i * (sessions_ / std::min(sessions_, probes));
        return {.key = {partner(number), parsed<saml::MessageID>("_" + digits(number, 32))},
                .sp = our_id_,
                .name_id = name_id(number),
                .session_indexes = {session_index(number)},
                .as_of = Clock().now_,
                .keep_until = Clock().now_ + std::chrono::hours(1)};
    }

    void log_out(const sp::LogoutOrder& order) {
        const auto begun = taken(store_.begin_logout(order));
        const auto& ending = std::get<sp::FreshLogout>(begun).ending;
        if (ending.size() != 1) std::abort();
        static_cast<void>(taken(store_.complete_logout(order.key, {.ended = 1}, {ending.front().id})));
    }

    // Jumps about, so that no look-up finds what the last one left in the cache.
    std::uint64_t somewhere(std::uint64_t i) const { return i * 7'368'787 % sessions_; }

    static std::size_t resident_bytes() {
        std::size_t total_pages = 0;
        std::size_t resident_pages = 0;
        std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
        return resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    }

    std::uint64_t sessions_;
    std::uint64_t found_ = 0;
    Clock clock_;
    saml::EntityID our_id_ = parsed<saml::EntityID>("https://sp.example.com/saml/metadata");
    sp::MemorySessionStore store_{clock_, taken(saml::KeyedDigest::with_random_key())};
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
