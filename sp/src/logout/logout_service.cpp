#include "slo/sp/logout_service.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "admitting.hpp"
#include "allowance.hpp"
#include "audit_sampler.hpp"
#include "ending_here.hpp"
#include "entity_names.hpp"
#include "logout_answer.hpp"
#include "near_misses.hpp"
#include "outgoing_logout.hpp"
#include "proving.hpp"
#include "reply_mapping.hpp"
#include "session_selection.hpp"
#include "slo/saml/error.hpp"
#include "slo/sp/housekeeper.hpp"
#include "slo/sp/logout_decision.hpp"
#include "slo/sp/logout_error.hpp"
#include "slo/sp/store_error.hpp"
#include "start_and_wait.hpp"
#include "store_rules.hpp"

namespace slo::sp {

namespace {

using idp_adapter::Idp;
using idp_adapter::IdpDirectory;

const std::string unproven_senders;  // no IdP has the empty name

/// A host's store may report failures in its own category; here they're all one.
Failure as_store_failure(const Failure& failure) {
    if (rule_name(failure.code)) return failure;
    return fail(StoreErrc::store_failed, failure.detail);
}

LogoutAnswer answer_outcome(const LogoutServiceParts& parts, AnswerDraft& draft, const LogoutOutcome& outcome) {
    draft.line.entry.ended = outcome.ended;
    draft.line.entry.already_gone = outcome.already_gone;
    draft.line.entry.failed = outcome.failed;
    if (!outcome.complete()) blame(draft.line, "application.failed");
    const saml::Status status = status_for(outcome, parts.policy);
    return answer(parts, draft, status, gist_of({.code = status.code}));
}

/// The order names no session, and seems to mean one: the answer says what kept it from being Success, and the remedy.
LogoutAnswer answer_near_miss(const LogoutServiceParts& parts, AnswerDraft& draft, NearMiss::Kind kind,
                              const LogoutOutcome& outcome) {
    draft.line.entry.failed = outcome.failed;
    blame(draft.line, name(kind));
    draft.line.entry.detail = remedy_for(kind);
    const StatusAnswer status{saml::TopLevelStatus::responder, saml::SecondLevelStatus::unknown_principal};
    return answer(parts, draft, make_status(status, parts.policy), gist_of(status));
}

/// Records the sessions' outcome, and answers by it.
LogoutAnswer conclude(const LogoutServiceParts& parts, AnswerDraft& draft, EndingHere& ending) {
    Result<EndedHere> ended = ending.finish();
    if (!ended) return answer_failure(parts, draft, as_store_failure(ended.error()));
    draft.line.entry.failed_applications = std::move(ended->failed_applications);
    return answer_outcome(parts, draft, ended->outcome);
}

/// No session that the orders name is here. That is a Success, unless they seem to mean another session.
LogoutAnswer answer_nothing(const LogoutServiceParts& parts, AnswerDraft& draft, EndingHere& ending,
                            const std::vector<LogoutOrder>& orders) {
    const auto misses = near_misses(parts.store, orders);
    if (!misses) return answer_failure(parts, draft, as_store_failure(misses.error()));
    if (misses->empty()) return conclude(parts, draft, ending);
    const auto ended = ending.finish(static_cast<std::uint32_t>(misses->size()));
    if (!ended) return answer_failure(parts, draft, as_store_failure(ended.error()));
    return answer_near_miss(parts, draft, misses->front().kind, ended->outcome);
}

/// Notes what the audit may contain of a request within its IdP's rate, before its NameID is known.
void note_indexes(const LogoutServiceParts& parts, const Proven& proven, AuditedRequest& entry) {
    const auto& indexes = proven.request->session_indexes;
    entry.session_index_count = indexes.size();
    for (const saml::SessionIndex& index : indexes) {
        if (entry.session_indexes.size() == most_indexes_told) break;
        entry.session_indexes.push_back(hashed(parts, proven.idp->entity_id, index));
    }
}

bool wants_no_answer(const Proven& proven) noexcept {
    return proven.request->asynchronous &&
           proven.idp->profile.asynchronous == idp_adapter::AsynchronousRule::stay_silent;
}

/// A host's port may throw, and memory may run out: both count as a store that failed.
template <class T, class Work>
Result<T> guarded(Work work) noexcept {
    try {
        Result<T> result = work();
        if (result) return result;
        return as_store_failure(result.error());
    } catch (...) {
        return fail(StoreErrc::store_failed, "exception");  // so short that it takes no memory
    }
}

/// The same parts with another audit. Names every member, so that none that is new gets lost.
LogoutServiceParts with_audit(LogoutServiceParts given, AuditSink& audit) {
    auto& [entity_id, destinations, idps, signer, decryption_keys, audit_digest, policy, store, applications, its_audit,
           clock, idp_link, former_entity_ids, pace, audit_sampling] = given;
    static_cast<void>(its_audit);
    return {std::move(entity_id),
            std::move(destinations),
            std::move(idps),
            std::move(signer),
            std::move(decryption_keys),
            std::move(audit_digest),
            policy,
            store,
            std::move(applications),
            audit,
            clock,
            idp_link,
            std::move(former_entity_ids),
            pace,
            audit_sampling};
}

}  // namespace

struct PendingLogout::State {
    const LogoutServiceParts& parts;
    AnswerDraft draft;
    EndingHere ending;
};

std::chrono::milliseconds PendingLogout::budget() const noexcept {
    return state_->ending.budget();
}

void PendingLogout::start(std::function<void()> on_complete) {
    state_->ending.start(std::move(on_complete));
}

LogoutAnswer PendingLogout::finish() noexcept {
    State& state = *state_;
    try {
        return conclude(state.parts, state.draft, state.ending);
    } catch (...) {
        return answer_exception(state.parts, state.draft);
    }
}

struct LogoutService::Impl {
    explicit Impl(LogoutServiceParts given)
        : sampler(given.audit, given.audit_sampling),
          parts(with_audit(std::move(given), sampler)),
          idps(std::exchange(parts.idps, nullptr)),
          keys(std::make_shared<const ServiceKeys>(ServiceKeys{parts.signer, std::move(parts.decryption_keys)})),
          pace(parts.pace != nullptr ? *parts.pace : ThreadPace::get()) {}
    ~Impl() {
        // They refer to the objects that hold them.
        for (auto late = rounds->take_late(); late;) late = std::exchange(late->next, nullptr);
        sampler.sum_up_at_once(parts.clock.now());
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    [[nodiscard]] std::shared_ptr<const ServiceKeys> our_keys() const {
        const std::lock_guard lock(keys_mutex);
        return keys;
    }

    [[nodiscard]] LineDraft new_line() const { return {pace.now(), parts.clock.now()}; }
    [[nodiscard]] AnswerDraft new_draft(const LogoutWire& wire) const { return {new_line(), our_keys(), wire}; }
    [[nodiscard]] LogoutStep begin(const Proven& proven, AnswerDraft& draft) const;
    [[nodiscard]] LogoutAnswer refuse_in_measure(AnswerDraft& draft, const std::string& whose,
                                                 const Failure& failure) const;
    [[nodiscard]] LogoutStep carry_out(const Proven& proven, const std::vector<LogoutOrder>& orders,
                                       AnswerDraft& draft) const;
    [[nodiscard]] std::size_t recover_one(const UnfinishedLogout& logout) const;
    [[nodiscard]] EndContext end_context() const { return {parts, rounds, pace}; }
    [[nodiscard]] SteadyTime deadline() const { return pace.now() + parts.policy.application_deadline; }

    AuditSampler sampler;  ///< before the host's, and the one among the parts
    LogoutServiceParts parts;
    mutable PartnersAllowances partners_requests{parts.policy.requests_per_second_per_idp};
    mutable Allowances measured_answers{parts.policy.unproven_answers_per_second};
    mutable std::mutex idps_mutex;
    std::shared_ptr<const IdpDirectory> idps;  ///< behind idps_mutex, which is held for a copy only
    mutable std::mutex keys_mutex;
    std::shared_ptr<const ServiceKeys> keys;  ///< behind keys_mutex, in the same way
    const Pace& pace;
    std::shared_ptr<RoundsAtWork> rounds = std::make_shared<RoundsAtWork>();
    std::optional<Housekeeper> housekeeper;
};

LogoutService::LogoutService(LogoutServiceParts parts, Housekeeping housekeeping)
    : impl_(std::make_unique<Impl>(std::move(parts))) {
    if (housekeeping == Housekeeping::in_threads) impl_->housekeeper.emplace(*this);
}

LogoutService::~LogoutService() {
    impl_->housekeeper.reset();  // its threads use all the rest
}

const LogoutServiceParts& LogoutService::parts() const noexcept {
    return impl_->parts;
}

SampledLines LogoutService::sampled_lines() const noexcept {
    return impl_->sampler.counters();
}

void LogoutService::sum_up_audit() noexcept {
    impl_->sampler.sum_up(impl_->parts.clock.now());
}

const std::vector<saml::EndpointUrl>& LogoutService::destinations() const noexcept {
    return impl_->parts.destinations;
}

void LogoutService::replace_idps(std::shared_ptr<const IdpDirectory> idps) {
    const std::lock_guard lock(impl_->idps_mutex);
    impl_->idps.swap(idps);  // the old directory dies with the argument, after the lock
}

std::shared_ptr<const IdpDirectory> LogoutService::idps() const {
    const std::lock_guard lock(impl_->idps_mutex);
    return impl_->idps;
}

std::vector<idp_adapter::AbsentPartner> LogoutService::not_ready(const IdpDirectory& idps) const {
    return idps.not_ready(impl_->parts.clock.now(), impl_->parts.policy.clock_skew);
}

void LogoutService::replace_keys(saml::MessageSigner signer, std::vector<saml::DecryptionKey> decryption_keys) {
    auto keys = std::make_shared<const ServiceKeys>(ServiceKeys{std::move(signer), std::move(decryption_keys)});
    const std::lock_guard lock(impl_->keys_mutex);
    impl_->keys.swap(keys);
}

LogoutStep LogoutService::begin(saml::ReceivedMessage message, const LogoutEvidence& evidence) noexcept {
    AnswerDraft draft = impl_->new_draft(evidence.wire);
    Addressee sender;
    try {
        const std::shared_ptr<const IdpDirectory> partners = idps();
        auto proof = prove(impl_->parts, partners.get(), std::move(message), evidence, draft.line.entry.time, sender);
        if (auto* unproven = std::get_if<Unproven>(&proof)) {
            note(draft, std::move(sender));
            draft.is_authentic = unproven->authentic_id.has_value();
            if (unproven->authentic_id) draft.line.entry.request_id = unproven->authentic_id->str();
            return impl_->refuse_in_measure(draft, unproven_senders, unproven->why);
        }
        return impl_->begin(std::get<Proven>(proof), draft);
    } catch (...) {
        if (!sender.name.empty() && !draft.is_proven) draft.line.entry.idp = std::move(sender.name);
        return answer_exception(impl_->parts, draft);
    }
}

LogoutStep LogoutService::Impl::begin(const Proven& proven, AnswerDraft& draft) const {
    note(draft, proven);
    RequestAudit& line = draft.line.entry;
    // Counted as soon as it is proven to be that IdP's, before its EncryptedID costs anything.
    const std::string& name = proven.idp->entity_id.str();
    if (!partners_requests.take(name, proven.request->id, weight_of(proven), line.time)) {
        return refuse_in_measure(draft, name,
                                 fail(LogoutErrc::too_many_requests, "more than requests_per_second_per_idp allows"));
    }
    line.lane = AuditLane::proven;
    draft.is_silent = draft.wire->browser_leg() == nullptr && wants_no_answer(proven);
    note_indexes(parts, proven, line);
    Result<saml::NameID> name_id = name_id_of(parts, proven, *draft.keys);
    if (!name_id) return answer_failure(parts, draft, name_id.error());
    line.name_id = hashed(parts, proven.idp->entity_id, *name_id);
    const Result<LogoutOrder> order = order_of(parts, proven, *std::move(name_id), line.time);
    if (!order) return answer_failure(parts, draft, order.error());

    const auto orders = under_all_names(*order, names_of(*proven.idp), our_names(parts));
    if (orders.size() > RoundsAtWork::parts_of_a_round) {
        return answer_failure(parts, draft, fail(LogoutErrc::too_many_requests, "it names too many sessions at once"));
    }
    return carry_out(proven, orders, draft);
}

LogoutStep LogoutService::Impl::carry_out(const Proven& proven, const std::vector<LogoutOrder>& orders,
                                          AnswerDraft& draft) const {
    const SteadyTime end = draft.line.begun + parts.policy.application_deadline;
    take_up_rounds_at_rest(end_context());
    Result<EndingHere> begun = EndingHere::begin(end_context(), orders, rounds->next_round(), end);
    if (!begun) return answer_failure(parts, draft, as_store_failure(begun.error()));
    draft.line.entry.event = begun->is_repeat() ? RequestEvent::repeat : RequestEvent::logout;
    const bool refuses_repeats = proven.idp->profile.repeats == idp_adapter::RepeatRule::refuse;
    if (begun->is_repeat() && refuses_repeats)
        return answer_failure(parts, draft,
                              fail(LogoutErrc::request_repeated, "the IdP's profile says repeats = \"refuse\""));
    const auto recorded = begun->recorded();
    if (recorded && !names_nobody(*recorded)) return answer_outcome(parts, draft, *recorded);
    if (!begun->has_work()) return answer_nothing(parts, draft, *begun, orders);
    auto state =
        std::make_shared<PendingLogout::State>(PendingLogout::State{parts, new_draft(*draft.wire), *std::move(begun)});
    state->draft = std::move(draft);  // last: until here a failure is answered and written down by it
    return PendingLogout(std::move(state));
}

/// Signed refusals are limited (Core 3.2.1 l.1515: not answering is allowed): those for an IdP over its rate, and
/// those for all unproven senders together.
LogoutAnswer LogoutService::Impl::refuse_in_measure(AnswerDraft& draft, const std::string& whose,
                                                    const Failure& failure) const {
    const bool is_signed = !is_for_the_user(draft) && std::holds_alternative<StatusAnswer>(answer_to(failure));
    if (is_signed && !measured_answers.take(whose, draft.line.entry.time)) {
        blame(draft.line, failure);
        return answer_refusal(parts, draft, Refusal::out_of_measure);
    }
    return answer_failure(parts, draft, failure);
}

LogoutAnswer LogoutService::refuse(const Failure& failure, const LogoutWire& wire) noexcept {
    AnswerDraft draft = impl_->new_draft(wire);
    try {
        return impl_->refuse_in_measure(draft, unproven_senders, failure);
    } catch (...) {
        return answer_exception(impl_->parts, draft);
    }
}

LogoutAnswer LogoutService::refuse_after_exception(const LogoutWire& wire) noexcept {
    AnswerDraft draft = impl_->new_draft(wire);
    return answer_exception(impl_->parts, draft);
}

void LogoutService::note_refusal(HttpRefused refused) noexcept {
    const LogoutServiceParts& parts = impl_->parts;
    parts.audit.record({.time = parts.clock.now(), .lane = AuditLane::sampled, .event = std::move(refused)});
}

LogoutAnswer LogoutService::handle(saml::ReceivedMessage message, const LogoutEvidence& evidence) noexcept {
    LogoutStep step = begin(std::move(message), evidence);
    if (auto* answer = std::get_if<LogoutAnswer>(&step)) return std::move(*answer);
    auto& pending = std::get<PendingLogout>(step);
    try {
        const SteadyTime deadline = impl_->pace.now() + pending.budget();
        start_and_wait(
            impl_->pace, [&pending](auto on_complete) { pending.start(std::move(on_complete)); }, deadline);
    } catch (...) {
        // An application that couldn't be told, or whose report was lost, counts as failed.
    }
    return pending.finish();
}

std::shared_ptr<const ServiceKeys> LogoutService::keys() const {
    return impl_->our_keys();
}

EndContext LogoutService::end_context() const {
    return impl_->end_context();
}

StartContext LogoutService::start_context(const std::stop_token& stop) const {
    return {.parts = impl_->parts,
            .kept_requests = impl_->parts.store,
            .idps = idps(),
            .keys = impl_->our_keys(),
            .stop = stop,
            .ending = impl_->end_context()};
}

Result<Admission> LogoutService::admit(Session session) noexcept {
    return guarded<Admission>([&] { return sp::admit(impl_->parts, idps().get(), std::move(session)); });
}

Result<GlobalLogoutResult> LogoutService::start_logout(const SessionSelection& selection, LogoutReason reason,
                                                       const std::stop_token& stop) noexcept {
    return guarded<GlobalLogoutResult>([&] { return sp::start_logout(start_context(stop), selection, reason); });
}

Result<std::vector<Session>> LogoutService::preview(const SessionSelection& selection) noexcept {
    return guarded<std::vector<Session>>([&] { return find_sessions(start_context({}), selection); });
}

Result<LogoutPreview> LogoutService::preview(saml::ReceivedMessage message, const LogoutEvidence& evidence) noexcept {
    return guarded<LogoutPreview>([&]() -> Result<LogoutPreview> {
        const auto& parts = impl_->parts;
        const Instant now = parts.clock.now();
        const std::shared_ptr<const IdpDirectory> partners = idps();
        Addressee sender;
        const auto proof = prove(parts, partners.get(), std::move(message), evidence, now, sender);
        if (const auto* unproven = std::get_if<Unproven>(&proof)) return unproven->why;
        const Proven& proven = std::get<Proven>(proof);
        auto name_id = name_id_of(parts, proven, *impl_->our_keys());
        if (!name_id) return std::move(name_id).error();
        const auto order = order_of(parts, proven, *std::move(name_id), now);
        if (!order) return order.error();
        const auto orders = under_all_names(*order, names_of(*proven.idp), our_names(parts));
        LogoutPreview preview;
        for (const LogoutOrder& one : orders) {
            auto named = parts.store.named_by(one.naming());
            if (!named) return std::move(named).error();
            std::ranges::move(*named, std::back_inserter(preview.would_end));
        }
        if (!preview.would_end.empty()) return preview;
        auto misses = near_misses(parts.store, orders);
        if (!misses) return std::move(misses).error();
        preview.near_misses = *std::move(misses);
        return preview;
    });
}

Result<std::size_t> LogoutService::send_kept_requests(const std::stop_token& stop) noexcept {
    return guarded<std::size_t>([&] { return sp::send_kept_requests(start_context(stop)); });
}

Result<std::size_t> LogoutService::recover(const std::stop_token& stop) {
    try {
        static_cast<void>(impl_->rounds->take_late_at_rest());
        if (auto late = take_up_late_rounds(impl_->end_context()); !late) return as_store_failure(late.error());
        Result<std::vector<UnfinishedLogout>> unfinished = impl_->parts.store.unfinished_logouts();
        if (!unfinished) return as_store_failure(unfinished.error());
        std::size_t remaining = 0;
        for (const UnfinishedLogout& logout : *unfinished) {
            remaining += stop.stop_requested() ? 1 : impl_->recover_one(logout);
        }
        return remaining;
    } catch (...) {
        return fail(StoreErrc::store_failed, "exception");  // so short that it takes no memory
    }
}

/// Returns 1 if `logout` is still unfinished afterwards, else 0. Sessions of another round are left to that one.
std::size_t LogoutService::Impl::recover_one(const UnfinishedLogout& logout) const {
    Result<EndingHere> resumed = EndingHere::resume(end_context(), logout.key, deadline());
    if (resumed && resumed->is_all_in_other_rounds()) return 1;

    LineDraft line = new_line();
    RequestAudit& audit = line.entry;
    audit.event = RequestEvent::recover;
    audit.lane = AuditLane::proven;
    audit.idp = logout.key.idp.str();
    audit.request_id = logout.key.request_id.str();
    if (!logout.ending.empty()) {
        audit.name_id = hashed(parts, logout.key.idp, logout.ending.front().name_id);
    }
    Result<EndedHere> ended = resumed ? resumed->run() : Result<EndedHere>(resumed.error());
    if (ended) {
        audit.ended = ended->outcome.ended;
        audit.already_gone = ended->outcome.already_gone;
        audit.failed = ended->outcome.failed;
        audit.failed_applications = std::move(ended->failed_applications);
        if (!ended->outcome.complete()) blame(line, "application.failed");
    } else {
        blame(line, as_store_failure(ended.error()));
    }
    write_audit(parts, line);
    return ended && ended->outcome.complete() ? 0 : 1;
}

}  // namespace slo::sp
