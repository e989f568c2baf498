// The engines beside each other: store_engines_bench ENGINE FOLDER [short | one-user] [sessions]...
// For each number of sessions: what one caller and what thirty-two get done a second, how much room a session takes,
// and how long the store takes to open again. ENGINE is memory, sqlite or redis; FOLDER is where files go. With `short`
// the SessionIndexes have 15 characters instead of 33, so that no session is found by its index alone. With `one-user`
// so many sessions of one NameID end by one order, and the rows say how what each costs grows with their number.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "one_user.hpp"
#include "redis_server.hpp"
#include "slo/saml/keys.hpp"
#include "slo/sp/store_options.hpp"
#include "store_load.hpp"

namespace {

using namespace slo;
using namespace slo::bench;
using SteadyClock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t of_one_user = 1'000'000;  // no cap in the way
constexpr unsigned many = 32;                   // as many as the endpoint's handler_threads

/// Does operation(i) for i = first, first + 1... in `callers` threads, until `count` are done or the time is over.
class Run {
public:
    Run(unsigned callers, std::uint64_t first, std::uint64_t count, Seconds longest,
        const std::function<void(std::uint64_t)>& operation)
        : next_(first) {
        const auto start = SteadyClock::now();
        {
            std::vector<std::jthread> threads;
            for (unsigned i = 0; i < callers; ++i) {
                threads.emplace_back([&] {
                    while (SteadyClock::now() - start < longest) {
                        const std::uint64_t number = next_++;
                        if (number >= first + count) return;
                        operation(number);
                        ++done_;
                    }
                });
            }
        }
        seconds_ = SteadyClock::now() - start;
    }

    [[nodiscard]] std::uint64_t done() const { return done_; }
    [[nodiscard]] double a_second() const { return static_cast<double>(done_) / seconds_.count(); }

private:
    std::atomic<std::uint64_t> next_;
    std::atomic<std::uint64_t> done_ = 0;
    Seconds seconds_{};
};

/// Engine opens and reopens one kind of store, and says how much room it takes.
class Engine {
public:
    virtual ~Engine() = default;
    [[nodiscard]] virtual std::unique_ptr<sp::SessionStore> open(const sp::Clock& clock) = 0;
    [[nodiscard]] virtual std::size_t bytes() const = 0;
    /// What a restart of the process, or of the server, takes until the store answers; nothing where none survives it.
    [[nodiscard]] virtual std::optional<Seconds> reopen(const sp::Clock& clock,
                                                        std::unique_ptr<sp::SessionStore>& store) = 0;
};

class MemoryEngine final : public Engine {
public:
    std::unique_ptr<sp::SessionStore> open(const sp::Clock& clock) override {
        return must(
            sp::open_session_store(clock, sp::MemorySessionStoreOptions{.max_sessions_per_principal = of_one_user}));
    }
    std::size_t bytes() const override { return resident_bytes() - before_; }
    std::optional<Seconds> reopen(const sp::Clock& /*clock*/, std::unique_ptr<sp::SessionStore>& /*store*/) override {
        return std::nullopt;
    }

private:
    std::size_t before_ = resident_bytes();
};

class SqliteEngine final : public Engine {
public:
    explicit SqliteEngine(std::filesystem::path folder) : folder_(std::move(folder) / "sqlite") {
        std::filesystem::remove_all(folder_);
    }
    ~SqliteEngine() override { std::filesystem::remove_all(folder_); }
    std::unique_ptr<sp::SessionStore> open(const sp::Clock& clock) override {
        return must(sp::open_session_store(
            clock, sp::SqliteSessionStoreOptions{.folder = folder_, .max_sessions_per_principal = of_one_user}));
    }
    std::size_t bytes() const override {
        std::size_t sum = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder_)) sum += entry.file_size();
        return sum;
    }
    std::optional<Seconds> reopen(const sp::Clock& clock, std::unique_ptr<sp::SessionStore>& store) override {
        store.reset();
        const auto start = SteadyClock::now();
        store = open(clock);
        static_cast<void>(must(store->find(local_id(0))));
        return SteadyClock::now() - start;
    }

private:
    std::filesystem::path folder_;
};

class RedisEngine final : public Engine {
public:
    std::unique_ptr<sp::SessionStore> open(const sp::Clock& clock) override {
        sp::RedisSessionStoreOptions options;
        options.servers.addresses = {server_.address()};
        options.max_sessions_per_principal = of_one_user;
        options.keys = {.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}};
        return must(sp::open_session_store(clock, options));
    }
    std::size_t bytes() const override { return used_memory() - empty_; }
    std::optional<Seconds> reopen(const sp::Clock& clock, std::unique_ptr<sp::SessionStore>& store) override {
        store.reset();
        const auto start = SteadyClock::now();
        server_.restart();
        store = open(clock);
        static_cast<void>(must(store->find(local_id(0))));
        return SteadyClock::now() - start;
    }

private:
    std::size_t used_memory() const {
        const std::string info = server_.ask({"INFO", "memory"});
        return std::strtoull(info.c_str() + info.find("used_memory:") + std::strlen("used_memory:"), nullptr, 10);
    }

    test::RedisServer server_{{.configuration = {"appendonly yes", "appendfsync always"}}};
    std::size_t empty_ = used_memory();
};

/// Signatures a second of one core with RSA-2048: what a logout costs in any case.
double signatures_a_second() {
    const auto generated =
        must(saml::generate_key(saml::KeyKind::rsa_2048, "bench", StandingClock().now(), std::chrono::days(1)));
    const saml::SigningKey key = must(saml::SigningKey::parse(generated.private_key_pem, generated.certificate_pem));
    const Run run(1, 0, ~std::uint64_t{0} >> 1, Seconds(1),
                  [&key](std::uint64_t) { static_cast<void>(must(key.sign("what a response is signed over"))); });
    return run.a_second();
}

/// One store, filled further and further.
class Bench {
public:
    Bench(Engine& engine, Indexes indexes)
        : engine_(engine), indexes_(indexes), store_(engine.open(clock_)), signatures_(signatures_a_second()) {}

    static void heading() {
        std::printf("%10s %9s %9s %9s %9s %9s %9s %10s %9s\n", "sessions", "admit", "x32", "find", "x32", "logout",
                    "x32", "bytes each", "reopen ms");
    }

    void row(std::uint64_t sessions) {
        if (sessions > admitted_) admit(many, sessions - admitted_, Seconds(3600));
        const double bytes = static_cast<double>(engine_.bytes()) / static_cast<double>(admitted_ - gone_);
        const auto reopened = engine_.reopen(clock_, store_);
        const double admits = admit(1, max, row_time);
        const double admits_by_many = admit(many, max, row_time);
        const double finds = find(1);
        const double finds_by_many = find(many);
        const double logouts = log_out_some(1);
        const double logouts_by_many = log_out_some(many);
        std::printf("%10llu %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f %10.0f ", static_cast<unsigned long long>(sessions),
                    admits, admits_by_many, finds, finds_by_many, logouts, logouts_by_many, bytes);
        if (reopened) std::printf("%9.0f", reopened->count() * 1e3);
        std::printf("\n           32 callers log out %.1f times as often as one core signs with RSA-2048\n",
                    logouts_by_many / signatures_);
        std::fflush(stdout);
    }

private:
    static constexpr std::uint64_t max = 100'000'000;
    static constexpr Seconds row_time{1.5};

    double admit(unsigned callers, std::uint64_t count, Seconds longest) {
        const Run run(callers, admitted_, count, longest, [this](std::uint64_t i) {
            if (must(store_->admit(session(i, clock_.time, indexes_))) != sp::Admission::admitted) std::abort();
        });
        admitted_ += run.done();
        return run.a_second();
    }

    // Jumps about, so that no look-up finds what the last one left in a cache.
    double find(unsigned callers) {
        const std::uint64_t living = admitted_ - gone_;
        const Run run(callers, 0, max, row_time, [this, living](std::uint64_t i) {
            if (!must(store_->find(local_id(gone_ + i * 7'368'787 % living)))) std::abort();
        });
        return run.a_second();
    }

    double log_out_some(unsigned callers) {
        const Run run(callers, gone_, admitted_ - gone_, row_time,
                      [this](std::uint64_t i) { log_out(*store_, order(i, clock_.time, indexes_)); });
        gone_ += run.done();
        return run.a_second();
    }

    Engine& engine_;
    Indexes indexes_;
    StandingClock clock_;
    std::unique_ptr<sp::SessionStore> store_;
    double signatures_;
    std::uint64_t admitted_ = 0;
    std::uint64_t gone_ = 0;  // the first ones
};

std::unique_ptr<Engine> engine_named(std::string_view name, const char* folder) {
    if (name == "memory") return std::make_unique<MemoryEngine>();
    if (name == "sqlite") return std::make_unique<SqliteEngine>(folder);
    if (name == "redis") return std::make_unique<RedisEngine>();
    return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    const auto engine = argc >= 3 ? engine_named(argv[1], argv[2]) : nullptr;
    if (!engine) {
        std::fputs("usage: store_engines_bench memory|sqlite|redis FOLDER [short|one-user] [sessions]...\n", stderr);
        return 2;
    }
    std::vector<std::uint64_t> sizes;
    const bool is_short = argc > 3 && std::string_view(argv[3]) == "short";
    const bool is_one_user = argc > 3 && std::string_view(argv[3]) == "one-user";
    for (int i = is_short || is_one_user ? 4 : 3; i < argc; ++i) sizes.push_back(std::strtoull(argv[i], nullptr, 10));
    if (is_one_user) {
        if (sizes.empty()) sizes = {1'000, 10'000};
        const StandingClock clock;
        std::printf("%s, the sessions of one user\n", argv[1]);
        print_one_users(*engine->open(clock), clock, sizes);
        return 0;
    }
    if (sizes.empty()) sizes = {10'000, 100'000, 1'000'000};
    std::printf("%s, operations a second by one caller and by %u\n", argv[1], many);
    Bench::heading();
    Bench bench(*engine, is_short ? Indexes::too_short_to_be_found_by : Indexes::usual);
    for (const std::uint64_t size : sizes) bench.row(size);
}
