#include <stdexcept>
#include <utility>

#include "redis_server.hpp"

namespace slo::test {
namespace {

constexpr unsigned slots = 16384;

/// Throws the server's error.
void require(const RedisServer& server, const std::vector<std::string>& words) {
    const std::string answer = server.ask(words);
    if (answer.starts_with('-')) throw std::runtime_error(words.front() + ": " + answer);
}

bool says(const RedisServer& server, const std::vector<std::string>& words, const std::string& part) {
    return server.ask(words).find(part) != std::string::npos;
}

RedisServerOptions options_for(const RedisAccess& access) {
    RedisServerOptions options{.configuration = {}, .tcp = !access.tls, .tls = access.tls, .password = access.password};
    if (access.tls) options.configuration = {"tls-replication yes", "tls-cluster yes"};
    if (!access.password.empty()) {
        options.configuration.push_back("requirepass " + access.password);
        options.configuration.push_back("masterauth " + access.password);
    }
    return options;
}

}  // namespace

std::unique_ptr<RedisServer> replica_of(const RedisServer& primary, RedisServerOptions options) {
    options.configuration.push_back("replicaof 127.0.0.1 " + std::to_string(primary.port()));
    auto replica = std::make_unique<RedisServer>(std::move(options));
    await("a replica in step", [&] {
        return says(*replica, {"INFO", "replication"}, "master_link_status:up") &&
               says(primary, {"INFO", "replication"}, "state=online");
    });
    return replica;
}

RedisCluster::RedisCluster(unsigned masters, unsigned replicas_of_each, const RedisAccess& access)
    : password_(access.password) {
    const unsigned count = masters * (1 + replicas_of_each);
    for (unsigned i = 0; i < count; ++i) {
        RedisServerOptions options = options_for(access);
        options.configuration.insert(options.configuration.end(), {"cluster-enabled yes", "cluster-node-timeout 1000",
                                                                   "cluster-require-full-coverage no"});
        servers_.push_back(std::make_unique<RedisServer>(std::move(options)));
        if (i < masters) {
            require(*servers_[i], {"CLUSTER", "ADDSLOTSRANGE", std::to_string(slots * i / masters),
                                   std::to_string(slots * (i + 1) / masters - 1)});
        }
        // Two of one epoch would have to find out first which of them is the newer.
        require(*servers_[i], {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    }
    for (unsigned i = 1; i < count; ++i) {
        require(*servers_[0], {"CLUSTER", "MEET", "127.0.0.1", std::to_string(servers_[i]->port())});
    }
    for (const auto& server : servers_) {
        await("a Cluster that knows its servers", [&] {
            return says(*server, {"CLUSTER", "INFO"}, "cluster_known_nodes:" + std::to_string(count));
        });
    }
    for (unsigned i = masters; i < count; ++i) {
        // It must have heard first that the other is a master with slots.
        await("a replica in the Cluster", [&] {
            return !servers_[i]->ask({"CLUSTER", "REPLICATE", id(i % masters)}).starts_with('-');
        });
    }
    for (const auto& server : servers_) {
        await("a Cluster in order", [&] {
            return says(*server, {"CLUSTER", "INFO"}, "cluster_state:ok") &&
                   says(*server, {"CLUSTER", "INFO"}, "cluster_slots_ok:" + std::to_string(slots));
        });
    }
    for (unsigned i = 0; i < masters && replicas_of_each > 0; ++i) {
        await("a Cluster's replicas", [&] { return says(*servers_[i], {"INFO", "replication"}, "state=online"); });
    }
}

std::vector<std::string> RedisCluster::addresses() const {
    std::vector<std::string> addresses;
    for (const auto& server : servers_) addresses.push_back(server->tcp_address());
    return addresses;
}

std::size_t RedisCluster::owner_of(const std::string& key) const {
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        if (!servers_[i]->ask({"EXISTS", key}).starts_with('-')) return i;
    }
    throw std::runtime_error("no server has the slot");
}

void RedisCluster::begin_move(const std::string& key, std::size_t from, std::size_t to) {
    const std::string slot = servers_[from]->ask({"CLUSTER", "KEYSLOT", key});
    require(*servers_[to], {"CLUSTER", "SETSLOT", slot, "IMPORTING", id(from)});
    require(*servers_[from], {"CLUSTER", "SETSLOT", slot, "MIGRATING", id(to)});
}

void RedisCluster::finish_move(const std::string& key, std::size_t from, std::size_t to) {
    const std::string slot = servers_[from]->ask({"CLUSTER", "KEYSLOT", key});
    const std::string port = std::to_string(servers_[to]->port());
    std::vector<std::string> migration{"MIGRATE", "127.0.0.1", port, key, "0", "5000"};
    if (!password_.empty()) migration.insert(migration.end(), {"AUTH", password_});
    require(*servers_[from], migration);
    require(*servers_[to], {"CLUSTER", "SETSLOT", slot, "NODE", id(to)});
    require(*servers_[from], {"CLUSTER", "SETSLOT", slot, "NODE", id(to)});
}

RedisSentinels::RedisSentinels(const RedisAccess& access)
    : primary_(std::make_unique<RedisServer>(options_for(access))),
      replica_(replica_of(*primary_, options_for(access))) {
    std::vector<std::string> lines = {"sentinel monitor slo 127.0.0.1 " + std::to_string(primary_->port()) + " 2",
                                      "sentinel down-after-milliseconds slo 500", "sentinel failover-timeout slo 3000"};
    if (!access.password.empty()) lines.push_back("sentinel auth-pass slo " + access.password);
    if (access.tls) lines.emplace_back("tls-replication yes");
    if (!access.sentinel_password.empty()) {
        lines.push_back("requirepass " + access.sentinel_password);
        lines.push_back("sentinel sentinel-pass " + access.sentinel_password);
    }
    for (unsigned i = 0; i < 3; ++i) {
        sentinels_.push_back(std::make_unique<RedisServer>(RedisServerOptions{.configuration = lines,
                                                                              .tcp = !access.tls,
                                                                              .tls = access.tls,
                                                                              .password = access.sentinel_password,
                                                                              .sentinel = true}));
    }
    for (const auto& sentinel : sentinels_) {
        await("Sentinels that know each other and the replica", [&] {
            const std::string state = " " + sentinel->ask({"SENTINEL", "MASTER", "slo"}) + " ";
            return state.find(" num-slaves 1 ") != std::string::npos &&
                   state.find(" num-other-sentinels 2 ") != std::string::npos;
        });
    }
}

std::vector<std::string> RedisSentinels::addresses() const {
    std::vector<std::string> addresses;
    for (const auto& sentinel : sentinels_) addresses.push_back(sentinel->tcp_address());
    return addresses;
}

}  // namespace slo::test
