// A logout that starts here: the sessions to end, and the proven result.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slo/idp_adapter/single_logout_client.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// LogoutReason says why a session ends (Core 3.7.3 l.2577). The standard's other reasons are for session authorities
/// only (l.2660).
enum class LogoutReason { user, admin };
/// uri returns the standard's identifier. Static storage.
[[nodiscard]] std::string_view uri(LogoutReason reason) noexcept;

/// SessionsByID are these sessions, and with each of them those that the same session at the IdP made here: they share
/// a SessionIndex, or the moment of the authentication.
struct SessionsByID {
    std::vector<LocalSessionID> ids;
};
/// SessionsOfPrincipal are all sessions of a principal, at one IdP or at every IdP that we know.
struct SessionsOfPrincipal {
    std::optional<saml::EntityID> idp;
    saml::NameID name_id;
    /// How the principal's sessions are found; std::nullopt: by the IdP's profile.
    std::optional<saml::NameIDMatching> matching = {};
};
/// SessionsOfIdp are all sessions that an IdP has made here.
struct SessionsOfIdp {
    saml::EntityID idp;
};
using SessionSelection = std::variant<SessionsByID, SessionsOfPrincipal, SessionsOfIdp>;

/// Extent says how far a logout reached, as far as that is proven.
enum class Extent {
    everywhere,  ///< gone here, and the IdP has signed that it ended its session and all those of its participants
    partial,     ///< gone in part: the IdP ended its session, another participant or an application may have kept one
    local_only,  ///< gone here; the IdP goes on, as it said, can't be asked, or hasn't been reached yet
    unknown,     ///< dead here; what the IdP has done is not known
};
/// name returns "everywhere", "partial", "local_only" or "unknown". Static storage.
[[nodiscard]] std::string_view name(Extent extent) noexcept;

/// Retried says whether the request is kept, to be sent again until its NotOnOrAfter.
enum class Retried { no, yes };

/// IdpLogoutResult is the result for sessions of one IdP with the same outcome. In any case they are dead here: the
/// store answers "not alive" for each of them.
struct IdpLogoutResult {
    saml::EntityID idp;
    std::size_t logouts =
        1;  ///< logouts with this result: one per principal, or one per session for an IdP that ends one per request
    Extent extent = Extent::unknown;
    /// The rule that kept it from `everywhere`, e.g. "reply.timed_out", "reply.partial", "application.failed"; empty
    /// if none did. Static storage.
    std::string_view why;
    LogoutOutcome local;                 ///< what our own applications did
    idp_adapter::LogoutVerdict verdict;  ///< what the IdP answered to the first of them, or why there is no answer
    Retried retried = Retried::no;
};

/// GlobalLogoutResult is the total: `everywhere` only if every part is, unknown if any is, partial if parts differ.
struct GlobalLogoutResult {
    Extent extent = Extent::unknown;
    std::vector<IdpLogoutResult> idps;
};

/// Conclusion combines one answer of an IdP with the results of our own applications. Pure and total.
struct Conclusion {
    Extent extent;
    std::string_view why;
    Retried retried;
};
[[nodiscard]] Conclusion conclude(const idp_adapter::LogoutVerdict& verdict, idp_adapter::SuccessProves success,
                                  const LogoutOutcome& local) noexcept;
[[nodiscard]] Extent combined(const std::vector<IdpLogoutResult>& parts) noexcept;

}  // namespace slo::sp
