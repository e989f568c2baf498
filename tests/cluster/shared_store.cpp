#include "shared_store.hpp"

#include <stdexcept>
#include <thread>
#include <utility>

namespace slo::test {

using namespace std::chrono_literals;

namespace {

class Single final : public SharedStore {
public:
    explicit Single(Network& network) : server_(network.add_machine(), durable()), cuts_(network.has_namespaces()) {}

    std::string configuration() const override { return "[store.redis]\nservers = [\"" + server_.address() + "\"]\n"; }
    FaultMix mix() const override {
        FaultMix mix{.kinds = {FaultKind::server_kill, FaultKind::server_pause, FaultKind::answers_lost},
                     .hold = {200ms, 3s},
                     .gap = {2s, 5s}};
        if (cuts_) mix.kinds.push_back(FaultKind::server_cut);
        return mix;
    }
    void begin(const Fault& fault) override { begin_at(server_, fault.kind); }
    void end(const Fault& fault) override { end_at(server_, fault.kind); }

private:
    StoreServer server_;
    bool cuts_;
};

/// A server runs the commands of all waiting clients before it sends the answers. A client that it drops in between
/// gets none.
void lose_answers(const StoreServer& server) {
    constexpr int times = 60;
    for (int i = 0; i < times; ++i) {
        static_cast<void>(server.server().ask({"CLIENT", "KILL", "TYPE", "normal"}));
        std::this_thread::sleep_for(5ms);
    }
}

}  // namespace

StoreServer::StoreServer(std::shared_ptr<Machine> machine, std::vector<std::string> configuration, bool sentinel)
    : machine_(std::move(machine)) {
    configuration.push_back("bind " + machine_->address());
    machine_->run([&] {
        server_ = std::make_unique<RedisServer>(
            RedisServerOptions{.configuration = std::move(configuration), .tcp = true, .sentinel = sentinel});
    });
}

void StoreServer::start() const {
    machine_->run([this] { server_->start(); });
}

std::string StoreServer::ask(const std::vector<std::string>& words) const {
    std::string answer = server_->ask(words);
    if (answer.starts_with('-')) throw std::runtime_error(words.front() + ": " + answer);
    return answer;
}

std::vector<std::string> durable() {
    return {"appendonly yes", "appendfsync always"};
}

void begin_at(const StoreServer& server, FaultKind kind) {
    switch (kind) {
        case FaultKind::server_kill:
        case FaultKind::replica_kill:
            return server.server().kill();
        case FaultKind::server_pause:
            return server.server().pause();
        case FaultKind::server_cut:
        case FaultKind::replica_cut:
            return server.machine().cut_off();
        case FaultKind::answers_lost:
            return lose_answers(server);
        case FaultKind::store_full:
            // Less than it already has.
            static_cast<void>(server.ask({"CONFIG", "SET", "maxmemory", "1mb"}));
            return;
        default:
            throw std::runtime_error("not a fault of one server");
    }
}

void end_at(const StoreServer& server, FaultKind kind) {
    switch (kind) {
        case FaultKind::server_kill:
        case FaultKind::replica_kill:
            return server.start();
        case FaultKind::server_pause:
            return server.server().resume();
        case FaultKind::server_cut:
        case FaultKind::replica_cut:
            return server.machine().reconnect();
        case FaultKind::store_full:
            static_cast<void>(server.ask({"CONFIG", "SET", "maxmemory", "0"}));
            return;
        case FaultKind::answers_lost:
            return;  // that took no longer than its beginning
        default:
            throw std::runtime_error("not a fault of one server");
    }
}

std::unique_ptr<SharedStore> make_single(Network& network) {
    return std::make_unique<Single>(network);
}

}  // namespace slo::test
