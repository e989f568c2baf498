// Messages are written in exclusive canonical form to begin with: attributes sorted, each namespace declared where it
// is first used, no empty-element tags, canonical escapes. So the octets written are the octets hashed, and neither a
// tree nor a canonicaliser is needed to sign. Tests hold xmlsec1 and libxml2 against it.
#include "slo/saml/message_signer.hpp"

#include <utility>

#include "enveloped_seal.hpp"
#include "message_writing.hpp"

namespace slo::saml {

MessageSigner::MessageSigner(SigningKey key, NamespacePrefixes prefixes)
    : key_(std::move(key)), prefixes_(prefixes), key_info_(key_info_of(key_.certificate(), prefixes_of(prefixes).ds)) {}

MessageSigner MessageSigner::with_prefixes(NamespacePrefixes prefixes) const {
    if (prefixes == prefixes_) return *this;
    return MessageSigner(key_, prefixes);
}

Result<SignedMessage> MessageSigner::sign_response(std::string_view element, const LogoutResponse& response) const {
    const Prefixes prefixes = prefixes_of(prefixes_);
    const auto message = write_response(element, response, prefixes);
    if (!message) return message.error();
    auto octets = seal(key_, key_info_, response.id, message->up_to_issuer, message->after_issuer, prefixes.ds);
    if (!octets) return octets.error();
    return SignedMessage(*std::move(octets));
}

Result<SignedMessage> MessageSigner::sign(const LogoutResponse& response) const {
    return sign_response("LogoutResponse", response);
}

Result<SignedMessage> MessageSigner::sign_refusal(RefusedRequest of, const LogoutResponse& response) const {
    return sign_response(response_element(of), response);
}

Result<SignedMessage> MessageSigner::sign(const LogoutRequest& request) const {
    const Prefixes prefixes = prefixes_of(request, prefixes_);
    const auto message = write_request(request, prefixes);
    if (!message) return message.error();
    auto octets = seal(key_, key_info_, request.id, message->up_to_issuer, message->after_issuer, prefixes.ds);
    if (!octets) return octets.error();
    return SignedMessage(*std::move(octets));
}

Result<SignedMessage> MessageSigner::sign(const AuthnRequest& request) const {
    const Prefixes prefixes = prefixes_of(prefixes_);
    const auto message = write_request(request, prefixes);
    if (!message) return message.error();
    auto octets = seal(key_, key_info_, request.id, message->up_to_issuer, message->after_issuer, prefixes.ds);
    if (!octets) return octets.error();
    return SignedMessage(*std::move(octets));
}

}  // namespace slo::saml
