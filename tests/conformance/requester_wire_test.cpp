// We as requester on the wire: SAML Bindings 3.1-3.2, SOAP 1.1, HTTP, and asynchronous requests (sections 6.1 and 8).
#include <openssl/x509v3.h>

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <vector>

#include "enough_time.hpp"
#include "requester.hpp"
#include "slo/saml/soap.hpp"
#include "spec.hpp"

using namespace slo;
using namespace slo::test;
using Afterwards = LoopbackServer::Afterwards;

namespace {

const std::string aslo_ns = "urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo";

std::string fault_with(const std::string& code) {
    return envelope("<soap:Fault><faultcode>" + code +
                    "</faultcode><faultstring>canary</faultstring><detail/></soap:Fault>");
}

/// What came of it when IdP1 said this, word for word.
sp::IdpLogoutResult log_out_s1_with_reply(const std::string& reply) {
    return log_out_s1_with([=](const std::string&) { return reply; });
}

/// Nothing is known at the deadline of a request that IdP1 answers with `reply`, and S1 has ended here all the same.
void expect_lost_in_time(const std::string& reply) {
    const bool was_sent = in_enough_time([&](std::chrono::milliseconds deadline) {
        const LoopbackServer server([&](const std::string&) { return reply; });
        Idp idp = idp1_of(server);
        idp.profile.outgoing.http.deadline = deadline;
        const auto result = log_out_s1(idp);
        if (result.verdict.kind == Kind::unsent) return false;
        BOOST_TEST((result.extent == Extent::unknown), name(result.extent));
        BOOST_TEST(result.why == name(ReplyErrc::timed_out));
        check_failed(result.verdict, Kind::lost, ReplyErrc::timed_out);
        server.wait_until_closed(1);
        BOOST_TEST(server.requests().size() == 1U);
        return true;
    });
    BOOST_TEST(was_sent);
}

Captured capture() {
    const LoopbackServer server = server_of_idp1();
    expect_everywhere(log_out_s1(idp1_of(server)));
    return only_request(server);
}

void expect_lines(const Captured& captured, const std::string& header, const std::vector<std::string>& lines) {
    BOOST_TEST_CONTEXT(header) BOOST_TEST(captured.lines(header) == lines, boost::test_tools::per_element());
}

/// IdP1 as its metadata says, with asynchronous requests wherever it supports them.
Idp asynchronous_idp1(const LoopbackServer& server, const std::string& endpoint_attributes) {
    idp_adapter::InteropProfile profile;
    profile.outgoing.http.http = HttpClientOptions::Http::accepted;
    profile.outgoing.asynchronous = idp_adapter::AsynchronousRequests::where_supported;
    const std::string service =
        R"(<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location=")" + server.url("/slo") +
        R"(" xmlns:aslo=")" + aslo_ns + "\"" + endpoint_attributes + "/>";
    return idp_from(replaced(idp_metadata(idp1_entity_id, {{"signing", "keys/idp1-first.crt.pem"}}),
                             "<SingleSignOnService", service + "<SingleSignOnService"),
                    std::move(profile));
}
const std::string supported = R"( aslo:supportsAsynchronous="true")";

}  // namespace

BOOST_AUTO_TEST_SUITE(conformance_requester_wire)

BOOST_AUTO_TEST_CASE(bind_gen_03_asks_no_server_with_another_name, *spec("SAML Bindings 3.1.2.1; Conformance 5")) {
    const auto identity = certified(
        {.common_name = "canary.example.org", .extensions = {{NID_subject_alt_name, "DNS:canary.example.org"}}});
    const CertificateFile ca(identity);
    const LoopbackServer server([](const std::string& request) { return honest_answer(request); },
                                {.certificate = identity.certificate.get(), .key = identity.key.get()});
    Idp idp = idp1_at(server.url("/slo"));
    idp.profile.outgoing.http.peer = idp_adapter::CertificatesOf{ca.path()};
    const auto result = log_out_s1(idp);
    BOOST_TEST((result.extent == Extent::local_only));
    check_failed(result.verdict, Kind::unsent, ReplyErrc::untrusted_server);
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(bind_soap_06_says_nothing_about_a_response, *spec("SAML Bindings 3.2.2 l.318-321")) {
    const std::array<LoopbackServer::Answer, 5> bad_answers{
        [](const std::string&) { return reply_with(fault_with("soap:Server"), xml_type, "500 Internal Server Error"); },
        [](const std::string&) { return reply_with("<not-soap/>", xml_type); },
        [](const std::string&) { return reply_with("not XML", xml_type); },
        [](const std::string&) { return reply_with(LogoutResponseText{}.unsigned_soap(), xml_type); },
        [](const std::string& request) {
            return honest_answer(request, {.destination = "https://other.example.com/slo"});
        }};
    for (const auto& answer : bad_answers) {
        const LoopbackServer server(answer, Afterwards::next_request);
        BOOST_TEST((log_out_s1(idp1_of(server)).extent == Extent::unknown));
        server.wait_until_closed(1);  // whatever was said on this connection has been heard
        BOOST_TEST(server.requests().size() == 1U);
        BOOST_TEST(server.connections() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(bind_soap_11_sends_the_soap_action, *spec("SAML Bindings 3.2.3 l.343-345; SOAP 1.1 6.1.1")) {
    expect_lines(capture(), "SOAPAction", {R"("http://www.oasis-open.org/committees/security")"});
}

BOOST_AUTO_TEST_CASE(bind_soap_13_forbids_caches_to_keep_it, *spec("SAML Bindings 3.2.3.2 l.361-363")) {
    const auto captured = capture();
    expect_lines(captured, "Cache-Control", {"no-cache, no-store"});
    expect_lines(captured, "Pragma", {"no-cache"});
}

BOOST_AUTO_TEST_CASE(bind_soap_21_takes_a_response, *spec("SAML Bindings 3.2.3.3")) {
    expect_everywhere(log_out_s1_with(LogoutResponseText{}));
}

BOOST_AUTO_TEST_CASE(bind_soap_21_types_every_other_answer, *spec("SAML Bindings 3.2.3.3")) {
    struct Row {
        std::string reply;
        ReplyErrc rule;
    };
    const std::vector<Row> rows{
        {reply_with(fault_with("soap:Client"), xml_type), ReplyErrc::fault},
        {reply_with(fault_with("soap:Server"), xml_type, "500 Internal Server Error"), ReplyErrc::fault},
        {reply_with("", {}, "403 Forbidden"), ReplyErrc::http_status},
        {reply_with(LogoutResponseText{}.unsigned_soap(), xml_type, "403 Forbidden"), ReplyErrc::http_status},
        {reply_with("<html>canary</html>", "Content-Type: text/html\r\n"), ReplyErrc::html_instead_of_soap},
        {reply_with("{}", "Content-Type: application/json\r\n"), ReplyErrc::content_type},
        {reply_with("", xml_type), ReplyErrc::empty},
        {reply_with(LogoutResponseText{.element = "samlp:ArtifactResponse"}.signed_soap(), xml_type),
         ReplyErrc::not_a_logout_response},
    };
    for (const auto& [reply, rule] : rows) {
        BOOST_TEST_CONTEXT(name(rule)) expect_unproven(log_out_s1_with_reply(reply), rule);
    }
}

BOOST_AUTO_TEST_CASE(bind_soap_21_follows_no_redirect, *spec("SAML Bindings 3.2.3.3")) {
    const LoopbackServer elsewhere = server_of_idp1();
    for (const auto* status : {"301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"}) {
        const auto reply = reply_with("", "Location: " + elsewhere.url("/slo") + "\r\n", status);
        BOOST_TEST_CONTEXT(status) expect_unproven(log_out_s1_with_reply(reply), ReplyErrc::redirected);
    }
    BOOST_TEST(elsewhere.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(bind_soap_21_gives_up_at_the_deadline, *spec("SAML Bindings 3.2.3.3")) {
    expect_lost_in_time("");
}

BOOST_AUTO_TEST_CASE(bind_soap_21_gives_up_at_the_deadline_however_long_the_reply_goes_on,
                     *spec("SAML Bindings 3.2.3.3")) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n";
    for (const std::string& reply : {
             dripping(head, "X: x\r\n"),
             dripping(head + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"),
         }) {
        expect_lost_in_time(reply);
    }
}

BOOST_AUTO_TEST_CASE(soap11_11_reads_dotted_fault_codes, *spec("SOAP 1.1 4.4.1")) {
    using saml::soap::FaultCode;
    const std::vector<std::pair<std::string, FaultCode>> codes{{"Server", FaultCode::server},
                                                               {"Server.Busy", FaultCode::server},
                                                               {"Client.Auth", FaultCode::client},
                                                               {"Client.Auth.Expired", FaultCode::client},
                                                               {"MustUnderstand.Security", FaultCode::must_understand},
                                                               {"VersionMismatch.1.2", FaultCode::version_mismatch}};
    for (const auto& [code, read_as] : codes) {
        BOOST_TEST_CONTEXT(code) {
            const auto fault = saml::soap::decode_fault(fault_with("soap:" + code));
            BOOST_REQUIRE(fault.has_value());
            BOOST_TEST((*fault == read_as));
            const auto reply = reply_with(fault_with("soap:" + code), xml_type, "500 Internal Server Error");
            expect_unproven(log_out_s1_with_reply(reply), ReplyErrc::fault);
        }
    }
}

BOOST_AUTO_TEST_CASE(soap11_12_posts_text_xml_with_a_soap_action, *spec("SOAP 1.1 6, 6.1.1")) {
    const auto captured = capture();
    BOOST_TEST(captured.head.starts_with("POST /slo HTTP/1.1\r\n"));
    expect_lines(captured, "Content-Type", {"text/xml; charset=utf-8"});
    BOOST_TEST(captured.lines("SOAPAction").size() == 1U);
    BOOST_TEST(captured.envelope.is(soap_ns, "Envelope"));
    BOOST_TEST(captured.envelope.only(soap_ns, "Body").children.size() == 1U);
}

BOOST_AUTO_TEST_CASE(http_07_sends_basic_credentials_unasked, *spec("SAML Conformance 3.5 l.224-231")) {
    const auto answer = [](const std::string& request) { return honest_answer(request); };
    const LoopbackServer plain(answer);
    const LoopbackServer in_tls(answer, LoopbackServer::usual_identity());
    for (const auto* server : {&plain, &in_tls}) {
        Idp idp = server == &plain ? idp1_of(*server) : idp1_in_tls(*server);
        idp.profile.outgoing.http.credentials = idp_adapter::BasicCredentials{.user = "us", .password = "secret:1"};
        expect_everywhere(log_out_s1(idp));
        expect_lines(only_request(*server), "Authorization", {"Basic dXM6c2VjcmV0OjE="});
    }
    expect_lines(capture(), "Authorization", {});
}

BOOST_AUTO_TEST_CASE(http_07_sends_credentials_in_the_clear_to_this_machine_only,
                     *spec("SAML Conformance 3.5 l.224-231")) {
    Idp idp = idp1_at("http://192.0.2.1/slo");
    idp.profile.outgoing.http.http = HttpClientOptions::Http::accepted;
    idp.profile.outgoing.http.credentials = idp_adapter::BasicCredentials{.user = "us", .password = "canary"};
    const auto result = log_out_s1(idp);
    BOOST_TEST((result.extent == Extent::local_only));
    check_failed(result.verdict, Kind::unsent, ReplyErrc::client_setup);
}

BOOST_AUTO_TEST_CASE(http_07_shows_its_certificate_where_one_is_wanted, *spec("SAML Conformance 3.5 l.224-231")) {
    const LoopbackServer server([](const std::string& request) { return honest_answer(request); },
                                LoopbackServer::identity_for_known_clients());
    Idp idp = idp1_in_tls(server);
    const auto without = log_out_s1(idp);
    BOOST_TEST((without.extent != Extent::everywhere));
    check_failed(without.verdict, Kind::lost, ReplyErrc::broke_off);
    BOOST_TEST(server.requests().empty());
    idp.profile.outgoing.http.client_certificate = fixture_path("tls/client.pem");
    idp.profile.outgoing.http.client_key = fixture_path("tls/client.key");
    expect_everywhere(log_out_s1(idp));
    BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(aslo_01_puts_the_extension_into_extensions, *spec("SAML async SLO 1.0, 2.1")) {
    const LoopbackServer server([](const std::string&) { return reply_with("", {}, "202 Accepted"); });
    static_cast<void>(log_out_s1(asynchronous_idp1(server, supported)));
    const auto captured = only_request(server);
    const auto& extensions = captured.request().only(samlp_ns, "Extensions");
    BOOST_TEST_REQUIRE(extensions.children.size() == 1U);
    BOOST_TEST(extensions.children.front().is(aslo_ns, "Asynchronous"));
    BOOST_TEST(extensions.children.front().children.empty());
    BOOST_TEST(extensions.children.front().text.empty());
    std::string order;
    for (const auto& child : captured.request().children) order += child.name + " ";
    BOOST_TEST(order == "Issuer Signature Extensions NameID SessionIndex ");
    BOOST_TEST(verify_xml(captured.body, fixture("sp/sp.crt.pem")));
}

BOOST_AUTO_TEST_CASE(aslo_02_waits_for_no_response_and_ignores_a_late_one, *spec("SAML async SLO 1.0, 2.2")) {
    const LoopbackServer server([](const std::string&) { return reply_with("", {}, "202 Accepted"); });
    Requester requester({asynchronous_idp1(server, supported)});
    requester.admit(Requester::s1());
    requester.admit(session("S2", idp1_entity_id, transient("N2"), {"i2"}));
    const auto result = requester.log_out({"S1"});
    BOOST_TEST((result.extent != Extent::everywhere), "it isn't proven");
    BOOST_TEST_REQUIRE(result.idps.size() == 1U);
    BOOST_TEST((result.idps.front().verdict.kind == Kind::silent));
    BOOST_TEST((result.idps.front().retried == sp::Retried::no));
    BOOST_TEST(requester.kept() == 0U);
    LogoutResponseText late{.in_response_to = id_in(server.requests().at(0))};
    const std::string body = late.signed_soap();
    static_cast<void>(sp::BackChannel(requester.service()).handle({body, "text/xml"}));
    BOOST_TEST(requester.lives("S2"));
    BOOST_TEST(!requester.lives("S1"));
    BOOST_TEST(server.connections() == 1U);
}

BOOST_AUTO_TEST_CASE(aslo_03_asks_asynchronously_only_where_the_endpoint_takes_it, *spec("SAML async SLO 1.0, 2.3")) {
    for (const std::string attributes :
         {"", R"( aslo:supportsAsynchronous="false")", R"( aslo:supportsAsynchronous="0")"}) {
        const LoopbackServer server = server_of_idp1();
        expect_everywhere(log_out_s1(asynchronous_idp1(server, attributes)));
        BOOST_TEST(only_request(server).request().count(samlp_ns, "Extensions") == 0U);
    }
    const LoopbackServer server = server_of_idp1();
    static_cast<void>(log_out_s1(asynchronous_idp1(server, supported)));
    BOOST_TEST(only_request(server).request().count(samlp_ns, "Extensions") == 1U);
}

BOOST_AUTO_TEST_CASE(aslo_05_takes_an_empty_reply_or_a_response, *spec("SAML async SLO 1.0, 2.2; Bindings 3.2")) {
    for (const auto* status : {"200 OK", "202 Accepted", "204 No Content"}) {
        BOOST_TEST_CONTEXT(status) {
            const LoopbackServer server([&](const std::string&) {
                return std::string(status).starts_with("204") ? "HTTP/1.1 204 No Content\r\n\r\n"
                                                              : reply_with("", {}, status);
            });
            const auto result = log_out_s1(asynchronous_idp1(server, supported));
            BOOST_TEST((result.verdict.kind == Kind::silent));
            BOOST_TEST((result.extent != Extent::everywhere));
        }
    }
    const LoopbackServer answering = server_of_idp1();
    expect_everywhere(log_out_s1(asynchronous_idp1(answering, supported)));
    const LoopbackServer lying([](const std::string& request) {
        return reply_with(LogoutResponseText{.in_response_to = id_in(request)}.unsigned_soap(), xml_type);
    });
    expect_unproven(log_out_s1(asynchronous_idp1(lying, supported)), ReplyErrc::is_unsigned);
}

BOOST_AUTO_TEST_SUITE_END()
