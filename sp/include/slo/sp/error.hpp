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
    local_session_id_malformed,  ///< store.session_id
    session_id_taken,            ///< store.session_id_taken: another live session has that local id
    session_malformed,           ///< store.session: expires in the past, too many indexes, an over-long value
    too_many_requests,           ///< check.rate: more of one IdP than Policy::requests_per_second_per_idp
    request_id_reused,           ///< check.request_id: the IdP gave another logout the ID of an earlier one
    store_full,                  ///< store.full: no room for a session or for another logout's record
    store_failed,                ///< store.failed
    store_unusable,              ///< store.unusable: at start; `detail` says what is wrong and how to mend it
    configuration_invalid,       ///< config: `detail` says what, where and how to mend it
    address_in_use,              ///< server.address
    tls_setup_failed,            ///< server.tls
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
