#include "basic_authorization.hpp"

#include <algorithm>

#include "slo/saml/base64.hpp"

namespace slo::idp_adapter {

//= RFC 7617 section 2
//# The user-id and password MUST NOT contain any control characters [...] a user-id containing a colon character is
//# invalid
std::optional<std::string> basic_authorization(const BasicCredentials& credentials) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    const std::string pair = credentials.user + ":" + credentials.password;
    if (std::ranges::any_of(pair, is_control) || credentials.user.find(':') != std::string::npos) return std::nullopt;
    return "Basic " + saml::encode_base64(pair);
}

}  // namespace slo::idp_adapter
