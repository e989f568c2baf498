// Asking an IdP to end its sessions: what is sent, over which connections, and what comes of it.
#include "slo/idp_adapter/single_logout_client.hpp"

#include <openssl/x509v3.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <future>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "connect_proxy.hpp"
#include "logout_asking.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/soap.hpp"

namespace {

using namespace slo;
using namespace slo::idp_adapter;
using namespace slo::test;
using Afterwards = LoopbackServer::Afterwards;

/// The LogoutRequest in an HTTP request, verified as the IdP would.
saml::LogoutRequest verified_request(const std::string& http, const std::string& destination) {
    auto message = saml::soap::decode(http.substr(http.find("\r\n\r\n") + 4)).value();
    const auto unverified = saml::UnverifiedLogoutRequest::parse(message).value();
    const saml::Expectations expected{.issuer = saml::EntityID::parse(our_entity_id).value(),
                                      .destinations = {saml::EndpointUrl::parse(destination).value()},
                                      .now = now(),
                                      .algorithms = {}};
    const auto keys = std::vector{key_of("sp/sp.crt.pem")};
    const auto verified = saml::MessageVerifier::verify(unverified, keys, expected);
    BOOST_REQUIRE_MESSAGE(verified.has_value(), (verified ? "" : verified.error().code.message()));
    return **verified;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// Another IdP than idp1_of()'s, which answers under its name.
Idp idp2_of(const LoopbackServer& server) {
    Idp idp = idp1_of(server);
    idp.profile.issuer_aliases = {idp.entity_id};
    idp.entity_id = saml::EntityID::parse(idp2_entity_id).value();
    return idp;
}

/// An address at which a server has been, and none is.
std::string vacant_address() {
    const LoopbackServer server([](const std::string&) { return std::string(); });
    return "127.0.0.1:" + std::to_string(server.port());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(single_logout_client)

BOOST_AUTO_TEST_CASE(the_request_says_what_it_must_and_is_signed) {
    const LoopbackServer server([](const std::string& request) { return answer_to(request); });
    const auto verdict = ask(idp1_of(server));
    check_success(verdict);
    const auto request = verified_request(server.requests().at(0), server.url("/slo"));
    const auto asked = logout_ask();
    BOOST_TEST_REQUIRE(verdict.request_id.has_value());
    BOOST_TEST((request.id == *verdict.request_id));
    BOOST_TEST(request.destination.value() == server.url("/slo"));
    BOOST_TEST((request.issue_instant == now()));
    BOOST_TEST((request.not_on_or_after == asked.not_on_or_after));
    BOOST_TEST(request.reason.value() == asked.reason);
    BOOST_TEST((std::get<saml::NameID>(request.identifier) == asked.name_id));
    BOOST_TEST((request.session_indexes == asked.session_indexes));
    BOOST_TEST(!request.asynchronous);
}

BOOST_AUTO_TEST_CASE(the_http_request_is_the_binding_s) {
    const LoopbackServer server([](const std::string& request) { return answer_to(request); });
    check_success(ask(idp1_of(server)));
    const std::string request = server.requests().at(0);
    BOOST_TEST(request.substr(0, request.find("Content-Length")) ==
               "POST /slo HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                   "\r\nUser-Agent: saml-slo\r\nAccept-Encoding: identity\r\n"
                   "Content-Type: text/xml; charset=utf-8\r\nAccept: text/xml\r\n"
                   "SOAPAction: \"http://www.oasis-open.org/committees/security\"\r\n"
                   "Cache-Control: no-cache, no-store\r\nPragma: no-cache\r\n");
}

BOOST_AUTO_TEST_CASE(a_cookie_is_never_sent_back) {
    const LoopbackServer server(
        [](const std::string& request) {
            LogoutResponseText response;
            response.in_response_to = id_in(request);
            return reply_with(response.signed_soap(), xml_type + "Set-Cookie: lemonldap=0; path=/\r\n");
        },
        Afterwards::next_request);
    SingleLogoutClient client(client_options());
    for (int i = 0; i < 2; ++i) check_success(client.ask(idp1_of(server), logout_ask(), our_signer(), now(), {}));
    for (const auto& request : server.requests()) BOOST_TEST(!has(request, "Cookie"));
}

BOOST_AUTO_TEST_CASE(the_profile_names_the_content_type) {
    const LoopbackServer server([](const std::string& request) { return answer_to(request); });
    Idp idp = idp1_of(server);
    idp.profile.outgoing.content_type = "application/soap+xml";
    check_success(ask(idp));
    BOOST_TEST(has(server.requests().at(0), "\r\nContent-Type: application/soap+xml\r\n"));
}

BOOST_AUTO_TEST_CASE(without_a_reason_none_is_given) {
    const LoopbackServer server([](const std::string& request) { return answer_to(request); });
    auto asked = logout_ask();
    asked.reason = "";
    asked.session_indexes.clear();
    SingleLogoutClient client(client_options());
    check_success(client.ask(idp1_of(server), asked, our_signer(), now(), {}));
    const auto request = verified_request(server.requests().at(0), server.url("/slo"));
    BOOST_TEST(!request.reason.has_value());
    BOOST_TEST(request.session_indexes.empty());
}

BOOST_AUTO_TEST_CASE(an_algorithm_that_the_metadata_lists_is_used) {
    const LoopbackServer server([](const std::string& request) { return answer_to(request); });
    Idp idp = idp1_of(server);
    const std::string sha512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512";
    idp.algorithms.signing = {{.algorithm = sha512, .min_key_size = std::nullopt, .max_key_size = std::nullopt}};
    check_success(ask(idp));
    BOOST_TEST(has(server.requests().at(0), sha512));
    static_cast<void>(verified_request(server.requests().at(0), server.url("/slo")));
}

BOOST_AUTO_TEST_CASE(the_profile_s_prefixes_are_used_with_either_algorithm) {
    const LoopbackServer server([](const std::string& request) { return answer_to(request); });
    Idp idp = idp1_of(server);
    idp.profile.prefixes = saml::NamespacePrefixes::numbered;
    check_success(ask(idp));
    idp.algorithms.signing = {{.algorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
                               .min_key_size = std::nullopt,
                               .max_key_size = std::nullopt}};
    check_success(ask(idp));
    for (const auto& request : server.requests()) {
        BOOST_TEST(has(request, "<ns0:LogoutRequest "));
        static_cast<void>(verified_request(request, server.url("/slo")));
    }
}

BOOST_AUTO_TEST_CASE(an_idp_that_cannot_be_asked_is_not_connected_to) {
    const LoopbackServer server([](const std::string& request) { return answer_to(request); });
    Idp idp = idp1_of(server);
    idp.algorithms.signing = {{.algorithm = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
                               .min_key_size = std::nullopt,
                               .max_key_size = std::nullopt}};
    check_failed(ask(idp), Kind::impossible, ReplyErrc::cannot_sign);
    idp = idp1_of(server);
    idp.valid_until = now();
    check_failed(ask(idp), Kind::impossible, ReplyErrc::metadata_expired);
    idp = idp1_of(server);
    idp.profile.outgoing.http.http = HttpClientOptions::Http::refused;
    check_failed(ask(idp), Kind::impossible, ReplyErrc::no_endpoint);
    idp.single_logout_services.at(0).binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
    check_failed(ask(idp), Kind::impossible, ReplyErrc::no_endpoint);
    idp.single_logout_services.clear();
    check_failed(ask(idp), Kind::impossible, ReplyErrc::no_endpoint);

    auto asked = logout_ask();
    asked.name_id.value = "";
    SingleLogoutClient client(client_options());
    check_failed(client.ask(idp1_of(server), asked, our_signer(), now(), {}), Kind::impossible, ReplyErrc::cannot_sign);
    BOOST_TEST(server.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(metadata_counts_until_its_last_moment) {
    const LoopbackServer server([](const std::string& request) { return answer_to(request); });
    Idp idp = idp1_of(server);
    idp.valid_until = now() + std::chrono::milliseconds(1);
    check_success(ask(idp));
}

BOOST_AUTO_TEST_CASE(proven_answers_are_told_apart) {
    check_success(ask_for_answer({}));
    BOOST_TEST((ask_for_answer({.status = status_of({"Success", "PartialLogout"})}).kind == Kind::partial));
    const auto refused = ask_for_answer({.status = status_of({"Responder", "RequestDenied"})});
    BOOST_TEST((refused.kind == Kind::refused));
    BOOST_TEST_REQUIRE(refused.status.has_value());
    BOOST_TEST(refused.status->nested.at(0) == status_prefix + "RequestDenied");
}

BOOST_AUTO_TEST_CASE(an_answer_that_ends_with_its_connection_counts) {
    const LoopbackServer server([](const std::string& request) {
        LogoutResponseText response;
        response.in_response_to = id_in(request);
        return "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n" + response.signed_soap();
    });
    check_success(ask(idp1_of(server)));
}

BOOST_AUTO_TEST_CASE(another_host_s_certificate_is_not_believed) {
    const auto identity = certified(
        {.common_name = "canary.example.org", .extensions = {{NID_subject_alt_name, "DNS:canary.example.org"}}});
    const CertificateFile ca(identity);
    const LoopbackServer server([](const std::string& request) { return answer_to(request); },
                                {.certificate = identity.certificate.get(), .key = identity.key.get()});
    Idp idp = idp1_at(server.url("/slo"));
    idp.profile.outgoing.http.peer = CertificatesOf{ca.path()};
    check_failed(ask(idp), Kind::unsent, ReplyErrc::untrusted_server);
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(single_logout_client_asynchronous)

BOOST_AUTO_TEST_CASE(the_extension_is_sent_where_profile_and_endpoint_want_it) {
    const LoopbackServer server([](const std::string&) { return reply_with("", {}, "202 Accepted"); });
    Idp idp = idp1_of(server);
    const auto ask_with = [&](AsynchronousRequests rule, bool supported) {
        idp.profile.outgoing.asynchronous = rule;
        idp.single_logout_services.at(0).supports_asynchronous = supported;
        return ask(idp);
    };
    BOOST_TEST((ask_with(AsynchronousRequests::where_supported, true).kind == Kind::silent));
    BOOST_TEST(verified_request(server.requests().back(), server.url("/slo")).asynchronous);
    for (const auto& [rule, supported] :
         {std::pair(AsynchronousRequests::where_supported, false), {AsynchronousRequests::never, true}}) {
        check_failed(ask_with(rule, supported), Kind::unproven, ReplyErrc::empty);
        BOOST_TEST(!verified_request(server.requests().back(), server.url("/slo")).asynchronous);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(single_logout_client_connections)

BOOST_AUTO_TEST_CASE(no_server_was_there) {
    std::optional<Idp> idp;
    {
        const LoopbackServer server([](const std::string&) { return std::string(); });
        idp = idp1_of(server);
    }
    check_failed(ask(*idp), Kind::unsent, ReplyErrc::unreachable);
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_greet_in_tls_has_seen_nothing) {
    const LoopbackServer server([](const std::string&) { return std::string(); });
    Idp idp = idp1_at("https://127.0.0.1:" + std::to_string(server.port()) + "/slo");
    idp.profile.outgoing.http.deadline = std::chrono::milliseconds(30);
    check_failed(ask(idp), Kind::unsent, ReplyErrc::unreachable);
}

BOOST_AUTO_TEST_CASE(a_proxy_that_refuses) {
    const ConnectProxy proxy(1, "HTTP/1.1 407 canary\r\nContent-Length: 0\r\n\r\n");
    Idp idp = idp1_at("https://idp1.example.org/slo");
    idp.profile.outgoing.http.proxy = HttpProxy{.host = "127.0.0.1", .port = proxy.port()};
    const auto verdict = ask(idp);
    check_failed(verdict, Kind::unsent, ReplyErrc::unreachable);
    BOOST_TEST(has(verdict.why.detail, "407"));
}

BOOST_AUTO_TEST_CASE(our_own_setup_can_not_be_used) {
    const LoopbackServer server([](const std::string& request) { return answer_to(request); });
    Idp idp = idp1_of(server);
    idp.profile.outgoing.http.peer = CertificatesOf{"/nowhere"};
    check_failed(ask(idp), Kind::unsent, ReplyErrc::client_setup);
    idp = idp1_at("http://192.0.2.1/slo");
    idp.profile.outgoing.http.http = HttpClientOptions::Http::accepted;
    idp.profile.outgoing.http.credentials = BasicCredentials{.user = "u", .password = "canary"};
    check_failed(ask(idp), Kind::unsent, ReplyErrc::client_setup);
    BOOST_TEST(server.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(the_caller_can_stop_it) {
    std::stop_source source;
    const LoopbackServer server([&](const std::string&) {
        source.request_stop();
        return std::string();
    });
    check_failed(ask(idp1_of(server), source.get_token()), Kind::lost, ReplyErrc::stopped);
    check_failed(ask(idp1_of(server), source.get_token()), Kind::unsent, ReplyErrc::stopped);
}

BOOST_AUTO_TEST_CASE(a_connection_is_used_again_for_the_same_idp_and_options_only) {
    const LoopbackServer server([](const std::string& request) { return answer_to(request); },
                                Afterwards::next_request);
    SingleLogoutClient client(client_options());
    const auto check = [&](const Idp& idp, std::size_t connections) {
        check_success(client.ask(idp, logout_ask(), our_signer(), now(), {}));
        BOOST_TEST(server.connections() == connections);
    };
    Idp idp = idp1_of(server);
    check(idp, 1);
    check(idp, 1);
    Idp later = idp;
    later.profile.outgoing.http.credentials = BasicCredentials{.user = "u", .password = "p"};
    check(later, 2);
    BOOST_TEST(has(server.requests().back(), "Authorization: Basic"));
    check(idp, 2);
    BOOST_TEST(!has(server.requests().back(), "Authorization: Basic"));
    later.profile.outgoing.http.peer = PinnedPublicKeys{{std::string(64, '0')}};
    check(later, 3);
    Idp alias = idp;
    alias.entity_id = saml::EntityID::parse(idp2_entity_id).value();
    alias.profile.issuer_aliases = {idp.entity_id};
    check(alias, 4);
}

BOOST_AUTO_TEST_CASE(a_request_whose_connection_ends_is_not_sent_twice) {
    std::size_t asked = 0;
    const LoopbackServer server([&](const std::string& request) { return ++asked == 2 ? hang_up : answer_to(request); },
                                Afterwards::next_request);
    SingleLogoutClient client(client_options());
    const Idp idp = idp1_of(server);
    check_success(client.ask(idp, logout_ask(), our_signer(), now(), {}));
    check_failed(client.ask(idp, logout_ask(), our_signer(), now(), {}), Kind::lost, ReplyErrc::broke_off);
    BOOST_TEST(server.requests().size() == 2U);
    BOOST_TEST(server.connections() == 1U);
    check_success(client.ask(idp, logout_ask(), our_signer(), now(), {}));
}

BOOST_AUTO_TEST_CASE(no_more_idle_connections_are_kept_than_allowed) {
    const LoopbackServer first([](const std::string& request) { return answer_to(request); }, Afterwards::next_request);
    const LoopbackServer second([](const std::string& request) { return answer_to(request); },
                                Afterwards::next_request);
    auto options = client_options();
    options.max_idle_connections = 1;
    SingleLogoutClient client(options);
    const Idp other = idp2_of(second);
    check_success(client.ask(idp1_of(first), logout_ask(), our_signer(), now(), {}));
    check_success(client.ask(other, logout_ask(), our_signer(), now(), {}));
    first.wait_until_closed(1);
    check_success(client.ask(other, logout_ask(), our_signer(), now(), {}));
    BOOST_TEST(second.connections() == 1U);
}

BOOST_AUTO_TEST_CASE(a_busy_idp_has_no_other_idps_connection_closed) {
    const LoopbackServer first([](const std::string& request) { return answer_to(request); }, Afterwards::next_request);
    const LoopbackServer busy([](const std::string& request) { return answer_to(request); }, Afterwards::next_request);
    auto options = client_options();
    options.max_idle_connections = 2;
    SingleLogoutClient client(options);
    const Idp other = idp2_of(busy);
    Idp with_other_options = other;
    with_other_options.profile.outgoing.http.max_body += 1;
    check_success(client.ask(idp1_of(first), logout_ask(), our_signer(), now(), {}));
    check_success(client.ask(other, logout_ask(), our_signer(), now(), {}));
    check_success(client.ask(with_other_options, logout_ask(), our_signer(), now(), {}));
    busy.wait_until_closed(1);
    check_success(client.ask(idp1_of(first), logout_ask(), our_signer(), now(), {}));
    BOOST_TEST(first.connections() == 1U);
}

// A system has hundreds of CAs: to read them for each logout takes longer than the logout.
BOOST_AUTO_TEST_CASE(the_ca_is_read_once_for_all_exchanges) {
    const auto authority_of_ours = certified(authority("a CA"));
    const CertificateFile ca(authority_of_ours);
    Idp idp = idp1_at("https://" + vacant_address() + "/slo");
    idp.profile.outgoing.http.peer = CertificatesOf{ca.path()};
    SingleLogoutClient client(client_options());
    check_failed(client.ask(idp, logout_ask(), our_signer(), now(), {}), Kind::unsent, ReplyErrc::unreachable);
    std::ofstream(ca.path()) << "no certificate any more";
    check_failed(client.ask(idp, logout_ask(), our_signer(), now(), {}), Kind::unsent, ReplyErrc::unreachable);
    check_failed(ask(idp), Kind::unsent, ReplyErrc::client_setup);
}

BOOST_AUTO_TEST_CASE(of_an_idp_that_never_answers_the_next_callers_do_not_wait) {
    Idp idp = idp1_at("http://" + vacant_address() + "/slo");
    idp.profile.outgoing.http.http = HttpClientOptions::Http::accepted;
    SingleLogoutClient client(client_options());
    for (int i = 0; i < 3; ++i) {
        check_failed(client.ask(idp, logout_ask(), our_signer(), now(), {}), Kind::unsent, ReplyErrc::unreachable);
    }
    check_failed(client.ask(idp, logout_ask(), our_signer(), now(), {}), Kind::unsent, ReplyErrc::busy);
}

BOOST_AUTO_TEST_CASE(of_more_callers_than_may_ask_an_idp_each_is_told_at_once) {
    std::stop_source stop;
    std::promise<void> asked;
    const LoopbackServer server([&](const std::string&) {
        asked.set_value();
        return std::string();  // and never anything more
    });
    auto options = client_options();
    options.max_asks_per_idp = 1;
    SingleLogoutClient client(options);
    const Idp idp = idp1_of(server);
    std::jthread waiting([&] {
        check_failed(client.ask(idp, logout_ask(), our_signer(), now(), stop.get_token()), Kind::lost,
                     ReplyErrc::stopped);
    });
    asked.get_future().wait();
    check_failed(client.ask(idp, logout_ask(), our_signer(), now(), {}), Kind::unsent, ReplyErrc::busy);
    stop.request_stop();
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_without_another_request) {
    const LoopbackServer server([](const std::string& request) { return answer_to(request); },
                                Afterwards::next_request);
    auto options = client_options();
    options.keep_idle = std::chrono::seconds(1);
    SingleLogoutClient client(options);
    check_success(client.ask(idp1_of(server), logout_ask(), our_signer(), now(), {}));
    server.wait_until_closed(1);
    BOOST_TEST(!has(server.requests().at(0), "\r\nConnection: close\r\n"));
}

BOOST_AUTO_TEST_CASE(many_threads_ask_at_once_and_each_gets_its_own_answer) {
    const saml::MessageSigner idp_signer(
        saml::SigningKey::parse(fixture("keys/idp1-first.key.pem"), fixture("keys/idp1-first.crt.pem")).value());
    const LoopbackServer server(
        [&](const std::string& request) {
            const auto id = saml::MessageID::parse(id_in(request)).value();
            const auto answer =
                idp_signer.sign(saml::LogoutResponse{.id = saml::random_message_id().value(),
                                                     .version = {},
                                                     .issue_instant = now(),
                                                     .destination = std::nullopt,
                                                     .consent = std::nullopt,
                                                     .in_response_to = id,
                                                     .issuer = saml::EntityID::parse(idp1_entity_id).value(),
                                                     .status = {}});
            return reply_with(saml::soap::encode(*answer), xml_type);
        },
        Afterwards::next_request);
    SingleLogoutClient client(client_options());
    const Idp idp = idp1_of(server);
    constexpr std::size_t threads = 4;
    constexpr std::size_t asks = 10;
    std::vector<LogoutVerdict> verdicts(threads * asks);
    {
        std::vector<std::jthread> running;
        for (std::size_t t = 0; t < threads; ++t) {
            running.emplace_back([&, t] {
                for (std::size_t i = 0; i < asks; ++i) {
                    verdicts[t * asks + i] = client.ask(idp, logout_ask(), our_signer(), now(), {});
                }
            });
        }
    }
    std::set<std::string> ids;
    for (const auto& verdict : verdicts) {
        check_success(verdict);
        if (verdict.request_id) ids.insert(verdict.request_id->str());
    }
    BOOST_TEST(ids.size() == threads * asks);
    BOOST_TEST(server.requests().size() == threads * asks);
    BOOST_TEST(server.connections() <= threads);
}

BOOST_AUTO_TEST_SUITE_END()
