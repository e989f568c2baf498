// Three masters that share the slots.
#include <sstream>
#include <stdexcept>

#include "shared_store.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

constexpr unsigned masters = 3;
constexpr unsigned slots = 16384;

class ClusterStore final : public SharedStore {
public:
    explicit ClusterStore(Network& network) : cuts_(network.has_namespaces()) {
        for (unsigned i = 0; i < masters; ++i) add_master(network.add_machine(), i);
        for (unsigned i = 1; i < masters; ++i) {
            const auto& other = *servers_[i];
            static_cast<void>(servers_[0]->ask({"CLUSTER", "MEET", other.machine().address(), other.port()}));
        }
        for (const auto& server : servers_) {
            await("a Cluster in order", [&server] {
                const std::string info = server->ask({"CLUSTER", "INFO"});
                return info.find("cluster_state:ok") != std::string::npos &&
                       info.find("cluster_known_nodes:3") != std::string::npos &&
                       info.find("cluster_slots_ok:16384") != std::string::npos;
            });
        }
    }

    std::string configuration() const override {
        return "[store.redis]\ntopology = \"cluster\"\nservers = [\"" + servers_[0]->address() + "\", \"" +
               servers_[1]->address() + "\"]\n";
    }
    FaultMix mix() const override {
        FaultMix mix{
            .kinds = {FaultKind::server_kill, FaultKind::server_pause, FaultKind::answers_lost, FaultKind::slot_move},
            .hold = {200ms, 3s},
            .gap = {2s, 5s}};
        if (cuts_) mix.kinds.push_back(FaultKind::server_cut);
        return mix;
    }
    void begin(const Fault& fault) override {
        if (fault.kind == FaultKind::slot_move) return begin_move(fault.pick % masters);
        begin_at(*servers_[fault.pick % masters], fault.kind);
    }
    void end(const Fault& fault) override {
        if (fault.kind == FaultKind::slot_move) return finish_move(fault.pick % masters);
        end_at(*servers_[fault.pick % masters], fault.kind);
    }

private:
    void add_master(const std::shared_ptr<Machine>& machine, unsigned i) {
        std::vector<std::string> lines = durable();
        lines.insert(lines.end(), {"cluster-enabled yes", "cluster-node-timeout 1000",
                                   "cluster-require-full-coverage no", "cluster-announce-ip " + machine->address()});
        servers_.push_back(std::make_unique<StoreServer>(machine, std::move(lines)));
        static_cast<void>(servers_[i]->ask({"CLUSTER", "ADDSLOTSRANGE", std::to_string(slots * i / masters),
                                            std::to_string(slots * (i + 1) / masters - 1)}));
        static_cast<void>(servers_[i]->ask({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)}));
    }

    /// A slot that has keys now. One of them moves at once; the others stay until the end.
    void begin_move(unsigned from) {
        const StoreServer& source = *servers_[from];
        const StoreServer& target = *servers_[(from + 1) % masters];
        // A principal's keys have a hash tag; where there is none yet, nothing moves.
        moving_.clear();
        for (int tries = 0; tries < 200 && moving_.empty(); ++tries) {
            const std::string key = source.ask({"RANDOMKEY"});
            if (key.find('{') != std::string::npos) moving_ = source.ask({"CLUSTER", "KEYSLOT", key});
        }
        if (moving_.empty()) return;
        const std::string from_id = source.ask({"CLUSTER", "MYID"});
        const std::string to_id = target.ask({"CLUSTER", "MYID"});
        static_cast<void>(target.ask({"CLUSTER", "SETSLOT", moving_, "IMPORTING", from_id}));
        static_cast<void>(source.ask({"CLUSTER", "SETSLOT", moving_, "MIGRATING", to_id}));
        move_keys(source, target, "1");
    }

    void finish_move(unsigned from) {
        if (moving_.empty()) return;
        const StoreServer& source = *servers_[from];
        const StoreServer& target = *servers_[(from + 1) % masters];
        while (move_keys(source, target, "100")) {
        }
        const std::string to_id = target.ask({"CLUSTER", "MYID"});
        for (const StoreServer* one : {&target, &source}) {
            static_cast<void>(one->ask({"CLUSTER", "SETSLOT", moving_, "NODE", to_id}));
        }
    }

    /// Moves some of the slot's keys; false if there are none any more.
    bool move_keys(const StoreServer& source, const StoreServer& target, const std::string& count) const {
        std::istringstream keys(source.ask({"CLUSTER", "GETKEYSINSLOT", moving_, count}));
        std::vector<std::string> words{"MIGRATE", target.machine().address(), target.port(), "", "0", "5000", "KEYS"};
        const std::size_t without_keys = words.size();
        for (std::string key; keys >> key;) words.push_back(key);
        if (words.size() == without_keys) return false;
        // A busy machine's Cluster may take its time until it knows that the master from the fault before is back.
        std::string answer;
        await("a Cluster that lets keys move", [&] {
            answer = source.server().ask(words);
            return answer.find("CLUSTERDOWN") == std::string::npos;
        });
        if (answer.starts_with('-')) throw std::runtime_error("MIGRATE: " + answer);
        return true;
    }

    std::vector<std::unique_ptr<StoreServer>> servers_;
    std::string moving_;
    bool cuts_;
};

}  // namespace

std::unique_ptr<SharedStore> make_cluster(Network& network) {
    return std::make_unique<ClusterStore>(network);
}

}  // namespace slo::test
