// A Cluster's hash slots: which a key has, and which master has them.
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

/// CRC-16/XMODEM, as the Redis Cluster specification defines it.
[[nodiscard]] std::uint16_t crc16(std::string_view octets) noexcept;

/// The slot of `key`: of what stands between its first "{" and the next "}", where that is anything.
[[nodiscard]] std::uint16_t slot_of(std::string_view key) noexcept;

class SlotMap {
public:
    /// None for a slot that nobody has.
    [[nodiscard]] const Address* master_of(std::string_view key) const noexcept;
    [[nodiscard]] const std::vector<Address>& masters() const noexcept { return masters_; }

private:
    friend std::optional<SlotMap> parse_slots(const Reply& reply, const Address& asked);
    static constexpr std::uint16_t nobody = 0xFFFF;

    std::vector<Address> masters_;
    std::vector<std::uint16_t> owner_ = std::vector<std::uint16_t>(slot_count, nobody);
};

/// Reads the answer to CLUSTER SLOTS. None where it isn't one, or nobody has any slot. `asked` is the server that
/// replied: an empty host means its own.
[[nodiscard]] std::optional<SlotMap> parse_slots(const Reply& reply, const Address& asked);

}  // namespace slo::sp::redis
