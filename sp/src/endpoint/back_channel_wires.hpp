// How an answer is said in SOAP and to a form's sender: the one table for each.
#pragma once

#include <optional>
#include <string_view>

#include "slo/saml/soap.hpp"
#include "slo/sp/back_channel.hpp"
#include "slo/sp/logout_answer.hpp"

namespace slo::sp {

/// http_status says the same with an HTTP status alone, to senders that read nothing else: 200 is Success and nothing
/// but Success.
[[nodiscard]] int http_status(Gist gist) noexcept;

/// The class of the SOAP Fault for `refusal`: the SOAP layer couldn't hand a SAML request over, or there is no answer
/// to it (Bindings 3.2.3.3 l.372-377). Nothing where the exchange itself is refused with an HTTP status (l.370).
[[nodiscard]] std::optional<saml::soap::FaultCode> fault_for(Refusal refusal) noexcept;

/// BackChannelWire writes answers down. The two of them live as long as the program.
class BackChannelWire : public LogoutWire {
public:
    /// Where there is no memory for a Fault, 500 without a body.
    [[nodiscard]] SoapReply encode(LogoutAnswer answer) const noexcept;

protected:
    [[nodiscard]] virtual SoapReply reply(SignedAnswer answer) const noexcept = 0;
    [[nodiscard]] virtual SoapReply reply(Refusal refusal) const = 0;
};

/// A LogoutResponse or a Fault in an envelope.
[[nodiscard]] const BackChannelWire& soap_wire() noexcept;
/// A LogoutResponse as base64, or an HTTP status alone (idp_adapter::FormAnswer).
[[nodiscard]] const BackChannelWire& form_wire() noexcept;

}  // namespace slo::sp
