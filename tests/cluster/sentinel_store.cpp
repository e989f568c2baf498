// A primary with replicas, and three Sentinels that choose another primary when it fails.
#include <fstream>
#include <stdexcept>

#include "shared_store.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t sentinels = 3;

class SentinelStore final : public SharedStore {
public:
    SentinelStore(Network& network, const Replication& replication)
        : replication_(replication), cuts_(network.has_namespaces()) {
        servers_.push_back(std::make_unique<StoreServer>(network.add_machine(), durable()));
        const StoreServer& primary = *servers_.front();
        const std::string place = primary.machine().address() + " " + primary.port();
        for (unsigned i = 0; i < replication.replicas; ++i) {
            std::vector<std::string> lines = durable();
            lines.push_back("replicaof " + place);
            servers_.push_back(std::make_unique<StoreServer>(network.add_machine(), std::move(lines)));
        }
        for (unsigned i = 0; i < replication.replicas; ++i) {
            await("a replica in step", [&primary, i] {
                const std::string info = primary.ask({"INFO", "replication"});
                const auto at = info.find("slave" + std::to_string(i) + ":");
                if (at == std::string::npos) return false;
                return info.substr(at, info.find('\n', at) - at).find("state=online") != std::string::npos;
            });
        }
        add_sentinels(network, place);
    }

    std::string configuration() const override {
        std::string text = "[store.redis]\ntopology = \"sentinel\"\nsentinel_master = \"slo\"\nservers = [";
        for (const auto& sentinel : sentinels_) text += "\"" + sentinel->address() + "\", ";
        return text + "]\nreplicas = " + std::to_string(replication_.required) + "\n";
    }

    /// Sentinels make an old primary a replica of the new one only eight seconds after they see it again, so faults
    /// come less often than elsewhere.
    FaultMix mix() const override {
        FaultMix mix{.kinds = {FaultKind::server_kill, FaultKind::server_pause, FaultKind::answers_lost,
                               FaultKind::failover, FaultKind::replica_kill},
                     .hold = {1s, 5s},
                     .gap = {12s, 16s}};
        if (cuts_) {
            mix.kinds.insert(mix.kinds.end(), {FaultKind::server_cut, FaultKind::split, FaultKind::replica_cut});
        }
        return mix;
    }

    void begin(const Fault& fault) override {
        switch (fault.kind) {
            case FaultKind::failover:
                // Refused if one is under way; it counts all the same.
                static_cast<void>(sentinels_[fault.pick % sentinels]->server().ask({"SENTINEL", "FAILOVER", "slo"}));
                return;
            case FaultKind::replica_kill:
            case FaultKind::replica_cut:
                struck_ = servers_[(primary() + 1 + fault.pick % replication_.replicas) % servers_.size()].get();
                break;
            default:
                struck_ = servers_[primary()].get();
        }
        begin_at(*struck_, fault.kind);
    }
    void end(const Fault& fault) override {
        if (fault.kind != FaultKind::failover) end_at(*struck_, fault.kind);
    }
    const Machine* primary_machine() override { return &servers_[primary()]->machine(); }

    /// By the log of a Sentinel, which is never cut off.
    unsigned failovers() override {
        unsigned switches = 0;
        std::ifstream lines(sentinels_.front()->server().directory() / "log");
        for (std::string line; std::getline(lines, line);) {
            if (line.find(" +switch-master ") != std::string::npos) ++switches;
        }
        return switches;
    }

private:
    void add_sentinels(Network& network, const std::string& place) {
        for (std::size_t i = 0; i < sentinels; ++i) {
            const std::vector<std::string> lines = {"sentinel monitor slo " + place + " 2",
                                                    "sentinel down-after-milliseconds slo 500",
                                                    "sentinel failover-timeout slo 3000"};
            sentinels_.push_back(std::make_unique<StoreServer>(network.add_machine(), lines, true));
        }
        for (const auto& sentinel : sentinels_) {
            await("Sentinels that know each other and the replicas", [this, &sentinel] {
                const std::string state = " " + sentinel->ask({"SENTINEL", "MASTER", "slo"}) + " ";
                return state.find(" num-slaves " + std::to_string(replication_.replicas) + " ") != std::string::npos &&
                       state.find(" num-other-sentinels 2 ") != std::string::npos;
            });
        }
    }

    /// According to the Sentinels.
    [[nodiscard]] std::size_t primary() const {
        const std::string answer = sentinels_.front()->ask({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "slo"});
        for (std::size_t i = 0; i < servers_.size(); ++i) {
            if (answer == servers_[i]->machine().address() + " " + servers_[i]->port()) return i;
        }
        throw std::runtime_error("the Sentinels know no primary");
    }

    Replication replication_;
    bool cuts_;
    std::vector<std::unique_ptr<StoreServer>> servers_;
    std::vector<std::unique_ptr<StoreServer>> sentinels_;
    const StoreServer* struck_ = nullptr;  ///< by the fault of now
};

}  // namespace

std::unique_ptr<SharedStore> make_sentinels(Network& network, const Replication& replication) {
    return std::make_unique<SentinelStore>(network, replication);
}

}  // namespace slo::test
