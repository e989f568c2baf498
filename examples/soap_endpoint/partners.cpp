#include "partners.hpp"

#include <chrono>
#include <new>
#include <string>

#include "pause.hpp"

namespace slo::examples {
namespace {

void record(const idp_adapter::MetadataEvent& event, sp::AuditSink& audit, const sp::Clock& clock) {
    using Kind = idp_adapter::RefreshOutcome::Kind;
    const auto& outcome = event.outcome;
    if (outcome.kind == Kind::unchanged) return;
    sp::AuditEntry entry;
    entry.time = clock.now();
    entry.event = "metadata";
    entry.source = event.source;
    if (outcome.entity_id) entry.idp = outcome.entity_id->str();
    entry.status = idp_adapter::name(outcome.kind);
    if (outcome.kind != Kind::updated) {
        entry.stage = "metadata";
        entry.rule = outcome.why.code.message();
        entry.detail = outcome.why.detail;
    }
    audit.record(entry);
}

}  // namespace

void keep_partners_fresh(const std::stop_token& stop, idp_adapter::MetadataRefresher& refresher,
                         sp::LogoutService& service, sp::AuditSink& audit, const sp::Clock& clock) {
    for (const auto& conflict : refresher.conflicts()) record(conflict, audit, clock);
    while (!stop.stop_requested()) {
        try {
            const auto before = refresher.directory();
            const auto events = refresher.refresh(clock.now(), stop);
            // Before it's written down: who reads that new keys count may rely on it.
            if (refresher.directory() != before) service.replace_idps(refresher.directory());
            for (const auto& event : events) record(event, audit, clock);
            // A second at most: files are looked at that often.
            if (refresher.next_refresh() > clock.now()) refresher.wait(std::chrono::seconds(1), stop);
        } catch (const std::bad_alloc&) {
            // The snapshot before stays in force, and memory may be free again in a second.
            pause(stop, std::chrono::seconds(1));
        }
    }
}

}  // namespace slo::examples
