// What can go wrong at our own side.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

#include "slo/saml/result.hpp"

namespace slo::sp {

enum class Errc {
    issuer_unknown = 1,          ///< check.issuer_unknown: no IdP of ours has that entityID
    content_type_not_accepted,   ///< http.content_type: this IdP's profile doesn't list it
    metadata_expired,            ///< check.metadata_expired: the IdP's validUntil has passed
    wire_not_accepted,           ///< http.wire: this IdP's profile doesn't have the wire that the message came in
    session_index_missing,       ///< check.session_index: this IdP's profile requires one
    request_repeated,            ///< check.repeat: this IdP's profile has repeats refused
    local_session_id_malformed,  ///< store.session_id
    session_id_taken,            ///< store.session_id_taken: another live session has that local id
    session_malformed,           ///< store.session: expires in the past, too many indexes, an over-long value
    session_idp_unknown,      ///< session.idp_unknown: no IdP of ours has the name; `detail` may tell the nearest one
    session_sp_unknown,       ///< session.sp_unknown: the session is said to be of an entity that we aren't
    session_index_unfit,      ///< session.session_index: the IdP's sessions are named by it, and it can't be the name
    authn_instant_in_future,  ///< session.authn_instant: later than now and Policy::clock_skew
    too_many_requests,        ///< check.rate: more of one IdP than Policy::requests_per_second_per_idp
    request_id_reused,        ///< check.request_id: the IdP gave another logout the ID of an earlier one
    store_full,               ///< store.full: no room for a session or for another logout's record
    principal_full,           ///< store.principal_full: a user has as many sessions as the store takes of one
    store_failed,             ///< store.failed: nothing is known, it may have been done
    outcome_unknown,          ///< store.outcome_unknown: a logout that started here may have ended its sessions
    store_unusable,           ///< store.unusable: at start; `detail` says what is wrong and how to mend it
    no_session,               ///< store.no_session: nothing that a logout of ours could end lives here
    no_session_index,         ///< request.no_session_index: without one an IdP can't be asked (Profiles 4.4.4.1 l.1302)
    no_link,                  ///< request.no_link: this service has no way to ask IdPs
    configuration_invalid,    ///< config: `detail` says what, where and how to mend it
    address_in_use,           ///< server.address
    tls_setup_failed,         ///< server.tls
};
[[nodiscard]] std::string_view name(Errc code) noexcept;
[[nodiscard]] const std::error_category& error_category() noexcept;
[[nodiscard]] inline std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}
[[nodiscard]] inline Failure fail(Errc code, std::string detail = {}) {
    return Failure{make_error_code(code), std::move(detail)};
}

}  // namespace slo::sp

template <>
struct std::is_error_code_enum<slo::sp::Errc> : std::true_type {};
