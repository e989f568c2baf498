// Which part of the network an address is in: a redirect mustn't lead into one that its sender couldn't reach itself.
#pragma once

#include <string>

namespace slo::idp_adapter {

enum class AddressKind {
    anybody_s,        ///< on the internet, or a name
    private_network,  ///< RFC 1918, carrier-grade NAT, unique local, multicast, reserved, or none that can be judged
    link_local,       ///< and the metadata services of clouds
    loopback,         ///< this machine, also as 0.0.0.0
};

/// Of an IP address as a number, IPv6 without brackets, in every way of writing that a resolver takes; a name that
/// isn't for this machine is anybody's, as it isn't looked up.
[[nodiscard]] AddressKind kind_of_address(const std::string& host);

/// Whether what was found at a `first` address, the configured one, may lead to `next`: to what anybody could ask, and
/// to the part of the network that it's in itself.
[[nodiscard]] bool may_lead_to(AddressKind first, AddressKind next) noexcept;

}  // namespace slo::idp_adapter
