// What the decoders of all bindings have in common: from a parsed document to a received request.
#pragma once

#include "slo/saml/result.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// The request that `message`, an element of `document`, is. Errors: Errc::not_a_saml_request.
[[nodiscard]] Result<ReceivedMessage> received_request(xml::Document document, const xml::Element& message,
                                                       Binding binding);

namespace soap {
/// The one request in the SOAP 1.1 envelope that `document` is. Errors: those of soap::decode after parsing.
[[nodiscard]] Result<ReceivedMessage> enveloped_request(xml::Document document, Binding binding);
}  // namespace soap

}  // namespace slo::saml
