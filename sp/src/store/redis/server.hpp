// One master: a connection for requests that it answers at once, another for those that wait for its replicas, and the
// lease. The loop's thread only.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include "lease.hpp"
#include "link.hpp"
#include "operation.hpp"

namespace slo::sp::redis {

class Server;

/// ServerListener gets the results of the operations that it gave to a Server. Each has exactly one of the first two.
class ServerListener {
public:
    virtual ~ServerListener() = default;
    virtual void on_reply(Server& server, OperationPtr operation, Answer answer) = 0;
    /// on_unanswered: the answer didn't come, or doesn't count; the operation may be given again.
    virtual void on_unanswered(OperationPtr operation) = 0;
    virtual void on_ready(Server& server) = 0;
    virtual void on_trouble(Server& server, const Trouble& trouble) = 0;
    virtual void on_lost(Server& server) = 0;  ///< a connection that had served
};

struct ServerOptions {
    ConnectionOptions connection;
    unsigned replicas = 0;  ///< RedisServers::replicas
};

class Server {
public:
    Server(EventLoop& loop, ServerOptions options, ServerListener& listener);

    [[nodiscard]] const Address& address() const noexcept { return options_.connection.address; }
    /// takes says whether it may be given operations that wait for its replicas, or that don't. on_ready() is called
    /// when one of these becomes true.
    [[nodiscard]] bool takes(const Operation& operation) const noexcept;
    /// submit takes an operation that takes() accepts.
    void submit(OperationPtr operation);
    /// distrust is for a server that turned out not to be a master: it connects anew, which will show.
    void distrust();
    /// close ends it for good: its operations are unanswered.
    void close();

private:
    [[nodiscard]] bool keeps_lease() const noexcept { return options_.replicas > 0; }
    [[nodiscard]] bool waits() const noexcept { return waiting_link_ != nullptr; }
    [[nodiscard]] Link::Events ordinary_events();
    [[nodiscard]] Link::Events waiting_events();
    void send(OperationPtr operation);
    void poll();
    void judge_poll(const std::vector<Reply>& replies, Moment asked);
    void greet_waiting();
    void send_batch();
    void judge_batch(const std::vector<OperationPtr>& batch, const std::vector<Reply>& replies);

    EventLoop& loop_;
    ServerOptions options_;
    ServerListener& listener_;
    Lease lease_;
    Reign reign_;
    std::unique_ptr<Timer> poll_timer_;
    std::unique_ptr<Timer> settling_timer_;
    std::unique_ptr<Timer> batch_timer_;
    std::deque<OperationPtr> waiting_;  // for the next batch
    bool batch_at_work_ = false;
    bool waiting_greeted_ = false;  // the waiting connection's reign has been seen
    std::unique_ptr<Link> link_;
    std::unique_ptr<Link> waiting_link_;
};

}  // namespace slo::sp::redis
