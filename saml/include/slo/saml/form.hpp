// Messages in a form's body: application/x-www-form-urlencoded, sent by an IdP's server and not by a browser. No
// binding of the standard is like that, but Keycloak, CAS, WSO2 and authentik do it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/message_signer.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml::form {

inline constexpr std::string_view media_type = "application/x-www-form-urlencoded";

/// What a '+' stands for.
enum class Plus {
    blank,   ///< in a form
    itself,  ///< in a path
};
/// unescape undoes percent-encoding. Nothing where a '%' has no two hex digits behind it, or where an octet stands
/// there that must have been encoded: a control, a blank, or one beyond ASCII.
[[nodiscard]] std::optional<std::string> unescape(std::string_view text, Plus plus);

struct Field {
    std::string name;
    std::string value;
};
/// The fields of a body, unescaped, in their order. Errors: Errc::form_malformed (also where there are over 256).
[[nodiscard]] Result<std::vector<Field>> parse_fields(std::string_view body);

/// decode takes the one SAML request out of a body: base64 of it, or of a SOAP envelope around it, in the field
/// SAMLRequest; a SOAP envelope as text in the field logoutRequest, or as the whole body. binding() says which. Nothing
/// is ever inflated. Other fields mean nothing. Errors: Errc::message_too_large where the body has over
/// `limits.octets`; form_malformed; form_fields (none of these fields, one of them twice, two of them, or
/// SAMLResponse); base64_malformed; those of xml::Document::parse and soap::decode.
[[nodiscard]] Result<ReceivedMessage> decode(std::string_view body, const xml::Limits& limits = {});

/// encode writes `message` as base64, for senders that look for it in the answer's body.
[[nodiscard]] std::string encode(const SignedMessage& message);

inline constexpr std::string_view answer_content_type = "text/plain; charset=us-ascii";

}  // namespace slo::saml::form
