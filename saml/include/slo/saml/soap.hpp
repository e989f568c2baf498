// The SOAP 1.1 binding (SAML Bindings 3.2): octets in, one message out; one message in, octets out.
#pragma once

#include <string>
#include <string_view>

#include "slo/saml/message_signer.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/unverified.hpp"
#include "slo/saml/xml.hpp"

namespace slo::saml::soap {

/// decode extracts the one SAML request of a SOAP 1.1 envelope.
/// Errors, each of which is a SOAP Fault: those of xml::Document::parse; Errc::soap_version, soap_structure,
/// soap_must_understand, soap_body_count, not_a_saml_request.
/// Spec: Bindings 3.2.2 (l.297-377), SOAP 1.1 sections 3, 4, 4.1.2, 4.2.2, 4.2.3.
[[nodiscard]] Result<ReceivedMessage> decode(std::string_view octets, const xml::Limits& limits = {});

/// decode_response is decode for an IdP's answer: the Body holds a samlp response.
/// Errors: as decode (a Fault in the Body is soap_structure).
[[nodiscard]] Result<ReceivedMessage> decode_response(std::string_view octets, const xml::Limits& limits = {});

/// encode puts `message` in an envelope: no declaration, no byte order mark, no white space around it, one Body child.
[[nodiscard]] std::string encode(const SignedMessage& message);

enum class FaultCode { client, server, must_understand, version_mismatch };

/// decode_fault returns the class of the Fault in an envelope. Only its faultcode is read: the part before
/// its first dot (SOAP 1.1 section 4.4.1), in the envelope's namespace; anything else counts as `server`.
/// Errors: as decode; Errc::soap_structure if the Body holds another element.
[[nodiscard]] Result<FaultCode> decode_fault(std::string_view octets, const xml::Limits& limits = {});

/// fault writes a SOAP 1.1 Fault. `text` is ours, never the peer's. `detail` is present if the Body couldn't be
/// processed (SOAP 1.1 section 4.4), so not for must_understand.
[[nodiscard]] std::string fault(FaultCode code, std::string_view text);

inline constexpr std::string_view content_type = "text/xml; charset=utf-8";

}  // namespace slo::saml::soap
