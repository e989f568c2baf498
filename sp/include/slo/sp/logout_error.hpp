// The refusals of the logout core: of an IdP's request, a session at its admission, a logout that starts here.
#pragma once

#include <string_view>
#include <system_error>

#include "slo/saml/rule.hpp"

namespace slo::sp {

/// LogoutErrc has one enumerator per rule that an IdP's request can break here, beside those of saml::Errc.
enum class LogoutErrc {
    issuer_unknown = 1,         ///< check.issuer_unknown: no IdP of ours has that entityID
    content_type_not_accepted,  ///< http.content_type: this IdP's profile doesn't list it
    metadata_expired,           ///< check.metadata_expired: the IdP's validUntil has passed
    metadata_unusable,      ///< check.metadata_unusable: an IdP of the configuration whose metadata can't be used now
    wire_not_accepted,      ///< http.wire: this IdP's profile doesn't have the wire that the message came in
    session_index_missing,  ///< check.session_index: this IdP's profile requires one
    request_repeated,       ///< check.repeat: this IdP's profile has repeats refused
    too_many_requests,      ///< check.rate: more of one IdP than Policy::requests_per_second_per_idp
};

/// AdmissionErrc has one enumerator per reason why no logout would find a session, so that it isn't admitted.
enum class AdmissionErrc {
    session_idp_unknown = 1,  ///< session.idp_unknown: no IdP of ours has the name; `detail` may tell the nearest one
    session_sp_unknown,       ///< session.sp_unknown: the session is said to be of an entity that we aren't
    session_index_unfit,      ///< session.session_index: the IdP's sessions are named by it, and it can't be the name
    authn_instant_in_future,  ///< session.authn_instant: later than now and Policy::clock_skew
};

/// StartErrc has one enumerator per reason why a logout that starts here doesn't reach its IdP, or can't be told about.
enum class StartErrc {
    no_session = 1,    ///< store.no_session: nothing that a logout of ours could end lives here
    no_session_index,  ///< request.no_session_index: without one an IdP can't be asked (Profiles 4.4.4.1 l.1302)
    no_link,           ///< request.no_link: this service has no way to ask IdPs
    outcome_unknown,   ///< store.outcome_unknown: a logout that started here may have ended its sessions
};

/// name is the dotted name of a rule ("check.repeat"). Static storage.
[[nodiscard]] std::string_view name(LogoutErrc code) noexcept;
[[nodiscard]] std::string_view name(AdmissionErrc code) noexcept;
[[nodiscard]] std::string_view name(StartErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(LogoutErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(AdmissionErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(StartErrc code) noexcept;

using slo::fail;

}  // namespace slo::sp

template <>
struct std::is_error_code_enum<slo::sp::LogoutErrc> : std::true_type {};
template <>
struct std::is_error_code_enum<slo::sp::AdmissionErrc> : std::true_type {};
template <>
struct std::is_error_code_enum<slo::sp::StartErrc> : std::true_type {};
