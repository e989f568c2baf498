// A local session, with the data that logout needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/time.hpp"

namespace slo::sp {

/// LocalSessionID is opaque, chosen by the host, 1 to 256 bytes, no controls. It may be a bearer secret, and so it
/// is never logged.
struct LocalSessionIDKind {
    static bool accepts(std::string_view text) noexcept;
    static Failure refuse();
};
using LocalSessionID = saml::ParsedString<LocalSessionIDKind>;

/// NamedBy says by which element its IdP's LogoutRequests name a session.
enum class NamedBy : std::uint8_t {
    name_id,        ///< the principal's NameID, and perhaps a SessionIndex (Core 3.7.1)
    session_index,  ///< its one SessionIndex alone, where InteropProfile::name_id_matching says so
};

/// Session is what the host knows at login and logout needs later (Profiles 4.1.4.2; erratum E38).
struct Session {
    LocalSessionID id;
    saml::EntityID idp;                               ///< the IdP whose assertion made it
    saml::EntityID sp;                                ///< the one of our entities that received it
    saml::NameID name_id;                             ///< exactly as received
    std::vector<saml::SessionIndex> session_indexes;  ///< of every AuthnStatement; may be empty
    Instant authn_instant;                            ///< AuthnStatement/@AuthnInstant
    /// When the session ends anyway, at most SessionNotOnOrAfter: the host must end it by then itself, because a later
    /// logout doesn't name it any more.
    Instant expires;
    NamedBy named_by = NamedBy::name_id;  ///< LogoutService::admit sets it by the IdP's profile

    friend bool operator==(const Session&, const Session&) = default;
};

}  // namespace slo::sp
