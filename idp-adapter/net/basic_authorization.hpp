// The Authorization field of HTTP Basic.
#pragma once

#include <optional>
#include <string>

#include "slo/idp_adapter/http_client.hpp"

namespace slo::idp_adapter {

/// basic_authorization returns the field's value (RFC 7617, section 2). std::nullopt for credentials that can't be
/// sent: a control in them, or a colon in the user's name.
[[nodiscard]] std::optional<std::string> basic_authorization(const BasicCredentials& credentials);

}  // namespace slo::idp_adapter
