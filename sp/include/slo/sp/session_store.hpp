// The session store's port: few operations, each of them atomic. The promise "Success means gone" rests on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/session.hpp"

namespace slo::sp {

/// LogoutKey identifies a logout for ever: an IdP mustn't use an ID twice (Core 1.3.4).
struct LogoutKey {
    saml::EntityID idp;
    saml::MessageID request_id;
    friend bool operator==(const LogoutKey&, const LogoutKey&) = default;
};

/// LogoutOrder is what a verified LogoutRequest orders.
struct LogoutOrder {
    LogoutKey key;
    saml::EntityID sp;  ///< which of our entities it addresses
    saml::NameID name_id;
    std::vector<saml::SessionIndex> session_indexes;  ///< none: every session of the principal
    saml::NameIDMatching matching = saml::NameIDMatching::default_qualifiers;
    Instant as_of;       ///< IssueInstant: a login after it is a new one
    Instant keep_until;  ///< how long late assertions and repeats are recognised
};

/// LogoutOutcome is what became of the sessions that an order named. `complete()` is what Success may be signed for.
struct LogoutOutcome {
    std::uint32_t ended = 0;         ///< live until now, gone everywhere
    std::uint32_t already_gone = 0;  ///< the application had none of them any more
    std::uint32_t failed = 0;        ///< may still live in an application

    [[nodiscard]] bool complete() const noexcept { return failed == 0; }
    friend bool operator==(const LogoutOutcome&, const LogoutOutcome&) = default;
};

/// The session was admitted, or a logout that came first forbids it (Core 3.7.3.1 l.2598-2609).
enum class Admission { admitted, refused_by_logout };

/// What begin_logout found.
struct FreshLogout {
    std::vector<Session> ending;  ///< now *ending*: find() already answers "not alive" for each of them
};
struct RepeatedLogout {
    std::optional<LogoutOutcome>
        recorded;                 ///< the first answer; absent while the first is still at work, or died at it
    std::vector<Session> ending;  ///< what is still *ending*; empty where `recorded` is present
};
using BegunLogout = std::variant<FreshLogout, RepeatedLogout>;

/// A logout that isn't finished: recovery ends its sessions and completes it. May be at work in this very process.
struct UnfinishedLogout {
    LogoutKey key;
    std::vector<Session> ending;
};

/// SessionStore is the port. A session goes active -> ending -> gone and never back. Every operation is atomic, safe to
/// call from any thread, and durable as its engine says before it returns. A Failure (Errc::store_failed, store_full)
/// leaves everything as it was. Identity of a principal: (IdP, our entity, NameID under the order's matching rule).
class SessionStore {
public:
    virtual ~SessionStore() = default;

    /// The order that keeps the promise: first make the session in the application so that end_sessions finds it, then
    /// admit it, and only then hand out its cookie; if it isn't admitted, erase it.
    ///
    /// Makes `session` live, unless a logout of its principal forbids it: one that names one of its indexes, or all,
    /// that is still kept, and whose `as_of` isn't before the session's AuthnInstant (in strict mode: whatever the
    /// AuthnInstant). Admitting the same session again is admitted and changes nothing. Errors: Errc::session_id_taken,
    /// session_malformed, store_full, store_failed.
    [[nodiscard]] virtual Result<Admission> admit(const Session& session) = 0;

    /// Records `order` and turns every session that it names *ending*, in one step: no login slips in between, no two
    /// callers both get FreshLogout for one key. Sessions left *ending* by an earlier order are named again.
    /// A session without an index is named only by an order without indexes. An order is a repeat if everything in it
    /// but `keep_until` is as recorded; another order under a recorded key is refused, because no answer to it would be
    /// true. Errors: Errc::request_id_reused, store_full, store_failed.
    [[nodiscard]] virtual Result<BegunLogout> begin_logout(const LogoutOrder& order) = 0;

    /// Records the outcome and forgets the sessions in `gone`; those not in it stay *ending*. The first outcome that
    /// was recorded wins and is returned, so that every repeat gets one answer.
    [[nodiscard]] virtual Result<LogoutOutcome> complete_logout(const LogoutKey& key, const LogoutOutcome& outcome,
                                                                const std::vector<LocalSessionID>& gone) = 0;

    /// The session, if it is alive: admitted, not ending, not expired.
    [[nodiscard]] virtual Result<std::optional<Session>> find(const LocalSessionID& id) = 0;

    /// Every logout with sessions still *ending*, or never completed: after a crash, or after an application failed.
    [[nodiscard]] virtual Result<std::vector<UnfinishedLogout>> unfinished_logouts() = 0;

    /// Drops some of what has expired; call it now and then. Returns how many records were dropped. An engine whose
    /// servers do that by themselves drops nothing.
    virtual std::size_t sweep_some() { return 0; }
};

/// How the store treats a login that a logout preceded.
enum class ReloginRule {
    /// Admitted if AuthnInstant is after the logout's IssueInstant. Both are the IdP's clock; where an IdP's nodes
    /// differ,
    /// an assertion from a node that is ahead may pass for a newer login by as much as they differ.
    by_authn_instant,
    strict,  ///< refused until the logout's `keep_until`
};

}  // namespace slo::sp
