// Messages are written in exclusive canonical form to begin with: attributes sorted, each namespace declared where it
// is first used, no empty-element tags, canonical escapes. So the octets written are the octets hashed, and neither a
// tree nor a canonicaliser is needed to sign. Tests hold xmlsec1 and libxml2 against it.
#include "slo/saml/message_signer.hpp"

#include <utility>

#include "enveloped_seal.hpp"
#include "message_writing.hpp"

namespace slo::saml {

MessageSigner::MessageSigner(SigningKey key) : key_(std::move(key)), key_info_(key_info_of(key_.certificate())) {}

Result<SignedMessage> MessageSigner::sign(const LogoutResponse& response) const {
    const auto message = write_response("LogoutResponse", response);
    if (!message) return message.error();
    auto octets = seal(key_, key_info_, response.id, message->up_to_issuer, message->after_issuer);
    if (!octets) return octets.error();
    return SignedMessage(*std::move(octets));
}

Result<SignedMessage> MessageSigner::sign_refusal(RefusedRequest of, const LogoutResponse& response) const {
    const auto message = write_response(response_element(of), response);
    if (!message) return message.error();
    auto octets = seal(key_, key_info_, response.id, message->up_to_issuer, message->after_issuer);
    if (!octets) return octets.error();
    return SignedMessage(*std::move(octets));
}

Result<SignedMessage> MessageSigner::sign(const LogoutRequest& request) const {
    const auto message = write_request(request);
    if (!message) return message.error();
    auto octets = seal(key_, key_info_, request.id, message->up_to_issuer, message->after_issuer);
    if (!octets) return octets.error();
    return SignedMessage(*std::move(octets));
}

}  // namespace slo::saml
