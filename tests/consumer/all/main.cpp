// What links every component, and names something of each.

#include <filesystem>
#include <string_view>

#include "../logout.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/redis_session_store.hpp"
#include "slo/sp/sqlite_session_store.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const consumer::FixedClock clock;
    const std::filesystem::path folder = argv[1];
    const auto audit = slo::sp::make_boost_log_audit();
    // Neither is there: what counts is that all of it is linked, and says so.
    const auto configuration = slo::sp::load_configuration(folder / "none.toml", clock.now());
    const auto redis = slo::sp::RedisSessionStore::open(clock, {.servers = {.addresses = {"unix:/nonexistent"}}});
    const auto store = slo::sp::SqliteSessionStore::open(clock, {.folder = folder / "sessions"});
    if (!audit || configuration || redis || !store) return 1;
    return consumer::play(**store, clock);
}
