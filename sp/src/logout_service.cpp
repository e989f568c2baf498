#include "slo/sp/logout_service.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "admitting.hpp"
#include "allowance.hpp"
#include "audit_sampler.hpp"
#include "content_type.hpp"
#include "ending_here.hpp"
#include "entity_names.hpp"
#include "logout_answer.hpp"
#include "logout_order.hpp"
#include "logout_start.hpp"
#include "reply_mapping.hpp"
#include "slo/saml/error.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/sp/error.hpp"
#include "slo/sp/housekeeper.hpp"
#include "slo/sp/logout_decision.hpp"
#include "start_and_wait.hpp"
#include "store_rules.hpp"

namespace slo::sp {

namespace {

using idp_adapter::Idp;
using idp_adapter::IdpDirectory;

const std::string strangers;  // no IdP has the empty name

/// A host's store may speak of its troubles in its own category; for us they're all one.
Failure as_store_failure(const Failure& failure) {
    if (failure.code.category() == error_category()) return failure;
    return fail(Errc::store_failed, failure.detail);
}

/// A request that nobody has vouched for yet, and the wire that it came in.
struct Received {
    saml::UnverifiedLogoutRequest request;
    idp_adapter::Wire wire;
    std::string media_type;  ///< empty: none was told
};

/// The media type of a Content-Type field, or none. Errors: content_type_not_accepted, also of another charset.
Result<std::string> media_type_of(std::string_view content_type) {
    if (content_type.empty()) return std::string();
    std::optional<ContentType> type = ContentType::parse(content_type);
    if (!type || !type->is_utf8()) return fail(Errc::content_type_not_accepted);
    return std::move(type->media_type);
}

Result<Received> receive(const PostedRequest& posted, RequestTrace& trace) {
    const std::string_view body = posted.body;
    Result<std::string> media_type = media_type_of(posted.content_type);
    if (!media_type) return std::move(media_type).error();
    const bool is_form = *media_type == saml::form::media_type;
    if (is_form) trace.answer_kind = AnswerKind::bare;
    Result<saml::ReceivedMessage> message = is_form ? saml::form::decode(body) : saml::soap::decode(body);
    if (!message) return std::move(message).error();
    const idp_adapter::Wire wire = message->binding();
    // Asked before parse() takes the message: also a request that can't be read is answered by its ID and Version.
    trace.in_response_to = message->claimed_id();
    trace.version = message->answer_version();
    trace.other_request = message->other_request();
    Result<saml::UnverifiedLogoutRequest> request = saml::UnverifiedLogoutRequest::parse(*message);
    if (!request) return std::move(request).error();
    return Received{*std::move(request), wire, *std::move(media_type)};
}

/// For the audit.
std::string_view name(saml::AuthenticatedSender::Proof proof) noexcept {
    switch (proof) {
        case saml::AuthenticatedSender::Proof::tls_client_key:
            return "tls_client_key";
        case saml::AuthenticatedSender::Proof::shared_secret:
            return "http_basic";
    }
    return "";
}

Result<void> check_wire(const Idp& idp, idp_adapter::Wire wire, std::string_view media_type) {
    if (!idp.profile.wires.contains(wire)) return fail(Errc::wire_not_accepted);
    if (wire != idp_adapter::Wire::soap || media_type.empty() || media_type == "text/xml") return Done{};
    const auto& extra = idp.profile.extra_content_types;
    if (std::ranges::find(extra, media_type) == extra.end()) return fail(Errc::content_type_not_accepted);
    return Done{};
}

Result<std::shared_ptr<const Idp>> find_partner(const IdpDirectory* idps, const Received& received,
                                                const Policy& policy, RequestTrace& trace) {
    std::shared_ptr<const Idp> idp = idps ? idps->find(received.request.claimed_issuer()) : nullptr;
    if (!idp) return fail(Errc::issuer_unknown);
    trace.audit.idp = idp->entity_id.str();
    trace.partner = idp;
    const bool takes_base64 = idp->profile.form_answer == idp_adapter::FormAnswer::logout_response;
    if (trace.answer_kind == AnswerKind::bare && takes_base64) trace.answer_kind = AnswerKind::base64;
    if (auto accepted = check_wire(*idp, received.wire, received.media_type); !accepted)
        return std::move(accepted).error();
    // SAML Metadata 2.3.2, erratum E94: not to be used after validUntil.
    if (idp->valid_until && *idp->valid_until + policy.clock_skew <= trace.audit.time) {
        return fail(Errc::metadata_expired);
    }
    return idp;
}

/// `issuer` is the one of its names under which the directory found the IdP: inside the signature it must be the same.
saml::Expectations expectations(const LogoutServiceParts& parts, const Idp& idp, const saml::EntityID& issuer,
                                const PostedRequest& posted, Instant now) {
    const std::span<const saml::EndpointUrl> here = posted.destinations.value_or(parts.destinations);
    return {
        .issuer = issuer,
        .destinations = {here.begin(), here.end()},
        .destination_rule = idp.profile.destination,
        .now = now,
        .clock_skew = parts.policy.clock_skew,
        .max_age = idp.profile.max_age,
        .algorithms = idp.profile.algorithms,
    };
}

/// Believed for its signature; only one that has none, for what else the IdP's profile accepts.
Result<saml::Verified<saml::LogoutRequest>> verify(const LogoutServiceParts& parts, const Idp& idp,
                                                   const saml::UnverifiedLogoutRequest& unverified,
                                                   const PostedRequest& posted, RequestTrace& trace) {
    const saml::Expectations expected = expectations(parts, idp, unverified.claimed_issuer(), posted, trace.audit.time);
    auto request = saml::MessageVerifier::verify(unverified, idp.keys, expected);
    if (request || !saml::is(request.error(), saml::Errc::signature_missing)) return request;
    const auto sender = idp_adapter::authenticate(idp, expected.issuer, posted.client);
    if (!sender) return request;
    trace.audit.authenticated_by = name(sender->proof());
    return saml::MessageVerifier::verify(unverified, *sender, expected);
}

/// What this IdP's profile says of a request that is its own.
Result<void> apply_profile(const Idp& idp, const saml::LogoutRequest& request, RequestTrace& trace) {
    using idp_adapter::AsynchronousRule;
    using idp_adapter::SessionIndexRule;
    if (request.asynchronous && idp.profile.asynchronous == AsynchronousRule::stay_silent) {
        trace.answer_kind = AnswerKind::silent;
    }
    if (idp.profile.session_index == SessionIndexRule::required && request.session_indexes.empty()) {
        return fail(Errc::session_index_missing);
    }
    return Done{};
}

/// What a request that names very many sessions counts for among an IdP's requests. Where a SessionIndex stands for the
/// principal, each of them takes a logout of its own.
std::size_t weight_of(const saml::LogoutRequest& request, const Idp& idp) noexcept {
    const bool each = named_by(idp.profile.name_id_matching) == NamedBy::session_index;
    return 1 + request.session_indexes.size() / (each ? 1 : 64);
}

void tell_indexes(const LogoutServiceParts& parts, const Idp& idp, const std::vector<saml::SessionIndex>& indexes,
                  AuditEntry& audit) {
    audit.session_index_count = indexes.size();
    for (const saml::SessionIndex& index : indexes) {
        if (audit.session_indexes.size() == most_indexes_told) break;
        audit.session_indexes.push_back(hashed(parts, idp.entity_id, index));
    }
}

/// The order that the request proves to be, or why it proves nothing. Touches neither store nor application. What an
/// IdP may have of us is counted as soon as it is proven to be that IdP, before its EncryptedID costs anything.
Result<LogoutOrder> prove(const LogoutServiceParts& parts, const IdpDirectory* idps,
                          PartnersAllowances& partners_requests, const PostedRequest& posted, RequestTrace& trace) {
    const Instant now = trace.audit.time;
    Result<Received> received = receive(posted, trace);
    if (!received) return std::move(received).error();

    Result<std::shared_ptr<const Idp>> partner = find_partner(idps, *received, parts.policy, trace);
    if (!partner) return std::move(partner).error();
    const Idp& idp = **partner;

    Result<saml::Verified<saml::LogoutRequest>> request = verify(parts, idp, received->request, posted, trace);
    if (!request) return std::move(request).error();
    trace.in_response_to = (*request)->id;
    trace.audit.request_id = (*request)->id.str();
    if (!partners_requests.take(idp.entity_id.str(), (*request)->id, weight_of(**request, idp), now)) {
        return fail(Errc::too_many_requests);
    }
    trace.audit.lane = AuditLane::proven;
    if (auto applied = apply_profile(idp, **request, trace); !applied) return std::move(applied).error();
    tell_indexes(parts, idp, (*request)->session_indexes, trace.audit);

    Result<saml::NameID> name_id =
        saml::open_name_id(*request, trace.keys->decryption_keys, parts.entity_id, idp.profile.algorithms);
    if (!name_id) return std::move(name_id).error();
    trace.audit.name_id = hashed(parts, idp.entity_id, *name_id);
    make_canonical(*name_id, names_of(idp), our_names(parts));
    return order_from(*request, std::move(*name_id), idp, parts.entity_id, now, parts.policy);
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
    [[nodiscard]] SoapReply refuse_in_measure(RequestTrace& trace, const Failure& failure) const;
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
    const Result<LogoutOrder> order = prove(parts, partners, partners_requests, posted, trace);
    if (!order) return refuse_in_measure(trace, order.error());

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
    trace.audit.event = begun->is_repeat() ? "repeat" : "logout";
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

/// Whoever has proven nothing, or asks too much, gets signed refusals in small measure only (Core 3.2.1 l.1515: not
/// answering is allowed). All strangers share one measure, and each partner has its own.
SoapReply LogoutService::Impl::refuse_in_measure(RequestTrace& trace, const Failure& failure) const {
    constexpr int service_unavailable = 503;
    const bool too_many = failure.code == make_error_code(Errc::too_many_requests);
    const bool proven = !trace.audit.request_id.empty();
    const bool is_signed = std::holds_alternative<StatusAnswer>(answer_to(failure));
    const std::string& whose = too_many ? trace.audit.idp : strangers;
    if (is_signed && (too_many || !proven) && !measured_answers.take(whose, trace.audit.time)) {
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
        const auto order = prove(impl_->parts, partners.get(), impl_->partners_requests, posted, trace);
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
    AuditEntry& audit = trace.audit;
    audit.event = "recover";
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
