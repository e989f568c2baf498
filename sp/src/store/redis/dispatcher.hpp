// Brings each operation to its server, repeatedly if needed, until its answer or deadline. The loop's thread only.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "event_loop.hpp"
#include "operation.hpp"
#include "server.hpp"
#include "topology.hpp"
#include "verdict.hpp"

namespace slo::sp::redis {

/// shortest_patience is the time that a connection has to be made, and to answer, even if deadlines are shorter.
inline constexpr std::chrono::milliseconds shortest_patience{500};

/// Tallies are written by the loop's thread, read by any.
struct Tallies {
    std::atomic<std::uint64_t> reconnects = 0;
    std::atomic<std::uint64_t> redirections = 0;
};

class Dispatcher final : ServerListener {
public:
    struct Events {
        std::function<void()> on_ready;                  ///< every master is known, connected and may answer
        std::function<void(const Trouble&)> on_trouble;  ///< something needs attention
        std::function<void(const Address&)> on_silence;  ///< messages published by this server may be lost
    };
    Dispatcher(EventLoop& loop, RedisServers servers, std::vector<Address> addresses, std::shared_ptr<TlsClient> tls,
               Tallies& tallies, Events events);
    ~Dispatcher() override;
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    /// take finishes `operation` before it returns, or later; in any case once.
    void take(const OperationPtr& operation) noexcept;
    [[nodiscard]] std::vector<Address> masters() const { return topology_->masters(); }

private:
    void on_reply(Server& server, OperationPtr operation, Answer answer) override;
    void on_unanswered(OperationPtr operation) override;
    void on_ready(Server& server) override;
    void on_trouble(Server& server, const Trouble& trouble) override;
    void on_lost(Server& server) override;

    void on_learned();
    void act_on(const IsAnswer& verdict, Server& server, const OperationPtr& operation, Answer& answer);
    void act_on(const TryLater& verdict, Server& server, const OperationPtr& operation, Answer& answer);
    void act_on(const SendSource& verdict, Server& server, const OperationPtr& operation, Answer& answer);
    void act_on(const NotMaster& verdict, Server& server, const OperationPtr& operation, Answer& answer);
    void act_on(const Redirection& verdict, Server& server, const OperationPtr& operation, Answer& answer);

    [[nodiscard]] Server* server_of(const Operation& operation);
    [[nodiscard]] Server& server_at(const Address& address);
    void begin(const OperationPtr& operation);
    void dispatch(const OperationPtr& operation);
    void park(OperationPtr operation);
    void postpone(const OperationPtr& operation);
    void retry_parked();
    void schedule_retry();
    void finish(Operation& operation, Result<Answer> answer);
    void expire();
    void schedule_expiry();
    void tell_if_ready();
    void close_former_masters();

    EventLoop& loop_;
    RedisServers servers_options_;
    std::shared_ptr<TlsClient> tls_;
    Tallies& tallies_;
    Events events_;
    std::unique_ptr<Topology> topology_;
    std::map<Address, std::shared_ptr<Server>> servers_;
    std::list<OperationPtr> at_work_;  // by deadline: they all have the same time
    std::vector<OperationPtr> parked_;
    std::string last_trouble_;
    std::unique_ptr<Timer> expiry_timer_;
    std::unique_ptr<Timer> retry_timer_;
    bool expiry_scheduled_ = false;
    bool retry_scheduled_ = false;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace slo::sp::redis
