#include "partners.hpp"

#include <chrono>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pause.hpp"

namespace slo::daemon {
namespace {

void record(const idp_adapter::MetadataEvent& event, sp::AuditSink& audit, const sp::Clock& clock) {
    using Kind = idp_adapter::RefreshOutcome::Kind;
    const auto& outcome = event.outcome;
    if (outcome.kind == Kind::unchanged) return;
    sp::MetadataNews news{.source = event.source, .status = std::string(idp_adapter::name(outcome.kind))};
    if (outcome.entity_id) news.idp = outcome.entity_id->str();
    if (outcome.kind != Kind::updated) {
        news.trouble = {.stage = "metadata", .rule = outcome.why.code.message(), .detail = outcome.why.detail};
    }
    audit.record({.time = clock.now(), .event = std::move(news)});
}

void record_all(const std::vector<idp_adapter::MetadataEvent>& events, sp::AuditSink& audit, const sp::Clock& clock) {
    for (const auto& event : events) {
        try {
            record(event, audit, clock);
        } catch (const std::bad_alloc&) {
            // This line is lost, and no other.
        }
    }
}

}  // namespace

std::optional<std::vector<idp_adapter::MetadataEvent>> ask_partners(const std::stop_token& stop,
                                                                    idp_adapter::MetadataRefresher& refresher,
                                                                    sp::LogoutService& service, Instant now) {
    std::optional<std::vector<idp_adapter::MetadataEvent>> events;
    try {
        events = refresher.refresh(now, stop);
    } catch (const std::bad_alloc&) {
        // The next call makes up for it, and memory may be free again then.
    }
    // Compared with what is in use and not with what was there before: a call that came to no end may have made it.
    if (refresher.directory() != service.idps()) service.replace_idps(refresher.directory());
    return events;
}

void keep_partners_fresh(const std::stop_token& stop, idp_adapter::MetadataRefresher& refresher,
                         sp::LogoutService& service, sp::AuditSink& audit, const sp::Clock& clock) {
    record_all(refresher.conflicts(), audit, clock);
    while (!stop.stop_requested()) {
        // In use before it's recorded: a reader of the line may rely on the new keys.
        const auto events = ask_partners(stop, refresher, service, clock.now());
        if (events) record_all(*events, audit, clock);
        if (!events) {
            pause(stop, std::chrono::seconds(1));
        } else if (refresher.next_refresh() > clock.now()) {
            refresher.wait(std::chrono::seconds(1), stop);  // at most: files are looked at that often
        }
    }
}

}  // namespace slo::daemon
