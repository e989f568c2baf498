// Rows 1 to 11: the decisions before the sender is known.
#include <boost/test/unit_test.hpp>

#include <string>

#include "expectations.hpp"
#include "logout_request_text.hpp"
#include "service_provider.hpp"
#include "spec.hpp"
#include "xmlsec1.hpp"

using namespace slo;
using namespace slo::test;

namespace {

const std::string b0 = soap(LogoutRequestText{});

sp::HttpRequest http_request(std::string method) {
    return {.method = std::move(method), .target = "/saml/slo/soap", .headers = {}, .body = b0};
}

void expect_client_fault_for(const std::string& body) {
    BOOST_TEST_CONTEXT("body " << body.substr(0, 300)) {
        Baseline provider;
        expect_fault(provider.post(body), "Client");
        expect_unchanged(provider);
    }
}

/// A request of another type than LogoutRequest.
std::string other_request(const std::string& element, const std::string& content) {
    return envelope(
        "<samlp:" + element +
        R"( xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion")" +
        R"( ID="_r1" Version="2.0" IssueInstant="2030-01-15T10:00:00Z">)" + issuer_of(idp1_entity_id) + content +
        "</samlp:" + element + ">");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance_section_1)

BOOST_AUTO_TEST_CASE(row_01_answers_405_and_allow_post_to_every_other_method, *spec("SOAP 1.1 section 6")) {
    for (const auto* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "post"}) {
        Baseline provider;
        const auto reply = provider.send(http_request(method));
        expect_http(reply, 405);
        BOOST_TEST(reply.header("Allow").value_or("") == "POST");
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(row_02_answers_415_to_other_media_types, *spec("SOAP 1.1 section 6")) {
    for (const auto* type : {"application/json", "application/soap+xml", "application/xml", "text/plain", "text/xmlx",
                             "application/x-www-form-urlencoded", "multipart/related; type=\"text/xml\""}) {
        Baseline provider;
        expect_http(provider.post(b0, {{"Content-Type", type}}), 415);
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(row_02_accepts_a_request_without_content_type, *spec("SAML Bindings 3.2.3.1 l.353")) {
    Baseline provider;
    expect_ok(provider.post(b0, {{"Host", "sp.example.com"}}));
    expect_sessions(provider, "S2 S3 S4", "S1");
}

BOOST_AUTO_TEST_CASE(row_02_accepts_a_further_media_type_from_the_idp_whose_profile_lists_it,
                     *spec("SOAP 1.1 section 6")) {
    ServiceProviderOptions options;
    idp_adapter::InteropProfile like_pysaml2;
    like_pysaml2.extra_content_types = {"application/soap+xml"};
    options.idps = {idp1(), idp2(like_pysaml2)};
    const auto of_idp2 = LogoutRequestText{.issuer = issuer_of(idp2_entity_id)};
    Baseline listed(options);
    expect_ok(listed.post(soap(of_idp2, "keys/idp2.key.pem"), {{"Content-Type", "application/soap+xml"}}));
    expect_sessions(listed, "S1 S2 S3", "S4");
    Baseline not_listed(options);
    expect_http(not_listed.post(b0, {{"Content-Type", "application/soap+xml"}}), 415);
    expect_unchanged(not_listed);
}

BOOST_AUTO_TEST_CASE(row_03_answers_413_to_a_body_over_the_limit, *spec("SAML Security Considerations 6")) {
    Baseline provider;
    auto large = b0;
    large.append(64 * 1024 + 1 - large.size(), ' ');
    expect_http(provider.post(large), 413);
    expect_unchanged(provider);
    large.pop_back();
    expect_ok(provider.post(large));
}

BOOST_AUTO_TEST_CASE(row_03_answers_415_to_a_content_coding, *spec("RFC 9110 section 15.5.16")) {
    for (const auto* coding : {"gzip", "deflate", "br"}) {
        Baseline provider;
        const auto reply = provider.post(b0, {{"Content-Type", "text/xml"}, {"Content-Encoding", coding}});
        expect_http(reply, 415);
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(row_04_answers_a_client_fault_to_a_body_that_is_no_xml,
                     *spec("SOAP 1.1 sections 3 and 4.4; Bindings l.372-377")) {
    expect_client_fault_for("");
    expect_client_fault_for("logout");
    expect_client_fault_for(b0.substr(0, b0.size() - 1));
    expect_client_fault_for(b0 + "<more/>");
    expect_client_fault_for(replaced(b0, "<saml:Issuer>", "<saml:Issuer a=\"1\" a=\"2\">"));
    expect_client_fault_for(replaced(b0, "<soap:Body>", "<soap:Body><unbound:x/>"));
    expect_client_fault_for(replaced(b0, "N1", std::string("N\0001", 3)));
}

BOOST_AUTO_TEST_CASE(row_04_answers_a_client_fault_to_dtd_entity_pi_and_comment, *spec("SOAP 1.1 section 3")) {
    expect_client_fault_for("<!DOCTYPE soap:Envelope>" + b0);
    expect_client_fault_for(R"(<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>)" + replaced(b0, "N1", "&e;"));
    expect_client_fault_for(R"(<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>)" + replaced(b0, "N1", "&b;"));
    expect_client_fault_for("<?go now?>" + b0);
    expect_client_fault_for(replaced(b0, "N1", "N<?go?>1"));
    expect_client_fault_for(replaced(b0, "N1", "N<!-- -->1"));
    expect_client_fault_for(b0 + "<!-- -->");
}

BOOST_AUTO_TEST_CASE(row_04_answers_a_client_fault_to_another_character_encoding, *spec("SAML Bindings l.372-377")) {
    expect_client_fault_for(replaced(b0, "N1", "N\xE9"));
    expect_client_fault_for(R"(<?xml version="1.0" encoding="ISO-8859-1"?>)" + b0);
    expect_client_fault_for(R"(<?xml version="1.0" encoding="UTF-7"?>)" + b0);
    std::string utf16 = "\xFF\xFE";
    for (const char c : b0) utf16 += {c, '\0'};
    expect_client_fault_for(utf16);
    expect_client_fault_for(utf16.substr(2));
}

BOOST_AUTO_TEST_CASE(row_05_answers_a_version_mismatch_fault_to_an_envelope_of_another_soap,
                     *spec("SOAP 1.1 section 4.1.2; Bindings l.297, l.376")) {
    for (const auto* ns : {"http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope",
                           "http://schemas.xmlsoap.org/SOAP/envelope/", "urn:other"}) {
        Baseline provider;
        expect_fault(provider.post(replaced(b0, "http://schemas.xmlsoap.org/soap/envelope/", ns)), "VersionMismatch",
                     Detail::either);
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(row_05_answers_a_client_fault_to_a_bare_message, *spec("SOAP 1.1 section 4.1.1")) {
    expect_client_fault_for(LogoutRequestText{}.signed_xml());
    expect_client_fault_for(
        replaced(replaced(b0, "<soap:Envelope", "<soap:Enveloppe"), "/soap:Envelope", "/soap:Enveloppe"));
}

BOOST_AUTO_TEST_CASE(row_06_answers_a_client_fault_to_a_bad_envelope_shape, *spec("SOAP 1.1 sections 4 and 4.4")) {
    const auto body = "<soap:Body>" + LogoutRequestText{}.signed_xml() + "</soap:Body>";
    const std::string open = R"(<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">)";
    for (const auto& content :
         {std::string(), std::string("<soap:Header/>"), body + "<soap:Header/>", body + "<soap:Body/>",
          "<soap:Body/>" + body, "<soap:Header/><soap:Header/>" + body, body + R"(<x:trailer xmlns:x="urn:x"/>)",
          R"(<x:leader xmlns:x="urn:x"/>)" + body, "text" + body}) {
        BOOST_TEST_CONTEXT(content.substr(0, 60)) {
            Baseline provider;
            expect_fault(provider.post(open + content + "</soap:Envelope>"), "Client", Detail::either);
            expect_unchanged(provider);
        }
    }
}

BOOST_AUTO_TEST_CASE(row_07_answers_a_must_understand_fault_before_any_saml_work,
                     *spec("SOAP 1.1 sections 4.2.3 and 4.4")) {
    const std::string header =
        R"(<soap:Header><wsse:Security xmlns:wsse="urn:wsse" soap:mustUnderstand="1"/></soap:Header>)";
    for (const auto& content : {LogoutRequestText{}.signed_xml(), std::string("<x:not-saml xmlns:x=\"urn:x\"/>")}) {
        Baseline provider;
        expect_fault(provider.post(envelope(content, header)), "MustUnderstand", Detail::absent);
        expect_unchanged(provider);
    }
}

BOOST_AUTO_TEST_CASE(row_08_answers_a_client_fault_to_no_or_two_children_of_body, *spec("SAML Bindings l.306-309")) {
    const auto message = LogoutRequestText{}.signed_xml();
    expect_client_fault_for(envelope(""));
    expect_client_fault_for(envelope("  \n "));
    expect_client_fault_for(envelope(message + LogoutRequestText{.id = "_r2"}.signed_xml()));
    expect_client_fault_for(envelope(message + R"(<x:y xmlns:x="urn:x"/>)"));
    expect_client_fault_for(envelope(R"(<x:y xmlns:x="urn:x"/>)" + message));
}

BOOST_AUTO_TEST_CASE(row_09_answers_a_client_fault_to_a_body_without_a_saml_request, *spec("SAML Bindings l.374-377")) {
    expect_client_fault_for(envelope(R"(<x:LogoutRequest xmlns:x="urn:x" ID="_r1"/>)"));
    expect_client_fault_for(envelope(R"(<LogoutRequest ID="_r1"/>)"));
    expect_client_fault_for(envelope(R"(<p:Request xmlns:p="urn:oasis:names:tc:SAML:1.0:protocol" RequestID="_r1"/>)"));
    expect_client_fault_for(envelope(R"(<p:LogoutResponse xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1"/>)"));
    expect_client_fault_for(envelope(R"(<p:logoutrequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1"/>)"));
    expect_client_fault_for(envelope(R"(<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r1"/>)"));
}

BOOST_AUTO_TEST_CASE(row_10_refuses_other_saml_requests_in_their_own_response,
                     *spec("Erratum E19; SAML Core 3.2.2.2 l.1676")) {
    const struct {
        const char* request;
        const char* content;
        const char* response;
    } cases[] = {{"AuthnRequest", "", "Response"},
                 {"ManageNameIDRequest", "<saml:NameID>N1</saml:NameID><samlp:Terminate/>", "ManageNameIDResponse"},
                 {"ArtifactResolve", "<samlp:Artifact>AAQ=</samlp:Artifact>", "ArtifactResponse"},
                 {"AttributeQuery", "<saml:Subject><saml:NameID>N1</saml:NameID></saml:Subject>", "Response"}};
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one.request) {
            Baseline provider;
            const auto reply = provider.post(other_request(one.request, one.content));
            expect_sound(reply);
            BOOST_TEST(reply.summary() == "200 " + std::string(one.response) + " Requester/RequestUnsupported");
            BOOST_TEST((reply.saml && reply.saml->in_response_to == "_r1"));
            expect_unchanged(provider);
        }
    }
}

BOOST_AUTO_TEST_CASE(row_11_answers_version_mismatch_to_another_major_version, *spec("SAML Core 4.1.3 l.2802-2823")) {
    const struct {
        const char* version;
        const char* second;
    } cases[] = {{"1.1", "RequestVersionTooLow"}, {"1.0", "RequestVersionTooLow"}, {"3.0", "RequestVersionTooHigh"}};
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one.version) {
            Baseline provider;
            expect_status(provider.post(soap({.version = one.version})), "VersionMismatch", {one.second});
            expect_unchanged(provider);
        }
    }
}

BOOST_AUTO_TEST_CASE(row_11_answers_requester_to_a_version_that_is_none, *spec("SAML Core 3.2.1 l.1513, 4.1.3")) {
    for (const auto* version : {"2", "two", " 2.0", "2.0 ", "2.", ".0", "", "-2.0", "99999999999999999999.0"}) {
        BOOST_TEST_CONTEXT("'" << version << "'") {
            Baseline provider;
            expect_requester(provider.post(soap({.version = version})));
            expect_unchanged(provider);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
