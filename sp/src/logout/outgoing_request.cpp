// One request to an IdP: kept, taken when it is due, sent, put off or forgotten.
#include <algorithm>
#include <utility>

#include "logout_answer.hpp"
#include "outgoing_steps.hpp"
#include "proving.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp {
namespace {

using idp_adapter::LogoutVerdict;
using std::chrono::seconds;

/// How long this node may be at work on a request before another taker gets it.
std::chrono::milliseconds lease(const StartContext& context, const LogoutPlan& plan) {
    constexpr seconds slack{10};
    const auto asking = plan.idp ? plan.idp->profile.outgoing.http.deadline : std::chrono::milliseconds(0);
    return context.parts.policy.application_deadline + asking + slack;
}

LogoutVerdict verdict_of(const StartContext& context, const LogoutPlan& plan) {
    if (plan.unaskable) return {.kind = LogoutVerdict::Kind::impossible, .why = *plan.unaskable};
    const LogoutOrder& order = plan.request.order;
    const idp_adapter::LogoutAsk wanted{.issuer = order.sp,
                                        .name_id = order.name_id,
                                        .session_indexes = order.session_indexes,
                                        .reason = plan.request.reason,
                                        .not_on_or_after = plan.request.not_on_or_after};
    return context.parts.idp_link->ask(*plan.idp, wanted, context.keys->signer, context.parts.clock.now(),
                                       context.stop);
}

}  // namespace

Result<KeptLogout> keep(const StartContext& context, PlannedLogout planned, Asking asking) {
    LogoutPlan plan = std::move(planned.plan_);
    if (plan.unaskable) return KeptLogout(std::move(plan), Retried::no);
    const Instant now = context.parts.clock.now();
    plan.request.next_attempt = asking == Asking::in_background ? now : now + lease(context, plan);
    const auto kept = context.kept_requests.keep_request(plan.request);
    // Ending the sessions matters more.
    if (!kept && kept.error().code != make_error_code(StoreErrc::store_full)) return kept.error();
    return KeptLogout(std::move(plan), kept ? Retried::yes : Retried::no);
}

Result<std::vector<KeptLogout>> take_due(const StartContext& context, std::size_t count) {
    const Instant now = context.parts.clock.now();
    constexpr std::chrono::minutes longest_answer{2};
    auto due = context.kept_requests.take_due_requests(now, now + longest_answer, count);
    if (!due) return std::move(due).error();
    std::vector<KeptLogout> all;
    for (KeptRequest& request : *due) {
        LogoutPlan plan{.request = std::move(request),
                        .idp = nullptr,
                        .unaskable = {},
                        .round = context.ending.rounds->next_round(),
                        .begun = std::chrono::steady_clock::now()};
        if (context.idps) plan.idp = context.idps->find(plan.key().idp);
        if (context.parts.idp_link == nullptr) plan.unaskable = fail(StartErrc::no_link);
        if (!plan.idp) plan.unaskable = why_absent(context.idps.get(), plan.key().idp);
        all.push_back(KeptLogout(std::move(plan), Retried::yes));
    }
    return all;
}

void put_off(const StartContext& context, KeptLogout kept, seconds delay) {
    kept.plan_.request.next_attempt = context.parts.clock.now() + delay;
    static_cast<void>(context.kept_requests.keep_request(kept.plan_.request));
}

void forget(const StartContext& context, const KeptLogout& kept) {
    if (kept.is_kept() == Retried::yes) static_cast<void>(context.kept_requests.drop_request(kept.plan().key()));
}

AskedLogout ask(const StartContext& context, EndedLogout ended) noexcept {
    std::optional<LogoutVerdict> verdict;
    try {
        verdict = verdict_of(context, ended.plan_);
    } catch (...) {
        // No memory for the request: it wasn't sent.
    }
    return {std::move(ended.plan_), ended.kept_, std::move(ended.here_), std::move(verdict)};
}

ConcludedLogout settle(const StartContext& context, ConcludedLogout concluded) noexcept {
    try {
        // If it can't be written or forgotten, it's due again by its lease, and the IdP decides what to answer.
        switch (concluded.next_) {
            case NextOfRequest::put_off:
                static_cast<void>(context.kept_requests.keep_request(concluded.plan_.request));
                break;
            case NextOfRequest::forgotten:
                static_cast<void>(context.kept_requests.drop_request(concluded.plan_.key()));
                break;
            case NextOfRequest::left:
                break;
        }
    } catch (...) {
        // A kept request is sent again; no proof is lost, as there was none.
        concluded.interrupt();
    }
    return concluded;
}

void write_audit(const StartContext& context, const ConcludedLogout& concluded, LogoutHere::Kind kind) noexcept {
    try {
        const auto& parts = context.parts;
        const LogoutKey& key = concluded.plan().key();
        LogoutHere entry{.kind = kind};
        entry.idp = key.idp.str();
        entry.request_id = concluded.verdict().request_id.value_or(key.request_id).str();
        entry.name_id = hashed(parts, key.idp, concluded.plan().request.order.name_id);
        for (const saml::SessionIndex& index : concluded.plan().request.order.session_indexes) {
            entry.session_indexes.push_back(hashed(parts, key.idp, index));
        }
        entry.status = name(concluded.conclusion().extent);
        if (const auto& status = concluded.verdict().status) entry.idp_status = idp_adapter::status_names(*status);
        const std::string_view rule = concluded.conclusion().why;
        entry.trouble = {std::string(rule.substr(0, rule.find('.'))), std::string(rule),
                         concluded.verdict().why.detail};
        const auto& [outcome, failed_applications] = concluded.here();
        entry.sessions = {outcome.ended, outcome.already_gone, outcome.failed, failed_applications};
        entry.duration = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                               concluded.plan().begun);
        parts.audit.record({.time = parts.clock.now(), .event = std::move(entry)});
    } catch (...) {
        // No memory for a line: the logout counts all the same.
    }
}

}  // namespace slo::sp
