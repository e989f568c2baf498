// Web Browser SSO (SAML Profiles 4.1): from a request to an IdP to a session that the IdP's logout will find. No HTTP.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "slo/saml/assertion_judge.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/record_cipher.hpp"
#include "slo/sp/flow_store.hpp"
#include "slo/sp/local_target.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/sign_on_error.hpp"

namespace slo::sp {

/// SignOnOptions are the same on every node.
struct SignOnOptions {
    saml::EndpointUrl assertion_consumer_service;     ///< byte for byte as in our metadata
    TargetRules targets;                              ///< where a user may be sent afterwards
    LocalTarget landing;                              ///< and where without another wish
    std::chrono::seconds flow_lifetime{600};          ///< how long a user has at the IdP; at most longest_flow
    std::chrono::seconds session_lifetime{8 * 3600};  ///< of a session whose IdP names no earlier end
};

/// SignOnWish is one start.
struct SignOnWish {
    saml::EntityID idp;
    LocalTarget target;
    bool force_authn = false;
    bool is_passive = false;
    /// The browser's own value from an earlier start, if it has one; anything else is replaced.
    std::optional<std::string> browser = {};
};

/// PostedForm is a message that a page of ours has to post.
struct PostedForm {
    saml::SignedMessage message;
    saml::EndpointUrl to;
};

/// StartedSignOn is what the browser gets. Its pending record is kept already.
struct StartedSignOn {
    std::variant<std::string, PostedForm> request;  ///< a URL to redirect to, or a form
    FlowHandle relay_state;                         ///< in the URL already; the form's
    std::string browser;                            ///< for a cookie that lives as long as the flow
};

/// SignOnReply is a form that a browser brought.
struct SignOnReply {
    saml::form::PostedResponse posted;
    std::optional<std::string> browser = {};  ///< the cookie's value; std::nullopt if none came
    bool was_posted_again = false;            ///< by our own page, so that each cookie comes that there is
};

class SignOn;

/// AdmittedSignOn is a session that each later logout of its IdP finds.
struct AdmittedSignOn {
    LocalTarget target;
    Instant expires;  ///< when the host has to end it
};

/// SignedOn is a principal that is proven and has no session yet. It is used once: admit() opens the session. One that
/// is destroyed without it has an audit line. Move-only; it must not outlive its SignOn.
class [[nodiscard]] SignedOn {
public:
    [[nodiscard]] const saml::SignedOnPrincipal& principal() const noexcept;
    [[nodiscard]] const LocalTarget& target() const noexcept;
    /// idp is the IdP's present name, also where the assertion has an alias.
    [[nodiscard]] const saml::EntityID& idp() const noexcept;
    /// number is as RefusedSignOn::number, should it be refused yet.
    [[nodiscard]] const std::string& number() const noexcept;

    /// admit makes `session` live in the session store, as LogoutService::admit does: the host has made it before, and
    /// erases it if this fails. Errors: SignOnErrc::logged_out if a logout forbids it: begin anew with ForceAuthn, or
    /// an IdP that keeps its session brings the user back for ever; AdmissionErrc and StoreErrc as
    /// LogoutService::admit. Throws std::bad_alloc where there is no memory for a refusal: it wasn't admitted then.
    [[nodiscard]] Result<AdmittedSignOn> admit(LocalSessionID session) &&;
    /// refuse lets go of a principal that the application doesn't want.
    void refuse() &&;

    SignedOn(SignedOn&&) noexcept;
    SignedOn& operator=(SignedOn&&) noexcept;
    ~SignedOn();

    struct State;
    explicit SignedOn(std::unique_ptr<State> state) noexcept;

private:
    std::unique_ptr<State> state_;
};

/// NotSignedOn is an IdP's answer that isn't Success.
struct NotSignedOn {
    saml::Status status;
    bool is_proven = false;  ///< the IdP signed it; if not, its true answer may still come
    bool was_passive = false;
    saml::EntityID idp;
    LocalTarget target;
    std::string number;  ///< as in RefusedSignOn

    /// is_no_passive: the IdP would have had to ask the user, which a passive start forbids. No failure.
    [[nodiscard]] bool is_no_passive() const noexcept;
};

/// UnsolicitedSignOn is an assertion that no request of ours asked for, thrown away unread: start one at `idp`.
struct UnsolicitedSignOn {
    saml::EntityID idp;
};

/// CookieMissing: the request is pending, and the browser didn't show its cookie. Post the same form again from a page
/// of ours, once.
struct CookieMissing {};

/// SignedOnAlready is an answer that opened a session of this very browser before, within the last two minutes: the
/// back button, or a form that was sent twice. It opens no other one.
struct SignedOnAlready {
    LocalTarget target;
};

/// RefusedSignOn is a broken rule. Nothing was admitted.
struct RefusedSignOn {
    Failure why;
    std::optional<saml::EntityID> idp = {};  ///< of ours, where it is known which
    std::optional<LocalTarget> target = {};  ///< of the pending request, where its browser has shown its cookie
    std::string number = {};                 ///< random, in the audit line as well: for a user who asks for help
};

using SignOnOutcome =
    std::variant<SignedOn, SignedOnAlready, NotSignedOn, UnsolicitedSignOn, CookieMissing, RefusedSignOn>;

/// SignOn sends users to IdPs and takes their assertions. Its IdPs, keys, clock and audit are those of its
/// LogoutService. Thread-safe. Blocks as long as its stores do.
class SignOn {
public:
    /// `service` and `flows` must outlive it. `cipher` seals the pending records; it has the same keys on every node.
    SignOn(LogoutService& service, FlowStore& flows, saml::RecordCipher cipher, SignOnOptions options);
    ~SignOn();
    SignOn(const SignOn&) = delete;
    SignOn& operator=(const SignOn&) = delete;

    /// start makes a signed AuthnRequest and keeps its record. Errors: LogoutErrc::issuer_unknown, metadata_expired,
    /// metadata_unusable; SignOnErrc::no_endpoint, force_authn_untrusted; those of FlowStore::keep and of signing.
    [[nodiscard]] Result<StartedSignOn> start(const SignOnWish& wish) noexcept;

    /// accept verifies an answer. The pending record stays unless the outcome is SignedOn or a proven NotSignedOn: a
    /// refused message ends no flow. An assertion is claimed before it counts, over all nodes. Each refusal has
    /// an audit line, and a SignedOn when it's admitted or let go.
    [[nodiscard]] SignOnOutcome accept(SignOnReply reply) noexcept;

    /// refuse notes a form that couldn't be decoded, and returns the same as accept() for it.
    [[nodiscard]] RefusedSignOn refuse(Failure why) noexcept;

    [[nodiscard]] const SignOnOptions& options() const noexcept;
    /// now is its clock's.
    [[nodiscard]] Instant now() const noexcept;
    /// entity_id is our own, that of its service.
    [[nodiscard]] const saml::EntityID& entity_id() const noexcept;
    /// service is the one that it was made with.
    [[nodiscard]] LogoutService& service() const noexcept;

private:
    friend class SignedOn;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
