// Every rule that a message or a key can break, by name.
#pragma once

#include <string_view>
#include <system_error>

#include "slo/saml/result.hpp"
#include "slo/saml/rule.hpp"

namespace slo::saml {

/// Errc has one enumerator per rule that a message can break. The names below (`xml.doctype`, `sig.missing`, ...) are
/// what audit lines and `std::error_code::message()` show; the part before the dot is the stage that refused. The one
/// table is error.cpp.
enum class Errc {
    // The octets and the XML in them.
    message_too_large = 1,       ///< xml.size
    xml_encoding,                ///< xml.encoding: not strict UTF-8, or a declaration that says otherwise
    xml_malformed,               ///< xml.malformed: not well-formed or not namespace-well-formed
    xml_doctype,                 ///< xml.doctype: DOCTYPE or entity declaration
    xml_processing_instruction,  ///< xml.pi
    xml_comment,                 ///< xml.comment
    xml_limits,                  ///< xml.limits: too deep, too many elements, attributes or namespaces
    xml_duplicate_id,            ///< xml.duplicate_id: two ID-like attributes share a value, or xml:id is used
    // The SOAP 1.1 envelope.
    soap_version,          ///< soap.version: an Envelope, but not SOAP 1.1's
    soap_structure,        ///< soap.structure
    soap_must_understand,  ///< soap.must_understand: a header block that we would have to understand
    soap_body_count,       ///< soap.body_count: Body doesn't hold exactly one element
    // A form with a message.
    form_malformed,  ///< form.malformed: not application/x-www-form-urlencoded
    form_fields,     ///< form.fields: not exactly one of SAMLRequest and logoutRequest, or a SAMLResponse
    // A URL's query with a message (HTTP-Redirect).
    query_malformed,       ///< query.malformed: not exactly one message and at most one of each other parameter
    query_encoding,        ///< query.encoding: a SAMLEncoding other than DEFLATE
    query_deflate,         ///< query.deflate: not one whole stream of raw DEFLATE, and nothing behind it
    query_response,        ///< query.response: a SAMLResponse that isn't a LogoutResponse
    relay_state_too_long,  ///< query.relay_state: over 80 octets of ours, or over 1024 of a partner's
    // What kind of message it is.
    not_a_saml_request,   ///< saml.not_a_request
    unsupported_request,  ///< saml.unsupported_request: another samlp request than LogoutRequest
    version_malformed,    ///< saml.version
    version_too_low,      ///< saml.version_too_low
    version_too_high,     ///< saml.version_too_high
    // The message's own shape and values.
    schema_violation,         ///< saml.schema: element, attribute, order or text that the schema doesn't allow there
    id_malformed,             ///< saml.id: ID isn't an NCName of at most 1024 ASCII characters
    issuer_malformed,         ///< saml.issuer: missing, blank, too long, wrong Format or with qualifiers
    name_id_malformed,        ///< saml.name_id: blank, or over 1024 bytes
    session_index_malformed,  ///< saml.session_index
    uri_malformed,            ///< saml.uri: not an absolute URI
    time_malformed,           ///< saml.time: not xs:dateTime in UTC with Z
    base64_malformed,         ///< saml.base64
    status_malformed,         ///< saml.status: no or unknown top-level StatusCode
    // The signature.
    signature_missing,                ///< sig.missing
    signature_count,                  ///< sig.count: more than one ds:Signature in the document
    signature_position,               ///< sig.position: not the message's own child right after Issuer
    signature_structure,              ///< sig.structure
    signature_attribute,              ///< sig.attribute: an attribute that no ds element has
    signature_object,                 ///< sig.object: ds:Object
    reference_count,                  ///< sig.reference_count
    reference_not_to_root,            ///< sig.reference: URI is not '#' + the message's ID
    transform_not_allowed,            ///< sig.transform
    canonicalization_not_allowed,     ///< sig.c14n
    signature_algorithm_not_allowed,  ///< sig.algorithm
    digest_algorithm_not_allowed,     ///< sig.digest_algorithm
    no_verification_key,              ///< sig.no_key: the caller gave none, or none that fits the algorithm
    signature_invalid,                ///< sig.invalid: no given key verifies it, or the digest differs
    signed_octets_differ,             ///< sig.octets: the hashed octets aren't the message that was received
    // The content of the verified message, compared with the expected one.
    issuer_mismatch,              ///< check.issuer
    destination_missing,          ///< check.destination_missing
    destination_mismatch,         ///< check.destination
    issue_instant_out_of_window,  ///< check.issue_instant
    request_expired,              ///< check.not_on_or_after
    in_response_to_mismatch,      ///< check.in_response_to
    // The principal's identifier.
    base_id_unsupported,  ///< id.base_id
    decryption_failed,    ///< id.decryption: one code for every failure
};

/// KeyErrc has one enumerator per rule that a key, a certificate or this process's cryptography can break.
enum class KeyErrc {
    key_unreadable = 1,      ///< key.unreadable
    key_not_allowed,         ///< key.not_allowed: kind, size, exponent or curve outside the policy
    certificate_unreadable,  ///< key.certificate
    key_mismatch,            ///< key.mismatch: private key and certificate don't belong together
    file_unreadable,         ///< key.file
    crypto_failure,          ///< crypto.failure: the library failed unexpectedly
};

/// name returns the short dotted name of a rule, e.g. "sig.missing". Static storage.
[[nodiscard]] std::string_view name(Errc code) noexcept;
[[nodiscard]] std::string_view name(KeyErrc code) noexcept;

/// stage returns the part of name() before the dot: the stage that refused.
[[nodiscard]] std::string_view stage(Errc code) noexcept;

[[nodiscard]] std::error_code make_error_code(Errc code) noexcept;
[[nodiscard]] std::error_code make_error_code(KeyErrc code) noexcept;

using slo::fail;
using slo::is;

}  // namespace slo::saml

template <>
struct std::is_error_code_enum<slo::saml::Errc> : std::true_type {};
template <>
struct std::is_error_code_enum<slo::saml::KeyErrc> : std::true_type {};
