// Audit entries about missing replicas of a shared store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slo/saml/time.hpp"
#include "slo/sp/audit.hpp"

namespace slo::daemon {

/// ReplicaShortfalls turns the store's counter, read now and then, into lines for the operators of the
/// replicas: one for each look at which there were more than before. For one thread.
/// `steps` names what a shortfall is of: "steps of logouts", or "claims of assertions".
class ReplicaShortfalls {
public:
    explicit ReplicaShortfalls(std::string_view steps) : steps_(steps) {}

    /// `total` is StoreHealth::replica_shortfalls.
    [[nodiscard]] std::optional<sp::AuditEntry> look(std::uint64_t total, Instant now) {
        const std::uint64_t before = std::exchange(total_, total);
        if (total <= before) return std::nullopt;
        sp::AuditTrouble trouble{.stage = "store", .rule = "store.replica_shortfall"};
        trouble.detail = std::to_string(total - before) + " more " + std::string(steps_) +
                         " that fewer replicas than asked for had in time, " + std::to_string(total) +
                         " since the start; look whether the replicas follow their master";
        return sp::AuditEntry{.time = now, .event = sp::StoreNews{std::move(trouble)}};
    }

private:
    std::string_view steps_;
    std::uint64_t total_ = 0;
};

}  // namespace slo::daemon
