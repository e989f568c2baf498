// The course of an episode: chosen in advance, so that it can be reduced.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kinds.hpp"

namespace slo::sources {

/// The event of one step: at the sources, or at our keys.
enum class Deed {
    wait,         ///< time passes, and running processes ask
    publish,      ///< a server publishes something else
    change_mood,  ///< a server answers in another way
    ask,          ///< the endpoint asks at once
    restart,      ///< the endpoint starts again
    crash,        ///< the endpoint is killed while it asks
    crash_start,  ///< the endpoint is killed while it starts
    second,       ///< another process starts, asks, or ends
    meanwhile,    ///< the other process asks while the endpoint waits for a server
    tool,         ///< a process starts, asks, and ends or is killed
    step_clock,
    fill_disk,
    deny_folder,
    mend_disk,
    move,       ///< the operator configures another URL, or another pin
    give_away,  ///< the cache belongs to another user for a while

    key_wait,         ///< time passes, and IdPs fetch our metadata
    key_step,         ///< the tool takes a step of a roll-over, or one that isn't its turn
    key_step_killed,  ///< and is killed
    key_step_full,    ///< and the disk is full
    key_restart,
    key_stop,         ///< the endpoint is down for a while
    key_promise,      ///< IdPs may keep our metadata for longer, or shorter
    key_lose_ring,    ///< keys.toml is lost
    key_lose_folder,  ///< the folder is empty: its volume isn't mounted
    key_new,          ///< the tool is asked for a first key
    key_restore,
};
inline constexpr std::size_t deed_count = 27;
[[nodiscard]] std::string_view name(Deed deed) noexcept;

struct Step {
    Deed deed = Deed::wait;
    std::uint64_t seed = 0;  ///< of all that is decided in it
};

struct Script {
    std::uint64_t seed = 0;
    enum class About { sources, keys } about = About::sources;
    std::vector<Step> steps;
};

[[nodiscard]] Script make_script(std::uint64_t seed, const Kinds& kinds);

}  // namespace slo::sources
