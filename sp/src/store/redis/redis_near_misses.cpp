// Near misses of an order: in its own principal's sessions, and among those to which hints lead.
//
// A hint is a sorted set: its entries name sessions that have something in common with an order, ordered by expiry.
// It is written before its session is there and tidied up after, so an entry may lead to nothing, but a session that
// was admitted has its entries.
#include <algorithm>
#include <set>
#include <utility>

#include "redis_store_impl.hpp"
#include "slo/sp/store_error.hpp"
#include "store_answers.hpp"
#include "store_rules.hpp"

namespace slo::sp {
namespace {

using namespace redis;

// How many sessions are looked at in one step, and in all: far more than it takes, unless nearly all are ending.
constexpr std::size_t largest_step = 256;
constexpr std::size_t most_at_all = 4096;

void add_near(const LogoutOrder& order, std::vector<Session> sessions, std::vector<NearMiss>& misses) {
    for (Session& session : sessions) {
        if (misses.size() == max_near_misses) return;
        if (const auto kind = near_miss(order, session)) misses.push_back({*kind, std::move(session)});
    }
}

}  // namespace

Result<std::vector<RedisOperations::Candidate>> RedisOperations::next_candidates(std::vector<Hint>& hints) {
    std::vector<Request> requests;
    for (const Hint& hint : hints) {
        requests.push_back(command({"ZSCAN", hint.key, hint.position, "COUNT", std::to_string(largest_step)}));
    }
    const auto replies = ask_all(std::move(requests));
    if (!replies) return replies.error();
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < replies->size(); ++i) {
        const Reply& reply = (*replies)[i];
        if (!is_scan_step(reply) || !is_list_of_pairs(reply.elements[1])) return broken();
        hints[i].position = reply.elements[0].text;
        const std::vector<Reply>& entries = reply.elements[1].elements;
        for (std::size_t k = 0; k + 1 < entries.size(); k += 2) {
            const std::string& entry = entries[k].text;
            if (entry.size() != principal_octets + name_octets) return broken();
            candidates.emplace_back(entry.substr(0, principal_octets), entry.substr(principal_octets));
        }
    }
    std::erase_if(hints, [](const Hint& hint) { return hint.position == "0"; });
    return candidates;
}

Result<std::vector<Session>> RedisOperations::live_candidates(std::span<const Candidate> candidates, Instant now) {
    std::vector<Request> requests;
    for (const auto& [principal, name] : candidates) {
        requests.push_back(command({"HGET", writer.sessions_key(principal), name}));
    }
    const auto replies = ask_all(std::move(requests));
    if (!replies) return replies.error();
    std::vector<Session> sessions;
    for (std::size_t i = 0; i < replies->size(); ++i) {
        if ((*replies)[i].kind == Reply::Kind::nil) continue;
        const auto stored = StoredSession::read((*replies)[i].text);
        if (!stored) return broken();
        if (!stored->is_alive(now)) continue;
        auto session = writer.open_session(stored->sealed(), candidates[i].first, candidates[i].second);
        if (!session) return std::move(session).error();
        sessions.push_back(*std::move(session));
    }
    return sessions;
}

Result<std::vector<NearMiss>> RedisOperations::near_misses(const LogoutOrder& order) {
    const Instant now = clock.now();
    const std::string principal = writer.principal(order);
    const auto list = ask(command({"HGETALL", writer.sessions_key(principal)}));
    if (!list) return list.error();
    auto own = live_sessions(*list, principal, now);
    if (!own) return std::move(own).error();
    std::vector<NearMiss> misses;
    add_near(order, *std::move(own), misses);

    std::vector<Hint> hints;
    for (std::string& key : writer.hint_keys(order)) hints.push_back({std::move(key)});
    std::set<Candidate> seen;
    std::size_t looked_at = 0;
    while (!hints.empty() && misses.size() < max_near_misses) {
        auto candidates = next_candidates(hints);
        if (!candidates) return std::move(candidates).error();
        std::erase_if(*candidates, [&](const Candidate& candidate) {
            return candidate.first == principal || !seen.insert(candidate).second;
        });
        for (std::span<const Candidate> left(*candidates); !left.empty() && misses.size() < max_near_misses;) {
            const auto some = left.first(std::min(left.size(), largest_step));
            left = left.subspan(some.size());
            looked_at += some.size();
            if (looked_at > most_at_all)
                return fail(StoreErrc::store_failed, "too many sessions have its SessionIndex");
            auto sessions = live_candidates(some, now);
            if (!sessions) return std::move(sessions).error();
            add_near(order, *std::move(sessions), misses);
        }
    }
    return misses;
}

}  // namespace slo::sp
