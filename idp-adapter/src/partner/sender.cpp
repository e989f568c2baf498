#include "slo/idp_adapter/sender.hpp"

#include <string_view>

#include "basic_authorization.hpp"
#include "http_fields.hpp"

namespace slo::idp_adapter {
namespace {

constexpr std::string_view basic = "Basic ";

/// As basic_authorization() writes it: the scheme's letters may have any case, and blanks may follow it (RFC 9110,
/// 11.4).
std::string in_our_spelling(std::string_view field) {
    const auto end = field.find(' ');
    const auto value = field.find_first_not_of(' ', end);
    if (end == std::string_view::npos || value == std::string_view::npos) return {};
    if (!same_ignoring_case(field.substr(0, end), "Basic")) return {};
    return std::string(basic).append(field.substr(value));
}

}  // namespace

std::optional<saml::AuthenticatedSender> authenticate(const Idp& idp, const saml::EntityID& name,
                                                      const ClientCredentials& shown) {
    using saml::AuthenticatedSender;
    const AcceptedAuthentication& accepted = idp.profile.accepted_authentication;
    if (accepted.tls_client_key == AcceptedAuthentication::TlsClientKey::accepted) {
        auto sender = AuthenticatedSender::by_tls_client_key(name, shown.tls_key, idp.keys);
        if (sender) return sender;
    }
    if (accepted.basic.password.empty()) return std::nullopt;
    const auto expected = basic_authorization(accepted.basic);
    if (!expected) return std::nullopt;
    return AuthenticatedSender::by_shared_secret(name, in_our_spelling(shown.authorization), *expected);
}

}  // namespace slo::idp_adapter
