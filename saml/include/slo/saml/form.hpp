// Messages in a form's body, application/x-www-form-urlencoded: a Response that a browser brings (the HTTP-POST
// binding), and requests that an IdP's server sends. The standard has no binding for the latter, but Keycloak, CAS,
// WSO2 and authentik use it.
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

/// Plus is the meaning of a '+'.
enum class Plus {
    blank,   ///< in a form
    itself,  ///< in a path
};
/// unescape undoes percent-encoding. std::nullopt if a '%' has no two hex digits behind it, or if there is an octet
/// that must have been encoded: a control, a blank, or one beyond ASCII.
[[nodiscard]] std::optional<std::string> unescape(std::string_view text, Plus plus);

/// escape percent-encodes each octet that isn't unreserved (RFC 3986, 2.3): for a form's field, a path's segment, or a
/// cookie. unescape undoes it.
[[nodiscard]] std::string escape(std::string_view text);

struct Field {
    std::string name;
    std::string value;
};
/// parse_fields returns a body's fields, unescaped, in their order. Errors: Errc::form_malformed (also if over 256).
[[nodiscard]] Result<std::vector<Field>> parse_fields(std::string_view body);

/// decode extracts the one SAML request of a body: base64 of it, or of a SOAP envelope around it, in the field
/// SAMLRequest; a SOAP envelope as text in the field logoutRequest or SAMLRequest, or as the whole body. binding() says
/// which. No content is inflated. Other fields are ignored. Errors: Errc::message_too_large if the body has over
/// `limits.octets`; form_malformed; form_fields (none of these fields, one of them twice, two of them, or
/// SAMLResponse); base64_malformed; those of xml::Document::parse and soap::decode.
[[nodiscard]] Result<ReceivedMessage> decode(std::string_view body, const xml::Limits& limits = {});

/// decode_in_query extracts the SAML request of a POST whose form stands in the URL: the query (without its '?') has
/// the field SAMLRequest with base64 of it, and no other field, and `body` is empty. No envelope is read, and no
/// content is inflated: this isn't the HTTP-Redirect binding. Errors: Errc::message_too_large if the query has over
/// `limits.octets`; form_malformed; form_fields; base64_malformed; those of xml::Document::parse.
[[nodiscard]] Result<ReceivedMessage> decode_in_query(std::string_view query, std::string_view body,
                                                      const xml::Limits& limits = {});

/// PostedResponse is the content of a form that a browser brings to the assertion consumer service.
struct PostedResponse {
    ReceivedMessage message;
    std::optional<std::string> relay_state;
};

/// decode_response extracts the one SAMLResponse of a body and at most one RelayState. Other fields are ignored, but
/// SAMLRequest isn't. Errors: Errc::message_too_large if the body is over twice `limits.octets` and 16 KiB;
/// form_malformed; form_fields; base64_malformed; those of xml::Document::parse. Spec: Bindings 3.5.4.
[[nodiscard]] Result<PostedResponse> decode_response(std::string_view body, const xml::Limits& limits);

/// PostedMessage is the content of a form that a browser brings to the single logout service.
struct PostedMessage {
    ReceivedMessage message;
    std::optional<std::string> relay_state;
};

/// decode_request extracts the one SAMLRequest of a browser's form and at most one RelayState, by the same rules.
/// Errors: those of decode_response; Errc::not_a_saml_request.
[[nodiscard]] Result<PostedMessage> decode_request(std::string_view body, const xml::Limits& limits = {});

/// encode writes `message` as base64, for senders that look for it in the answer's body.
[[nodiscard]] std::string encode(const SignedMessage& message);

inline constexpr std::string_view answer_content_type = "text/plain; charset=us-ascii";

}  // namespace slo::saml::form
