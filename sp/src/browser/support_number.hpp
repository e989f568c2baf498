// What a user is shown when they are refused, to be found in the log.
#pragma once

#include <string>

#include "slo/saml/identifiers.hpp"

namespace slo::sp {

/// support_number returns ten random hexadecimal digits; none if there are no random octets.
[[nodiscard]] inline std::string support_number() {
    const auto id = saml::random_message_id();
    return id ? id->str().substr(1, 10) : std::string();
}

}  // namespace slo::sp
