#include "script.hpp"

#include <unistd.h>

#include <array>

#include "chance.hpp"

namespace slo::sources {
namespace {

struct Likely {
    Deed deed;
    unsigned weight;
    std::optional<Kind> kind;  ///< that has to be played
};
constexpr Likely source_deeds[] = {
    {Deed::wait, 16, {}},
    {Deed::publish, 14, {}},
    {Deed::change_mood, 12, {}},
    {Deed::ask, 6, {}},
    {Deed::restart, 6, {}},
    {Deed::crash, 6, Kind::crash},
    {Deed::crash_start, 2, Kind::crash},
    {Deed::second, 5, Kind::two_processes},
    {Deed::meanwhile, 5, Kind::two_processes},
    {Deed::tool, 5, Kind::two_processes},
    {Deed::step_clock, 4, Kind::clock},
    {Deed::fill_disk, 4, Kind::full_disk},
    {Deed::deny_folder, 2, Kind::denied_folder},
    {Deed::mend_disk, 6, {}},
    {Deed::move, 4, Kind::moved},
    {Deed::give_away, 1, Kind::denied_folder},
};
constexpr Likely key_deeds[] = {
    {Deed::key_wait, 14, {}},
    {Deed::key_step, 12, {}},
    {Deed::key_step_killed, 6, Kind::keys_crash},
    {Deed::key_step_full, 2, Kind::keys_crash},
    {Deed::key_restart, 4, {}},
    {Deed::key_stop, 3, Kind::keys_unread},
    {Deed::key_promise, 3, Kind::keys_hasty},
    {Deed::key_lose_ring, 2, Kind::keys_lost},
    {Deed::key_lose_folder, 1, Kind::keys_lost},
    {Deed::key_new, 2, Kind::keys_lost},
    {Deed::key_restore, 3, Kind::keys_lost},
};

template <std::size_t count>
std::vector<Deed> choices(const Likely (&deeds)[count], const Kinds& kinds) {
    std::vector<Deed> all;
    for (const Likely& one : deeds) {
        if (one.kind && !kinds.has(*one.kind)) continue;
        if (one.deed == Deed::give_away && ::geteuid() != 0) continue;
        all.insert(all.end(), one.weight, one.deed);
    }
    return all;
}

}  // namespace

std::string_view name(Deed deed) noexcept {
    constexpr std::array<std::string_view, deed_count> names = {"wait",
                                                                "publish",
                                                                "change mood",
                                                                "ask",
                                                                "restart",
                                                                "crash",
                                                                "crash at the start",
                                                                "second",
                                                                "meanwhile",
                                                                "tool",
                                                                "step clock",
                                                                "fill disk",
                                                                "deny folder",
                                                                "mend disk",
                                                                "move",
                                                                "give away",
                                                                "wait",
                                                                "a step",
                                                                "a step, killed",
                                                                "a step on a full disk",
                                                                "restart",
                                                                "stop",
                                                                "change the promise",
                                                                "lose keys.toml",
                                                                "lose the folder",
                                                                "keys new",
                                                                "restore"};
    return names.at(static_cast<std::size_t>(deed));
}

Script make_script(std::uint64_t seed, const Kinds& kinds) {
    Chance chance(seed);
    const bool has_choice = kinds.has_sources();
    const bool is_about_keys = kinds.has(Kind::keys) && (!has_choice || chance.one_in(4));
    Script script{.seed = seed, .about = is_about_keys ? Script::About::keys : Script::About::sources, .steps = {}};
    const auto all = is_about_keys ? choices(key_deeds, kinds) : choices(source_deeds, kinds);
    const std::size_t count = 30 + chance.below(50);
    for (std::size_t i = 0; i < count; ++i) script.steps.push_back({all[chance.below(all.size())], chance.next()});
    return script;
}

}  // namespace slo::sources
