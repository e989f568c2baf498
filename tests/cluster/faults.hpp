// Which faults happen, and when: decided by a seed before anything starts.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace slo::test {

enum class FaultKind {
    node_kill,    ///< -9; restarted at the fault's end
    node_pause,   ///< SIGSTOP, then SIGCONT
    node_starve,  ///< it gets no more memory, and is killed at the fault's end if it hasn't ended by itself; restarted
    log_stall,    ///< the nodes' lines have no reader
    node_cut,     ///< its cable is pulled: it serves, and reaches no store
    server_kill,  ///< -9 for a Redis server: the only one, a master of the Cluster, the primary
    server_pause,
    server_cut,
    answers_lost,  ///< its clients' connections are closed again and again: their requests may be done
    replica_kill,
    replica_cut,
    split,     ///< the primary and one node on one side, all else on the other
    failover,  ///< ordered, at the Sentinels
    idp_hang,  ///< the other IdP, when it's asked to end its sessions
    idp_drip,
    idp_rubbish,
    idp_hang_up,
    store_full,  ///< the disk of the store, or its servers' memory
    slot_move,   ///< of a slot with keys, to another master; half moved for as long as the fault lasts
};
[[nodiscard]] std::string_view name_of(FaultKind kind) noexcept;
/// Whether only the requests that it concerns may wait for its end.
[[nodiscard]] bool is_borne_alone(FaultKind kind) noexcept;

struct Fault {
    std::chrono::milliseconds at;    ///< since the trial's start
    std::chrono::milliseconds hold;  ///< how long it lasts
    FaultKind kind;
    unsigned pick;  ///< which node or server: modulo their number
};

struct Range {
    std::chrono::milliseconds least;
    std::chrono::milliseconds most;
};

/// The faults that may happen on one side, one after the other. A kind listed twice is twice as likely.
struct FaultMix {
    std::vector<FaultKind> kinds;
    Range hold;
    Range gap;  ///< between a fault's end and the next one's beginning
};

/// The same for the same arguments. All faults are over by `duration`.
[[nodiscard]] std::vector<Fault> make_faults(std::uint64_t seed, std::chrono::milliseconds duration,
                                             const FaultMix& mix);

}  // namespace slo::test
