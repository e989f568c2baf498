// Reports about real IdPs, replayed at the endpoint: for each refusal the audit line says what to change. The kinds
// and the sources of the reports are in docs/interop-reports.md.
#include <boost/test/unit_test.hpp>

#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "expectations.hpp"
#include "fixtures.hpp"
#include "service_provider.hpp"

namespace slo::test {
namespace {

/// A request that differs from the baseline's in one thing, and the line that it leaves.
struct Report {
    std::string_view kind;
    std::function<std::string()> body;
    std::string_view rule;
    std::string_view request_id;  ///< in the line: only once the request is proven to be its IdP's
    std::string_view detail;
    friend std::ostream& operator<<(std::ostream& out, const Report& report) { return out << report.kind; }
};

std::string with(const std::function<void(LogoutRequestText&)>& change) {
    LogoutRequestText request;
    change(request);
    return soap(request);
}

std::string with_key_info(std::string_view certificate) {
    LogoutRequestText request;
    const std::string pem = fixture(certificate);
    const auto begin = pem.find("CERTIFICATE-----") + 16;
    request.signature.key_info = "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>" +
                                 pem.substr(begin, pem.find("-----END") - begin) +
                                 "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>";
    return replaced(soap(request), ">N1<", ">N2<");
}

const Report reports[] = {
    {"the IdP's clock is ahead",
     [] {
         return with([](auto& request) {
             request.issue_instant = "2030-01-15T10:10:12Z";
             request.not_on_or_after.reset();
         });
     },
     "check.issue_instant", "_r1", "it's 612 s ahead of our clock, and 180 s are allowed: compare both clocks"},
    {"the request was held up",
     [] {
         return with([](auto& request) {
             request.issue_instant = "2030-01-15T09:00:00Z";
             request.not_on_or_after.reset();
         });
     },
     "check.issue_instant", "_r1",
     "it's 3600 s old, and without NotOnOrAfter 480 s are allowed: it was held up on its way, or a clock is wrong"},
    {"the IdP's clock is behind",
     [] {
         return with([](auto& request) {
             request.issue_instant = "2030-01-15T09:40:00Z";
             request.not_on_or_after = "2030-01-15T09:45:00Z";
         });
     },
     "check.not_on_or_after", "_r1", "NotOnOrAfter was 900 s ago, and 180 s are allowed: compare both clocks"},
    {"NotOnOrAfter is the IssueInstant",
     [] { return with([](auto& request) { request.not_on_or_after = std::string(baseline_now); }); },
     "check.not_on_or_after", "_r1", "NotOnOrAfter isn't after IssueInstant"},
    {"the Destination has the scheme behind a proxy",
     [] { return with([](auto& request) { request.destination = "http://sp.example.com/saml/slo/soap"; }); },
     "check.destination", "_r1", "it differs in its scheme (http); it must be https://sp.example.com/saml/slo/soap"},
    {"the Destination has the port behind a proxy",
     [] { return with([](auto& request) { request.destination = "https://sp.example.com:8443/saml/slo/soap/"; }); },
     "check.destination", "_r1", "it differs in its port, path; it must be https://sp.example.com/saml/slo/soap"},
    {"the Destination is a name",
     [] { return with([](auto& request) { request.destination = "urn:example:do-not-repeat"; }); }, "check.destination",
     "_r1", "it's no http or https URL; it must be https://sp.example.com/saml/slo/soap"},
    {"no Destination", [] { return with([](auto& request) { request.destination.reset(); }); },
     "check.destination_missing", "_r1", "it must be https://sp.example.com/saml/slo/soap"},
    {"the IdP signs with SHA-1",
     [] {
         return with([](auto& request) { request.signature.algorithm = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"; });
     },
     "sig.algorithm", "", "line 1: RSA-SHA1; allowed: RSA and ECDSA with SHA-256, SHA-384 or SHA-512"},
    {"the IdP signs with RSA-PSS",
     [] {
         return replaced(with([](auto&) {}), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                         "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1");
     },
     "sig.algorithm", "",
     "line 1: RSA-PSS with SHA-256 (sha256-rsa-MGF1); allowed: RSA and ECDSA with SHA-256, SHA-384 or SHA-512"},
    {"an algorithm that has no name",
     [] {
         return replaced(with([](auto&) {}), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "urn:do-not-repeat");
     },
     "sig.algorithm", "",
     "line 1: an algorithm that is not known here; allowed: RSA and ECDSA with SHA-256, SHA-384 or SHA-512"},
    {"the IdP digests with SHA-1",
     [] { return with([](auto& request) { request.signature.digest = "http://www.w3.org/2000/09/xmldsig#sha1"; }); },
     "sig.digest_algorithm", "", "line 1: SHA-1; allowed: SHA-256, SHA-384, SHA-512"},
    {"the IdP canonicalises inclusively",
     [] {
         return with([](auto& request) {
             request.signature.canonicalization = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
         });
     },
     "sig.c14n", "", "line 1: Canonical XML 1.0; allowed: exclusive canonicalisation"},
    {"a transform of WS-Security",
     [] {
         return replaced(with([](auto&) {}), "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
                         "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"/>");
     },
     "sig.transform", "", "line 1: XPath; allowed: enveloped-signature and then exclusive canonicalisation"},
    {"the message was changed after it was signed", [] { return with_key_info("keys/idp1-first.crt.pem"); },
     "sig.invalid", "",
     "none of 3 known keys verifies it; the certificate in KeyInfo is of key 1 of them: the message was changed after "
     "it was "
     "signed, or signed with another key"},
    {"the IdP has another key than its metadata", [] { return with_key_info("keys/stranger.crt.pem"); }, "sig.invalid",
     "",
     "none of 3 known keys verifies it; the certificate in KeyInfo is of another key: the signer's key isn't in its "
     "metadata"},
    {"a broken signature without KeyInfo", [] { return replaced(with([](auto&) {}), ">N1<", ">N2<"); }, "sig.invalid",
     "", "none of 3 known keys verifies it; KeyInfo has no certificate to compare them with"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(refusal)

BOOST_AUTO_TEST_CASE(the_audit_line_says_what_to_change) {
    for (const Report& report : reports) {
        BOOST_TEST_CONTEXT(report.kind) {
            Baseline provider;
            static_cast<void>(provider.post(report.body()));
            const AuditLine line = provider.audit.last();
            BOOST_TEST(line.event == "refused");
            BOOST_TEST(line.rule == report.rule);
            BOOST_TEST(line.idp == idp1_entity_id);
            BOOST_TEST(line.request_id == report.request_id);
            BOOST_TEST(line.detail == report.detail);
            BOOST_TEST(line.json.find("do-not-repeat") == std::string::npos);
            expect_unchanged(provider);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_audit_line_names_the_metadata_source_of_the_keys_that_were_tried) {
    auto idp = idp1();
    idp.source = "federation";
    const std::pair<std::string, std::string> cases[] = {
        {replaced(with([](auto&) {}), ">N1<", ">N2<"),
         "metadata source federation: none of 3 known keys verifies it; KeyInfo has no certificate to compare them "
         "with"},
        {replaced(with([](auto&) {}), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                  "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
         "metadata source federation: none of 3 known keys is for ECDSA-SHA256"},
        {replaced(with([](auto&) {}), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                  "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
         "line 1: RSA-SHA1; allowed: RSA and ECDSA with SHA-256, SHA-384 or SHA-512"}};
    for (const auto& [body, detail] : cases) {
        Baseline provider({.idps = {idp, idp2()}});
        static_cast<void>(provider.post(body));
        BOOST_TEST(provider.audit.last().detail == detail);
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(the_audit_line_names_the_idp_of_a_message_that_can_not_be_read) {
    for (const auto& change : {+[](LogoutRequestText& request) { request.id = "0"; },
                               +[](LogoutRequestText& request) { request.version = "1.1"; }}) {
        Baseline provider;
        static_cast<void>(provider.post(with(change)));
        BOOST_TEST(provider.audit.last().idp == idp1_entity_id);
        BOOST_TEST(provider.audit.last().request_id == "");
    }
}

BOOST_AUTO_TEST_CASE(the_audit_line_has_the_id_of_a_signed_message_whose_issuer_has_a_qualifier) {
    Baseline provider;
    static_cast<void>(provider.post(with([](LogoutRequestText& request) {
        request.issuer = R"(<saml:Issuer NameQualifier="x">https://idp1.example.org/metadata</saml:Issuer>)";
    })));
    BOOST_TEST(provider.audit.last().idp == idp1_entity_id);
    BOOST_TEST(provider.audit.last().rule == "saml.issuer");
    BOOST_TEST(provider.audit.last().request_id == "_r1");
}

BOOST_AUTO_TEST_CASE(the_audit_line_says_unknown_for_an_issuer_that_is_not_configured) {
    Baseline provider;
    static_cast<void>(
        provider.post(with([](auto& request) { request.issuer = issuer_of("https://do-not-repeat.example/"); })));
    const AuditLine line = provider.audit.last();
    BOOST_TEST(line.rule == "check.issuer_unknown");
    BOOST_TEST(line.idp == "unknown");
    BOOST_TEST(line.detail ==
               "its Issuer is neither the entityID nor an issuer alias of an IdP whose metadata is in force");
    BOOST_TEST(line.json.find("do-not-repeat") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_certificate_in_key_info_is_never_believed) {
    LogoutRequestText request;
    request.signature.key_info = replaced(with_key_info("keys/stranger.crt.pem"), ">N2<", ">N1<");
    const auto begin = request.signature.key_info.find("<ds:KeyInfo>");
    request.signature.key_info =
        request.signature.key_info.substr(begin, request.signature.key_info.find("</ds:KeyInfo>") + 13 - begin);
    Baseline provider;
    expect_requester(provider.post(soap(request, "keys/stranger.key.pem")));
    expect_rule(provider, "sig.invalid");
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
