// A logout that starts here: what to end, and the truth about what has ended.
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

/// Why a session ends (Core 3.7.3 l.2577). The other reasons of the standard are a session authority's to give
/// (l.2660).
enum class LogoutReason { user, admin };
/// The standard's identifier. Static storage.
[[nodiscard]] std::string_view uri(LogoutReason reason) noexcept;

/// These sessions, and with each of them what the same session at the IdP made here: they share a SessionIndex, or the
/// moment of the authentication.
struct SessionsByID {
    std::vector<LocalSessionID> ids;
};
/// All sessions of a principal, at one IdP or at every one that we know.
struct SessionsOfPrincipal {
    std::optional<saml::EntityID> idp;
    saml::NameID name_id;
    /// How its sessions are found; nothing: by the IdP's profile.
    std::optional<saml::NameIDMatching> matching = {};
};
/// Every session that an IdP has made here.
struct SessionsOfIdp {
    saml::EntityID idp;
};
using SessionSelection = std::variant<SessionsByID, SessionsOfPrincipal, SessionsOfIdp>;

/// How far a logout reached, as far as anybody has proven.
enum class Extent {
    everywhere,  ///< gone here, and the IdP has signed that it ended its session and everybody's whom it told
    partial,     ///< gone in part: the IdP ended its session, another participant or an application may have kept one
    local_only,  ///< gone here; the IdP goes on, as it said, can't be asked, or hasn't been reached yet
    unknown,     ///< dead here; what the IdP has done is not known
};
/// "everywhere", "partial", "local_only", "unknown". Static storage.
[[nodiscard]] std::string_view name(Extent extent) noexcept;

/// Whether the request is kept, to be sent again until its NotOnOrAfter.
enum class Retried { no, yes };

/// What became of the sessions of one IdP that fared alike. Whatever it says, they are dead here: the store answers
/// "not alive" for each of them.
struct IdpLogoutResult {
    saml::EntityID idp;
    std::size_t logouts =
        1;  ///< so many fared alike: one for each principal, or for each session of an IdP that ends no more at once
    Extent extent = Extent::unknown;
    /// The rule that kept it from `everywhere`, e.g. "reply.timed_out", "reply.partial", "application.failed"; empty
    /// where nothing did. Static storage.
    std::string_view why;
    LogoutOutcome local;                 ///< what our own applications did
    idp_adapter::LogoutVerdict verdict;  ///< what the IdP said to the first of them, or why it didn't
    Retried retried = Retried::no;
};

/// The whole. `everywhere` only if every part is; one unknown part makes it unknown; parts that differ make it partial.
struct GlobalLogoutResult {
    Extent extent = Extent::unknown;
    std::vector<IdpLogoutResult> idps;
};

/// What one answer of an IdP and our own applications come to. Pure and total.
struct Conclusion {
    Extent extent;
    std::string_view why;
    Retried retried;
};
[[nodiscard]] Conclusion conclude(const idp_adapter::LogoutVerdict& verdict, idp_adapter::SuccessProves success,
                                  const LogoutOutcome& local) noexcept;
[[nodiscard]] Extent combined(const std::vector<IdpLogoutResult>& parts) noexcept;

}  // namespace slo::sp
