// Why an HTTP server can't be opened.
#pragma once

#include <string_view>
#include <system_error>

#include "slo/saml/rule.hpp"

namespace slo::sp {

/// ServerErrc has one enumerator per reason why HttpServer::open fails. `detail` says the remedy.
enum class ServerErrc {
    address_in_use = 1,  ///< server.address
    tls_setup_failed,    ///< server.tls
    options_invalid,     ///< server.options
};
/// name is the dotted name of a rule ("server.tls"). Static storage.
[[nodiscard]] std::string_view name(ServerErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(ServerErrc code) noexcept;

using slo::fail;

}  // namespace slo::sp

template <>
struct std::is_error_code_enum<slo::sp::ServerErrc> : std::true_type {};
