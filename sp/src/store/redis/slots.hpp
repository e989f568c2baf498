// A Cluster's hash slots: the slot of each key, and the master of each slot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "address.hpp"
#include "reply.hpp"

namespace slo::sp::redis {

inline constexpr std::size_t slot_count = 16384;

/// crc16 is CRC-16/XMODEM, as the Redis Cluster specification defines it.
[[nodiscard]] std::uint16_t crc16(std::string_view octets) noexcept;

/// slot_of returns the slot of `key`: that of the text between its first "{" and the next "}", if there is any.
[[nodiscard]] std::uint16_t slot_of(std::string_view key) noexcept;

class SlotMap {
public:
    /// master_of returns null for a slot without a master.
    [[nodiscard]] const Address* master_of(std::string_view key) const noexcept;
    [[nodiscard]] const std::vector<Address>& masters() const noexcept { return masters_; }

private:
    friend std::optional<SlotMap> parse_slots(const Reply& reply, const Address& asked);
    static constexpr std::uint16_t nobody = 0xFFFF;

    std::vector<Address> masters_;
    std::vector<std::uint16_t> owner_ = std::vector<std::uint16_t>(slot_count, nobody);
};

/// parse_slots reads the answer to CLUSTER SLOTS. std::nullopt if it isn't one, or no slot has a master. `asked` is
/// the server that replied: an empty host means its own.
[[nodiscard]] std::optional<SlotMap> parse_slots(const Reply& reply, const Address& asked);

}  // namespace slo::sp::redis
