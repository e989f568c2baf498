// The common part of all bindings' decoders: from a parsed document to a received request.
#pragma once

#include "slo/saml/result.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml {

/// received_request takes `message`, an element of `document`. Errors: Errc::not_a_saml_request.
[[nodiscard]] Result<ReceivedMessage> received_request(xml::Document document, const xml::Element& message,
                                                       Binding binding);

namespace soap {
/// enveloped_request takes the one request of a SOAP 1.1 envelope. Errors: those of soap::decode after parsing.
[[nodiscard]] Result<ReceivedMessage> enveloped_request(xml::Document document, Binding binding);
}  // namespace soap

}  // namespace slo::saml
