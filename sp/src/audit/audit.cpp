#include "slo/sp/audit.hpp"

#include <cstdint>
#include <string_view>

#include "slo/sp/json.hpp"

namespace slo::sp {

namespace {

std::string text(std::string_view value) {
    constexpr std::size_t max_value_bytes = 256;
    return json_text(value, max_value_bytes);
}

std::string texts(const std::vector<std::string>& values) {
    std::vector<std::string> members;
    for (const std::string& value : values) members.push_back(text(value));
    return json_array(members);
}

}  // namespace

std::string to_json(const AuditEntry& entry) {
    JsonObject line;
    line.add_value("time", text(saml::format_instant(entry.time)));
    line.add_value("event", text(entry.event));
    if (!entry.source.empty()) line.add_value("source", text(entry.source));
    line.add_value("idp", text(entry.idp));
    line.add_value("request_id", text(entry.request_id));
    if (!entry.authenticated_by.empty()) line.add_value("authenticated_by", text(entry.authenticated_by));
    line.add_value("name_id", text(entry.name_id));
    line.add_value("session_indexes", texts(entry.session_indexes));
    if (entry.session_index_count > entry.session_indexes.size()) {
        line.add("session_index_count", static_cast<std::int64_t>(entry.session_index_count));
    }
    line.add_value("status", text(entry.status));
    line.add_value("stage", text(entry.stage));
    line.add_value("rule", text(entry.rule));
    if (!entry.detail.empty()) line.add_value("detail", text(entry.detail));
    line.add("ended", std::int64_t{entry.ended});
    line.add("already_gone", std::int64_t{entry.already_gone});
    line.add("failed", std::int64_t{entry.failed});
    line.add_value("failed_applications", texts(entry.failed_applications));
    line.add("duration_us", std::int64_t{entry.duration.count()});
    if (entry.more == 0) return line.str();
    line.add("more", static_cast<std::int64_t>(entry.more));
    line.add("more_in_all", static_cast<std::int64_t>(entry.more_in_all));
    return line.str();
}

}  // namespace slo::sp
