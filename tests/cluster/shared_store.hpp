// The store that the nodes share, as the trial sees it: servers, each on a machine of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "faults.hpp"
#include "network.hpp"
#include "redis_server.hpp"

namespace slo::test {

/// StoreServer is a Redis server or Sentinel on a machine. To be used by one thread, which must live as long.
class StoreServer {
public:
    StoreServer(std::shared_ptr<Machine> machine, std::vector<std::string> configuration, bool sentinel = false);

    [[nodiscard]] std::string address() const { return machine_->address() + ":" + port(); }
    [[nodiscard]] std::string port() const { return std::to_string(server_->port()); }
    [[nodiscard]] const Machine& machine() const noexcept { return *machine_; }
    [[nodiscard]] RedisServer& server() const noexcept { return *server_; }
    void start() const;
    /// Throws std::runtime_error with the server's error.
    [[nodiscard]] std::string ask(const std::vector<std::string>& words) const;

private:
    std::shared_ptr<Machine> machine_;
    std::unique_ptr<RedisServer> server_;
};

class SharedStore {
public:
    virtual ~SharedStore() = default;
    [[nodiscard]] virtual std::string engine() const { return "redis"; }
    /// The end of [store] in a node's configuration.
    [[nodiscard]] virtual std::string configuration() const = 0;
    /// How many nodes may use it.
    [[nodiscard]] virtual std::size_t nodes() const { return 3; }
    [[nodiscard]] virtual FaultMix mix() const = 0;
    /// Whether the fault can be made on this machine.
    [[nodiscard]] virtual bool can(FaultKind) const { return true; }
    /// Throws std::runtime_error if the fault can't be made.
    virtual void begin(const Fault& fault) = 0;
    virtual void end(const Fault& fault) = 0;
    /// The machine that a split isolates together with a node.
    [[nodiscard]] virtual const Machine* primary_machine() { return nullptr; }
    /// How often another primary has been chosen.
    [[nodiscard]] virtual unsigned failovers() { return 0; }
};

/// One server, which writes every command to its disk before it answers.
[[nodiscard]] std::unique_ptr<SharedStore> make_single(Network& network);
/// SQLite's folder, for one node, on a file system of its own of this size where that is allowed: then its disk can be
/// full. To be made by the thread that starts the node.
[[nodiscard]] std::unique_ptr<SharedStore> make_sqlite(unsigned mebibytes);
/// Three masters without replicas.
[[nodiscard]] std::unique_ptr<SharedStore> make_cluster(Network& network);

struct Replication {
    unsigned replicas = 2;  ///< that exist: each may be promoted
    unsigned required = 2;  ///< how many of them must acknowledge a logout
};
/// A primary, replicas, and three Sentinels that find the primary dead after half a second.
[[nodiscard]] std::unique_ptr<SharedStore> make_sentinels(Network& network, const Replication& replication);

/// The lines with which a server keeps what it has acknowledged.
[[nodiscard]] std::vector<std::string> durable();
/// The faults that need no more than a server's process and its cable.
void begin_at(const StoreServer& server, FaultKind kind);
void end_at(const StoreServer& server, FaultKind kind);

}  // namespace slo::test
