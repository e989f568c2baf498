// Keeps the partners up to date while logouts go on.
#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "slo/idp_adapter/metadata_refresher.hpp"
#include "slo/sp/audit.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::daemon {

/// ask_partners does one turn: asks the sources that are due, and gives `service` the snapshot, if it has another.
/// Returns the events; std::nullopt if memory ran out, and then the next turn makes up for it.
[[nodiscard]] std::optional<std::vector<idp_adapter::MetadataEvent>> ask_partners(
    const std::stop_token& stop, idp_adapter::MetadataRefresher& refresher, sp::LogoutService& service, Instant now);

/// keep_partners_fresh asks the refresher's places when they're due, gives `service` each new snapshot, and writes an
/// audit line for every change, until stopped. Blocks as long as a place does: it has a thread of its own, so that a
/// server that doesn't answer delays no other work.
void keep_partners_fresh(const std::stop_token& stop, idp_adapter::MetadataRefresher& refresher,
                         sp::LogoutService& service, sp::AuditSink& audit, const sp::Clock& clock);

}  // namespace slo::daemon
