// Where the masters are. The loop's thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "address.hpp"
#include "connection.hpp"
#include "event_loop.hpp"

namespace slo::sp::redis {

class Topology {
public:
    virtual ~Topology() = default;
    /// The master that `key` belongs to; none while that isn't known.
    [[nodiscard]] virtual std::optional<Address> master_of(std::string_view key) const = 0;
    /// All of them; empty while they aren't known.
    [[nodiscard]] virtual std::vector<Address> masters() const = 0;
    /// What is known may have become wrong: asks again, but not at every word.
    virtual void doubt() = 0;
    /// All masters are there, as it seems.
    virtual void trust() = 0;
    /// Whether its servers send us to one another.
    [[nodiscard]] virtual bool redirects() const { return false; }
};

/// What a topology needs to ask, and whom it tells.
struct TopologyOptions {
    RedisServers servers;
    std::vector<Address> addresses;  ///< those of `servers`, parsed
    std::shared_ptr<TlsClient> tls;
    std::function<void()> on_learned;                ///< something became known, or changed
    std::function<void(const Trouble&)> on_trouble;  ///< somebody who was asked is no help
};

[[nodiscard]] std::unique_ptr<Topology> make_topology(EventLoop& loop, TopologyOptions options);

}  // namespace slo::sp::redis
