// The encoding of an answer in SOAP and for a form's sender: the one table for each.
#pragma once

#include <optional>
#include <string_view>

#include "slo/saml/soap.hpp"
#include "slo/sp/back_channel.hpp"
#include "slo/sp/logout_answer.hpp"

namespace slo::sp {

/// http_status encodes a gist as an HTTP status alone, for senders that read nothing else: 200 is Success and nothing
/// but Success.
[[nodiscard]] int http_status(Gist gist) noexcept;

/// fault_for returns the class of the SOAP Fault for `refusal`: the SOAP layer couldn't pass a SAML request on, or it
/// has no answer (Bindings 3.2.3.3 l.372-377). std::nullopt if the exchange is refused with an HTTP status (l.370).
[[nodiscard]] std::optional<saml::soap::FaultCode> fault_for(Refusal refusal) noexcept;

/// BackChannelWire encodes answers. Both objects live as long as the program.
class BackChannelWire : public LogoutWire {
public:
    /// Where there is no memory for a Fault, 500 without a body.
    [[nodiscard]] SoapReply encode(LogoutAnswer answer) const noexcept;

protected:
    [[nodiscard]] virtual SoapReply reply(SignedAnswer answer) const noexcept = 0;
    [[nodiscard]] virtual SoapReply reply(Refusal refusal) const = 0;
};

/// soap_wire encodes a LogoutResponse or a Fault in an envelope.
[[nodiscard]] const BackChannelWire& soap_wire() noexcept;
/// form_wire encodes a LogoutResponse as base64, or an HTTP status alone (idp_adapter::FormAnswer).
[[nodiscard]] const BackChannelWire& form_wire() noexcept;

}  // namespace slo::sp
