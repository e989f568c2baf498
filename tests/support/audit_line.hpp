// The test's view of an audit entry, whatever its event is.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "slo/sp/audit.hpp"

namespace slo::test {

/// AuditLine has all members of all events; those that its event lacks are empty.
struct AuditLine : sp::AuditedRequest, sp::AuditTrouble, sp::AuditedSessions {
    Instant time;
    sp::AuditLane lane = sp::AuditLane::proven;
    std::string event;
    std::string status;
    std::string number;
    std::string peer;
    std::string path;
    std::chrono::microseconds duration{};
    std::uint64_t more = 0;
    std::uint64_t more_in_all = 0;
    std::string json;
};

[[nodiscard]] inline AuditLine line_of(const sp::AuditEntry& entry) {
    AuditLine line;
    line.time = entry.time;
    line.lane = entry.lane;
    line.event = sp::event_name(entry.event);
    line.json = sp::to_json(entry);
    std::visit(
        [&line](const auto& event) {
            if constexpr (requires { event.request; }) static_cast<sp::AuditedRequest&>(line) = event.request;
            if constexpr (requires { event.idp; }) line.idp = event.idp;
            if constexpr (requires { event.number; }) line.number = event.number;
            if constexpr (requires { event.request_id; }) line.request_id = event.request_id;
            if constexpr (requires { event.name_id; }) line.name_id = event.name_id;
            if constexpr (requires { event.session_indexes; }) line.session_indexes = event.session_indexes;
            if constexpr (requires { event.trouble; }) static_cast<sp::AuditTrouble&>(line) = event.trouble;
            if constexpr (requires { event.stage; }) line.stage = event.stage;
            if constexpr (requires { event.rule; }) line.rule = event.rule;
            if constexpr (requires { event.detail; }) line.detail = event.detail;
            if constexpr (requires { event.sessions; }) static_cast<sp::AuditedSessions&>(line) = event.sessions;
            if constexpr (requires { event.status; }) line.status = event.status;
            if constexpr (requires { event.peer; }) line.peer = event.peer;
            if constexpr (requires { event.path; }) line.path = event.path;
            if constexpr (requires { event.duration; }) line.duration = event.duration;
            if constexpr (requires { event.more; }) line.more = event.more;
            if constexpr (requires { event.more_in_all; }) line.more_in_all = event.more_in_all;
        },
        entry.event);
    return line;
}

}  // namespace slo::test
