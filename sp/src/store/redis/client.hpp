// Requests to the servers that keep the sessions: one Redis or Valkey server, several behind Sentinels, or a Cluster.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "address.hpp"
#include "reply.hpp"
#include "slo/saml/result.hpp"
#include "slo/sp/redis_session_store.hpp"

namespace slo::sp::redis {

/// Script is a Lua script. `source` must live as long as the program uses the script.
struct Script {
    std::string_view source;
    std::string
        sha1;  ///< hexadecimal: its name at the servers. Empty where it isn't known: the source is sent each time
};
[[nodiscard]] Script make_script(std::string_view source);

/// Acknowledgement says which servers must have a request's effects before its answer comes. `replicas` means
/// RedisServers::replicas of them, by WAIT; if that is 0, the master. Such requests wait until 3 s after this process
/// first saw their master be one (lease.hpp), so also after open().
enum class Acknowledgement { master, replicas };

struct Request {
    std::string key = {};                 ///< decides the server in a Cluster; ignored otherwise
    std::vector<std::string> words = {};  ///< the command, or a script's keys and arguments; any octets
    const Script* script = nullptr;       ///< must live until the answer
    std::size_t key_count = 0;            ///< how many of a script's words are its KEYS
    Acknowledgement acknowledgement = Acknowledgement::master;
};

struct Answer {
    Reply reply;  ///< may be an error of the server
    /// The number of replicas that are known to have it, for Acknowledgement::replicas. May be fewer than requested.
    unsigned replicas = 0;
};

/// Servers is what the store asks: a Client, or in a test one that fails at will.
class Servers {
public:
    virtual ~Servers() = default;
    /// call blocks until the answer or the deadline. Errors: StoreErrc::store_failed; the request may have had effect.
    [[nodiscard]] virtual Result<Answer> call(Request request) = 0;
    /// call_all sends all of them at once, under one deadline; the answers are in the requests' order.
    [[nodiscard]] virtual std::vector<Result<Answer>> call_all(std::vector<Request> requests) = 0;
    /// masters returns the known masters in the order of their addresses. Errors: StoreErrc::store_failed for none.
    [[nodiscard]] virtual Result<std::vector<Address>> masters() = 0;
    /// call_at sends one command to each of `masters`, whatever its keys; the answers are in their order.
    [[nodiscard]] virtual std::vector<Result<Answer>> call_at(const std::vector<Address>& masters,
                                                              const std::vector<std::string>& words) = 0;
};

/// Client shares one connection to each master among all callers, and a second one for requests that wait for replicas.
/// A request that was sent when its connection broke is sent again: only requests that may be repeated are for this
/// client. A host's name is looked up at each connect; the destructor waits for a look-up that is at work. Thread-safe,
/// except for the destructor: no call may be at work then.
class Client final : public Servers {
public:
    /// open connects, authenticates and learns where the masters are. Errors: StoreErrc::store_unusable, also for
    /// malformed addresses; `detail` names the remedy.
    [[nodiscard]] static Result<std::unique_ptr<Client>> open(RedisServers servers);
    ~Client() override;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] Result<Answer> call(Request request) override;
    [[nodiscard]] std::vector<Result<Answer>> call_all(std::vector<Request> requests) override;
    [[nodiscard]] Result<std::vector<Address>> masters() override;
    [[nodiscard]] std::vector<Result<Answer>> call_at(const std::vector<Address>& masters,
                                                      const std::vector<std::string>& words) override;
    /// call_on_each_master sends one command to each master.
    [[nodiscard]] Result<std::vector<Answer>> call_on_each_master(const std::vector<std::string>& words);

    /// subscribe calls `on_message` for each message on `channel`, and `on_gap` when some may have been missed: at each
    /// start, at each loss and, while there is no connection, about once a second. A connection that was cut off
    /// silently is noticed after two deadlines. Both are called from the client's own thread: they mustn't block, throw
    /// or call this client.
    void subscribe(std::string channel, std::function<void(std::string_view)> on_message, std::function<void()> on_gap);

    struct Counters {
        std::uint64_t reconnects = 0;
        std::uint64_t redirections = 0;  ///< MOVED and ASK
    };
    [[nodiscard]] Counters counters() const noexcept;

private:
    struct Impl;
    explicit Client(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp::redis
