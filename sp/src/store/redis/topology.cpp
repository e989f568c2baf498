#include "topology.hpp"

#include <algorithm>
#include <utility>

#include "codec.hpp"
#include "slots.hpp"
#include "survey.hpp"

namespace slo::sp::redis {
namespace {

ConnectionOptions asking_connection(const TopologyOptions& options, Credentials credentials) {
    return {.address = {},
            .tls = options.tls,
            .credentials = std::move(credentials),
            .expected = Expected::anyone,
            .patience = std::max(options.servers.deadline / 4, std::chrono::milliseconds(100))};
}

std::string question(const std::vector<std::string_view>& words) {
    std::string octets;
    append_command(octets, words);
    return octets;
}

class SingleServer final : public Topology {
public:
    explicit SingleServer(Address address) : address_(std::move(address)) {}
    [[nodiscard]] std::optional<Address> master_of(std::string_view) const override { return address_; }
    [[nodiscard]] std::vector<Address> masters() const override { return {address_}; }
    void doubt() override {}
    void trust() override {}

private:
    Address address_;
};

/// The master that a Sentinel names. Whether it is one shows when we connect to it.
class Sentinels final : public Topology {
public:
    Sentinels(EventLoop& loop, TopologyOptions options)
        : on_learned_(std::move(options.on_learned)),
          survey_(loop, {.connection = asking_connection(
                             options, {options.servers.sentinel_user, options.servers.sentinel_password}),
                         .octets = question({"SENTINEL", "get-master-addr-by-name", options.servers.sentinel_master}),
                         .candidates = [addresses = options.addresses] { return addresses; },
                         .accept = [this](const Reply& reply, const Address&) { return learn(reply); },
                         .on_trouble = options.on_trouble}) {
        survey_.doubt();
    }
    [[nodiscard]] std::optional<Address> master_of(std::string_view) const override { return master_; }
    [[nodiscard]] std::vector<Address> masters() const override {
        return master_ ? std::vector<Address>{*master_} : std::vector<Address>{};
    }
    void doubt() override { survey_.doubt(); }
    void trust() override { survey_.trust(); }

private:
    bool learn(const Reply& reply) {
        if (reply.kind != Reply::Kind::array || reply.elements.size() != 2) return false;
        const std::string& host = reply.elements[0].text;
        const std::uint16_t port = parse_port(reply.elements[1].text);
        if (!is_host(host) || port == 0) return false;
        master_ = Address{.host = host, .port = port, .path = {}};
        on_learned_();
        return true;
    }

    std::function<void()> on_learned_;
    std::optional<Address> master_;
    Survey survey_;
};

class Cluster final : public Topology {
public:
    Cluster(EventLoop& loop, TopologyOptions options)
        : on_learned_(std::move(options.on_learned)),
          seeds_(options.addresses),
          survey_(loop, {.connection = asking_connection(options, {options.servers.user, options.servers.password}),
                         .octets = question({"CLUSTER", "SLOTS"}),
                         .candidates = [this] { return candidates(); },
                         .accept = [this](const Reply& reply, const Address& asked) { return learn(reply, asked); },
                         .on_trouble = options.on_trouble}) {
        survey_.doubt();
    }
    [[nodiscard]] std::optional<Address> master_of(std::string_view key) const override {
        const Address* const master = map_ ? map_->master_of(key) : nullptr;
        return master != nullptr ? std::optional(*master) : std::nullopt;
    }
    [[nodiscard]] std::vector<Address> masters() const override {
        return map_ ? map_->masters() : std::vector<Address>{};
    }
    void doubt() override { survey_.doubt(); }
    void trust() override { survey_.trust(); }
    [[nodiscard]] bool redirects() const override { return true; }

private:
    [[nodiscard]] std::vector<Address> candidates() const {
        std::vector<Address> candidates = masters();
        for (const Address& seed : seeds_) {
            if (std::ranges::find(candidates, seed) == candidates.end()) candidates.push_back(seed);
        }
        return candidates;
    }
    bool learn(const Reply& reply, const Address& asked) {
        auto map = parse_slots(reply, asked);
        if (!map) return false;
        map_ = std::move(map);
        on_learned_();
        return true;
    }

    std::function<void()> on_learned_;
    std::vector<Address> seeds_;
    std::optional<SlotMap> map_;
    Survey survey_;
};

}  // namespace

std::unique_ptr<Topology> make_topology(EventLoop& loop, TopologyOptions options) {
    switch (options.servers.topology) {
        case RedisTopology::sentinel:
            return std::make_unique<Sentinels>(loop, std::move(options));
        case RedisTopology::cluster:
            return std::make_unique<Cluster>(loop, std::move(options));
        case RedisTopology::single:
            break;
    }
    return std::make_unique<SingleServer>(options.addresses.front());
}

}  // namespace slo::sp::redis
