// The kinds of faults, each by its name, so that it can be left out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace slo::sources {

/// A kind of fault that is played, or of promise that is held.
enum class Kind : unsigned {
    forgery,            ///< documents that another has signed, that break off, or that are none
    replay,             ///< an earlier document of the server comes again
    hang,               ///< a server takes as long as it may, or refuses
    undated,            ///< documents without creationInstant, some with the validUntil of the one before
    future_date,        ///< a creationInstant years ahead
    leaving_out,        ///< an aggregate leaves out an entity that another source has too
    leaving_out_start,  ///< and what that moves is told after a restart too
    clock,              ///< the clock steps, back and forward
    full_disk,          ///< no room
    full_disk_start,    ///< and a restart before there was room again
    denied_folder,      ///< nothing can be changed in the cache
    crash,              ///< the process is killed between two operations on files
    two_processes,      ///< another one has the same cache
    two_running,        ///< what one has verified counts for the other as soon as it asks
    moved,              ///< another URL or pin under the same name
    orphans,            ///< few files are in the cache
    keys,               ///< our own keys roll over
    keys_crash,         ///< and the tool is killed between two operations on files
    keys_unread,        ///< and the endpoint is down, or may not read them
    keys_hasty,         ///< and the promise how long IdPs may keep our metadata is changed
    keys_lost,          ///< and the folder is lost, or keys.toml in it
};
inline constexpr std::array<std::string_view, 21> kind_names = {
    "forgery",           "replay",      "hang",      "undated",         "future-date",   "leaving-out",
    "leaving-out-start", "clock",       "full-disk", "full-disk-start", "denied-folder", "crash",
    "two-processes",     "two-running", "moved",     "orphans",         "keys",          "keys-crash",
    "keys-unread",       "keys-hasty",  "keys-lost"};

/// The kinds that are played.
class Kinds {
public:
    [[nodiscard]] static Kinds all() { return Kinds((1U << kind_names.size()) - 1); }
    [[nodiscard]] static std::optional<Kind> named(std::string_view name) {
        for (unsigned i = 0; i < kind_names.size(); ++i) {
            if (kind_names.at(i) == name) return static_cast<Kind>(i);
        }
        return std::nullopt;
    }
    [[nodiscard]] bool has(Kind kind) const noexcept { return (bits_ & bit(kind)) != 0; }
    /// Whether any kind is played that isn't about our keys.
    [[nodiscard]] bool has_sources() const noexcept { return (bits_ & (bit(Kind::keys) - 1)) != 0; }
    void leave_out(Kind kind) noexcept { bits_ &= ~bit(kind); }
    void add(Kind kind) noexcept { bits_ |= bit(kind); }
    [[nodiscard]] static Kinds none() { return Kinds(0); }

private:
    explicit Kinds(std::uint32_t bits) : bits_(bits) {}
    [[nodiscard]] static std::uint32_t bit(Kind kind) noexcept { return 1U << static_cast<unsigned>(kind); }
    std::uint32_t bits_;
};

/// What only --all and --with play, as the code doesn't hold it, or the oracle asks for more than is promised: of
/// documents without any date, and of those that a clock set back by days puts into the future, a source that hasn't
/// seen one can't tell that it is older; and what couldn't be kept is forgotten by a restart, which is said
/// (RefreshOutcome::Kind::not_kept).
inline constexpr std::array not_yet = {Kind::undated, Kind::full_disk_start, Kind::clock};
[[nodiscard]] inline Kinds played_kinds() {
    Kinds kinds = Kinds::all();
    for (const Kind kind : not_yet) kinds.leave_out(kind);
    return kinds;
}

}  // namespace slo::sources
