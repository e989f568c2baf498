// Messages signed with throw-away keys, P-256 by the xmlsec1 command line and RSA-PSS by the JDK, and a check of them
// by the code that serves requests.
#include "slo/saml/error.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/saml/xml_signature.hpp"

namespace slo::saml {
namespace {

constexpr std::string_view ec_certificate = R"(-----BEGIN CERTIFICATE-----
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

constexpr std::string_view ec_message =
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

constexpr std::string_view rsa_certificate = R"(-----BEGIN CERTIFICATE-----
MIIDEzCCAfugAwIBAgIUQGGQWFNw5PDZui3ndZn2ys1yZSwwDQYJKoZIhvcNAQEL
BQAwGDEWMBQGA1UEAwwNc2VsZi10ZXN0LXJzYTAgFw0yNjExMzAyMzMzMDJaGA8y
MTI2MTEwNjIzMzMwMlowGDEWMBQGA1UEAwwNc2VsZi10ZXN0LXJzYTCCASIwDQYJ
KoZIhvcNAQEBBQADggEPADCCAQoCggEBANdzFUi68cKbdEwCgEg/3zqElECqDSJf
MiRgZwSa6FqRq6l78+E8pHX/JTPgIPmQIpMvLojmWwSb4yNuPbDkz0WgPI69A2b9
kmcF1xIs56o9RVh4d6bvkv0DsIFe85tzWYTkrfDAynx9JRA0YXCM+1jVvE7dhLv1
lb56s6XZOMtlnhyBEXDsu++H6zn63kXMeAKvvEPFei5lFb/pTjr31AaniC/aazxZ
TPsJawYBQ7KBDatQnK+nesOxp+XlEtcCOC/Ozm0ui2/7RsAPq/xuqaMHRvQM1r0m
u6fVes8zT1cpLtsTPz2904M2gk2El2Ox6w8eNrm+VYcM+rwZu4jwNLsCAwEAAaNT
MFEwHQYDVR0OBBYEFKUhHq+PQYU3l45reEU6JtX8RbPyMB8GA1UdIwQYMBaAFKUh
Hq+PQYU3l45reEU6JtX8RbPyMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQEL
BQADggEBACfhXm++VCRbucBU7IuMRgV99Zo68E0qHCw6OWmu/Nk36TPWll50RC8T
bjx6q5E+c7Uh8TsOCRS2KSEbIhZtGK9jGuWUZovgAGKhQSIxcmao6W5FyU8WxSbi
8o7r6wjr3tFgTPUq/qfmXS4GawbQJ+Y7yQg9S07V+DfMd5hrY6WlgkhAPJ9WmxAr
K6LCbSjtoMo8kZhsKb4Uoe0iWVF8mFBqRq1H8SyfsvKBalmtEFZ+Vl1FtAOkAlvu
4SlS1igRFxvNZ0I5DgmLIPLIBnLvYN2g3mYff9LkZJzEUuALBtkAoPLaZjpuS6cc
OzdjaqhZ42rngjrO4d5h9JO6NcydOLU=
-----END CERTIFICATE-----
)";

constexpr std::string_view rsa_pss_message =
    R"x(<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:p="urn:oasis:names:tc:SAML:2.0:prot)x"
    R"x(ocol"><S:Body><p:LogoutRequest ID="_selftest" IssueInstant="2026-01-01T00:00:00Z" Version="2.0"><a:Issuer)x"
    R"x( xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">urn:self-test</a:Issuer><ds:Signature xmlns:ds="http://w)x"
    R"x(ww.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/1)x"
    R"x(0/xml-exc-c14n#"/><ds:SignatureMethod Algorithm="http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"/)x"
    R"x(><ds:Reference URI="#_selftest"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig)x"
    R"x(#enveloped-signature"/><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms)x"
    R"x(><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>CcGIR0SYMp0sK0LQfE)x"
    R"x(5q450MCiH+EJeDxKsDX+EqZBo=</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>HmeFB0lJ6ogo)x"
    R"x(CmrPI0VUQAiBXAThE/F4pJqy+O4IG0TZOqjZwes8TEoytbFb5EkVyX8xdD9OSHUSg48KxlcmzJWXO7lXAF9RNj2vVeYETaPKBpergguL2)x"
    R"x(ll5cC7kZQdsuEPuaSSsdxrzh4iCZCr/8MxlxOq/9ZOPRviA6/fGpx0E4VytaszuNFl0F6xOe2qUrqQL7/z2GjaQknlkL4gtQKDRYlPeaS)x"
    R"x(r7tJIFJdJsQr0royqQtXG4891DW93kmygNoTvM0Q6n3i2FvKzkJuEI/HcgM1e/9w4SLcDHORRQR0aGTUzOmA8P7sYtYhEhIeG5uDVztpW)x"
    R"x(euuAkZCpDtta2ug==</ds:SignatureValue></ds:Signature><a:NameID xmlns:a="urn:oasis:names:tc:SAML:2.0:assert)x"
    R"x(ion">nobody</a:NameID></p:LogoutRequest></S:Body></S:Envelope>)x";

struct Sample {
    std::string_view certificate;
    std::string_view message;
    AlgorithmPolicy policy;
};

/// verify_enveloped's result for `message` under the sample's key.
Result<SignedOctets> verify(const Sample& sample, std::string_view message) {
    const auto certificate = Certificate::parse(sample.certificate);
    if (!certificate) return certificate.error();
    const auto key = VerificationKey::from(*certificate);
    if (!key) return key.error();
    const auto document = xml::Document::parse(message);
    if (!document) return document.error();
    const auto body = document->root().first_child();
    const auto root = body ? body->first_child() : std::nullopt;
    if (!root) return fail(KeyErrc::crypto_failure, "self-test: no message");
    return verify_enveloped(*document, *root, "_selftest", std::span(&*key, 1), sample.policy);
}

Result<void> test(const Sample& sample) {
    const auto good = verify(sample, sample.message);
    if (!good)
        return fail(KeyErrc::crypto_failure, "self-test: a good signature was refused: " + good.error().code.message());
    if (good->str().find("nobody") == std::string::npos) {
        return fail(KeyErrc::crypto_failure, "self-test: the signed octets lack the signed text");
    }
    std::string forged(sample.message);
    forged.replace(forged.find("nobody"), 6, "victim");
    const auto bad = verify(sample, forged);
    if (bad || !is(bad.error(), Errc::signature_invalid)) {
        return fail(KeyErrc::crypto_failure, "self-test: a forged message was not refused as forged");
    }
    return Done{};
}

}  // namespace

Result<void> self_test() {
    AlgorithmPolicy with_pss;
    with_pss.rsa_pss = AlgorithmPolicy::RsaPss::accepted;
    for (const Sample& sample :
         {Sample{ec_certificate, ec_message, {}}, Sample{rsa_certificate, rsa_pss_message, with_pss}}) {
        if (auto ok = test(sample); !ok) return ok;
    }
    return Done{};
}

}  // namespace slo::saml
