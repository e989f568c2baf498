// A LogoutRequest as a proxy, a log or tcpdump has it, made into what the endpoint would get.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slo/saml/result.hpp"
#include "slo/saml/unverified.hpp"
#include "stop.hpp"

namespace slo::tool {

/// ReadAs says how a capture is understood.
enum class ReadAs {
    itself,  ///< by its content
    soap,    ///< as a SOAP body
    form,    ///< as a form's body
};

/// CapturedMessage is a POST to the endpoint, or the GET with which a browser brings a message.
struct CapturedMessage {
    std::string body;
    std::string content_type;  ///< the field's value; empty: there was none
    std::string path = {};     ///< of a whole HTTP request, without a query; empty: only a body was captured
    std::optional<std::string> query = {};  ///< of its URL, without '?'
    std::string authorization = {};         ///< likewise
    bool is_redirect = false;               ///< by HTTP-Redirect, in `query`
    std::string kind;                       ///< for people: "a SOAP envelope"
};

/// recognise takes a SOAP envelope, a bare message, a form's body, base64 alone, a URL or query of HTTP-Redirect, or a
/// whole HTTP request. Octets are
/// left as they are, but for what is added around a bare message. Stops with ExitCode::usage for anything else, and
/// with ExitCode::refused for a request that HTTP alone would have refused.
[[nodiscard]] OrStop<CapturedMessage> recognise(std::string_view octets, ReadAs read_as);

/// is_form says whether the endpoint reads the body as a form.
[[nodiscard]] bool is_form(const CapturedMessage& message);

/// decode reads the message as the endpoint does, up to `max_octets`. Errors: those of saml::soap::decode,
/// saml::form::decode, saml::form::decode_in_query and saml::redirect::decode.
[[nodiscard]] Result<saml::ReceivedMessage> decode(const CapturedMessage& message, std::size_t max_octets);

/// signature_method returns the last part of the SignatureMethod's URI if it's one that we know ("rsa-sha256"), else
/// nothing. It is only what the message says.
[[nodiscard]] std::string signature_method(const CapturedMessage& message);

}  // namespace slo::tool
