#include "slo/sp/sign_on.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "logout_answer.hpp"
#include "sign_on_parts.hpp"
#include "slo/idp_adapter/single_logout_client.hpp"
#include "slo/sp/store_error.hpp"
#include "support_number.hpp"

namespace slo::sp {
namespace {

void tell(const LogoutServiceParts& parts, SignOnLine line) noexcept {
    parts.audit.record({.time = parts.clock.now(), .lane = line.lane, .event = std::move(line.event)});
}

void blame(SignOnLine& line, const Failure& why) {
    line.event.trouble = trouble_of(why);
}

/// A sign-on's line if it ended here: a principal has it with its session.
struct Told {
    const LogoutServiceParts& parts;
    SignOnLine& line;

    void operator()(const SignedOn&) const noexcept {}
    void operator()(const SignedOnAlready&) const noexcept {}
    void operator()(const UnsolicitedSignOn&) const noexcept {}
    void operator()(const CookieMissing&) const noexcept {}
    void operator()(NotSignedOn& no) const {
        no.number = line.event.number;
        line.event.idp_status = idp_adapter::status_names(no.status);
        blame(line, fail(saml::AssertionErrc::response_status));
        if (no.is_proven) line.lane = AuditLane::proven;
        tell(parts, std::move(line));
    }
    void operator()(RefusedSignOn& refused) const {
        refused.number = line.event.number;
        blame(line, refused.why);
        if (line.event.request.idp.empty()) line.event.request.idp = refused.idp ? refused.idp->str() : "unknown";
        tell(parts, std::move(line));
    }
};

constexpr std::chrono::minutes time_for_a_repeat{2};

/// Until then the same answer of the same browser leads to the target, and not to a page about a replay.
void mark_done(SignedOn::State& state) noexcept {
    if (!state.handle || !state.pending) return;
    try {
        state.pending->is_done = true;
        const auto sealed = seal_pending(*state.pending, *state.handle, state.cipher);
        if (!sealed) return;
        // Without it, a repeated form gets a page instead of its target.
        std::ignore = state.flows.keep(*state.handle, *sealed, state.parts.clock.now() + time_for_a_repeat);
    } catch (...) {
        // As above.
    }
}

/// A store or memory has failed: whether the assertion was claimed isn't known, and no session was admitted.
RefusedSignOn refused_by_exception(const LogoutServiceParts& parts, SignOnLine line) noexcept {
    RefusedSignOn refused{.why = fail(StoreErrc::store_failed, "exception")};  // so short that it takes no memory
    try {
        Told{parts, line}(refused);
    } catch (...) {
        // No memory for the line either.
    }
    return refused;
}

SignOnLine new_line() {
    SignOnLine line;
    line.event.number = support_number();
    return line;
}

}  // namespace

struct SignOn::Impl {
    LogoutService& service;
    const LogoutServiceParts& parts;
    FlowStore& flows;
    saml::RecordCipher cipher;
    SignOnOptions options;

    [[nodiscard]] SignOnContext context(std::shared_ptr<const ServiceKeys> keys) const {
        return {service, parts, service.idps(), std::move(keys), flows, cipher, options, parts.clock.now()};
    }
};

SignOn::SignOn(LogoutService& service, FlowStore& flows, saml::RecordCipher cipher, SignOnOptions options)
    : impl_(std::make_unique<Impl>(Impl{service, service.parts(), flows, std::move(cipher), std::move(options)})) {}

SignOn::~SignOn() = default;

const SignOnOptions& SignOn::options() const noexcept {
    return impl_->options;
}

Instant SignOn::now() const noexcept {
    return impl_->parts.clock.now();
}

const saml::EntityID& SignOn::entity_id() const noexcept {
    return impl_->service.parts().entity_id;
}

LogoutService& SignOn::service() const noexcept {
    return impl_->service;
}

Result<StartedSignOn> SignOn::start(const SignOnWish& wish) noexcept {
    try {
        return start_sign_on(impl_->context(impl_->service.keys()), wish);
    } catch (...) {
        return fail(StoreErrc::store_failed, "exception");  // so short that it takes no memory
    }
}

SignOnOutcome SignOn::accept(SignOnReply reply) noexcept {
    SignOnLine line;
    try {
        line = new_line();
        SignOnOutcome outcome = accept_sign_on(impl_->context(impl_->service.keys()), std::move(reply), line);
        std::visit(Told{impl_->parts, line}, outcome);
        return outcome;
    } catch (...) {
        return refused_by_exception(impl_->parts, std::move(line));
    }
}

RefusedSignOn SignOn::refuse(Failure why) noexcept {
    RefusedSignOn refused{.why = std::move(why)};
    try {
        SignOnLine line = new_line();
        Told{impl_->parts, line}(refused);
    } catch (...) {
        // No memory for the line: it's refused all the same.
    }
    return refused;
}

bool NotSignedOn::is_no_passive() const noexcept {
    constexpr std::string_view no_passive = "urn:oasis:names:tc:SAML:2.0:status:NoPassive";
    return !status.nested.empty() && status.nested.front() == no_passive;
}

SignedOn::SignedOn(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
SignedOn::SignedOn(SignedOn&&) noexcept = default;
SignedOn& SignedOn::operator=(SignedOn&&) noexcept = default;

SignedOn::~SignedOn() {
    if (!state_ || !state_->is_open) return;
    try {
        blame(state_->line, fail(SignOnErrc::not_admitted));
        tell(state_->parts, std::move(state_->line));
    } catch (...) {
        // No memory for the line: there is no session either.
    }
}

const saml::SignedOnPrincipal& SignedOn::principal() const noexcept {
    return state_->principal;
}

const LocalTarget& SignedOn::target() const noexcept {
    return state_->target;
}

const saml::EntityID& SignedOn::idp() const noexcept {
    return state_->idp;
}

const std::string& SignedOn::number() const noexcept {
    return state_->line.event.number;
}

Result<AdmittedSignOn> SignedOn::admit(LocalSessionID session) && {
    if (!state_ || !state_->is_open) return fail(SignOnErrc::not_admitted, "used up before");
    State& state = *state_;
    const saml::AuthnStatement& authentication = state.principal.authentication();
    const Instant now = state.parts.clock.now();
    Instant expires = now + state.session_lifetime;
    if (authentication.session_not_on_or_after) expires = std::min(expires, *authentication.session_not_on_or_after);
    Session admitted{.id = std::move(session),
                     .idp = state.idp,
                     .sp = state.parts.entity_id,
                     .name_id = name_of(state.principal),
                     .session_indexes = {},
                     .authn_instant = authentication.authn_instant,
                     .expires = expires};
    if (authentication.session_index) admitted.session_indexes.push_back(*authentication.session_index);
    Result<AdmittedSignOn> result(AdmittedSignOn{state.target, expires});  // before: nothing throws once it's admitted
    const auto admission = state.service.admit(std::move(admitted));
    if (admission && *admission == Admission::admitted) {
        state.is_open = false;
        state.line.event.kind = SignOnEnded::Kind::admitted;
        state.line.event.number.clear();  // no page shows it
        mark_done(state);
    } else {
        result = admission
                     ? fail(SignOnErrc::logged_out, "a logout has named its session: the IdP still has another one")
                     : admission.error();
        blame(state.line, result.error());
        state.is_open = false;
    }
    tell(state.parts, std::move(state.line));
    return result;
}

void SignedOn::refuse() && {
    if (!state_ || !state_->is_open) return;
    blame(state_->line, fail(SignOnErrc::not_allowed));
    state_->is_open = false;
    tell(state_->parts, std::move(state_->line));
}

}  // namespace slo::sp
