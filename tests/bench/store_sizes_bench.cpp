// The size of an engine's records: store_sizes_bench ENGINE FOLDER [records]
// Octets for each session, for each record of a logout that ended none (a session that it ends goes then), and for each
// kept request, of so many records (50,000). ENGINE is memory, sqlite or redis; FOLDER is where files go. Memory is
// what the process got more resident, SQLite's file is as long as it is once its log is in it, Redis' memory is what
// the server says. All records are as wide as real ones (store_load.hpp).
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "redis_server.hpp"
#include "slo/sp/store_options.hpp"
#include "store_load.hpp"

namespace {

using namespace slo;
using namespace slo::bench;

class Engine {
public:
    virtual ~Engine() = default;
    [[nodiscard]] virtual std::unique_ptr<sp::SessionStore> open(const sp::Clock& clock) = 0;
    /// The size of all records. A store may be closed and opened again for it.
    [[nodiscard]] virtual std::size_t octets(const sp::Clock& clock, std::unique_ptr<sp::SessionStore>& store) = 0;
};

class MemoryEngine final : public Engine {
public:
    std::unique_ptr<sp::SessionStore> open(const sp::Clock& clock) override {
        return must(sp::open_session_store(clock, sp::MemorySessionStoreOptions{}));
    }
    std::size_t octets(const sp::Clock& /*clock*/, std::unique_ptr<sp::SessionStore>& /*store*/) override {
        return resident_bytes();
    }
};

class SqliteEngine final : public Engine {
public:
    explicit SqliteEngine(const std::filesystem::path& folder) : folder_(folder / "sizes") {
        std::filesystem::remove_all(folder_);
    }
    ~SqliteEngine() override { std::filesystem::remove_all(folder_); }
    std::unique_ptr<sp::SessionStore> open(const sp::Clock& clock) override {
        return must(sp::open_session_store(clock, sp::SqliteSessionStoreOptions{.folder = folder_}));
    }
    std::size_t octets(const sp::Clock& clock, std::unique_ptr<sp::SessionStore>& store) override {
        store.reset();
        const std::size_t size = std::filesystem::file_size(folder_ / "sessions.db");
        store = open(clock);
        return size;
    }

private:
    std::filesystem::path folder_;
};

class RedisEngine final : public Engine {
public:
    std::unique_ptr<sp::SessionStore> open(const sp::Clock& clock) override {
        sp::RedisSessionStoreOptions options;
        options.servers.addresses = {server_.address()};
        options.keys = {.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}};
        return must(sp::open_session_store(clock, options));
    }
    std::size_t octets(const sp::Clock& /*clock*/, std::unique_ptr<sp::SessionStore>& /*store*/) override {
        const std::string info = server_.ask({"INFO", "memory"});
        return std::strtoull(info.c_str() + info.find("used_memory:") + std::strlen("used_memory:"), nullptr, 10);
    }

private:
    test::RedisServer server_;
};

/// A logout of a principal without sessions: its record and its barrier are what stays.
void log_nobody_out(sp::SessionStore& store, const sp::LogoutOrder& order) {
    static std::uint64_t rounds = 0;
    const sp::RoundID round{.node = 1, .number = ++rounds};
    static_cast<void>(must(store.begin_logout(order, {.round = round, .until = order.as_of})));
    static_cast<void>(must(store.complete_logout(order.key, {.round = round, .gone = {}})));
}

void keep(sp::SessionStore& store, const sp::LogoutOrder& order) {
    const Result<void> kept = store.keep_request({.order = order,
                                                  .reason = "urn:oasis:names:tc:SAML:2.0:logout:user",
                                                  .not_on_or_after = order.as_of + std::chrono::hours(1),
                                                  .next_attempt = order.as_of + std::chrono::minutes(1)});
    if (!kept) std::abort();
}

void print_sizes(Engine& engine, std::uint64_t count) {
    const StandingClock clock;
    const Instant now = clock.time;
    std::unique_ptr<sp::SessionStore> store = engine.open(clock);
    const auto taken_by = [&](const std::function<void(std::uint64_t)>& add) {
        const std::size_t before = engine.octets(clock, store);
        for (std::uint64_t i = 0; i < count; ++i) add(i);
        return static_cast<double>(engine.octets(clock, store) - before) / static_cast<double>(count);
    };
    const double of_session = taken_by([&](std::uint64_t i) {
        if (must(store->admit(session(i, now))) != sp::Admission::admitted) std::abort();
    });
    const double of_logout = taken_by([&](std::uint64_t i) { log_nobody_out(*store, order(count + i, now)); });
    const double of_request = taken_by([&](std::uint64_t i) { keep(*store, order(2 * count + i, now)); });
    std::printf("octets for each of %llu: session %.0f, logout %.0f, kept request %.0f\n",
                static_cast<unsigned long long>(count), of_session, of_logout, of_request);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3 || argc > 4) {
        std::fputs("usage: store_sizes_bench memory|sqlite|redis FOLDER [records]\n", stderr);
        return 2;
    }
    const std::string name = argv[1];
    const std::uint64_t count = argc == 4 ? std::strtoull(argv[3], nullptr, 10) : 50'000;
    std::unique_ptr<Engine> engine;
    if (name == "memory") engine = std::make_unique<MemoryEngine>();
    if (name == "sqlite") engine = std::make_unique<SqliteEngine>(argv[2]);
    if (name == "redis") engine = std::make_unique<RedisEngine>();
    if (!engine || count == 0) return 2;
    print_sizes(*engine, count);
}
