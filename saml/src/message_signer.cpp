// Messages are written in exclusive canonical form to begin with: attributes sorted, each namespace declared where it
// is first used, no empty-element tags, canonical escapes. So the octets written are the octets hashed, and neither a
// tree nor a canonicaliser is needed to sign. Tests hold xmlsec1 and libxml2 against it.
#include "slo/saml/message_signer.hpp"

#include <algorithm>
#include <utility>

#include "digest.hpp"
#include "message_writing.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

DigestAlgorithm digest_of(SignatureAlgorithm algorithm) noexcept {
    switch (algorithm) {
        case SignatureAlgorithm::rsa_sha256:
        case SignatureAlgorithm::ecdsa_sha256:
            return DigestAlgorithm::sha256;
        case SignatureAlgorithm::rsa_sha384:
        case SignatureAlgorithm::ecdsa_sha384:
            return DigestAlgorithm::sha384;
        case SignatureAlgorithm::rsa_sha512:
        case SignatureAlgorithm::ecdsa_sha512:
            return DigestAlgorithm::sha512;
        case SignatureAlgorithm::rsa_sha1:
            return DigestAlgorithm::sha1;
    }
    return DigestAlgorithm::sha256;
}

std::string signed_info(SignatureAlgorithm algorithm, const std::string& id, const std::string& digest_value) {
    std::string text;
    text.reserve(1024);
    text +=
        R"(<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">)"
        R"(<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod>)"
        R"(<ds:SignatureMethod Algorithm=")";
    text += uri(algorithm);
    text += R"("></ds:SignatureMethod><ds:Reference URI="#)";
    text += id;  // an NCName: nothing to escape
    text += R"("><ds:Transforms>)"
            R"(<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>)"
            R"(<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform>)"
            R"(</ds:Transforms><ds:DigestMethod Algorithm=")";
    text += uri(digest_of(algorithm));
    text += R"("></ds:DigestMethod><ds:DigestValue>)";
    text += encode_base64(digest_value);
    text += "</ds:DigestValue></ds:Reference></ds:SignedInfo>";
    return text;
}

/// Puts ds:Signature between the two parts of `message`.
Result<std::string> seal(const SigningKey& key, const std::string& key_info, const MessageID& id,
                         const UnsignedMessage& message) {
    const SignatureAlgorithm algorithm = key.algorithm();
    const std::string hashed = message.up_to_issuer + message.after_issuer;
    const std::string digest_value = digest(digest_of(algorithm), hashed);
    if (digest_value.empty()) return fail(Errc::crypto_failure, "digest");
    const std::string info = signed_info(algorithm, id.str(), digest_value);
    const auto value = key.sign(info);
    if (!value) return value.error();

    std::string octets;
    octets.reserve(hashed.size() + info.size() + key_info.size() + value->size() * 2);
    octets += message.up_to_issuer;
    octets += R"(<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">)";
    octets += info;
    octets += "<ds:SignatureValue>";
    octets += encode_base64(*value);
    octets += "</ds:SignatureValue>";
    octets += key_info;
    octets += "</ds:Signature>";
    octets += message.after_issuer;
    return octets;
}

std::string key_info_of(const Certificate& certificate) {
    return "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>" + certificate.base64() +
           "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>";
}

}  // namespace

MessageSigner::MessageSigner(SigningKey key) : key_(std::move(key)), key_info_(key_info_of(key_.certificate())) {}

Result<SignedMessage> MessageSigner::sign(const LogoutResponse& response) const {
    const auto message = write_response("LogoutResponse", response);
    if (!message) return message.error();
    auto octets = seal(key_, key_info_, response.id, *message);
    if (!octets) return octets.error();
    return SignedMessage(*std::move(octets));
}

Result<SignedMessage> MessageSigner::sign_refusal(RefusedRequest of, const LogoutResponse& response) const {
    const auto message = write_response(response_element(of), response);
    if (!message) return message.error();
    auto octets = seal(key_, key_info_, response.id, *message);
    if (!octets) return octets.error();
    return SignedMessage(*std::move(octets));
}

Result<SignedMessage> MessageSigner::sign(const LogoutRequest& request) const {
    const auto message = write_request(request);
    if (!message) return message.error();
    auto octets = seal(key_, key_info_, request.id, *message);
    if (!octets) return octets.error();
    return SignedMessage(*std::move(octets));
}

}  // namespace slo::saml
