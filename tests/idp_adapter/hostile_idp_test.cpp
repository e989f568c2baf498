// IdPs that forge, repeat, hold back, flood and send elsewhere: none of them ever yields a success.
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

#include "enough_time.hpp"
#include "logout_asking.hpp"
#include "slo/saml/soap.hpp"

using namespace slo;
using namespace slo::idp_adapter;
using namespace slo::test;
using Afterwards = LoopbackServer::Afterwards;

namespace {

/// A request to a server that says `reply` is lost at its deadline, and the connection isn't kept for another. The
/// server is in TLS where it has an `identity`.
void check_lost_in_time(const std::string& reply, Idp (*idp_of)(const LoopbackServer&),
                        const ServerIdentity& identity = {}) {
    const auto says = [&](const std::string&) { return reply; };
    const bool was_sent = in_enough_time([&](std::chrono::milliseconds deadline) {
        const auto server = identity.certificate != nullptr ? std::make_unique<LoopbackServer>(says, identity)
                                                            : std::make_unique<LoopbackServer>(says);
        Idp idp = idp_of(*server);
        idp.profile.outgoing.http.deadline = deadline;
        SingleLogoutClient client(client_options());
        const auto verdict = client.ask(idp, logout_ask(), our_signer(), now(), {});
        if (verdict.kind == Kind::unsent) return false;
        check_failed(verdict, Kind::lost, ReplyErrc::timed_out);
        BOOST_REQUIRE((verdict.why.code == make_error_code(ReplyErrc::timed_out)));
        server->wait_until_closed(1);
        BOOST_TEST(server->requests().size() == 1U);
        return true;
    });
    BOOST_TEST(was_sent);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_idp)

BOOST_AUTO_TEST_CASE(an_answer_without_a_signature_or_by_another_signer) {
    const LoopbackServer bare([](const std::string& request) {
        LogoutResponseText response;
        response.in_response_to = id_in(request);
        return reply_with(response.unsigned_soap(), xml_type);
    });
    check_failed(ask(idp1_of(bare)), Kind::unproven, ReplyErrc::is_unsigned);
    const LoopbackServer forging([](const std::string& request) {
        LogoutResponseText response;
        response.in_response_to = id_in(request);
        return reply_with(response.signed_soap("keys/stranger.key.pem"), xml_type);
    });
    check_failed(ask(idp1_of(forging)), Kind::unproven, ReplyErrc::signature_invalid);
}

BOOST_AUTO_TEST_CASE(a_real_answer_that_is_said_again) {
    std::string first;
    const LoopbackServer server(
        [&](const std::string& request) {
            if (first.empty()) first = answer_to(request);
            return first;
        },
        Afterwards::next_request);
    SingleLogoutClient client(client_options());
    check_success(client.ask(idp1_of(server), logout_ask(), our_signer(), now(), {}));
    check_failed(client.ask(idp1_of(server), logout_ask(), our_signer(), now(), {}), Kind::unproven,
                 ReplyErrc::wrong_in_response_to);
}

BOOST_AUTO_TEST_CASE(an_answer_that_belongs_elsewhere) {
    check_failed(ask_for_reply(reply_with(LogoutResponseText{.in_response_to = std::nullopt}.signed_soap(), xml_type)),
                 Kind::unproven, ReplyErrc::wrong_in_response_to);
    check_failed(ask_for_answer({.issuer = issuer_of(idp2_entity_id)}), Kind::unproven, ReplyErrc::wrong_issuer);
    check_failed(ask_for_answer({.destination = "https://canary.example.org/"}), Kind::unproven,
                 ReplyErrc::wrong_destination);
    check_failed(ask_for_answer({.issue_instant = "2030-01-15T09:00:00Z"}), Kind::unproven, ReplyErrc::stale);
    check_failed(ask_for_answer({.status = status_of({"PartialLogout"})}), Kind::unproven, ReplyErrc::status_malformed);
    check_failed(ask_for_answer({.element = "samlp:Response"}), Kind::unproven, ReplyErrc::not_a_logout_response);
}

BOOST_AUTO_TEST_CASE(a_reply_that_is_no_answer_at_all) {
    const auto check = [](const std::string& reply, ReplyErrc code) {
        BOOST_TEST_CONTEXT(reply.substr(0, 60)) {
            check_failed(ask_for_reply(reply), Kind::unproven, code);
        }
    };
    check(reply_with("<!DOCTYPE html><html>canary</html>", "Content-Type: text/html\r\n"),
          ReplyErrc::html_instead_of_soap);
    check(reply_with("<html>canary</html>", xml_type), ReplyErrc::html_instead_of_soap);
    check(reply_with(R"({"error":"canary"})", "Content-Type: application/json\r\n"), ReplyErrc::content_type);
    check(reply_with(R"({"error":"canary"})", "Content-Type: application/json\r\n", "400 Bad Request"),
          ReplyErrc::http_status);
    check(reply_with("canary", xml_type), ReplyErrc::not_soap);
    check(reply_with("", xml_type), ReplyErrc::empty);
    check(reply_with("", {}, "202 Accepted"), ReplyErrc::empty);
    check("HTTP/1.1 204 No Content\r\n\r\n", ReplyErrc::empty);
    check(reply_with("canary", {}, "403 Forbidden"), ReplyErrc::http_status);
    check(reply_with("canary", {}, "503 canary"), ReplyErrc::http_status);
    check(reply_with("canary", xml_type, "500 canary"), ReplyErrc::http_status);
    const std::string fault = saml::soap::fault(saml::soap::FaultCode::client, "canary");
    check(reply_with(fault, xml_type), ReplyErrc::fault);
    check(reply_with(fault, xml_type, "500 Internal Server Error"), ReplyErrc::fault);
    check(reply_with("canary", xml_type + "Content-Encoding: gzip\r\n"), ReplyErrc::compressed);
}

BOOST_AUTO_TEST_CASE(replies_of_lemonldap_as_they_came_over_the_wire) {
    check_failed(ask_for_reply(fixture("lemonldap/idp-answer-to-badsig.http")), Kind::unproven, ReplyErrc::http_status);
    check_failed(ask_for_reply(fixture("lemonldap/idp-answer-to-unknown-index.http")), Kind::unproven,
                 ReplyErrc::html_instead_of_soap);
    check_failed(ask_for_reply(fixture("lemonldap/idp-answer-to-valid.http")), Kind::unproven,
                 ReplyErrc::signature_invalid);  // IdP1 has other keys
}

BOOST_AUTO_TEST_CASE(a_redirect_is_not_followed) {
    const LoopbackServer target([](const std::string& request) { return answer_to(request); });
    for (const std::string status : {"301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"}) {
        const LoopbackServer server(
            [&](const std::string&) { return reply_with("", "Location: " + target.url("/slo") + "\r\n", status); });
        Idp idp = idp1_of(server);
        idp.profile.outgoing.http.max_redirects = 5;
        check_failed(ask(idp), Kind::unproven, ReplyErrc::redirected);
    }
    BOOST_TEST(target.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_server_that_holds_back_its_reply) {
    const auto check = [](const std::string& reply) { check_lost_in_time(reply, idp1_of); };
    check("");
    check("HTTP/1.1 200 OK\r\nContent-Ty" + and_nothing_more);
    check("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n<x" + and_nothing_more);
    check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n<x\r\n" + and_nothing_more);
}

// Each octet is news, so only a deadline for the whole exchange ends this.
BOOST_AUTO_TEST_CASE(a_server_that_drips_its_reply_octet_by_octet) {
    const std::string body = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n";
    for (const std::string& reply : {
             dripping("", "HTTP/1.1 100 Continue\r\nX: " + std::string(200, 'x') + "\r\n\r\n"),
             dripping("HTTP/1.1 200 ", "O"),
             dripping("HTTP/1.1 200 OK\r\nX: ", "x"),
             dripping("HTTP/1.1 200 OK\r\n", "X: x\r\n"),
             dripping(body + "Content-Length: 5000\r\n\r\n", " "),
             dripping(body + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"),
             dripping(body + "\r\n", " "),
         }) {
        BOOST_TEST_CONTEXT(reply) check_lost_in_time(reply, idp1_of);
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_drips_its_reply_in_tls) {
    const auto in_tls = [](const LoopbackServer& server) {
        Idp idp = idp1_at(server.url("/slo"));
        idp.profile.outgoing.http.peer = idp_adapter::CertificatesOf{fixture_path("tls/server.pem")};
        return idp;
    };
    check_lost_in_time(dripping("HTTP/1.1 200 OK\r\nX: ", "x"), in_tls, LoopbackServer::usual_identity());
}

BOOST_AUTO_TEST_CASE(a_server_that_says_too_much) {
    check_failed(ask_for_reply(reply_with(std::string(65 * 1024, ' '), xml_type)), Kind::unproven,
                 ReplyErrc::too_large);
    std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 100; ++i) chunks += "1000\r\n" + std::string(0x1000, ' ') + "\r\n";
    check_failed(ask_for_reply(chunks + "0\r\n\r\n"), Kind::unproven, ReplyErrc::too_large);
    check_failed(ask_for_reply(reply_with("", "X: " + std::string(100'000, 'x') + "\r\n")), Kind::unproven,
                 ReplyErrc::too_large);
}

BOOST_AUTO_TEST_CASE(a_server_that_breaks_off) {
    for (const std::string& reply : {hang_up, std::string("HTTP/1.1 200 OK\r\nConte"), std::string("canary\r\n\r\n"),
                                     std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n<x/>")}) {
        const LoopbackServer server([&](const std::string&) { return reply; });
        check_failed(ask(idp1_of(server)), Kind::lost, ReplyErrc::broke_off);
        BOOST_TEST(server.requests().size() == 1U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
