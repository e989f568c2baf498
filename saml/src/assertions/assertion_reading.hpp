// From elements to the values of an assertion and of a Response: the content models of the schemas.
#pragma once

#include "slo/saml/assertion.hpp"
#include "slo/saml/message_forms.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// read_assertion reads a saml:Assertion without its signature. Errors: Errc::schema_violation and every value error.
/// Spec: Core 2.3.3.
[[nodiscard]] Result<Assertion> read_assertion(const xml::Element& element, const MessageForms& forms);

/// read_attribute_statement adds to `assertion`. Errors: Errc::schema_violation. Spec: Core 2.7.3.
[[nodiscard]] Result<void> read_attribute_statement(const xml::Element& element, Assertion& assertion);

/// read_response reads a samlp:Response up to its Status. Behind it there may be an assertion, which isn't read.
/// Errors: Errc::schema_violation and every value error. Spec: Core 3.2.2, 3.3.3.
[[nodiscard]] Result<Response> read_response(const xml::Element& root, const MessageForms& forms);

}  // namespace slo::saml
