// What the two halves of a sign-on work with.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "pending_sign_on.hpp"
#include "slo/sp/audit.hpp"
#include "slo/sp/sign_on.hpp"

namespace slo::sp {

/// SignOnContext is everything at one moment. Borrowed, but for its snapshots.
struct SignOnContext {
    LogoutService& service;
    const LogoutServiceParts& parts;
    std::shared_ptr<const idp_adapter::IdpDirectory> idps;  ///< may be null
    std::shared_ptr<const ServiceKeys> keys;
    FlowStore& flows;
    const saml::RecordCipher& cipher;
    const SignOnOptions& options;
    Instant now;
};

/// SignOnLine is the content of one sign-on's audit line, as far as it's known.
struct SignOnLine {
    AuditLane lane = AuditLane::sampled;  ///< until something is proven
    SignOnEnded event = {};
};

struct SignedOn::State {
    LogoutService& service;
    const LogoutServiceParts& parts;
    FlowStore& flows;
    const saml::RecordCipher& cipher;
    std::chrono::seconds session_lifetime;
    saml::EntityID idp;
    saml::SignedOnPrincipal principal;
    std::optional<FlowHandle> handle;      ///< of the request, which was taken
    std::optional<PendingSignOn> pending;  ///< likewise
    LocalTarget target;
    SignOnLine line;
    bool is_open = true;  ///< neither admitted nor refused
};

/// start_sign_on implements SignOn::start.
[[nodiscard]] Result<StartedSignOn> start_sign_on(const SignOnContext& context, const SignOnWish& wish);

/// accept_sign_on implements SignOn::accept, and fills `line` with what may be told.
[[nodiscard]] SignOnOutcome accept_sign_on(const SignOnContext& context, SignOnReply reply, SignOnLine& line);

/// requested_format is the Format that an answer must have by `rule`.
[[nodiscard]] std::optional<std::string> requested_format(const idp_adapter::NameIDPolicyRule& rule);

/// name_of returns the principal's NameID. One without has a name of our own, under which no logout looks for its
/// session: its SessionIndex may.
[[nodiscard]] saml::NameID name_of(const saml::SignedOnPrincipal& principal);

}  // namespace slo::sp
