// The refusals and failures of a session store.
#pragma once

#include <string_view>
#include <system_error>

#include "slo/saml/rule.hpp"

namespace slo::sp {

/// StoreErrc has one enumerator per rule of the session stores.
enum class StoreErrc {
    local_session_id_malformed = 1,  ///< store.session_id
    session_id_taken,                ///< store.session_id_taken: another live session has that local id
    session_malformed,               ///< store.session: expires in the past, too many indexes, an over-long value
    request_id_reused,               ///< check.request_id: the IdP gave another logout the ID of an earlier one
    store_full,                      ///< store.full: no room for a session or for another logout's record
    principal_full,                  ///< store.principal_full: a user has as many sessions as the store takes of one
    store_failed,                    ///< store.failed: the result is unknown, it may have been done
    store_unusable,                  ///< store.unusable: at start; `detail` says what is wrong and how to mend it
};
/// name is the dotted name of a rule ("store.full"). Static storage.
[[nodiscard]] std::string_view name(StoreErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(StoreErrc code) noexcept;

using slo::fail;

}  // namespace slo::sp

template <>
struct std::is_error_code_enum<slo::sp::StoreErrc> : std::true_type {};
