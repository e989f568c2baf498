#include "config_store.hpp"

#include <algorithm>
#include <string_view>

#include "address.hpp"
#include "key_files.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::string_view store_keys[] = {"engine",
                                           "folder",
                                           "max_sessions",
                                           "max_logout_records",
                                           "max_logout_records_per_idp",
                                           "max_kept_requests",
                                           "max_sessions_per_principal",
                                           "redis"};
constexpr std::string_view redis_keys[] = {
    "servers",  "topology",    "sentinel_master",        "user",   "password_file",     "sentinel_user",
    "deadline", "replicas",    "sentinel_password_file", "prefix", "replica_shortfall", "index_key",
    "tls",      "sealing_keys"};
constexpr std::string_view redis_tls_keys[] = {"ca", "certificate", "key", "server_name"};

constexpr std::size_t max_servers = 64;
constexpr std::size_t max_sealing_keys = 8;
constexpr std::size_t max_prefix_octets = 64;
constexpr std::size_t max_tls_file_octets = 1024 * 1024;
constexpr Range<std::size_t> counts{1, 1'000'000'000};

/// SQLite and Redis: many callers share one write to the disk, or one connection, so their number is what fills it.
constexpr std::size_t blocking_handler_threads = 32;

enum class Engine { sqlite, memory, redis };

std::string_view word_for(Engine engine) {
    return engine == Engine::sqlite ? "sqlite" : engine == Engine::memory ? "memory" : "redis";
}

/// A key without effect would mislead its author.
void refuse_keys_of_other_engines(const ConfigTable& store, Engine engine) {
    const auto only_for = [&](std::string_view key, std::initializer_list<Engine> engines, std::string_view meant) {
        if (!store.has(key) || std::find(engines.begin(), engines.end(), engine) != engines.end()) return;
        refuse(store.place_of(key),
               std::string(key) + " means nothing to engine = \"" + std::string(word_for(engine)) + "\"",
               "remove it, or write engine = \"" + std::string(meant) + "\" in [store]");
    };
    only_for("folder", {Engine::sqlite}, "sqlite");
    only_for("max_sessions", {Engine::sqlite, Engine::memory}, "sqlite");
    only_for("redis", {Engine::redis}, "redis");
}

template <class Options>
void read_bounds_of_all(const ConfigTable& store, Options& options) {
    options.max_kept_requests = store.number("max_kept_requests", options.max_kept_requests, counts);
    options.max_sessions_per_principal =
        store.number("max_sessions_per_principal", options.max_sessions_per_principal, counts);
    options.max_logout_records = store.number("max_logout_records", options.max_logout_records, counts);
    options.max_logout_records_per_idp =
        store.number("max_logout_records_per_idp", options.max_logout_records_per_idp, counts);
}

/// The bounds that SQLite's options and the memory engine's have in common.
template <class Options>
void read_bounds(const ConfigTable& store, Options& options) {
    read_bounds_of_all(store, options);
    options.max_sessions = store.number("max_sessions", options.max_sessions, counts);
}

/// [store.redis], read into `section_` key by key.
class RedisReader {
public:
    RedisReader(const ConfigTable& redis, const fs::path& folder) : redis_(redis), folder_(folder) {}

    StoreSection read(ReloginRule relogin);

private:
    void read_servers(RedisServers& servers) const;
    void read_accounts(RedisServers& servers);
    void read_replicas(RedisSessionStoreOptions& options) const;
    void read_keys();
    void read_tls(const ConfigTable& tls, RedisTlsOptions& options);
    [[nodiscard]] std::string read_prefix(std::string fallback) const;
    [[nodiscard]] Placed<fs::path> path(const Placed<std::string>& text) const {
        return {folder_ / text.value, text.place};
    }
    [[nodiscard]] std::optional<Placed<fs::path>> file(std::string_view key) const {
        const auto text = redis_.text(key);
        return text ? std::optional(path(*text)) : std::nullopt;
    }

    const ConfigTable& redis_;
    const fs::path& folder_;
    StoreSection section_;
};

StoreSection RedisReader::read(ReloginRule relogin) {
    RedisSessionStoreOptions options;
    options.relogin = relogin;
    read_servers(options.servers);
    read_accounts(options.servers);
    options.servers.deadline = redis_.duration("deadline", {50ms, 30s}).value_or(options.servers.deadline);
    read_replicas(options);
    options.prefix = read_prefix(options.prefix);
    read_keys();
    if (redis_.has("tls"))
        read_tls(redis_.table("tls", redis_tls_keys), options.servers.tls.emplace(RedisTlsOptions{.ca_file = {}}));
    section_.options = std::move(options);
    return std::move(section_);
}

void RedisReader::read_servers(RedisServers& servers) const {
    servers.topology = redis_.choice("topology", servers.topology,
                                     {{"single", RedisTopology::single},
                                      {"sentinel", RedisTopology::sentinel},
                                      {"cluster", RedisTopology::cluster}});
    const auto texts = redis_.texts("servers");
    for (const auto& text : texts) {
        const auto address = redis::parse_address(text.value);
        if (!address) {
            refuse(text.place, "servers: " + shown(text.value) + " is no server",
                   R"(write "host:port", "[::1]:port" or "unix:/path")");
        }
        if (address->is_unix() && redis_.has("tls")) {
            refuse(text.place, "servers: " + shown(text.value) + " beside [store.redis.tls]",
                   "name host and port, or remove [store.redis.tls]: a Unix socket leaves no machine");
        }
        servers.addresses.push_back(text.value);
    }
    if (servers.addresses.empty()) servers.addresses = {"127.0.0.1:6379"};
    if (servers.addresses.size() > max_servers) {
        refuse(redis_.place_of("servers"), "servers names more than " + std::to_string(max_servers),
               "a few are enough: the others are learnt from them");
    }
    if (servers.topology == RedisTopology::single && servers.addresses.size() != 1) {
        refuse(redis_.place_of("servers"), "servers names several, and topology is \"single\"",
               R"(name one, or write topology = "cluster" or "sentinel")");
    }
}

void RedisReader::read_accounts(RedisServers& servers) {
    if (servers.topology == RedisTopology::sentinel) {
        servers.sentinel_master = redis_.required_text("sentinel_master", "mymaster").value;
    }
    for (const std::string_view key : {"sentinel_master", "sentinel_user", "sentinel_password_file"}) {
        if (servers.topology == RedisTopology::sentinel || !redis_.has(key)) continue;
        refuse(redis_.place_of(key), std::string(key) + " without Sentinels",
               "remove it, or write topology = \"sentinel\"");
    }
    const auto account = [this](std::string_view user, std::string_view password_file, std::string& name) {
        if (const auto text = redis_.text(user)) name = text->value;
        if (!name.empty() && !redis_.has(password_file)) {
            refuse(redis_.place_of(user), std::string(user) + " without " + std::string(password_file),
                   "name the file with the password in its first line: " + std::string(password_file) + " = \"...\"");
        }
        return file(password_file);
    };
    section_.password = account("user", "password_file", servers.user);
    section_.sentinel_password = account("sentinel_user", "sentinel_password_file", servers.sentinel_user);
}

void RedisReader::read_replicas(RedisSessionStoreOptions& options) const {
    options.servers.replicas = static_cast<unsigned>(redis_.number("replicas", options.servers.replicas, {0, 16}));
    options.replica_shortfall =
        redis_.choice("replica_shortfall", options.replica_shortfall,
                      {{"refuse", ReplicaShortfall::refuse}, {"report", ReplicaShortfall::report}});
}

/// Braces would be a hash tag, and the others patterns of ACL rules.
std::string RedisReader::read_prefix(std::string fallback) const {
    const auto prefix = redis_.text("prefix");
    if (!prefix) return fallback;
    const bool plain = std::all_of(prefix->value.begin(), prefix->value.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.' || c == ':';
    });
    if (!plain || prefix->value.size() > max_prefix_octets) {
        refuse(prefix->place, "prefix can't be " + shown(prefix->value),
               "write at most " + std::to_string(max_prefix_octets) + " letters, digits and -_.: like \"slo\"");
    }
    return prefix->value;
}

void RedisReader::read_keys() {
    const Place place = redis_.place();
    section_.index_key = file("index_key").value_or(path({"store-index.key", place}));
    for (const auto& text : redis_.texts("sealing_keys")) section_.sealing_keys.push_back(path(text));
    if (section_.sealing_keys.empty()) section_.sealing_keys = {path({"store-sealing.key", place})};
    if (section_.sealing_keys.size() > max_sealing_keys) {
        refuse(redis_.place_of("sealing_keys"), "sealing_keys names more than " + std::to_string(max_sealing_keys),
               "drop the last ones: what they sealed has expired");
    }
}

void RedisReader::read_tls(const ConfigTable& tls, RedisTlsOptions& options) {
    const auto ca = path(tls.required_text("ca", "redis-ca.pem"));
    options.ca_file = ca.value.string();
    section_.tls_files.push_back(ca);
    const auto certificate = tls.text("certificate");
    const auto key = tls.text("key");
    if (certificate.has_value() != key.has_value()) {
        refuse(tls.place_of(certificate ? "certificate" : "key"), "certificate and key don't pair up",
               "name both, or none where servers ask for no certificate");
    }
    if (certificate) {
        section_.tls_files.push_back(path(*certificate));
        section_.tls_key = path(*key);
        options.certificate_file = section_.tls_files.back().value.string();
        options.private_key_file = section_.tls_key->value.string();
    }
    if (const auto name = tls.text("server_name")) options.server_name = name->value;
}

}  // namespace

StoreSection read_store(const ConfigTable& root, const fs::path& folder, ReloginRule relogin) {
    const ConfigTable store = root.table("store", store_keys);
    const auto engine = store.choice(
        "engine", Engine::sqlite, {{"sqlite", Engine::sqlite}, {"memory", Engine::memory}, {"redis", Engine::redis}});
    refuse_keys_of_other_engines(store, engine);
    if (engine == Engine::redis) {
        auto section = RedisReader(store.table("redis", redis_keys), folder).read(relogin);
        read_bounds_of_all(store, std::get<RedisSessionStoreOptions>(section.options));
        return section;
    }
    if (engine == Engine::memory) {
        MemorySessionStoreOptions options{.relogin = relogin};
        read_bounds(store, options);
        return {.options = options};
    }
    const auto sessions = store.text("folder");
    SqliteSessionStoreOptions options{.folder = folder / (sessions ? sessions->value : "sessions"), .relogin = relogin};
    read_bounds(store, options);
    return {.options = std::move(options)};
}

StoreOptions load_store(StoreSection section, MissingKeys missing, std::vector<std::string>& notes) {
    auto* redis = std::get_if<RedisSessionStoreOptions>(&section.options);
    if (!redis) return std::move(section.options);
    if (section.password) redis->servers.password = load_password(*section.password, "password_file", notes);
    if (section.sentinel_password) {
        redis->servers.sentinel_password = load_password(*section.sentinel_password, "sentinel_password_file", notes);
    }
    // The client opens them itself; reading them here too lets the refusal name the line.
    for (const auto& file : section.tls_files) {
        static_cast<void>(read_file(file.value, max_tls_file_octets, file.place, "[store.redis.tls]"));
    }
    if (section.tls_key) {
        static_cast<void>(read_file(section.tls_key->value, max_tls_file_octets, section.tls_key->place, "key"));
        note_readable_by_others(section.tls_key->value, "private key", section.tls_key->place, notes);
    }
    std::vector<Placed<fs::path>> files{*section.index_key};
    files.insert(files.end(), section.sealing_keys.begin(), section.sealing_keys.end());
    auto keys = load_secret_keys(files, missing, notes);
    redis->keys.index_key = std::move(keys.front());
    redis->keys.sealing_keys.assign(std::make_move_iterator(keys.begin() + 1), std::make_move_iterator(keys.end()));
    return std::move(section.options);
}

std::size_t handler_threads_for(const StoreOptions& store) noexcept {
    return std::holds_alternative<MemorySessionStoreOptions>(store) ? 0 : blocking_handler_threads;
}

}  // namespace slo::sp
