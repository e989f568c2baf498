#include "round_table.hpp"

#include <algorithm>
#include <utility>

namespace slo::sp {

std::size_t RoundTable::HashOfRound::operator()(const RoundID& round) const noexcept {
    return static_cast<std::size_t>(round.node ^ (round.number * 0x9E3779B97F4A7C15U));
}

std::vector<bool> RoundTable::grant(const RoundClaim& claim, const std::vector<Session>& sessions, Instant now) {
    std::vector<bool> granted(sessions.size());
    const std::lock_guard lock(mutex_);
    drop_what_is_over(now);
    // The statement that may find no memory comes first: entries for another round's sessions do no harm.
    auto& mine = sessions_of_[claim.round];
    mine.reserve(mine.size() + sessions.size());
    std::vector<std::string> names;
    names.reserve(sessions.size());
    for (const Session& session : sessions) names.push_back(session.id.str());
    for (const std::string& name : names) grants_.try_emplace(name, Grant{claim.round, now});

    for (std::size_t i = 0; i < names.size(); ++i) {
        Grant& grant = grants_.find(names[i])->second;
        const bool is_own = grant.round == claim.round;
        granted[i] = is_own || grant.until <= now;
        if (!granted[i]) continue;
        grant = {claim.round, is_own ? std::max(grant.until, claim.until) : claim.until};
        mine.push_back(std::move(names[i]));
    }
    if (mine.empty()) sessions_of_.erase(claim.round);
    return granted;
}

bool RoundTable::has(const RoundID& round, const LocalSessionID& session) const {
    const std::lock_guard lock(mutex_);
    const auto found = grants_.find(session.str());
    return found != grants_.end() && found->second.round == round;
}

void RoundTable::give_back(const RoundID& round) noexcept {
    const std::lock_guard lock(mutex_);
    const auto mine = sessions_of_.find(round);
    if (mine == sessions_of_.end()) return;
    for (const std::string& session : mine->second) {
        const auto found = grants_.find(session);
        if (found != grants_.end() && found->second.round == round) grants_.erase(found);
    }
    sessions_of_.erase(mine);
}

void RoundTable::keep(const RoundID& round, Instant until) noexcept {
    const std::lock_guard lock(mutex_);
    const auto mine = sessions_of_.find(round);
    if (mine == sessions_of_.end()) return;
    for (const std::string& session : mine->second) {
        const auto found = grants_.find(session);
        if (found != grants_.end() && found->second.round == round) {
            found->second.until = std::max(found->second.until, until);
        }
    }
}

/// A round ends with its report; the remaining ones belong to rounds whose store failed in between.
void RoundTable::drop_what_is_over(Instant now) noexcept {
    if (grants_.size() < largest_) return;
    std::erase_if(grants_, [now](const auto& entry) { return entry.second.until <= now; });
    std::erase_if(sessions_of_, [this](const auto& entry) {
        return std::ranges::none_of(entry.second, [&](const std::string& session) {
            const auto found = grants_.find(session);
            return found != grants_.end() && found->second.round == entry.first;
        });
    });
    largest_ = std::max<std::size_t>(1024, 2 * grants_.size());
}

Granted grant(RoundTable& rounds, const RoundClaim& claim, std::vector<Session> sessions, Instant now) {
    Granted result;
    result.ending.reserve(sessions.size());
    result.in_another_round.reserve(sessions.size());
    const std::vector<bool> granted = rounds.grant(claim, sessions, now);
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        (granted[i] ? result.ending : result.in_another_round).push_back(std::move(sessions[i]));
    }
    return result;
}

}  // namespace slo::sp
