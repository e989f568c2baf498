#include "lease.hpp"

#include <charconv>

namespace slo::sp::redis {
namespace {

/// Cuts the part before `separator` off `rest`.
std::string_view cut(std::string_view& rest, char separator) noexcept {
    const std::size_t at = rest.find(separator);
    const std::string_view part = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    return part;
}

/// "slave" and a number.
bool names_a_replica(std::string_view key) noexcept {
    constexpr std::string_view word = "slave";
    return key.starts_with(word) && key.size() > word.size() && key[word.size()] >= '0' && key[word.size()] <= '9';
}

/// `fields` such as "ip=127.0.0.1,port=7001,state=online,offset=14,lag=0".
bool is_fresh(std::string_view fields) noexcept {
    bool online = false;
    bool prompt = false;
    while (!fields.empty()) {
        std::string_view value = cut(fields, ',');
        const std::string_view key = cut(value, '=');
        if (key == "state") online = value == "online";
        if (key != "lag") continue;
        unsigned lag = 0;
        const char* const end = value.data() + value.size();
        const auto [rest, error] = std::from_chars(value.data(), end, lag);
        prompt = error == std::errc{} && rest == end && lag <= freshest_lag;
    }
    return online && prompt;
}

}  // namespace

std::optional<ReplicationInfo> parse_replication_info(std::string_view text) {
    ReplicationInfo info;
    bool has_role = false;
    while (!text.empty()) {
        std::string_view line = cut(text, '\n');
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::string_view key = cut(line, ':');
        if (key == "role") {
            has_role = true;
            info.is_master = line == "master";
        }
        if (key == "master_replid") info.replication_id = line;
        if (names_a_replica(key) && is_fresh(line)) ++info.fresh_replicas;
    }
    if (!has_role || info.replication_id.empty()) return std::nullopt;
    return info;
}

}  // namespace slo::sp::redis
