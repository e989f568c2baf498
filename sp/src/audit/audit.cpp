#include "slo/sp/audit.hpp"

#include <cstdint>
#include <string_view>

#include "slo/sp/json.hpp"

namespace slo::sp {

namespace {

constexpr std::size_t max_value_bytes = 256;
constexpr std::size_t max_id_bytes = 1024;     // of a message
constexpr std::size_t max_detail_bytes = 512;  // sentences of ours

std::string text(std::string_view value) {
    return json_text(value, max_value_bytes);
}

std::string texts(const std::vector<std::string>& values) {
    std::vector<std::string> members;
    for (const std::string& value : values) members.push_back(text(value));
    return json_array(members);
}

/// The keys of every line but LinesLost's, and the keys between them.
struct Common {
    AuditedRequest request = {};
    std::string_view status = {};
    AuditTrouble trouble = {};
    AuditedSessions sessions = {};
    std::chrono::microseconds duration{};
    std::string_view idp_status = {};
};

void write(JsonObject& line, const Common& common) {
    const auto& [request, status, trouble, sessions, duration, idp_status] = common;
    line.add_value("idp", text(request.idp));
    line.add_value("request_id", json_text(request.request_id, max_id_bytes));
    if (!request.authenticated_by.empty()) line.add_value("authenticated_by", text(request.authenticated_by));
    line.add_value("name_id", text(request.name_id));
    line.add_value("session_indexes", texts(request.session_indexes));
    if (request.session_index_count > request.session_indexes.size()) {
        line.add("session_index_count", static_cast<std::int64_t>(request.session_index_count));
    }
    line.add_value("status", text(status));
    if (!idp_status.empty()) line.add_value("idp_status", text(idp_status));
    line.add_value("stage", text(trouble.stage));
    line.add_value("rule", text(trouble.rule));
    if (!trouble.detail.empty()) line.add_value("detail", json_text(trouble.detail, max_detail_bytes));
    line.add("ended", std::int64_t{sessions.ended});
    line.add("already_gone", std::int64_t{sessions.already_gone});
    line.add("failed", std::int64_t{sessions.failed});
    line.add_value("failed_applications", texts(sessions.failed_applications));
    line.add("duration_us", std::int64_t{duration.count()});
}

/// Writes the members after "time" and "event".
struct Writer {
    JsonObject& line;

    void operator()(const LogoutByIdp& event) const {
        write(line, {event.request, event.status, event.trouble, event.sessions, event.duration});
    }
    void operator()(const LogoutRefused& event) const {
        if (!event.number.empty()) line.add_value("number", text(event.number));
        write(line, {event.request, event.status, event.trouble, {}, event.duration});
    }
    void operator()(const SignOnEnded& event) const {
        if (!event.number.empty()) line.add_value("number", text(event.number));
        write(line, {.request = event.request, .trouble = event.trouble, .idp_status = event.idp_status});
    }
    void operator()(const HttpRefused& event) const {
        if (!event.peer.empty()) line.add_value("peer", text(event.peer));
        if (!event.path.empty()) line.add_value("path", text(event.path));
        write(line, {.status = event.status, .trouble = event.trouble});
    }
    void operator()(const LogoutHere& event) const {
        const AuditedRequest request{.idp = event.idp,
                                     .request_id = event.request_id,
                                     .name_id = event.name_id,
                                     .session_indexes = event.session_indexes};
        write(line, {request, event.status, event.trouble, event.sessions, event.duration, event.idp_status});
    }
    void operator()(const LogoutRecovered& event) const {
        const AuditedRequest request{.idp = event.idp, .request_id = event.request_id, .name_id = event.name_id};
        write(line, {request, {}, event.trouble, event.sessions, event.duration});
    }
    void operator()(const HousekeepingFailed& event) const { write(line, {.trouble = event.trouble}); }
    void operator()(const MetadataNews& event) const {
        if (!event.source.empty()) line.add_value("source", text(event.source));
        write(line, {.request = {.idp = event.idp}, .status = event.status, .trouble = event.trouble});
    }
    void operator()(const KeyNews& event) const { write(line, {.trouble = {.detail = event.detail}}); }
    void operator()(const KeysFailed& event) const { write(line, {.trouble = event.trouble}); }
    void operator()(const StoreNews& event) const { write(line, {.trouble = event.trouble}); }
    void operator()(const RefusalsSummedUp& event) const {
        write(line, {.trouble = {.stage = event.stage, .rule = event.rule}});
        line.add("more", static_cast<std::int64_t>(event.more));
        line.add("more_in_all", static_cast<std::int64_t>(event.more_in_all));
    }
    void operator()(const LinesLost& event) const {
        line.add("lost", static_cast<std::int64_t>(event.lost));
        line.add("proven", static_cast<std::int64_t>(event.proven));
    }
};

struct Name {
    using Text = std::string_view;

    Text operator()(const LogoutByIdp& event) const noexcept {
        return event.kind == LogoutByIdp::Kind::repeat ? "repeat" : "logout";
    }
    Text operator()(const LogoutRefused&) const noexcept { return "refused"; }
    Text operator()(const SignOnEnded& event) const noexcept {
        return event.kind == SignOnEnded::Kind::admitted ? "sign_on" : "sign_on_refused";
    }
    Text operator()(const HttpRefused&) const noexcept { return "http_refused"; }
    Text operator()(const LogoutHere& event) const noexcept {
        return event.kind == LogoutHere::Kind::resend ? "resend" : "start";
    }
    Text operator()(const LogoutRecovered&) const noexcept { return "recover"; }
    Text operator()(const HousekeepingFailed& event) const noexcept {
        return event.work == HousekeepingFailed::Work::resend ? "resend" : "recover";
    }
    Text operator()(const MetadataNews&) const noexcept { return "metadata"; }
    Text operator()(const KeyNews&) const noexcept { return "keys"; }
    Text operator()(const KeysFailed&) const noexcept { return "keys"; }
    Text operator()(const StoreNews&) const noexcept { return "store"; }
    Text operator()(const RefusalsSummedUp&) const noexcept { return "summary"; }
    Text operator()(const LinesLost&) const noexcept { return "lines_lost"; }
};

}  // namespace

std::string_view event_name(const AuditEvent& event) noexcept {
    return std::visit(Name{}, event);
}

std::string to_json(const AuditEntry& entry) {
    JsonObject line;
    line.add_value("time", text(saml::format_instant(entry.time)));
    line.add_value("event", text(event_name(entry.event)));
    std::visit(Writer{line}, entry.event);
    return line.str();
}

}  // namespace slo::sp
