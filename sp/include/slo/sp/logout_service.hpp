// Both directions of single logout: an IdP's LogoutRequest through this service provider (prepare -> store ->
// applications -> finish), and a logout that starts here (store -> applications -> IdPs).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/idp_adapter/single_logout_client.hpp"
#include "slo/saml/encryption.hpp"
#include "slo/saml/keyed_digest.hpp"
#include "slo/saml/message_signer.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/sp/application.hpp"
#include "slo/sp/audit.hpp"
#include "slo/sp/clock.hpp"
#include "slo/sp/global_logout.hpp"
#include "slo/sp/logout_answer.hpp"
#include "slo/sp/pace.hpp"
#include "slo/sp/policy.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// LogoutServiceParts is everything that a LogoutService works with. The referenced objects must outlive the service.
struct LogoutServiceParts {
    saml::EntityID entity_id;                     ///< our own
    std::vector<saml::EndpointUrl> destinations;  ///< our public logout URLs, those for forms included
    std::shared_ptr<const idp_adapter::IdpDirectory> idps;
    saml::MessageSigner signer;
    std::vector<saml::DecryptionKey> decryption_keys;
    saml::KeyedDigest audit_digest;  ///< hashes NameIDs for audit lines
    Policy policy;
    SessionStore& store;
    std::vector<Application*> applications;
    AuditSink& audit;
    const Clock& clock;
    idp_adapter::IdpLink* idp_link = nullptr;  ///< the way to IdPs; null: logouts that start here stay here
    /// Our earlier entityIDs: sessions that were admitted under these names are found and ended as well.
    std::vector<saml::EntityID> former_entity_ids = {};
    const Pace* pace = nullptr;  ///< how it waits; null: ThreadPace
    AuditSampling audit_sampling = {};
};

/// LogoutPreview is what a LogoutRequest would end, and the sessions that it seems to mean but doesn't name.
struct LogoutPreview {
    std::vector<Session> would_end;
    std::vector<NearMiss> near_misses;  ///< only if it names no live session
};

/// ServiceKeys is our own keys at one moment.
struct ServiceKeys {
    saml::MessageSigner signer;
    std::vector<saml::DecryptionKey> decryption_keys;
};

/// PendingLogout is a logout whose applications are still at work: a plan for a driver. Copies share one logout.
/// A driver asks budget(), calls start() once, waits until `on_complete` was called or the budget is over, and calls
/// finish() once.
class PendingLogout {
public:
    /// budget returns the rest of Policy::application_deadline, which began with begin().
    [[nodiscard]] std::chrono::milliseconds budget() const noexcept;
    /// start tells every application. `on_complete` is called once, when all have reported, from the thread that
    /// reports last (possibly inside start()). It isn't called after finish(), but may be running while finish() is: it
    /// must own all that it touches. It must not throw.
    void start(std::function<void()> on_complete);
    /// finish blocks as long as the store does. It completes the logout in the store with the reports so far (a missing
    /// one counts as failed) and signs the answer.
    [[nodiscard]] LogoutAnswer finish() noexcept;

    struct State;
    explicit PendingLogout(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

private:
    std::shared_ptr<State> state_;
};

struct EndContext;
struct StartContext;
class Housekeeper;
using LogoutStep = std::variant<LogoutAnswer, PendingLogout>;

/// Housekeeping is the owner of the recurring tasks beside the requests (housekeeper.hpp): without them, a crash in the
/// middle of a logout leaves sessions in the applications that the store has ended.
enum class Housekeeping {
    in_threads,  ///< the service: two threads from its construction to its destruction
    by_host,     ///< the host: with a Housekeeper that it makes later, or with keep_house() from a loop of its own
};

/// LogoutService is thread-safe and holds no lock while it works. No exception leaves it but std::bad_alloc from
/// start-up, and std::system_error if a thread can't be had.
class LogoutService {
public:
    /// LogoutService starts; with Housekeeping::in_threads the applications must be able to take orders already.
    LogoutService(LogoutServiceParts parts, Housekeeping housekeeping);
    /// ~LogoutService stops the housekeeping's threads, and waits for their exchange with an IdP and their call of an
    /// application.
    ~LogoutService();
    LogoutService(const LogoutService&) = delete;
    LogoutService& operator=(const LogoutService&) = delete;

    /// begin handles a request as far as possible without waiting for applications: to an answer, or a PendingLogout,
    /// which must not outlive the service. Each answer has its audit line by the time it is returned. Never throws.
    [[nodiscard]] LogoutStep begin(saml::ReceivedMessage message, const LogoutEvidence& evidence) noexcept;

    /// handle is the blocking driver: begin, start, wait, finish. For hosts without an event loop.
    [[nodiscard]] LogoutAnswer handle(saml::ReceivedMessage message, const LogoutEvidence& evidence) noexcept;

    /// refuse is for input that isn't a message, with the reason that its wire's decoder gave.
    [[nodiscard]] LogoutAnswer refuse(const Failure& failure, const LogoutWire& wire) noexcept;
    /// refuse_after_exception is for input that its wire couldn't decode because of an exception.
    [[nodiscard]] LogoutAnswer refuse_after_exception(const LogoutWire& wire) noexcept;
    /// note_refusal audits what HTTP refused before it could be a message, sampled (AuditSampling). Thread-safe.
    void note_refusal(HttpRefused refused) noexcept;

    /// admit makes `session` live, as SessionStore::admit does, under the present names of its IdP and of us: an alias
    /// in the IdP's profile and a former name of ours are replaced, in the NameID's qualifiers too. An earlier logout
    /// under any of these names forbids it. The host makes its own session first, then admits it, and then hands out
    /// the cookie; if it isn't admitted, the host erases it. Blocks as long as the store does. Thread-safe.
    /// Errors: AdmissionErrc::session_idp_unknown, session_sp_unknown, session_index_unfit: no logout would ever find
    /// it; authn_instant_in_future: no logout would forbid it; the store's.
    [[nodiscard]] Result<Admission> admit(Session session) noexcept;

    /// recover finishes logouts that an earlier process, or a failing application, left unfinished. Call it at start,
    /// and each minute. Blocks as long as the applications take for each logout in turn; `stop` ends it after the one
    /// at work. A logout on which another round is at work, here or on another node, is left alone. Returns how many
    /// logouts are still unfinished. Errors: those of the store.
    [[nodiscard]] Result<std::size_t> recover(const std::stop_token& stop = {});

    /// start_logout ends the sessions of `selection`: here first, as the store's contract says, then by a signed
    /// LogoutRequest to each IdP, with the NameID exactly as received and every SessionIndex (Core 3.7.3.2, Profiles
    /// 4.4.3.1). The result is proven: `everywhere` has the IdP's signature. Afterwards a late assertion of an ended
    /// IdP session is refused, but if the IdP couldn't be asked, its session may bring the user back: ask for
    /// ForceAuthn. A request that an IdP hasn't seen is kept in the store, and sent again by send_kept_requests() until
    /// its NotOnOrAfter. Of more than 16 at once, none is waited for: all are sent in that way. If the store's answer
    /// is lost, the sessions' state is unknown: the result is `unknown` with "store.outcome_unknown", and the kept
    /// request ends them for certain later. Blocking: the applications' deadline, then the slowest IdP's; `stop` ends
    /// the waiting for IdPs. Thread-safe.
    /// Errors: StartErrc::no_session; the store's, and then some of the sessions may live on: try again.
    [[nodiscard]] Result<GlobalLogoutResult> start_logout(const SessionSelection& selection, LogoutReason reason,
                                                          const std::stop_token& stop = {}) noexcept;

    /// preview returns the sessions that start_logout would end: those selected, and those that go with them. Changes
    /// nothing. Takes as much memory as there are sessions. Errors: the store's.
    [[nodiscard]] Result<std::vector<Session>> preview(const SessionSelection& selection) noexcept;
    /// preview returns what this LogoutRequest of an IdP would end, verified like one in begin(); nothing is recorded.
    /// Errors: those for which begin() refuses.
    [[nodiscard]] Result<LogoutPreview> preview(saml::ReceivedMessage message, const LogoutEvidence& evidence) noexcept;

    /// send_kept_requests sends the kept requests that are due, up to 16 at once, and gives up those whose NotOnOrAfter
    /// has passed; each has an audit line. Call it every few seconds. Blocks as long as the slowest IdP. Several nodes
    /// may call it: each request is taken by one of them. Returns how many were due. Errors: the store's.
    [[nodiscard]] Result<std::size_t> send_kept_requests(const std::stop_token& stop = {}) noexcept;

    /// sampled_lines is thread-safe.
    [[nodiscard]] SampledLines sampled_lines() const noexcept;

    /// destinations returns LogoutServiceParts::destinations. Lives as long as the service.
    [[nodiscard]] const std::vector<saml::EndpointUrl>& destinations() const noexcept;

    /// replace_idps sets new partners from now on; logouts at work continue with the ones that they found.
    void replace_idps(std::shared_ptr<const idp_adapter::IdpDirectory> idps);
    [[nodiscard]] std::shared_ptr<const idp_adapter::IdpDirectory> idps() const;
    /// not_ready returns the partners of `idps`, a snapshot that idps() returned, whose messages are refused now for
    /// their metadata's sake: IdpDirectory::not_ready(). Thread-safe.
    [[nodiscard]] std::vector<idp_adapter::AbsentPartner> not_ready(const idp_adapter::IdpDirectory& idps) const;
    /// replace_keys sets new keys of our own from now on. A logout at work is answered with the key that signed when it
    /// came: publish the old certificate a while longer.
    void replace_keys(saml::MessageSigner signer, std::vector<saml::DecryptionKey> decryption_keys);

private:
    friend class Housekeeper;
    friend class SignOn;
    friend void keep_house(LogoutService& service, unsigned turn, const std::stop_token& stop) noexcept;
    struct Impl;
    [[nodiscard]] const LogoutServiceParts& parts() const noexcept;
    [[nodiscard]] std::shared_ptr<const ServiceKeys> keys() const;
    void sum_up_audit() noexcept;
    [[nodiscard]] EndContext end_context() const;
    [[nodiscard]] StartContext start_context(const std::stop_token& stop) const;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slo::sp
