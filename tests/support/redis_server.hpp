// Real Redis or Valkey servers of a test's own: never the system's. Each has a fresh directory, and dies with the test.
// The environment's SLO_TEST_REDIS_SERVER is the path of the server's binary; without it, the first that is installed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "redis_await.hpp"

namespace slo::test {

struct RedisServerOptions {
    /// Lines of redis.conf. Without others a server keeps everything in memory and writes nothing.
    std::vector<std::string> configuration = {};
    /// Listens at a free loopback port, as well as at its Unix socket.
    bool tcp = false;
    /// Listens with TLS at `tls_port()`, with the certificate of tests/fixtures/tls for localhost and 127.0.0.1.
    bool tls = false;
    std::string password = {};  ///< with which the test itself gets in, if `configuration` asks for one
    bool sentinel = false;      ///< is a Sentinel, not a server of data
};

/// Throws std::runtime_error where a server doesn't start, with what it has logged. The thread that starts it must live
/// as long as it: it dies with that thread.
class RedisServer {
public:
    explicit RedisServer(RedisServerOptions options = {});
    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    /// "unix:/path", as RedisServers wants it.
    [[nodiscard]] std::string address() const { return "unix:" + socket_path().string(); }
    /// "127.0.0.1:port"
    [[nodiscard]] std::string tcp_address() const { return "127.0.0.1:" + std::to_string(port()); }
    [[nodiscard]] std::string tls_address() const { return "127.0.0.1:" + std::to_string(tls_port_); }
    /// The port for other servers: the one with TLS if it has no other.
    [[nodiscard]] std::uint16_t port() const noexcept { return options_.tcp ? port_ : tls_port_; }
    [[nodiscard]] std::filesystem::path socket_path() const { return directory_ / "socket"; }
    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }

    void start();  ///< after stop() or kill(), with the same directory and ports
    void stop();   ///< as an operator would: configured data is saved
    void kill();   ///< -9
    void pause();  ///< SIGSTOP: its sockets are there, and no answer comes
    void resume();
    void restart();  ///< stop() and start()

    /// The server's answer to a command: integers in decimal, arrays with a space between their elements, errors with
    /// a "-" in front. Throws std::runtime_error if it can't be asked.
    std::string ask(const std::vector<std::string>& words) const;

private:
    void start_at_free_ports();
    void write_configuration() const;
    [[nodiscard]] bool answers() const;
    [[nodiscard]] std::string log() const;

    RedisServerOptions options_;
    std::filesystem::path directory_;
    std::uint16_t port_ = 0;
    std::uint16_t tls_port_ = 0;
    pid_t process_ = -1;
};

/// RedisAccess says how the servers of a topology are reached, and reach each other.
struct RedisAccess {
    std::string password = {};           ///< empty: none
    std::string sentinel_password = {};  ///< of the Sentinels; empty: none
    bool tls = false;                    ///< and nothing without it, but for the Unix sockets
};

/// Masters of a Cluster with even shares of the slots, and as many replicas of each as asked for.
class RedisCluster {
public:
    explicit RedisCluster(unsigned masters = 3, unsigned replicas_of_each = 0, const RedisAccess& access = {});

    /// The masters first, then the replicas: that of server i is server i + masters.
    [[nodiscard]] RedisServer& server(std::size_t i) { return *servers_[i]; }
    [[nodiscard]] std::vector<std::string> addresses() const;
    [[nodiscard]] std::string id(std::size_t i) const { return servers_[i]->ask({"CLUSTER", "MYID"}); }
    /// The master with the slot of `key`, by the masters' own account.
    [[nodiscard]] std::size_t owner_of(const std::string& key) const;
    /// The two halves of moving a key's slot. In between its keys are asked for with ASK.
    void begin_move(const std::string& key, std::size_t from, std::size_t to);
    void finish_move(const std::string& key, std::size_t from, std::size_t to);

private:
    std::string password_;
    std::vector<std::unique_ptr<RedisServer>> servers_;
};

/// A master with one replica, and three Sentinels that find the master dead after half a second.
class RedisSentinels {
public:
    explicit RedisSentinels(const RedisAccess& access = {});

    [[nodiscard]] RedisServer& primary() { return *primary_; }
    [[nodiscard]] RedisServer& replica() { return *replica_; }
    [[nodiscard]] RedisServer& sentinel(std::size_t i) { return *sentinels_[i]; }
    [[nodiscard]] std::vector<std::string> addresses() const;
    [[nodiscard]] std::string name() const { return "slo"; }  ///< RedisServers::sentinel_master

private:
    std::unique_ptr<RedisServer> primary_;
    std::unique_ptr<RedisServer> replica_;
    std::vector<std::unique_ptr<RedisServer>> sentinels_;
};

/// A replica of `primary`, which listens as the replica will; connected and in step.
[[nodiscard]] std::unique_ptr<RedisServer> replica_of(const RedisServer& primary,
                                                      RedisServerOptions options = {.tcp = true});

}  // namespace slo::test
