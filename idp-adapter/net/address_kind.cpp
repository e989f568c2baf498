#include "address_kind.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdint>
#include <cstring>

#include "slo/idp_adapter/url_parts.hpp"
#include "slo/metadata/metadata_document.hpp"

namespace slo::idp_adapter {
namespace {

AddressKind kind_of_ipv4(std::uint32_t address, AddressKind otherwise) noexcept {
    const std::uint32_t first = address >> 24;
    if (first == 127 || first == 0) return AddressKind::loopback;
    return (address >> 16) == 0xA9FE ? AddressKind::link_local : otherwise;
}

/// The kind that the rule for endpoints calls private, in any notation.
AddressKind kind_by_rule(const std::string& host) {
    const auto url = saml::EndpointUrl::parse("https://" + bracketed(host) + "/");
    const bool is_public = url && metadata::check_endpoint(*url, {}).has_value();
    return is_public ? AddressKind::anybody_s : AddressKind::private_network;
}

}  // namespace

AddressKind kind_of_address(const std::string& host) {
    if (is_loopback(host)) return AddressKind::loopback;
    const AddressKind by_rule = kind_by_rule(host);
    in_addr ipv4{};
    // As getaddrinfo reads it: "127.1" and "0x7f000001" are addresses, too.
    if (::inet_aton(host.c_str(), &ipv4) == 1) return kind_of_ipv4(ntohl(ipv4.s_addr), by_rule);
    in6_addr ipv6{};
    if (::inet_pton(AF_INET6, host.c_str(), &ipv6) != 1) return by_rule;
    if (IN6_IS_ADDR_V4MAPPED(&ipv6)) {
        std::uint32_t mapped = 0;
        std::memcpy(&mapped, ipv6.s6_addr + 12, sizeof(mapped));
        return kind_of_ipv4(ntohl(mapped), by_rule);
    }
    if (IN6_IS_ADDR_LOOPBACK(&ipv6) || IN6_IS_ADDR_UNSPECIFIED(&ipv6)) return AddressKind::loopback;
    return IN6_IS_ADDR_LINKLOCAL(&ipv6) ? AddressKind::link_local : by_rule;
}

bool may_lead_to(AddressKind first, AddressKind next) noexcept {
    return next == AddressKind::anybody_s || next == first;
}

}  // namespace slo::idp_adapter
