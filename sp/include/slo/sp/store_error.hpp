// The refusals and failures of a store.
#pragma once

#include <string_view>
#include <system_error>

#include "slo/saml/rule.hpp"

namespace slo::sp {

/// StoreErrc has one enumerator per rule of the stores.
enum class StoreErrc {
    local_session_id_malformed = 1,  ///< store.session_id
    session_id_taken,                ///< store.session_id_taken: another live session has that local id
    session_malformed,               ///< store.session: expires in the past, too many indexes, an over-long value
    request_id_reused,               ///< check.request_id: the IdP gave another logout the ID of an earlier one
    store_full,                      ///< store.full: no room for a session, or another record of the store
    principal_full,                  ///< store.principal_full: a user has as many sessions as the store takes of one
    store_failed,                    ///< store.failed: the result is unknown, it may have been done
    store_unusable,                  ///< store.unusable: at start; `detail` says what is wrong and how to mend it
    flow_handle_malformed,           ///< store.flow_handle: not 40 lower-case hexadecimal digits
    flow_handle_taken,               ///< store.flow_handle_taken: another pending record has that handle
    flow_malformed,                  ///< store.flow: an over-long record, or an end that is past or too far away
};
/// name is the dotted name of a rule ("store.full"). Static storage.
[[nodiscard]] std::string_view name(StoreErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(StoreErrc code) noexcept;

using slo::fail;

}  // namespace slo::sp

template <>
struct std::is_error_code_enum<slo::sp::StoreErrc> : std::true_type {};
