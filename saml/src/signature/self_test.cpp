// A message signed by the xmlsec1 command line with a throw-away P-256 key, and a check of it by the code that serves
// requests.
#include "slo/saml/error.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/saml/xml_signature.hpp"

namespace slo::saml {
namespace {

constexpr std::string_view certificate_pem = R"(-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUbpWW2nsQDio7zy9XZ1xmP4PEv8MwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJc2VsZi10ZXN0MCAXDTI2MTEyMjE2NTU1OFoYDzIxMjYxMDI5
MTY1NTU4WjAUMRIwEAYDVQQDDAlzZWxmLXRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR7b61WSYBqE5j1umRW6kChPDDhX6yIWCi7+czsyS17BDl2NfwNkO48
Ezowxza2s5Eg/FEXH91nbtMKRZszrEcGo1MwUTAdBgNVHQ4EFgQUiLOosUsShj0W
YMyDBt/E6h5IDeowHwYDVR0jBBgwFoAUiLOosUsShj0WYMyDBt/E6h5IDeowDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAi2aD6Ynq1nTmYNE8yuZV
N6G3lvbeWZVaPzwHivo55zcCIDM385d8PKPm1IwmAB6vR8kFw0pIwfLwfW41vQze
IZbC
-----END CERTIFICATE-----
)";

constexpr std::string_view good_message =
    R"x(<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol">)x"
    R"x(<S:Body><p:LogoutRequest ID="_selftest" Version="2.0" IssueInstant="2026-01-01T00:00:00Z">)x"
    R"x(<a:Issuer xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">urn:self-test</a:Issuer>)x"
    R"x(<d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"><d:SignedInfo>)x"
    R"x(<d:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>)x"
    R"x(<d:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/>)x"
    R"x(<d:Reference URI="#_selftest"><d:Transforms>)x"
    R"x(<d:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>)x"
    R"x(<d:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></d:Transforms>)x"
    R"x(<d:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>)x"
    R"x(<d:DigestValue>CcGIR0SYMp0sK0LQfE5q450MCiH+EJeDxKsDX+EqZBo=</d:DigestValue></d:Reference></d:SignedInfo>)x"
    R"x(<d:SignatureValue>IkoZ3WqXAeWo5wZa3MOmj4ZQRkN46PgiYZ+Bfvpewn0zSfJLFvocO7MojyWETkko
rbbIes3lWVbzX6s48YMm3g==</d:SignatureValue>)x"
    R"x(</d:Signature><a:NameID xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">nobody</a:NameID>)x"
    R"x(</p:LogoutRequest></S:Body></S:Envelope>)x";

/// verify_enveloped's result for `message` under the self-test's key.
Result<SignedOctets> verify(std::string_view message) {
    const auto certificate = Certificate::parse(certificate_pem);
    if (!certificate) return certificate.error();
    const auto key = VerificationKey::from(*certificate);
    if (!key) return key.error();
    const auto document = xml::Document::parse(message);
    if (!document) return document.error();
    const auto body = document->root().first_child();
    const auto root = body ? body->first_child() : std::nullopt;
    if (!root) return fail(KeyErrc::crypto_failure, "self-test: no message");
    return verify_enveloped(*document, *root, "_selftest", std::span(&*key, 1), AlgorithmPolicy{});
}

}  // namespace

Result<void> self_test() {
    const auto good = verify(good_message);
    if (!good)
        return fail(KeyErrc::crypto_failure, "self-test: a good signature was refused: " + good.error().code.message());
    if (good->str().find("nobody") == std::string::npos) {
        return fail(KeyErrc::crypto_failure, "self-test: the signed octets lack the signed text");
    }
    std::string forged(good_message);
    forged.replace(forged.find("nobody"), 6, "victim");
    const auto bad = verify(forged);
    if (bad || !is(bad.error(), Errc::signature_invalid)) {
        return fail(KeyErrc::crypto_failure, "self-test: a forged message was not refused as forged");
    }
    return Done{};
}

}  // namespace slo::saml
