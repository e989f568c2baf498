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
    /// master_of returns the master of `key`; std::nullopt while that isn't known.
    [[nodiscard]] virtual std::optional<Address> master_of(std::string_view key) const = 0;
    /// masters returns all of them; empty while they aren't known.
    [[nodiscard]] virtual std::vector<Address> masters() const = 0;
    /// doubt: the known state may have become wrong; asks again, but not at every call.
    virtual void doubt() = 0;
    /// trust: all masters seem to be there.
    virtual void trust() = 0;
    /// redirects says whether its servers send us to one another.
    [[nodiscard]] virtual bool redirects() const { return false; }
};

/// TopologyOptions are what a topology needs for its questions, and the functions that it calls.
struct TopologyOptions {
    RedisServers servers;
    std::vector<Address> addresses;  ///< those of `servers`, parsed
    std::shared_ptr<TlsClient> tls;
    std::function<void()> on_learned;                ///< something became known, or changed
    std::function<void(const Trouble&)> on_trouble;  ///< a server that was asked doesn't help
};

[[nodiscard]] std::unique_ptr<Topology> make_topology(EventLoop& loop, TopologyOptions options);

}  // namespace slo::sp::redis
