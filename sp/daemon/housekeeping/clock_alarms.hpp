// Audit entries about the clocks of a shared store's servers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "slo/saml/time.hpp"
#include "slo/sp/audit.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::daemon {

/// ClockAlarms turns the store's health, read now and then, into lines for the operators of its servers: one for
/// each look at which there was more than before. For one thread.
class ClockAlarms {
public:
    [[nodiscard]] std::optional<sp::AuditEntry> look(const sp::StoreHealth& health, Instant now) {
        const bool has_leapt = health.clock_leaps > leaps_;
        const bool differs = health.clock_differences > differences_;
        leaps_ = health.clock_leaps;
        differences_ = health.clock_differences;
        if (!has_leapt && !differs) return std::nullopt;
        sp::AuditTrouble trouble{.stage = "store"};
        trouble.rule = has_leapt ? "store.server_clock_leapt" : "store.server_clock_differs";
        trouble.detail = has_leapt
                             ? "a Redis server's clock leapt by " + std::to_string(health.last_clock_leap.count()) +
                                   " s; a leap forward of an hour or more drops logouts that still count: let NTP "
                                   "slew the server's clock, never step it while it serves"
                             : std::string(
                                   "a Redis server's clock and this node's differ by more than 10 s: let "
                                   "NTP set both");
        return sp::AuditEntry{.time = now, .event = sp::StoreNews{std::move(trouble)}};
    }

private:
    std::uint64_t leaps_ = 0;
    std::uint64_t differences_ = 0;
};

}  // namespace slo::daemon
