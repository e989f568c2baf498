// The decisions about a logout that starts here: which sessions it ends, what it requests, and its conclusion.
#include <algorithm>
#include <utility>

#include "entity_names.hpp"
#include "logout_order.hpp"
#include "outgoing_steps.hpp"
#include "proving.hpp"
#include "reply_mapping.hpp"
#include "session_selection.hpp"
#include "slo/sp/logout_error.hpp"
#include "store_rules.hpp"

namespace slo::sp {
namespace {

using idp_adapter::Idp;
using idp_adapter::IndexesSent;
using std::chrono::seconds;

/// Sessions of one principal, all with a SessionIndex or all without.
struct Group {
    const Session* first;
    std::vector<const Session*> sessions = {};
    std::vector<saml::SessionIndex> indexes = {};  ///< of all of them

    /// The standard sets no limit; requests of other implementations have a few.
    [[nodiscard]] bool has_room_for(const Session& session) const noexcept {
        constexpr std::size_t most = 64;
        return indexes.size() + session.session_indexes.size() <= most;
    }
    void add(const Session& session) {
        sessions.push_back(&session);
        for (const saml::SessionIndex& index : session.session_indexes) {
            if (std::ranges::find(indexes, index) == indexes.end()) indexes.push_back(index);
        }
    }
};

/// Several sessions at an IdP that finds one by the first SessionIndex take a request each, and only an index in common
/// proves that they are one: an AuthnInstant may be that of two devices.
bool belongs_to(const StartContext& context, const Group& group, const Session& session) {
    const Session& first = *group.first;
    if (first.idp != session.idp || first.sp != session.sp || first.named_by != session.named_by) return false;
    // Its NameIDs may be made anew for each assertion; any of them will do.
    if (session.named_by == NamedBy::session_index) return share_an_index(first, session);
    const bool one_principal =
        first.name_id == session.name_id && first.session_indexes.empty() == session.session_indexes.empty();
    if (!one_principal || session.session_indexes.empty()) return one_principal;
    if (!group.has_room_for(session)) return false;
    const auto idp = context.idps ? context.idps->find(session.idp) : nullptr;
    if (!idp || idp->profile.outgoing.session_indexes == IndexesSent::all) return true;
    return std::ranges::any_of(group.sessions, [&](const Session* one) { return share_an_index(*one, session); });
}

std::vector<Group> grouped(const StartContext& context, const std::vector<Session>& sessions) {
    std::vector<Group> groups;
    for (const Session& session : sessions) {
        auto mine =
            std::ranges::find_if(groups, [&](const Group& group) { return belongs_to(context, group, session); });
        if (mine == groups.end()) mine = groups.insert(mine, Group{.first = &session});
        mine->add(session);
    }
    return groups;
}

std::optional<Failure> why_unaskable(const StartContext& context, const Idp* idp, const Group& group) {
    if (context.parts.idp_link == nullptr) return fail(StartErrc::no_link);
    if (idp == nullptr) return why_absent(context.idps.get(), group.first->idp);
    if (soap_logout_endpoint(*idp) == nullptr) return Failure{make_error_code(idp_adapter::ReplyErrc::no_endpoint), {}};
    //= SAML Profiles 4.4.4.1 l.1302 (erratum E38)
    //# If the requester is a session participant, it MUST include at least one <SessionIndex> element
    if (group.first->session_indexes.empty()) return fail(StartErrc::no_session_index);
    return std::nullopt;
}

/// An IdP that ends one session by any of its indexes gave each assertion of it another one: the index of a late one is
/// unknown here, but not its AuthnInstant.
std::vector<Instant> authn_instants(const Group& group, const idp_adapter::InteropProfile& profile) {
    std::vector<Instant> instants;
    if (profile.outgoing.session_indexes != IndexesSent::of_one_session) return instants;
    for (const Session* session : group.sessions) {
        const bool is_new = std::ranges::find(instants, session->authn_instant) == instants.end();
        if (is_new) instants.push_back(session->authn_instant);
    }
    return instants;
}

/// Which logins the logout forbids afterwards. If the IdP ends its session too, an assertion of that session is late,
/// even one that the IdP dates by a clock ahead of ours; a new session has a new SessionIndex, before which no barrier
/// stands. If the IdP can't be asked, its session goes on, and the user may come back with it.
Instant barrier(const Group& group, Instant now, std::chrono::seconds clock_skew,
                const std::optional<Failure>& unaskable) {
    Instant earliest = group.first->authn_instant;
    Instant latest = now + clock_skew;
    for (const Session* session : group.sessions) {
        earliest = std::min(earliest, session->authn_instant);
        latest = std::max(latest, session->authn_instant);
    }
    return unaskable ? earliest - std::chrono::milliseconds(1) : latest;
}

Result<LogoutPlan> plan_one(const StartContext& context, const Group& group, LogoutReason reason) {
    auto id = saml::random_message_id();
    if (!id) return std::move(id).error();
    const Instant now = context.parts.clock.now();
    auto idp = context.idps ? context.idps->find(group.first->idp) : nullptr;
    auto unaskable = why_unaskable(context, idp.get(), group);
    const idp_adapter::InteropProfile usual;
    const auto& profile = idp ? idp->profile : usual;
    const Instant not_on_or_after = now + profile.outgoing.validity;
    const bool by_index = group.first->named_by == NamedBy::session_index;
    const bool is_ours = our_names(context.parts).has(group.first->sp.str());
    LogoutOrder order{.key = {idp ? idp->entity_id : group.first->idp, *std::move(id)},
                      .sp = is_ours ? context.parts.entity_id : group.first->sp,
                      .name_id = group.first->name_id,
                      .session_indexes = group.indexes,
                      .matching = by_index ? saml::NameIDMatching::session_index : by_name_id(profile.name_id_matching),
                      .as_of = barrier(group, now, context.parts.policy.clock_skew, unaskable),
                      .keep_until = keep_until({now, not_on_or_after, profile.max_age}, now, context.parts.policy),
                      .authn_instants = authn_instants(group, profile)};
    return LogoutPlan{.request = {.order = std::move(order),
                                  .reason = std::string(uri(reason)),
                                  .not_on_or_after = not_on_or_after,
                                  .next_attempt = now,
                                  .attempts = 0},
                      .idp = std::move(idp),
                      .unaskable = std::move(unaskable),
                      .round = context.ending.rounds->next_round(),
                      .begun = std::chrono::steady_clock::now()};
}

/// 5, 10, 20, 40, then 60 seconds.
seconds back_off(std::uint32_t attempts) {
    constexpr seconds first{5};
    constexpr seconds longest{60};
    if (attempts < 2) return first;
    return attempts > 4 ? longest : std::min(longest, first * (1U << (attempts - 1)));
}

/// Its metadata may be corrected: the partner is one of the configuration's, or may be.
bool may_come_back(const LogoutPlan& plan, const idp_adapter::LogoutVerdict& verdict) noexcept {
    const auto& code = verdict.why.code;
    return plan.idp == nullptr && (code == make_error_code(LogoutErrc::metadata_expired) ||
                                   code == make_error_code(LogoutErrc::metadata_unusable));
}

/// The request wasn't sent because others were being sent to the IdP.
bool was_busy(const idp_adapter::LogoutVerdict& verdict) noexcept {
    return verdict.why.code == idp_adapter::ReplyErrc::busy;
}

}  // namespace

Result<std::vector<PlannedLogout>> plan(const StartContext& context, const std::vector<Session>& sessions,
                                        LogoutReason reason) {
    std::vector<PlannedLogout> all;
    for (const Group& group : grouped(context, sessions)) {
        auto one = plan_one(context, group, reason);
        if (!one) return std::move(one).error();
        all.push_back(PlannedLogout(*std::move(one)));
    }
    return all;
}

ConcludedLogout conclude(AskedLogout asked, Instant now, Told told) noexcept {
    ConcludedLogout concluded(std::move(asked.plan_), std::move(asked.here_), {Extent::unknown, {}, Retried::no},
                              NextOfRequest::left);
    if (!asked.verdict_) {
        concluded.interrupt();
        return concluded;
    }
    concluded.verdict_ = *std::move(asked.verdict_);
    const idp_adapter::LogoutVerdict& verdict = concluded.verdict_;
    const auto& idp = concluded.plan_.idp;
    const auto success = idp ? idp->profile.outgoing.success : idp_adapter::SuccessProves::nothing;
    concluded.conclusion_ = conclude(verdict, success, concluded.here_.outcome);
    KeptRequest& request = concluded.plan_.request;
    if (!was_busy(verdict)) ++request.attempts;
    const bool is_kept = asked.kept_ == Retried::yes;
    if (may_come_back(concluded.plan_, verdict)) concluded.conclusion_.retried = Retried::yes;
    if (concluded.conclusion_.retried == Retried::yes && is_kept) {
        const Instant next = now + std::max(back_off(request.attempts), seconds(was_busy(verdict) ? 10 : 0));
        if (next < request.not_on_or_after || told == Told::again) {
            request.next_attempt = std::min(next, request.not_on_or_after);
            concluded.next_ = NextOfRequest::put_off;
            return concluded;
        }
    }
    concluded.conclusion_.retried = Retried::no;
    if (is_kept) concluded.next_ = NextOfRequest::forgotten;
    return concluded;
}

ConcludedLogout leave_waiting(EndedLogout ended) noexcept {
    const auto& unaskable = ended.plan_.unaskable;
    const Conclusion waiting{ended.here_.outcome.complete() ? Extent::local_only : Extent::unknown,
                             unaskable ? rule_of(*unaskable) : "request.waiting", ended.kept_};
    return {std::move(ended.plan_), std::move(ended.here_), waiting, NextOfRequest::left};
}

ConcludedLogout leave_unknown(KeptLogout kept) noexcept {
    const Conclusion unknown{Extent::unknown, name(StartErrc::outcome_unknown), kept.kept_};
    return {std::move(kept.plan_), {}, unknown, NextOfRequest::left};
}

ConcludedLogout give_up(EndedLogout ended) noexcept {
    const auto next = ended.kept_ == Retried::yes ? NextOfRequest::forgotten : NextOfRequest::left;
    return {std::move(ended.plan_), std::move(ended.here_), {Extent::unknown, "request.given_up", Retried::no}, next};
}

void ConcludedLogout::interrupt() noexcept {
    conclusion_ = {Extent::unknown, "internal.exception", Retried::yes};
    is_interrupted_ = true;
}

}  // namespace slo::sp
