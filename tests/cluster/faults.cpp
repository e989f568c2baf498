#include "faults.hpp"

#include <random>
#include <utility>

namespace slo::test {

using std::chrono::milliseconds;

std::string_view name_of(FaultKind kind) noexcept {
    switch (kind) {
        case FaultKind::node_kill:
            return "node killed";
        case FaultKind::node_pause:
            return "node paused";
        case FaultKind::node_starve:
            return "node without memory";
        case FaultKind::log_stall:
            return "log unread";
        case FaultKind::node_cut:
            return "node cut off";
        case FaultKind::server_kill:
            return "server killed";
        case FaultKind::server_pause:
            return "server paused";
        case FaultKind::server_cut:
            return "server cut off";
        case FaultKind::answers_lost:
            return "server's answers lost";
        case FaultKind::replica_kill:
            return "replica killed";
        case FaultKind::replica_cut:
            return "replica cut off";
        case FaultKind::split:
            return "network split";
        case FaultKind::failover:
            return "failover ordered";
        case FaultKind::idp_hang:
            return "IdP hangs";
        case FaultKind::idp_drip:
            return "IdP drips";
        case FaultKind::idp_rubbish:
            return "IdP talks rubbish";
        case FaultKind::idp_hang_up:
            return "IdP hangs up";
        case FaultKind::store_full:
            return "store full";
        case FaultKind::slot_move:
            break;
    }
    return "slot moved";
}

bool is_borne_alone(FaultKind kind) noexcept {
    return kind == FaultKind::idp_hang || kind == FaultKind::idp_drip || kind == FaultKind::store_full ||
           kind == FaultKind::log_stall;
}

std::vector<Fault> make_faults(std::uint64_t seed, milliseconds duration, const FaultMix& mix) {
    // Not a distribution of the library's: theirs may differ from one to the next, and a seed must mean the same.
    std::mt19937_64 random(seed);
    const auto within = [&random](const Range& range) {
        const auto width = static_cast<std::uint64_t>((range.most - range.least).count()) + 1;
        return range.least + milliseconds(static_cast<std::int64_t>(random() % width));
    };
    // Dealt like cards: each kind comes before one comes again.
    std::vector<FaultKind> deck;
    const auto deal = [&] {
        if (deck.empty()) deck = mix.kinds;
        std::swap(deck[random() % deck.size()], deck.back());
        const FaultKind kind = deck.back();
        deck.pop_back();
        return kind;
    };
    std::vector<Fault> faults;
    for (milliseconds at = within(mix.gap);;) {
        const FaultKind kind = deal();
        const auto pick = static_cast<unsigned>(random() % 60);  // 60: as many for each of 2, 3, 4, 5 or 6
        const milliseconds hold = within(mix.hold);
        if (at + hold > duration) return faults;
        faults.push_back({.at = at, .hold = hold, .kind = kind, .pick = pick});
        at += hold + within(mix.gap);
    }
}

}  // namespace slo::test
