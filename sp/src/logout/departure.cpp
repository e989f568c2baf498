#include "departure.hpp"

#include <algorithm>
#include <utility>

#include "entity_names.hpp"
#include "logout_answer.hpp"
#include "logout_order.hpp"
#include "reply_mapping.hpp"
#include "slo/sp/error.hpp"
#include "store_rules.hpp"

namespace slo::sp {
namespace {

using idp_adapter::Idp;
using idp_adapter::IndexesSent;
using idp_adapter::LogoutVerdict;
using std::chrono::seconds;

/// Sessions of one principal, all with a SessionIndex or all without.
struct Group {
    const Session* first;
    std::vector<const Session*> sessions = {};
    std::vector<saml::SessionIndex> indexes = {};  ///< of all of them

    /// The standard sets no limit; the requests of others that were seen have a few.
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
    if (context.parts.idp_link == nullptr) return fail(Errc::no_link);
    if (idp == nullptr) return fail(Errc::issuer_unknown);
    if (soap_logout_endpoint(*idp) == nullptr) return Failure{make_error_code(idp_adapter::ReplyErrc::no_endpoint), {}};
    //= SAML Profiles 4.4.4.1 l.1302 (erratum E38)
    //# If the requester is a session participant, it MUST include at least one <SessionIndex> element
    if (group.first->session_indexes.empty()) return fail(Errc::no_session_index);
    return std::nullopt;
}

/// An IdP that ends one session by any of its indexes gave each assertion of it another one: a late one has none that
/// is known here, but the AuthnInstant.
std::vector<Instant> authn_instants(const Group& group, const idp_adapter::InteropProfile& profile) {
    std::vector<Instant> instants;
    if (profile.outgoing.session_indexes != IndexesSent::of_one_session) return instants;
    for (const Session* session : group.sessions) {
        const bool is_new = std::ranges::find(instants, session->authn_instant) == instants.end();
        if (is_new) instants.push_back(session->authn_instant);
    }
    return instants;
}

/// What the logout forbids afterwards. Where the IdP ends its session too, an assertion of that session is late, also
/// one that the IdP dates by a clock ahead of ours; a new session has a new SessionIndex, before which no barrier
/// stands. Where the IdP can't be asked, its session goes on, and the user may come back with it.
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

Result<Departure> plan_one(const StartContext& context, const Group& group, LogoutReason reason) {
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
    Departure departure({.order = std::move(order),
                         .reason = std::string(uri(reason)),
                         .not_on_or_after = not_on_or_after,
                         .next_attempt = now,
                         .attempts = 0});
    departure.idp = std::move(idp);
    departure.unaskable = std::move(unaskable);
    departure.round = context.ending.rounds->next_round();
    return departure;
}

/// As long as we may be at work on a request before somebody else should take it.
std::chrono::milliseconds lease(const StartContext& context, const Departure& departure) {
    constexpr seconds slack{10};
    const auto asking = departure.idp ? departure.idp->profile.outgoing.http.deadline : std::chrono::milliseconds(0);
    return context.parts.policy.application_deadline + asking + slack;
}

/// 5, 10, 20, 40, then 60 seconds.
seconds back_off(std::uint32_t attempts) {
    constexpr seconds first{5};
    constexpr seconds longest{60};
    if (attempts < 2) return first;
    return attempts > 4 ? longest : std::min(longest, first * (1U << (attempts - 1)));
}

}  // namespace

bool share_an_index(const Session& a, const Session& b) {
    return std::ranges::find_first_of(a.session_indexes, b.session_indexes) != a.session_indexes.end();
}

Result<std::vector<Departure>> plan(const StartContext& context, const std::vector<Session>& sessions,
                                    LogoutReason reason) {
    std::vector<Departure> departures;
    for (const Group& group : grouped(context, sessions)) {
        auto departure = plan_one(context, group, reason);
        if (!departure) return std::move(departure).error();
        departures.push_back(*std::move(departure));
    }
    return departures;
}

Result<void> keep(const StartContext& context, Departure& departure, When when) {
    if (departure.unaskable) return Done{};
    const Instant now = context.parts.clock.now();
    departure.request.next_attempt = when == When::at_once ? now : now + lease(context, departure);
    const auto kept = context.parts.store.keep_request(departure.request);
    if (!kept && kept.error().code != make_error_code(Errc::store_full)) return kept.error();
    departure.kept = kept ? Retried::yes : Retried::no;
    return Done{};
}

void forget(const StartContext& context, const Departure& departure) {
    if (departure.kept == Retried::no) return;
    // If it can't be forgotten, it's sent once more, which the IdP answers as it likes.
    static_cast<void>(context.parts.store.drop_request(departure.key()));
}

Result<std::vector<Departure>> take_due(const StartContext& context, std::size_t count) {
    const Instant now = context.parts.clock.now();
    constexpr std::chrono::minutes longest_answer{2};
    auto due = context.parts.store.take_due_requests(now, now + longest_answer, count);
    if (!due) return std::move(due).error();
    std::vector<Departure> departures;
    for (KeptRequest& request : *due) {
        Departure departure(std::move(request));
        departure.idp = context.idps ? context.idps->find(departure.key().idp) : nullptr;
        if (context.parts.idp_link == nullptr) departure.unaskable = fail(Errc::no_link);
        if (!departure.idp) departure.unaskable = fail(Errc::issuer_unknown);
        departure.kept = Retried::yes;
        departure.round = context.ending.rounds->next_round();
        departures.push_back(std::move(departure));
    }
    return departures;
}

void ask(const StartContext& context, Departure& departure) {
    if (departure.unaskable) {
        departure.verdict = {.kind = LogoutVerdict::Kind::impossible, .why = *departure.unaskable};
        return;
    }
    const LogoutOrder& order = departure.request.order;
    const idp_adapter::LogoutAsk wanted{.issuer = order.sp,
                                        .name_id = order.name_id,
                                        .session_indexes = order.session_indexes,
                                        .reason = departure.request.reason,
                                        .not_on_or_after = departure.request.not_on_or_after};
    departure.verdict = context.parts.idp_link->ask(*departure.idp, wanted, context.keys->signer,
                                                    context.parts.clock.now(), context.stop);
    if (departure.verdict.why.code != idp_adapter::ReplyErrc::busy) ++departure.request.attempts;
}

void settle(const StartContext& context, Departure& departure, Asked asked) {
    const auto success = departure.idp ? departure.idp->profile.outgoing.success : idp_adapter::SuccessProves::nothing;
    departure.conclusion = conclude(departure.verdict, success, departure.local);
    KeptRequest& request = departure.request;
    if (departure.conclusion.retried == Retried::yes && departure.kept == Retried::yes) {
        // Others were asking: as long as it isn't asked where it hasn't answered.
        const bool is_busy = departure.verdict.why.code == idp_adapter::ReplyErrc::busy;
        const Instant next =
            context.parts.clock.now() + std::max(back_off(request.attempts), seconds(is_busy ? 10 : 0));
        if (next < request.not_on_or_after || asked == Asked::again) {
            request.next_attempt = std::min(next, request.not_on_or_after);
            // Where it can't be written, it's due again by its lease.
            static_cast<void>(context.parts.store.keep_request(request));
            return;
        }
    }
    departure.conclusion.retried = Retried::no;
    forget(context, departure);
}

void postpone(Departure& departure) {
    departure.conclusion = {departure.local.complete() ? Extent::local_only : Extent::unknown, "request.waiting",
                            departure.kept};
    if (departure.unaskable) departure.conclusion.why = rule_of(*departure.unaskable);
}

void leave_unknown(Departure& departure) {
    departure.conclusion = {Extent::unknown, name(Errc::outcome_unknown), departure.kept};
}

void give_up(const StartContext& context, Departure& departure) {
    forget(context, departure);
    departure.conclusion = {Extent::unknown, "request.given_up", Retried::no};
}

void write_audit(const StartContext& context, const Departure& departure, LogoutHere::Kind kind) noexcept {
    try {
        const auto& parts = context.parts;
        LogoutHere entry{.kind = kind};
        entry.idp = departure.key().idp.str();
        entry.request_id = departure.verdict.request_id.value_or(departure.key().request_id).str();
        entry.name_id = hashed(parts, departure.key().idp, departure.request.order.name_id);
        for (const saml::SessionIndex& index : departure.request.order.session_indexes) {
            entry.session_indexes.push_back(hashed(parts, departure.key().idp, index));
        }
        entry.status = name(departure.conclusion.extent);
        const std::string_view rule = departure.conclusion.why;
        entry.trouble = {std::string(rule.substr(0, rule.find('.'))), std::string(rule), departure.verdict.why.detail};
        entry.sessions = {departure.local.ended, departure.local.already_gone, departure.local.failed,
                          departure.failed_applications};
        entry.duration =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - departure.begun);
        parts.audit.record({.time = parts.clock.now(), .event = std::move(entry)});
    } catch (...) {
        // No memory for a line: the logout counts all the same.
    }
}

}  // namespace slo::sp
