// The refusals of a sign-on that are no rule of a message.
#pragma once

#include <string_view>
#include <system_error>

#include "slo/saml/result.hpp"
#include "slo/saml/rule.hpp"

namespace slo::sp {

/// SignOnErrc has one enumerator per rule of a sign-on's course. Rules of the Response are in saml::Errc and
/// saml::AssertionErrc, of the stores in StoreErrc.
enum class SignOnErrc {
    // At the start.
    no_endpoint = 1,        ///< sign_on.no_endpoint: the IdP's metadata has no SingleSignOnService that can be used
    force_authn_untrusted,  ///< sign_on.force_authn: the IdP is known to ignore ForceAuthn, and it's needed
    // At the assertion consumer service.
    flow_missing,   ///< sign_on.flow: an answer to a request, without the RelayState of one
    flow_expired,   ///< sign_on.flow_expired: no such request is pending: answered, or too long ago
    other_browser,  ///< sign_on.other_browser: the request is pending, and of another browser
    idp_not_asked,  ///< sign_on.idp_not_asked: the answer is another IdP's than the one that was asked
    unsolicited,    ///< sign_on.unsolicited: no request went before, and the IdP's profile refuses that
    replayed,       ///< sign_on.replayed: the assertion was used before
    not_allowed,    ///< sign_on.not_allowed: the application doesn't want this principal
    logged_out,     ///< sign_on.logged_out: a logout has ended the IdP's session meanwhile
    not_admitted,   ///< sign_on.not_admitted: the application let go of the sign-on without a session
};
/// name returns the short dotted name of a rule, e.g. "sign_on.replayed". Static storage.
[[nodiscard]] std::string_view name(SignOnErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(SignOnErrc code) noexcept;

}  // namespace slo::sp

template <>
struct std::is_error_code_enum<slo::sp::SignOnErrc> : std::true_type {};
