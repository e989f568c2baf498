#include "enveloped_seal.hpp"

#include "digest.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/error.hpp"
#include "vocabulary.hpp"

namespace slo::saml {
namespace {

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

}  // namespace

Result<std::string> seal(const SigningKey& key, const std::string& key_info, const MessageID& id,
                         std::string_view before, std::string_view after) {
    const SignatureAlgorithm algorithm = key.algorithm();
    DigestStream hashed(digest_of(algorithm));
    hashed.add(before);
    hashed.add(after);
    const std::string digest_value = hashed.finish();
    if (digest_value.empty()) return fail(Errc::crypto_failure, "digest");
    const std::string info = signed_info(algorithm, id.str(), digest_value);
    const auto value = key.sign(info);
    if (!value) return value.error();

    std::string octets;
    octets.reserve(before.size() + after.size() + info.size() + key_info.size() + value->size() * 2);
    octets += before;
    octets += R"(<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">)";
    octets += info;
    octets += "<ds:SignatureValue>";
    octets += encode_base64(*value);
    octets += "</ds:SignatureValue>";
    octets += key_info;
    octets += "</ds:Signature>";
    octets += after;
    return octets;
}

std::string key_info_of(const Certificate& certificate) {
    return "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>" + certificate.base64() +
           "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>";
}

}  // namespace slo::saml
