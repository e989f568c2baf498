#include "slots.hpp"

#include <algorithm>
#include <string>

namespace slo::sp::redis {
namespace {

constexpr std::size_t most_masters = 1000;  // the most that Redis Cluster is made for

constexpr std::array<std::uint16_t, 256> crc16_table() {
    constexpr unsigned polynomial = 0x1021;
    std::array<std::uint16_t, 256> table{};
    for (unsigned octet = 0; octet < table.size(); ++octet) {
        unsigned remainder = octet << 8U;
        for (int bit = 0; bit < 8; ++bit) {
            remainder = (remainder & 0x8000U) != 0 ? remainder << 1U ^ polynomial : remainder << 1U;
        }
        table[octet] = static_cast<std::uint16_t>(remainder);
    }
    return table;
}

bool is_slot(const Reply& reply) noexcept {
    return reply.kind == Reply::Kind::integer && reply.integer >= 0 &&
           reply.integer < static_cast<std::int64_t>(slot_count);
}

/// `node` is [host, port, ...]; host may be nil or "?" where the server doesn't know its own.
std::optional<Address> address_of(const Reply& node, const Address& asked) {
    if (node.kind != Reply::Kind::array || node.elements.size() < 2) return std::nullopt;
    const Reply& host = node.elements[0];
    const Reply& port = node.elements[1];
    if (port.kind != Reply::Kind::integer || port.integer <= 0 || port.integer > 0xFFFF) return std::nullopt;
    std::string name = host.text.empty() || host.text == "?" ? asked.host : host.text;
    if (asked.is_unix() && name.empty()) name = "localhost";
    if (!is_host(name)) return std::nullopt;
    return Address{.host = std::move(name), .port = static_cast<std::uint16_t>(port.integer), .path = {}};
}

}  // namespace

std::uint16_t crc16(std::string_view octets) noexcept {
    static constexpr auto table = crc16_table();
    unsigned crc = 0;
    for (const char c : octets) {
        crc = (crc << 8U ^ table[(crc >> 8U ^ static_cast<unsigned char>(c)) & 0xFFU]) & 0xFFFFU;
    }
    return static_cast<std::uint16_t>(crc);
}

std::uint16_t slot_of(std::string_view key) noexcept {
    const std::size_t open = key.find('{');
    if (open != std::string_view::npos) {
        const std::size_t close = key.find('}', open + 1);
        if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
    }
    return static_cast<std::uint16_t>(crc16(key) % slot_count);
}

const Address* SlotMap::master_of(std::string_view key) const noexcept {
    const std::uint16_t owner = owner_[slot_of(key)];
    return owner == nobody ? nullptr : &masters_[owner];
}

std::optional<SlotMap> parse_slots(const Reply& reply, const Address& asked) {
    if (reply.kind != Reply::Kind::array || reply.elements.size() > slot_count) return std::nullopt;
    SlotMap map;
    for (const Reply& range : reply.elements) {
        const auto& parts = range.elements;
        if (range.kind != Reply::Kind::array || parts.size() < 3 || !is_slot(parts[0]) || !is_slot(parts[1])) {
            return std::nullopt;
        }
        const auto master = address_of(parts[2], asked);
        if (!master) return std::nullopt;
        auto known = std::ranges::find(map.masters_, *master);
        if (known == map.masters_.end()) {
            if (map.masters_.size() == most_masters) return std::nullopt;
            known = map.masters_.insert(known, *master);
        }
        const auto owner = static_cast<std::uint16_t>(known - map.masters_.begin());
        for (std::int64_t slot = parts[0].integer; slot <= parts[1].integer; ++slot) {
            map.owner_[static_cast<std::size_t>(slot)] = owner;
        }
    }
    if (map.masters_.empty()) return std::nullopt;
    return map;
}

}  // namespace slo::sp::redis
