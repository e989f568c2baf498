// The part of the network in which an address is: a redirect mustn't lead into one that its sender couldn't reach.
#pragma once

#include <string>

namespace slo::idp_adapter {

enum class AddressKind {
    anybody_s,        ///< on the internet, or a name
    private_network,  ///< RFC 1918, carrier-grade NAT, unique local, multicast, reserved, or none that can be judged
    link_local,       ///< and the metadata services of clouds
    loopback,         ///< this machine, also as 0.0.0.0
};

/// kind_of_address takes an IP address, IPv6 without brackets, in every notation that a resolver accepts; a name that
/// isn't for this machine counts as one on the internet, as it isn't looked up.
[[nodiscard]] AddressKind kind_of_address(const std::string& host);

/// may_lead_to says whether a reply from a `first` address, the configured one, may lead to `next`: to an address that
/// any machine could ask, and to the part of the network that it's in itself.
[[nodiscard]] bool may_lead_to(AddressKind first, AddressKind next) noexcept;

}  // namespace slo::idp_adapter
