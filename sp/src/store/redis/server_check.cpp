#include "server_check.hpp"

#include <algorithm>

#include "slo/sp/store_error.hpp"
#include "store_scripts.hpp"

namespace slo::sp::redis {
namespace {

Failure unusable(std::string detail) {
    return fail(StoreErrc::store_unusable, std::move(detail));
}

}  // namespace

std::string_view field_of(std::string_view info, std::string_view field) noexcept {
    while (!info.empty()) {
        const auto end = std::min(info.find('\n'), info.size());
        std::string_view line = info.substr(0, end);
        info.remove_prefix(std::min(end + 1, info.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.size() > field.size() && line.starts_with(field) && line[field.size()] == ':') {
            return line.substr(field.size() + 1);
        }
    }
    return {};
}

Result<std::vector<std::string>> judge_server(std::string_view info) {
    const std::string_view policy = field_of(info, "maxmemory_policy");
    if (policy.empty()) return unusable("the server doesn't say how it evicts keys; let our user call INFO");
    if (policy != "noeviction") {
        return unusable(
            "the server drops keys when its memory is full, logouts among them, which would let ended sessions come "
            "back; set maxmemory-policy noeviction");
    }
    std::vector<std::string> notes;
    if (field_of(info, "aof_enabled") != "1") {
        notes.emplace_back(
            "the server keeps no append-only file: if it restarts, it forgets the sessions and logouts since its last "
            "snapshot; set appendonly yes");
    }
    return notes;
}

Result<std::vector<std::string>> check_servers(Client& client, const std::string& key, const std::string& deployment) {
    const auto infos = client.call_on_each_master({"INFO", "everything"});
    if (!infos) return infos.error();
    std::vector<std::string> notes;
    for (const Answer& info : *infos) {
        if (info.reply.kind == Reply::Kind::error) {
            return unusable("the server doesn't let our user call INFO; give it +info (ACL SETUSER)");
        }
        auto of_server = judge_server(info.reply.text);
        if (!of_server) return std::move(of_server).error();
        for (std::string& note : *of_server) {
            if (std::ranges::find(notes, note) == notes.end()) notes.push_back(std::move(note));
        }
    }
    Request request;
    request.key = key;
    request.script = &StoreScripts::get().claim;
    request.key_count = 1;
    request.words = {key, deployment, "0"};
    const auto there = client.call(std::move(request));
    if (!there) return there.error();
    if (there->reply.kind == Reply::Kind::error) {
        return unusable("the server refuses scripts or writes; give our user the commands that README.md names");
    }
    if (there->reply.text != deployment) {
        return unusable(
            "another deployment's sessions are under this prefix, or this node has another index_key; give each "
            "deployment a prefix of its own, and all its nodes the same keys");
    }
    return notes;
}

}  // namespace slo::sp::redis
