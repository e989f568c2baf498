// Lists of sessions: those that an order would end, and an IdP's, for which no key exists: all principals are read.
#include <algorithm>
#include <utility>

#include "redis_store_impl.hpp"
#include "server_check.hpp"
#include "slo/sp/store_error.hpp"
#include "store_answers.hpp"
#include "store_rules.hpp"

namespace slo::sp {
namespace {

using namespace redis;

// How many keys SCAN reads in one step: meanwhile its server answers no other request.
constexpr std::size_t largest_step = 500;

}  // namespace

Result<std::vector<Session>> RedisOperations::live_sessions(const Reply& list, std::string_view principal,
                                                            Instant now) const {
    if (!is_list_of_pairs(list)) return broken();
    std::vector<Session> sessions;
    for (std::size_t i = 0; i + 1 < list.elements.size(); i += 2) {
        const auto stored = StoredSession::read(list.elements[i + 1].text);
        if (!stored) return broken();
        if (!stored->is_alive(now)) continue;
        auto session = writer.open_session(stored->sealed(), principal, list.elements[i].text);
        if (!session) return std::move(session).error();
        sessions.push_back(*std::move(session));
    }
    return sessions;
}

Result<std::vector<Session>> RedisOperations::named_by(const SessionNaming& naming) {
    const std::string principal = writer.principal(naming);
    const auto list = ask(command({"HGETALL", writer.sessions_key(principal)}));
    if (!list) return list.error();
    auto named = live_sessions(*list, principal, clock.now());
    if (!named) return std::move(named).error();
    std::erase_if(*named, [&naming](const Session& session) { return !names(naming, SessionView{session}); });
    return named;
}

std::string RedisOperations::Walk::str() const {
    return is_over() ? "" : servers + "-" + std::to_string(master) + "-" + position;
}

Result<RedisOperations::Walk> RedisOperations::walk_from(const std::string& after) {
    auto masters = servers.masters();
    if (!masters) return std::move(masters).error();
    std::string processes;
    std::vector<Result<Answer>> answers = servers.call_at(*masters, {"INFO", "server"});
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto info = judge(std::move(answers[i]), Acknowledgement::master);
        if (!info) return info.error();
        const std::string_view process = field_of(info->text, "run_id");
        if (process.empty()) return broken();
        processes += (*masters)[i].str() + " " + std::string(process) + "\n";
    }
    Walk walk{
        .masters = *std::move(masters), .servers = writer.name_of_servers(processes), .master = 0, .position = "0"};
    if (!after.starts_with(walk.servers + "-")) return walk;  // from the beginning
    const std::string_view place = std::string_view(after).substr(walk.servers.size() + 1);
    const std::size_t dash = std::min(place.find('-'), place.size());
    const auto master = number_in(place.substr(0, dash));
    const std::string_view position = place.substr(std::min(dash + 1, place.size()));
    if (!master || *master < 0 || static_cast<std::size_t>(*master) >= walk.masters.size() ||
        !is_scan_position(position)) {
        return fail(StoreErrc::store_failed, "no page of sessions ended there");
    }
    walk.master = static_cast<std::size_t>(*master);
    walk.position = position;
    return walk;
}

Result<std::vector<std::string>> RedisOperations::step(Walk& walk, std::size_t count) {
    const std::vector<Address> one{walk.masters[walk.master]};
    auto answers = servers.call_at(one, {"SCAN", walk.position, "MATCH", writer.sessions_pattern(), "COUNT",
                                         std::to_string(std::clamp<std::size_t>(count, 10, largest_step))});
    const auto reply = judge(std::move(answers.front()), Acknowledgement::master);
    if (!reply) return reply.error();
    if (!is_scan_step(*reply)) return broken();
    walk.position = reply->elements[0].text;
    if (walk.position == "0") ++walk.master;
    std::vector<std::string> keys;
    for (const Reply& key : reply->elements[1].elements) keys.push_back(key.text);
    return keys;
}

Result<void> RedisOperations::add_sessions(const std::vector<std::string>& keys, const saml::EntityID& idp,
                                           std::vector<Session>& sessions) {
    std::vector<std::string> principals;
    std::vector<Request> requests;
    for (const std::string& key : keys) {
        auto principal = writer.principal_in(key);
        if (!principal) continue;
        principals.push_back(*std::move(principal));
        requests.push_back(command({"HGETALL", key}));
    }
    const Instant now = clock.now();
    std::vector<Result<Answer>> answers = servers.call_all(std::move(requests));
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto list = judge(std::move(answers[i]), Acknowledgement::master);
        if (!list) return list.error();
        auto found = live_sessions(*list, principals[i], now);
        if (!found) return std::move(found).error();
        for (Session& session : *found) {
            if (session.idp == idp) sessions.push_back(std::move(session));
        }
    }
    return Done{};
}

Result<SessionPage> RedisOperations::sessions_of(const saml::EntityID& idp, const std::string& after,
                                                 std::size_t count) {
    auto walk = walk_from(after);
    if (!walk) return std::move(walk).error();
    SessionPage page;
    while (!walk->is_over() && page.sessions.size() < count) {
        const auto keys = step(*walk, count);
        if (!keys) return keys.error();
        if (auto added = add_sessions(*keys, idp, page.sessions); !added) return added.error();
    }
    if (walk->is_over()) {
        auto again = walk_from("");  // a process may have taken another's place since this page began
        if (!again) return std::move(again).error();
        if (again->servers != walk->servers) walk = std::move(again);
    }
    page.next = walk->str();
    return page;
}

Result<std::vector<saml::EntityID>> RedisOperations::idps_of_sessions() {
    const auto list = ask(command({"HGETALL", writer.idps_key()}));
    if (!list) return list.error();
    if (!is_list_of_pairs(*list)) return broken();
    std::vector<saml::EntityID> idps;
    for (std::size_t i = 0; i + 1 < list->elements.size(); i += 2) {
        auto idp = writer.open_idp(list->elements[i + 1].text, list->elements[i].text);
        if (!idp) return std::move(idp).error();
        idps.push_back(*std::move(idp));
    }
    return idps;
}

}  // namespace slo::sp
