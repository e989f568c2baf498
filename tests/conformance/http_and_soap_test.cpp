// SAML Bindings 3.1-3.2, SOAP 1.1 and HTTP (section 6.1 of the requirements).
#include <boost/test/unit_test.hpp>

#include <string>

#include "expectations.hpp"
#include "logout_request_text.hpp"
#include "service_provider.hpp"
#include "spec.hpp"

using namespace slo;
using namespace slo::test;

namespace {

const std::string b0 = soap(LogoutRequestText{});
const std::string message = LogoutRequestText{}.signed_xml();

void expect_accepted(const std::string& body, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_ok(provider.post(body), "_r1", from);
    expect_sessions(provider, "S2 S3 S4", "S1", from);
}

void expect_accepted_with(const sp::HttpHeaders& headers, std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_ok(provider.post(b0, headers), "_r1", from);
    expect_sessions(provider, "S2 S3 S4", "S1", from);
}

void expect_fault_for(const std::string& body, std::string_view code, Detail detail = Detail::either,
                      std::source_location from = std::source_location::current()) {
    Baseline provider;
    expect_fault(provider.post(body), code, detail, from);
    expect_unchanged(provider, from);
}

std::string with_header(const std::string& blocks) {
    return envelope(message, "<soap:Header>" + blocks + "</soap:Header>");
}

std::string security_block(const std::string& attributes, const std::string& content = {}) {
    return R"(<wsse:Security xmlns:wsse="urn:wsse" )" + attributes + ">" + content + "</wsse:Security>";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance_http_and_soap)

BOOST_AUTO_TEST_CASE(bind_soap_01_speaks_soap_1_1_only, *spec("SAML Bindings 3.2.2 l.297-298")) {
    expect_fault_for(
        replaced(b0, "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
        "VersionMismatch");
}

BOOST_AUTO_TEST_CASE(bind_soap_02_reads_the_message_in_the_body_only, *spec("SAML Bindings 3.2.2 l.300-301")) {
    expect_fault_for(envelope("", "<soap:Header>" + message + "</soap:Header>"), "Client");
}

BOOST_AUTO_TEST_CASE(bind_soap_03_takes_one_request_and_nothing_beside_it, *spec("SAML Bindings 3.2.2 l.306-309")) {
    expect_fault_for(envelope(message + LogoutRequestText{.id = "_r2"}.signed_xml()), "Client", Detail::present);
    expect_fault_for(envelope(message + R"(<x:y xmlns:x="urn:x"/>)"), "Client", Detail::present);
    expect_fault_for(envelope(""), "Client", Detail::present);
}

BOOST_AUTO_TEST_CASE(bind_soap_04_answers_with_one_response_or_one_fault,
                     *spec("SAML Bindings 3.2.2 l.310-313; erratum E19")) {
    for (const auto& body : {b0, unsigned_soap({}), soap({.identifier = ""}), std::string("<x/>"), envelope("")}) {
        Baseline provider;
        const auto reply = provider.post(body);
        expect_sound(reply);
        BOOST_TEST((reply.saml.has_value() != reply.fault.has_value()), reply.summary());
    }
}

BOOST_AUTO_TEST_CASE(bind_soap_05_faults_at_no_saml_error, *spec("SAML Bindings 3.2.2 l.314-316; erratum E19")) {
    for (const auto& body :
         {soap({.version = "1.1"}), soap({.identifier = ""}), soap({.issuer = ""}), unsigned_soap({}),
          soap({.destination = "https://other.example.com/"}), soap({.not_on_or_after = "2030-01-15T09:00:00Z"})}) {
        Baseline provider;
        const auto reply = provider.post(body);
        expect_sound(reply);
        BOOST_TEST(reply.http_status == 200);
        BOOST_TEST(!reply.fault.has_value());
    }
}

BOOST_AUTO_TEST_CASE(bind_soap_07_tolerates_both_schema_instance_namespaces, *spec("SAML Bindings 3.2.2 l.322-325")) {
    for (const auto* xsi : {"http://www.w3.org/1999/XMLSchema-instance", "http://www.w3.org/2001/XMLSchema-instance"}) {
        expect_accepted(replaced(b0, "<soap:Envelope", "<soap:Envelope xmlns:xsi=\"" + std::string(xsi) + "\""));
    }
}

BOOST_AUTO_TEST_CASE(bind_soap_08_ignores_header_blocks_that_need_no_understanding,
                     *spec("SAML Bindings 3.2.2 l.327-328")) {
    std::string blocks = security_block("");
    for (int i = 0; i < 20; ++i)
        blocks += "<x:block xmlns:x=\"urn:x" + std::to_string(i) + "\">text<x:more/></x:block>";
    expect_accepted(with_header(blocks));
}

BOOST_AUTO_TEST_CASE(bind_soap_09_needs_no_header, *spec("SAML Bindings 3.2.2 l.333-335")) {
    expect_accepted(b0);
    expect_accepted(envelope(message, "<soap:Header/>"));
}

BOOST_AUTO_TEST_CASE(bind_soap_10_does_not_depend_on_soap_action, *spec("SAML Bindings 3.2.3 l.342-343")) {
    expect_accepted_with({{"Content-Type", "text/xml"}});
    for (const auto* action : {"", "\"\"", "\"x\"", "http://www.oasis-open.org/committees/security", "urn:other"}) {
        expect_accepted_with({{"Content-Type", "text/xml"}, {"SOAPAction", action}});
    }
}

BOOST_AUTO_TEST_CASE(bind_soap_12_needs_no_http_header, *spec("SAML Bindings 3.2.3.1 l.347-355")) {
    expect_accepted_with({{"Host", "sp.example.com"}});
    expect_accepted_with({});
}

BOOST_AUTO_TEST_CASE(bind_soap_14_forbids_caching_of_every_answer, *spec("SAML Bindings 3.2.3.2 l.364-367")) {
    for (const auto& [body, status] : std::vector<std::pair<std::string, int>>{
             {b0, 200}, {"<x/>", 500}, {soap({.issuer = issuer_of("https://unknown.example.net/")}), 403}}) {
        Baseline provider;
        const auto reply = provider.post(body);
        expect_http(reply, status);
        BOOST_TEST(reply.header("Cache-Control").value_or("") == "no-cache, no-store, must-revalidate, private");
        BOOST_TEST(reply.header("Pragma").value_or("") == "no-cache");
    }
}

BOOST_AUTO_TEST_CASE(bind_soap_15_sends_no_validators, *spec("SAML Bindings 3.2.3.2 l.368")) {
    Baseline provider;
    const auto reply = provider.post(b0);
    expect_ok(reply);
    BOOST_TEST(!reply.header("ETag").has_value());
    BOOST_TEST(!reply.header("Last-Modified").has_value());
}

BOOST_AUTO_TEST_CASE(bind_soap_16_refuses_an_unknown_sender_with_403, *spec("SAML Bindings 3.2.3.3 l.370-371")) {
    Baseline provider;
    expect_http(provider.post(soap({.issuer = issuer_of("https://unknown.example.net/")}, "keys/stranger.key.pem")),
                403);
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_CASE(bind_soap_17_sends_500_and_a_fault_at_soap_errors,
                     *spec("SAML Bindings 3.2.3.3 l.372-377; SOAP 1.1 6.2")) {
    for (const auto& body : {std::string("no xml"), std::string("<x/>"), envelope("")}) {
        expect_fault_for(body, "Client");
    }
}

BOOST_AUTO_TEST_CASE(bind_soap_18_tells_nothing_of_an_internal_exception, *spec("SAML Bindings 3.2.3.3 l.374-377")) {
    Baseline provider;
    provider.store.inject(FailingStore::Fault::begin_throws);
    const auto reply = provider.post(b0);
    expect_sound(reply);
    BOOST_TEST((reply.fault || (reply.saml && reply.saml->status[0] == "Responder")), reply.summary());
    BOOST_TEST(reply.body.find("thrown") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(bind_soap_19_sends_200_and_a_status_at_saml_errors,
                     *spec("SAML Bindings 3.2.3.3 l.378-380; erratum E19")) {
    Baseline provider;
    expect_requester(provider.post(soap({.identifier = ""})));
}

BOOST_AUTO_TEST_CASE(soap11_01_refuses_dtd_and_processing_instructions, *spec("SOAP 1.1 section 3")) {
    expect_fault_for("<!DOCTYPE soap:Envelope SYSTEM \"http://127.0.0.1:1/x.dtd\">" + b0, "Client", Detail::present);
    expect_fault_for("<?x?>" + b0, "Client", Detail::present);
    expect_fault_for(R"(<?xml-stylesheet href="x"?>)" + b0, "Client", Detail::present);
    expect_accepted(R"(<?xml version="1.0" encoding="UTF-8"?>)" + b0);
    expect_accepted("<?xml version='1.0'?>\n" + b0);
}

BOOST_AUTO_TEST_CASE(soap11_02_answers_version_mismatch_to_another_envelope, *spec("SOAP 1.1 section 4.1.2")) {
    for (const auto* ns : {"http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelop/"}) {
        expect_fault_for(replaced(b0, "http://schemas.xmlsoap.org/soap/envelope/", ns), "VersionMismatch");
    }
}

BOOST_AUTO_TEST_CASE(soap11_03_demands_header_then_body_then_nothing, *spec("SOAP 1.1 section 4")) {
    const auto after_body = [](const std::string& what) { return replaced(b0, "</soap:Body>", "</soap:Body>" + what); };
    expect_fault_for(after_body("<soap:Header/>"), "Client");
    expect_fault_for(after_body(R"(<x:trailer xmlns:x="urn:x"/>)"), "Client");
    expect_fault_for(after_body("<trailer/>"), "Client");
}

BOOST_AUTO_TEST_CASE(soap11_04_faults_at_a_block_that_must_be_understood, *spec("SOAP 1.1 section 4.2.3")) {
    expect_fault_for(with_header(security_block("soap:mustUnderstand=\"1\"")), "MustUnderstand", Detail::absent);
    expect_fault_for(with_header(security_block("") + security_block("soap:mustUnderstand=\"1\"")), "MustUnderstand",
                     Detail::absent);
}

BOOST_AUTO_TEST_CASE(soap11_05_knows_the_values_1_and_0, *spec("SOAP 1.1 section 4.2.3")) {
    expect_accepted(with_header(security_block("soap:mustUnderstand=\"0\"")));
    expect_fault_for(with_header(security_block("soap:mustUnderstand=\"true\"")), "Client");
    expect_fault_for(with_header(security_block("soap:mustUnderstand=\"\"")), "Client");
}

BOOST_AUTO_TEST_CASE(soap11_06_feels_addressed_by_no_actor_and_by_next, *spec("SOAP 1.1 section 4.2.2")) {
    expect_accepted(with_header(security_block("soap:mustUnderstand=\"1\" soap:actor=\"urn:other\"")));
    expect_fault_for(with_header(security_block(
                         "soap:mustUnderstand=\"1\" soap:actor=\"http://schemas.xmlsoap.org/soap/actor/next\"")),
                     "MustUnderstand", Detail::absent);
}

BOOST_AUTO_TEST_CASE(soap11_07_heeds_must_understand_on_header_blocks_only, *spec("SOAP 1.1 section 4.2.1")) {
    expect_accepted(with_header(security_block("", "<wsse:inner soap:mustUnderstand=\"1\"/>")));
}

BOOST_AUTO_TEST_CASE(soap11_08_ignores_encoding_style_and_sends_none,
                     *spec("SOAP 1.1 section 4.1.1; Bindings l.302-304")) {
    expect_accepted(replaced(b0, "<soap:Envelope",
                             R"(<soap:Envelope soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/")"));
}

BOOST_AUTO_TEST_CASE(soap11_09_writes_faults_as_the_schema_says, *spec("SOAP 1.1 section 4.4")) {
    for (const auto& body : {std::string("no xml"), with_header(security_block("soap:mustUnderstand=\"1\""))}) {
        Baseline provider;
        const auto reply = provider.post(body);
        expect_sound(reply);
        BOOST_REQUIRE(reply.fault.has_value());
        BOOST_TEST(!reply.fault->text.empty());
    }
}

BOOST_AUTO_TEST_CASE(soap11_10_sends_detail_for_the_body_and_none_for_headers, *spec("SOAP 1.1 section 4.4")) {
    expect_fault_for("no xml", "Client", Detail::present);
    expect_fault_for(envelope(""), "Client", Detail::present);
    expect_fault_for(envelope("<x:y xmlns:x=\"urn:x\"/>"), "Client", Detail::present);
    expect_fault_for(with_header(security_block("soap:mustUnderstand=\"1\"")), "MustUnderstand", Detail::absent);
}

BOOST_AUTO_TEST_CASE(soap11_11_uses_the_four_fault_codes, *spec("SOAP 1.1 section 4.4.1")) {
    expect_fault_for("<x/>", "Client");
    expect_fault_for(R"(<s:Envelope xmlns:s="urn:s"/>)", "VersionMismatch");
}

BOOST_AUTO_TEST_CASE(soap11_13_cares_for_no_prefix, *spec("SOAP 1.1 section 4.1")) {
    const std::string ns = "http://schemas.xmlsoap.org/soap/envelope/";
    for (const auto* prefix : {"soap", "S", "SOAP-ENV", "samlp"}) {
        const std::string p = prefix;
        expect_accepted("<" + p + ":Envelope xmlns:" + p + "=\"" + ns + "\"><" + p + ":Body>" + message + "</" + p +
                        ":Body></" + p + ":Envelope>");
    }
    expect_accepted("<Envelope xmlns=\"" + ns + "\"><Body>" + message + "</Body></Envelope>");
    expect_accepted("<Envelope xmlns=\"" + ns + "\">\n  <Body>\n    " + message + "\n  </Body>\n</Envelope>\n");
}

BOOST_AUTO_TEST_CASE(http_01_reads_utf_8_and_nothing_else, *spec("RFC 7303 sections 3 and 9.2, narrowed to UTF-8")) {
    expect_accepted("\xEF\xBB\xBF" + b0);
    for (const auto* type :
         {"text/xml; charset=\"UTF-8\"", "text/xml;charset=utf-8", "text/xml; charset=Utf-8", "text/xml"}) {
        expect_accepted_with({{"Content-Type", type}});
    }
    expect_fault_for(replaced(b0, ">N1<", ">N\xFC<"), "Client", Detail::present);
}

BOOST_AUTO_TEST_CASE(http_02_sends_text_xml_in_utf_8, *spec("SOAP 1.1 section 6; RFC 7303")) {
    Baseline provider;
    const auto reply = provider.post(b0);
    expect_ok(reply);
    BOOST_TEST(reply.header("Content-Type").value_or("") == "text/xml; charset=utf-8");
    BOOST_TEST(reply.body.starts_with("<"));
}

BOOST_AUTO_TEST_CASE(http_06_compares_media_types_in_any_case_and_ignores_parameters, *spec("RFC 9110 section 8.3.1")) {
    for (const auto* type : {"TEXT/XML", "Text/Xml; action=\"x\"", "text/xml ; charset=utf-8; x=y"}) {
        expect_accepted_with({{"Content-Type", type}});
    }
    expect_accepted_with({{"content-type", "text/xml"}});
}

BOOST_AUTO_TEST_CASE(http_07_takes_a_password_that_was_configured_in_the_first_request,
                     *spec("SAML Conformance 3.5 l.224-231; Bindings 3.2.2.1")) {
    Baseline provider({.idps = {idp1({.accepted_authentication = {.basic = {"idp1", "correct horse"}}})}});
    const sp::HttpHeaders wrong = {{"Content-Type", "text/xml"}, {"Authorization", "Basic aWRwMTpjb3JyZWN0IGhvcnM="}};
    expect_status(provider.post(unsigned_soap({}), wrong), "Requester", {"RequestDenied"});
    expect_unchanged(provider);
    const sp::HttpHeaders right = {{"Content-Type", "text/xml"}, {"Authorization", "Basic aWRwMTpjb3JyZWN0IGhvcnNl"}};
    expect_ok(provider.post(unsigned_soap({}), right));
    expect_sessions(provider, "S2 S3 S4", "S1");
}

BOOST_AUTO_TEST_CASE(http_08_believes_a_tls_client_for_a_signing_key_of_its_metadata,
                     *spec("SAML Metadata erratum E62; metadata interoperability profile")) {
    using enum idp_adapter::AcceptedAuthentication::TlsClientKey;
    Baseline provider({.idps = {idp1({.accepted_authentication = {.tls_client_key = accepted}})}});
    sp::HttpRequest request{.method = "POST",
                            .target = "/saml/slo/soap",
                            .headers = {{"Content-Type", "text/xml"}},
                            .body = unsigned_soap({}),
                            .tls_key = key_fingerprint("keys/idp2.crt.pem")};
    expect_status(provider.send(request), "Requester", {"RequestDenied"});
    expect_unchanged(provider);
    request.tls_key = key_fingerprint("keys/idp1-first.crt.pem");
    expect_ok(provider.send(request));
    expect_sessions(provider, "S2 S3 S4", "S1");
}

BOOST_AUTO_TEST_CASE(http_09_trusts_no_forwarded_client_certificate, *spec("SAML Profiles 4.4.4.1 l.1297")) {
    Baseline provider;
    expect_status(provider.post(unsigned_soap({}), {{"Content-Type", "text/xml"},
                                                    {"X-SSL-Client-Cert", "MIIB"},
                                                    {"SSL_CLIENT_VERIFY", "SUCCESS"},
                                                    {"Authorization", "Basic aWRwMTpzZWNyZXQ="}}),
                  "Requester", {"RequestDenied"});
    expect_unchanged(provider);
}

BOOST_AUTO_TEST_SUITE_END()
