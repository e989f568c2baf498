// A site's troubles beside its load: none of them may make others wait, or keep a session alive.
#pragma once

#include <optional>
#include <string_view>

namespace slo::test {

enum class Strain {
    none,
    hanging,      ///< an IdP hangs, drips, answers rubbish or hangs up, while users of it log out here
    quota,        ///< an IdP fills its quota of records, its users have as many sessions as they may, the store too
    disk,         ///< the disk is full, or the Redis server has no memory left, again and again
    memory,       ///< nodes get no more memory, and are killed for want of it
    logs,         ///< the nodes' lines have no reader, again and again, and unproven senders cause many
    allocations,  ///< bare hosts: some of their allocations fail
};
[[nodiscard]] constexpr std::string_view name_of(Strain strain) noexcept {
    constexpr std::string_view names[] = {"", "hanging", "quota", "disk", "memory", "logs", "allocations"};
    return names[static_cast<std::size_t>(strain)];
}
/// Nothing: there is no such strain.
[[nodiscard]] constexpr std::optional<Strain> strain_named(std::string_view name) noexcept {
    for (const Strain strain :
         {Strain::hanging, Strain::quota, Strain::disk, Strain::memory, Strain::logs, Strain::allocations}) {
        if (name_of(strain) == name) return strain;
    }
    return std::nullopt;
}

}  // namespace slo::test
