// The way of a LogoutRequest through this service provider: prepare -> store -> applications -> finish.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/saml/encryption.hpp"
#include "slo/saml/keyed_digest.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/soap.hpp"
#include "slo/sp/application.hpp"
#include "slo/sp/audit.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/policy.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// What goes back over SOAP: an HTTP status and a body (empty for 403, 413, 415 and 503).
struct SoapReply {
    int http_status = 200;
    std::string body;
};

/// Everything that a LogoutService works with. The referenced objects must outlive the service.
struct LogoutServiceParts {
    saml::EntityID entity_id;                     ///< who we are
    std::vector<saml::EndpointUrl> destinations;  ///< our public SOAP logout URLs
    std::shared_ptr<const idp_adapter::IdpDirectory> idps;
    saml::MessageSigner signer;
    std::vector<saml::DecryptionKey> decryption_keys;
    saml::KeyedDigest audit_digest;  ///< hashes NameIDs for audit lines
    Policy policy;
    SessionStore& store;
    std::vector<Application*> applications;
    AuditSink& audit;
    const Clock& clock;
};

/// Our own keys at one moment.
struct ServiceKeys {
    saml::MessageSigner signer;
    std::vector<saml::DecryptionKey> decryption_keys;
};

/// PendingLogout is a logout whose applications are still at work: a plan for a driver. Copies share one logout.
/// A driver asks budget(), calls start() once, waits until `on_complete` was called or the budget is over, and calls
/// finish() once.
class PendingLogout {
public:
    /// What is left now of Policy::application_deadline, which began with begin().
    [[nodiscard]] std::chrono::milliseconds budget() const noexcept;
    /// Tells every application. `on_complete` is called once, when all have reported, from whichever thread reports
    /// last (possibly inside start()). It isn't called after finish(), but may be at work while finish() is: what it
    /// touches must be its own. It must not throw.
    void start(std::function<void()> on_complete);
    /// Blocks as long as the store does. Completes the logout in the store with what is known by now (silence counts as
    /// failed) and signs the answer.
    [[nodiscard]] SoapReply finish() noexcept;

    struct State;
    explicit PendingLogout(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

private:
    std::shared_ptr<State> state_;
};

using LogoutStep = std::variant<SoapReply, PendingLogout>;

/// LogoutService is thread-safe and holds no lock while it works. No exception leaves it but std::bad_alloc from
/// start-up.
class LogoutService {
public:
    explicit LogoutService(LogoutServiceParts parts);
    ~LogoutService();
    LogoutService(LogoutService&&) noexcept;

    /// Takes the body of a SOAP request as far as it gets without waiting for applications: to a reply, or to a
    /// PendingLogout, which must not outlive the service. `media_type` is the request's Content-Type, lower case and
    /// without parameters, empty where there was none. Never throws.
    [[nodiscard]] LogoutStep begin(std::string_view body, std::string_view media_type) noexcept;

    /// The blocking driver: begin, start, wait, finish. For hosts without an event loop.
    [[nodiscard]] SoapReply handle(std::string_view body, std::string_view media_type) noexcept;

    /// Finishes what an earlier process, or a failing application, left unfinished. Call it at start, and now and then.
    /// Blocking, for as long as the applications take for each logout in turn; `stop` ends it after the one at work. A
    /// logout that is at work meanwhile is driven a second time, which is harmless. Returns how many logouts are still
    /// unfinished. Errors: those of the store.
    [[nodiscard]] Result<std::size_t> recover(const std::stop_token& stop = {});

    /// New partners from now on; logouts at work go on with the ones that they found.
    void replace_idps(std::shared_ptr<const idp_adapter::IdpDirectory> idps);
    [[nodiscard]] std::shared_ptr<const idp_adapter::IdpDirectory> idps() const;
    /// New keys of our own from now on. A logout at work is answered with the key that signed when it came: publish the
    /// old certificate a while longer.
    void replace_keys(saml::MessageSigner signer, std::vector<saml::DecryptionKey> decryption_keys);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
