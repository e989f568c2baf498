// Which application round holds which session, for engines whose sessions all belong to one process.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// RoundTable grants a session that is *ending* to one round at a time. It dies with the process, as the rounds do.
/// Thread-safe; its mutex is the last that an engine takes.
class RoundTable {
public:
    /// grant gives `claim` those of `sessions` that no other round holds, or whose round is over its time, and returns
    /// in the same order whether each was granted. Throws std::bad_alloc, and then nothing has changed.
    [[nodiscard]] std::vector<bool> grant(const RoundClaim& claim, const std::vector<Session>& sessions, Instant now);
    [[nodiscard]] bool has(const RoundID& round, const LocalSessionID& session) const;
    /// give_back ends the round's hold on all its sessions.
    void give_back(const RoundID& round) noexcept;
    /// keep extends the round's hold on its sessions until `until`.
    void keep(const RoundID& round, Instant until) noexcept;

private:
    struct Grant {
        RoundID round;
        Instant until;
    };
    struct HashOfRound {
        std::size_t operator()(const RoundID& round) const noexcept;
    };

    void drop_what_is_over(Instant now) noexcept;

    mutable std::mutex mutex_;
    std::unordered_map<std::string, Grant> grants_;
    std::unordered_map<RoundID, std::vector<std::string>, HashOfRound> sessions_of_;  ///< may name some that it lost
    std::size_t largest_ = 1024;  ///< beyond this number of entries, expired ones are looked for
};

/// Granted is the result of a claim: the sessions that it was granted, and those that another round holds.
struct Granted {
    std::vector<Session> ending;
    std::vector<Session> in_another_round;
};
/// grant applies `claim` to `sessions`. Throws std::bad_alloc, and then nothing has changed in `rounds`.
[[nodiscard]] Granted grant(RoundTable& rounds, const RoundClaim& claim, std::vector<Session> sessions, Instant now);

}  // namespace slo::sp
