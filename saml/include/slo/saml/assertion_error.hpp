// Every rule that a Response or its assertion can break at a sign-on, beyond the rules of all messages.
#pragma once

#include <string_view>
#include <system_error>

#include "slo/saml/result.hpp"
#include "slo/saml/rule.hpp"

namespace slo::saml {

/// AssertionErrc has one enumerator per rule of a sign-on. Rules of the signature, the XML and the values are in Errc.
/// The one table is assertion_error.cpp.
enum class AssertionErrc {
    // The Response around the assertion.
    response_structure = 1,  ///< response.structure: not one assertion in a Success, or one in another answer
    response_status,         ///< response.status: not Success, and no signature proves it
    signature_insufficient,  ///< response.signature: what is signed isn't what this IdP's profile wants
    cbc_unauthenticated,     ///< response.cbc: AES-CBC where no signature covers the ciphertext
    // The principal.
    subject_missing,     ///< assertion.subject: no Subject, or no NameID although it's required
    name_id_unexpected,  ///< assertion.name_id: another Format than the one that was asked for
    // The bearer confirmation.
    confirmation_method,          ///< confirmation.method: no bearer confirmation
    confirmation_recipient,       ///< confirmation.recipient: another assertion consumer service, or none
    confirmation_in_response_to,  ///< confirmation.in_response_to: not the request that the browser was sent with
    confirmation_time,            ///< confirmation.time: NotOnOrAfter missing or over, or NotBefore present
    // The conditions.
    condition_time,      ///< condition.time: not yet or not any more valid
    condition_audience,  ///< condition.audience: not for us, or for everybody
    condition_unknown,   ///< condition.not_understood: a condition that isn't Core's, or one that may stand only once
    assertion_age,       ///< assertion.age: issued too long ago, or in the future
    // The authentication.
    authn_missing,        ///< authn.missing: not exactly one AuthnStatement
    authn_instant,        ///< authn.instant: in the future
    authn_stale,          ///< authn.stale: the principal wasn't asked anew although ForceAuthn was set
    authn_session_ended,  ///< authn.session_ended: SessionNotOnOrAfter is over
    authn_context,        ///< authn.context: none of the requested classes
};

/// name returns the short dotted name of a rule, e.g. "condition.audience". Static storage.
[[nodiscard]] std::string_view name(AssertionErrc code) noexcept;
[[nodiscard]] std::error_code make_error_code(AssertionErrc code) noexcept;

}  // namespace slo::saml

template <>
struct std::is_error_code_enum<slo::saml::AssertionErrc> : std::true_type {};
