// From elements to values: the closed content models of the protocol schema, with the checks that the schema lacks.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "slo/saml/logout_request.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/message_forms.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// Reads `digits.digits` without leading zeros (Core 4.1.3). Errors: Errc::version_malformed.
[[nodiscard]] Result<Version> parse_version(std::string_view text);

/// The version, or in which direction it is wrong (Core 4.1.3.1). Errors: Errc::version_malformed, version_too_low,
/// version_too_high.
[[nodiscard]] Result<Version> read_version(const xml::Element& message);

/// any_issuer are the forms of an Issuer's claim: whose exceptions hold is known once it's known who claims to have
/// sent the message.
inline constexpr MessageForms any_issuer{.entity_id = EntityIDForm::opaque,
                                         .issuer_attributes = MessageForms::IssuerAttributes::ignored};

/// Errors: Errc::issuer_malformed (Core 2.2.5, Profiles 4.4.4.1 l.1294).
[[nodiscard]] Result<EntityID> read_issuer(const xml::Element& issuer, const MessageForms& forms);

/// Errors: Errc::name_id_malformed, schema_violation (Core 2.2.2).
[[nodiscard]] Result<NameID> read_name_id(const xml::Element& element, const MessageForms& forms);

/// Reads an xs:dateTime as the sender may write it. Errors: Errc::time_malformed.
[[nodiscard]] Result<Instant> read_instant(std::string_view text, const MessageForms& forms);

/// The most octets of an EncryptedID's content.
inline constexpr std::size_t max_encrypted_id_octets = 8 * 1024;

/// Reads an EncryptedElementType: EncryptedID, or EncryptedAssertion with its own bound. Errors:
/// Errc::schema_violation, base64_malformed (Core 2.2.4, 2.3.4).
[[nodiscard]] Result<EncryptedID> read_encrypted_id(const xml::Element& element,
                                                    std::size_t max_content_octets = max_encrypted_id_octets);

/// Reads samlp:Status. Errors: Errc::status_malformed, schema_violation (Core 3.2.2.1).
[[nodiscard]] Result<Status> read_status(const xml::Element& element);

/// OwnSignature says what happens to a ds:Signature behind Issuer. Signed octets have none; in a query, one counts for
/// nothing beside the query's own signature.
enum class OwnSignature { refused, ignored };

/// Reads a message from its own element: the root of its signed octets, or the place of an unsigned one. Errors:
/// Errc::schema_violation and every value error.
[[nodiscard]] Result<LogoutRequest> read_logout_request(const xml::Element& root, const MessageForms& forms,
                                                        OwnSignature own_signature = OwnSignature::refused);
[[nodiscard]] Result<LogoutResponse> read_logout_response(const xml::Element& root, const MessageForms& forms,
                                                          OwnSignature own_signature = OwnSignature::refused);

/// expect_attributes refuses every attribute outside `allowed` (unqualified names) but an xsi:type that names `type`,
/// and xsi:schemaLocation and its like, which nothing reads. Errors: Errc::schema_violation.
[[nodiscard]] Result<void> expect_attributes(const xml::Element& element,
                                             std::initializer_list<std::string_view> allowed, xml::Name type);

[[nodiscard]] Failure schema_violation(const xml::Element& where, std::string_view what);

}  // namespace slo::saml
