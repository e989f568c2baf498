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
#include "outgoing_logout.hpp"
#include "proving.hpp"
#include "reply_mapping.hpp"
#include "session_selection.hpp"
#include "slo/saml/error.hpp"
#include "slo/sp/error.hpp"
#include "slo/sp/housekeeper.hpp"
#include "slo/sp/logout_decision.hpp"
#include "start_and_wait.hpp"
#include "store_rules.hpp"

namespace slo::sp {

namespace {

using idp_adapter::Idp;
using idp_adapter::IdpDirectory;

const std::string unproven_senders;  // no IdP has the empty name

/// A host's store may speak of its troubles in its own category; for us they're all one.
Failure as_store_failure(const Failure& failure) {
    if (failure.code.category() == error_category()) return failure;
    return fail(Errc::store_failed, failure.detail);
}

SoapReply answer_outcome(const LogoutServiceParts& parts, RequestTrace& trace, const LogoutOutcome& outcome) {
    trace.audit.ended = outcome.ended;
    trace.audit.already_gone = outcome.already_gone;
    trace.audit.failed = outcome.failed;
    if (!outcome.complete()) blame(trace, "application.failed");
    return answer(parts, trace, status_for(outcome, parts.policy));
}

/// The order names no session, and seems to mean one: what kept it from being Success, and what to change.
SoapReply answer_near_miss(const LogoutServiceParts& parts, RequestTrace& trace, NearMiss::Kind kind,
                           const LogoutOutcome& outcome) {
    trace.audit.failed = outcome.failed;
    blame(trace, name(kind));
    trace.audit.detail = remedy_for(kind);
    return answer(
        parts, trace,
        make_status({saml::TopLevelStatus::responder, saml::SecondLevelStatus::unknown_principal}, parts.policy));
}

/// Near misses under all names of the IdP and of ours.
Result<std::vector<NearMiss>> near_misses(SessionStore& store, const std::vector<LogoutOrder>& orders) {
    std::vector<NearMiss> misses;
    for (const LogoutOrder& order : orders) {
        auto some = store.near_misses(order);
        if (!some) return some;
        std::ranges::move(*some, std::back_inserter(misses));
    }
    return misses;
}

/// Records what the sessions have come to, and answers by it.
SoapReply conclude(const LogoutServiceParts& parts, RequestTrace& trace, EndingHere& ending) {
    Result<EndedHere> ended = ending.finish();
    if (!ended) return refuse(parts, trace, as_store_failure(ended.error()));
    trace.audit.failed_applications = std::move(ended->failed_applications);
    return answer_outcome(parts, trace, ended->outcome);
}

/// Nothing of what the orders name is here. That is a Success, unless they seem to mean another session.
SoapReply answer_nothing(const LogoutServiceParts& parts, RequestTrace& trace, EndingHere& ending,
                         const std::vector<LogoutOrder>& orders) {
    const auto misses = near_misses(parts.store, orders);
    if (!misses) return refuse(parts, trace, as_store_failure(misses.error()));
    if (misses->empty()) return conclude(parts, trace, ending);
    const auto ended = ending.finish(static_cast<std::uint32_t>(misses->size()));
    if (!ended) return refuse(parts, trace, as_store_failure(ended.error()));
    return answer_near_miss(parts, trace, misses->front().kind, ended->outcome);
}

/// A host's port may throw, and memory may run out: either is a store that failed.
template <class T, class Work>
Result<T> guarded(Work work) noexcept {
    try {
        Result<T> result = work();
        if (result) return result;
        return result.error().code.category() == saml::error_category() ? result.error()
                                                                        : as_store_failure(result.error());
    } catch (...) {
        return fail(Errc::store_failed, "exception");  // so short that it takes no memory
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
    RequestTrace trace;
    EndingHere ending;
};

std::chrono::milliseconds PendingLogout::budget() const noexcept {
    return state_->ending.budget();
}

void PendingLogout::start(std::function<void()> on_complete) {
    state_->ending.start(std::move(on_complete));
}

SoapReply PendingLogout::finish() noexcept {
    State& state = *state_;
    try {
        return conclude(state.parts, state.trace, state.ending);
    } catch (...) {
        return answer_exception(state.parts, state.trace);
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
        // They hold on to what they stand in.
        for (auto late = rounds->take_late(); late;) late = std::exchange(late->next, nullptr);
        sampler.sum_up_at_once(parts.clock.now());
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    [[nodiscard]] std::shared_ptr<const ServiceKeys> our_keys() const {
        const std::lock_guard lock(keys_mutex);
        return keys;
    }

    [[nodiscard]] LogoutStep begin(const IdpDirectory* partners, const PostedRequest& posted,
                                   RequestTrace& trace) const;
    [[nodiscard]] SoapReply refuse_in_measure(RequestTrace& trace, const std::string& whose,
                                              const Failure& failure) const;
    [[nodiscard]] LogoutStep carry_out(const std::vector<LogoutOrder>& orders, RequestTrace& trace) const;
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

void LogoutService::replace_keys(saml::MessageSigner signer, std::vector<saml::DecryptionKey> decryption_keys) {
    auto keys = std::make_shared<const ServiceKeys>(ServiceKeys{std::move(signer), std::move(decryption_keys)});
    const std::lock_guard lock(impl_->keys_mutex);
    impl_->keys.swap(keys);
}

LogoutStep LogoutService::begin(const PostedRequest& posted) noexcept {
    RequestTrace trace(impl_->pace.now(), impl_->parts.clock.now(), impl_->our_keys());
    try {
        const std::shared_ptr<const IdpDirectory> partners = idps();
        return impl_->begin(partners.get(), posted, trace);
    } catch (...) {
        return answer_exception(impl_->parts, trace);
    }
}

LogoutStep LogoutService::Impl::begin(const IdpDirectory* partners, const PostedRequest& posted,
                                      RequestTrace& trace) const {
    const Result<ProvenRequest> proven = prove(parts, partners, posted, trace);
    if (!proven) return refuse_in_measure(trace, unproven_senders, proven.error());
    // Counted as soon as it is proven to be that IdP's, before its EncryptedID costs anything.
    const std::string& name = proven->idp->entity_id.str();
    if (!partners_requests.take(name, proven->request->id, weight_of(*proven), trace.audit.time)) {
        return refuse_in_measure(trace, name, fail(Errc::too_many_requests));
    }
    trace.audit.lane = AuditLane::proven;
    const Result<LogoutOrder> order = order_of(parts, *proven, trace);
    if (!order) return refuse(parts, trace, order.error());

    const auto orders = under_all_names(*order, names_of(*trace.partner), our_names(parts));
    if (orders.size() > RoundsAtWork::parts_of_a_round) {
        return refuse(parts, trace, fail(Errc::too_many_requests, "it names too many sessions at once"));
    }
    return carry_out(orders, trace);
}

LogoutStep LogoutService::Impl::carry_out(const std::vector<LogoutOrder>& orders, RequestTrace& trace) const {
    const SteadyTime end = trace.begun + parts.policy.application_deadline;
    take_up_rounds_at_rest(end_context());
    Result<EndingHere> begun = EndingHere::begin(end_context(), orders, rounds->next_round(), end);
    if (!begun) return refuse(parts, trace, as_store_failure(begun.error()));
    trace.audit.event = begun->is_repeat() ? RequestEvent::repeat : RequestEvent::logout;
    const bool refuses_repeats = trace.partner->profile.repeats == idp_adapter::RepeatRule::refuse;
    if (begun->is_repeat() && refuses_repeats) return refuse(parts, trace, fail(Errc::request_repeated));
    const auto recorded = begun->recorded();
    if (recorded && !names_nobody(*recorded)) return answer_outcome(parts, trace, *recorded);
    if (!begun->has_work()) return answer_nothing(parts, trace, *begun, orders);
    auto state = std::make_shared<PendingLogout::State>(
        PendingLogout::State{parts, RequestTrace(trace.begun, trace.audit.time, trace.keys), *std::move(begun)});
    state->trace = std::move(trace);  // last: until here a failure is answered and written down by it
    return PendingLogout(std::move(state));
}

/// Signed refusals are made in small measure only (Core 3.2.1 l.1515: not answering is allowed): those of an IdP that
/// asks too much, and those of all senders together that have proven nothing.
SoapReply LogoutService::Impl::refuse_in_measure(RequestTrace& trace, const std::string& whose,
                                                 const Failure& failure) const {
    constexpr int service_unavailable = 503;
    const bool is_signed = std::holds_alternative<StatusAnswer>(answer_to(failure));
    if (is_signed && !measured_answers.take(whose, trace.audit.time)) {
        return refuse_unsigned(parts, trace, failure, service_unavailable);
    }
    return refuse(parts, trace, failure);
}

SoapReply LogoutService::handle(const PostedRequest& posted) noexcept {
    LogoutStep step = begin(posted);
    if (auto* reply = std::get_if<SoapReply>(&step)) return std::move(*reply);
    auto& pending = std::get<PendingLogout>(step);
    try {
        const SteadyTime deadline = impl_->pace.now() + pending.budget();
        start_and_wait(
            impl_->pace, [&pending](auto on_complete) { pending.start(std::move(on_complete)); }, deadline);
    } catch (...) {
        // Whoever couldn't be told or heard counts as failed.
    }
    return pending.finish();
}

EndContext LogoutService::end_context() const {
    return impl_->end_context();
}

StartContext LogoutService::start_context(const std::stop_token& stop) const {
    return {
        .parts = impl_->parts, .idps = idps(), .keys = impl_->our_keys(), .stop = stop, .ending = impl_->end_context()};
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

Result<LogoutPreview> LogoutService::preview(const PostedRequest& posted) noexcept {
    return guarded<LogoutPreview>([&]() -> Result<LogoutPreview> {
        RequestTrace trace(impl_->pace.now(), impl_->parts.clock.now(), impl_->our_keys());
        const std::shared_ptr<const IdpDirectory> partners = idps();
        const auto proven = prove(impl_->parts, partners.get(), posted, trace);
        if (!proven) return proven.error();
        const auto order = order_of(impl_->parts, *proven, trace);
        if (!order) return order.error();
        const auto orders = under_all_names(*order, names_of(*trace.partner), our_names(impl_->parts));
        LogoutPreview preview;
        for (const LogoutOrder& one : orders) {
            auto named = impl_->parts.store.named_by(one);
            if (!named) return std::move(named).error();
            std::ranges::move(*named, std::back_inserter(preview.would_end));
        }
        if (!preview.would_end.empty()) return preview;
        auto misses = near_misses(impl_->parts.store, orders);
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
        return fail(Errc::store_failed, "exception");  // so short that it takes no memory
    }
}

/// Returns 1 if `logout` is still unfinished afterwards, else 0. What another round has is left to that one.
std::size_t LogoutService::Impl::recover_one(const UnfinishedLogout& logout) const {
    Result<EndingHere> resumed = EndingHere::resume(end_context(), logout.key, deadline());
    if (resumed && resumed->is_all_in_other_rounds()) return 1;

    RequestTrace trace(pace.now(), parts.clock.now(), our_keys());
    RequestAudit& audit = trace.audit;
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
        if (!ended->outcome.complete()) blame(trace, "application.failed");
    } else {
        blame(trace, as_store_failure(ended.error()));
    }
    write_audit(parts, trace);
    return ended && ended->outcome.complete() ? 0 : 1;
}

}  // namespace slo::sp
