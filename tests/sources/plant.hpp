// Faults that the code once had, or nearly had, put back at the ports: each of them must be found.
#pragma once

#include "kinds.hpp"

namespace slo::sources {

enum class Plant {
    none = 0,
    older_believed = 1,        ///< an earlier document's content counts again
    stranger_believed = 2,     ///< any signature counts
    copies_lost = 3,           ///< nothing is kept for a restart
    last_writer_wins = 4,      ///< two processes: the state of before is written over what the other one has kept
    move_unnoticed = 5,        ///< after a new URL or pin the old one counts
    no_room_no_news = 6,       ///< what can't be kept isn't put in force
    clock_back_unnoticed = 7,  ///< after the clock was set back, nothing is asked until the old times come
    silent_moves = 8,          ///< an entity moves to another source without an event
    orphans_left = 9,          ///< a file of each attempt stays behind
    unpublished_signer = 10,   ///< a new key signs, and the old ones are still published
    no_patience = 11,          ///< a key is activated before IdPs can know it
};
inline constexpr int plant_count = 11;

/// The kind in which a plant shows.
[[nodiscard]] constexpr Kind kind_of(Plant plant) noexcept {
    switch (plant) {
        case Plant::none:
        case Plant::stranger_believed:
            return Kind::forgery;
        case Plant::older_believed:
            return Kind::replay;
        case Plant::copies_lost:
            return Kind::crash;
        case Plant::last_writer_wins:
            return Kind::two_processes;
        case Plant::move_unnoticed:
            return Kind::moved;
        case Plant::no_room_no_news:
            return Kind::full_disk;
        case Plant::clock_back_unnoticed:
            return Kind::clock;
        case Plant::silent_moves:
            return Kind::leaving_out;
        case Plant::orphans_left:
            return Kind::orphans;
        case Plant::unpublished_signer:
        case Plant::no_patience:
            return Kind::keys;
    }
    return Kind::forgery;
}

}  // namespace slo::sources
