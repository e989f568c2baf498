// The error of a configuration, or of a file that it names.
#pragma once

#include <string_view>
#include <system_error>

#include "slo/saml/rule.hpp"

namespace slo::sp {

/// ConfigurationErrc has one enumerator: `detail` says what is wrong, where, and the remedy.
enum class ConfigurationErrc {
    configuration_invalid = 1,  ///< config
};
/// name is the name of a rule ("config"). Static storage.
[[nodiscard]] std::string_view name(ConfigurationErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(ConfigurationErrc code) noexcept;

using slo::fail;

}  // namespace slo::sp

template <>
struct std::is_error_code_enum<slo::sp::ConfigurationErrc> : std::true_type {};
