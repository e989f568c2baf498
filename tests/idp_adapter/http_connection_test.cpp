// The HTTP client's connections: credentials, proxies, keeping one for the next call, and failures before a server has
// seen anything.
#include <openssl/x509v3.h>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>

#include "certificates.hpp"
#include "connect_proxy.hpp"
#include "enough_time.hpp"
#include "localhost.hpp"
#include "loopback_server.hpp"
#include "slo/idp_adapter/http_client.hpp"

namespace {

using namespace slo;
using namespace slo::idp_adapter;
using test::ConnectProxy;
using test::LoopbackServer;
using test::reply_with;
using Afterwards = LoopbackServer::Afterwards;

const std::string host = "idp.example.org";

HttpClientOptions plain() {
    HttpClientOptions options;
    options.http = HttpClientOptions::Http::accepted;
    return options;
}

HttpClientOptions keeping() {
    HttpClientOptions options = plain();
    options.keep_idle = std::chrono::seconds(3600);
    return options;
}

HttpClient opened(const HttpClientOptions& options) {
    auto client = HttpClient::open(options);
    BOOST_REQUIRE_MESSAGE(client.has_value(), (client ? "" : client.error().detail));
    return *std::move(client);
}

Result<HttpHead> post(HttpClient& client, const std::string& where, std::vector<int> bodies_of = {200}) {
    return client.call({.url = *saml::EndpointUrl::parse(where),
                        .method = "POST",
                        .headers = {},
                        .body = "<x/>",
                        .bodies_of = std::move(bodies_of)},
                       [](std::string_view) { return Result<void>(Done{}); });
}

void check_failed(const Result<HttpHead>& result, HttpErrc code, std::string_view detail = {}) {
    BOOST_REQUIRE(!result);
    BOOST_TEST(result.error().code == make_error_code(code), result.error().detail);
    BOOST_TEST((result.error().detail.find("canary") == std::string::npos), result.error().detail);
    BOOST_TEST((result.error().detail.find(detail) != std::string::npos), result.error().detail);
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// An IdP that only a proxy can reach, in TLS, with a certificate for its host name.
struct FarServer {
    explicit FarServer(LoopbackServer::Answer answer, const std::string& certified_name = host)
        : FarServer(std::move(answer),
                    {.common_name = certified_name, .extensions = {{NID_subject_alt_name, "DNS:" + certified_name}}}) {}
    FarServer(LoopbackServer::Answer answer, const test::CertificateText& text)
        : ca(test::certified(test::authority("a CA"))),
          identity(test::certified(text, &ca)),
          ca_file(ca),
          server(std::move(answer), {.certificate = identity.certificate.get(), .key = identity.key.get()},
                 Afterwards::next_request) {}

    HttpClientOptions options(const ConnectProxy& proxy) const {
        HttpClientOptions made;
        made.peer = CertificatesOf{ca_file.path()};
        made.proxy = HttpProxy{.host = "127.0.0.1", .port = proxy.port()};
        return made;
    }

    test::Identity ca;
    test::Identity identity;
    test::CertificateFile ca_file;
    LoopbackServer server;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client_credentials)

BOOST_AUTO_TEST_CASE(they_come_with_the_first_request) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); },
                                LoopbackServer::usual_identity());
    HttpClientOptions options;
    options.peer = CertificatesOf{std::string(SLO_FIXTURES) + "/tls/server.pem"};
    options.credentials = BasicCredentials{.user = "Aladdin", .password = "open sesame"};
    auto client = opened(options);
    BOOST_TEST(post(client, server.url()).has_value());
    // The example of RFC 7617, section 2.
    BOOST_TEST(has(server.requests().at(0), "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
}

BOOST_AUTO_TEST_CASE(they_do_not_leave_this_machine_unencrypted) {
    auto options = plain();
    options.credentials = BasicCredentials{.user = "u", .password = "canary"};
    options.deadline = std::chrono::milliseconds(100);
    auto client = opened(options);
    check_failed(post(client, "http://192.0.2.1/"), HttpErrc::client_setup, "HTTP Basic");
    BOOST_TEST(!client.may_have_been_seen());
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); });
    BOOST_TEST(post(client, server.url()).has_value());
    BOOST_TEST(has(server.requests().at(0), "\r\nAuthorization: Basic "));
}

BOOST_AUTO_TEST_CASE(they_do_not_follow_a_redirect_to_another_server) {
    const LoopbackServer other([](const std::string&) { return reply_with("<x/>"); });
    const LoopbackServer server(
        [&](const std::string&) { return reply_with("", "Location: " + other.url() + "\r\n", "302 Found"); });
    auto options = plain();
    options.credentials = BasicCredentials{.user = "u", .password = "p"};
    options.max_redirects = 1;
    auto client = opened(options);
    const auto head = client.call({.url = *saml::EndpointUrl::parse(server.url())},
                                  [](std::string_view) { return Result<void>(Done{}); });
    BOOST_TEST(head.has_value());
    BOOST_TEST(has(server.requests().at(0), "Authorization"));
    BOOST_TEST(!has(other.requests().at(0), "Authorization"));
}

BOOST_AUTO_TEST_CASE(credentials_that_cannot_be_sent_are_refused_at_once) {
    for (const auto& credentials : {BasicCredentials{.user = "a:b", .password = "canary"},
                                    BasicCredentials{.user = "a\r\nb", .password = "canary"},
                                    BasicCredentials{.user = "a", .password = std::string("canary\0", 7)}}) {
        auto options = plain();
        options.credentials = credentials;
        auto client = HttpClient::open(options);
        BOOST_REQUIRE(!client);
        BOOST_TEST(client.error().code == make_error_code(HttpErrc::client_setup));
        BOOST_TEST(!has(client.error().detail, "canary"));
        options.credentials = std::nullopt;
        options.proxy = HttpProxy{.host = "127.0.0.1", .port = 1, .credentials = credentials};
        BOOST_TEST(!HttpClient::open(options).has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(http_client_proxy)

BOOST_AUTO_TEST_CASE(a_tunnel_leads_to_the_server_which_is_verified_itself) {
    const FarServer far([](const std::string&) { return reply_with("<x/>"); });
    const ConnectProxy proxy(far.server.port());
    auto options = far.options(proxy);
    options.credentials = BasicCredentials{.user = "for", .password = "the IdP"};
    auto client = opened(options);
    const auto head = post(client, "https://" + host + ":8443/slo");
    BOOST_REQUIRE_MESSAGE(head.has_value(), (head ? "" : head.error().detail));
    BOOST_TEST(proxy.requests().at(0) == "CONNECT idp.example.org:8443 HTTP/1.1\r\nHost: idp.example.org:8443\r\n\r\n");
    BOOST_TEST(far.server.requests().at(0).starts_with("POST /slo HTTP/1.1\r\nHost: idp.example.org:8443\r\n"));
}

BOOST_AUTO_TEST_CASE(the_proxy_gets_its_own_credentials_and_no_others) {
    const FarServer far([](const std::string&) { return reply_with("<x/>"); });
    const ConnectProxy proxy(far.server.port());
    auto options = far.options(proxy);
    options.proxy->credentials = BasicCredentials{.user = "Aladdin", .password = "open sesame"};
    auto client = opened(options);
    BOOST_TEST(post(client, "https://" + host + "/slo").has_value());
    BOOST_TEST(has(proxy.requests().at(0), "\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    BOOST_TEST(!has(far.server.requests().at(0), "Authorization"));
}

BOOST_AUTO_TEST_CASE(another_server_at_the_end_of_a_tunnel_is_not_believed) {
    const FarServer far([](const std::string&) { return reply_with("<x/>"); }, "canary.example.org");
    const ConnectProxy proxy(far.server.port());
    auto client = opened(far.options(proxy));
    check_failed(post(client, "https://" + host + "/slo"), HttpErrc::tls_failed, "hostname mismatch");
    BOOST_TEST(!client.may_have_been_seen());
    BOOST_TEST(far.server.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_servers_name_stands_in_subject_alt_name_and_a_wildcard_for_a_whole_label) {
    const auto reached = [](const test::CertificateText& text) {
        const FarServer far([](const std::string&) { return reply_with("<x/>"); }, text);
        const ConnectProxy proxy(far.server.port());
        auto client = opened(far.options(proxy));
        const auto head = post(client, "https://" + host + "/slo");
        if (!head) BOOST_TEST(has(head.error().detail, "hostname mismatch"));
        return head.has_value();
    };
    const auto with_name = [](const std::string& name) {
        return test::CertificateText{.common_name = "x", .extensions = {{NID_subject_alt_name, "DNS:" + name}}};
    };
    BOOST_TEST(reached(with_name("*.example.org")));
    BOOST_TEST(!reached(with_name("i*.example.org")));
    BOOST_TEST(!reached(with_name("*p.example.org")));
    BOOST_TEST(!reached({.common_name = host}));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_named_by_its_status) {
    for (const std::string status : {"407", "403", "502", "302"}) {
        const ConnectProxy proxy(1, "HTTP/1.1 " + status + " canary\r\nContent-Length: 0\r\n\r\n");
        auto options = plain();
        options.proxy = HttpProxy{.host = "127.0.0.1", .port = proxy.port()};
        auto client = opened(options);
        check_failed(post(client, "https://" + host + "/"), HttpErrc::unreachable, status);
        BOOST_TEST(!client.may_have_been_seen());
    }
}

BOOST_AUTO_TEST_CASE(a_proxy_has_no_more_room_and_time_than_a_server) {
    const auto check = [](const std::string& reply, HttpErrc code) {
        const ConnectProxy proxy(1, reply);
        auto options = plain();
        options.deadline = std::chrono::milliseconds(code == HttpErrc::timed_out ? 30 : 30'000);
        options.max_header_octets = 1024;
        options.proxy = HttpProxy{.host = "127.0.0.1", .port = proxy.port()};
        auto client = opened(options);
        check_failed(post(client, "https://" + host + "/"), code);
        BOOST_TEST(!client.may_have_been_seen());
    };
    check("", HttpErrc::timed_out);
    check("HTTP/1.1 200 OK\r\nX: ", HttpErrc::timed_out);
    check("HTTP/1.1 200 " + std::string(2000, 'x'), HttpErrc::unreachable);
    check("<html>canary</html>\r\n\r\n", HttpErrc::unreachable);
    check("HTTP/1.1 200 OK\r\n\r\ncanary", HttpErrc::unreachable);
}

BOOST_AUTO_TEST_CASE(a_proxy_that_drips_its_reply_is_given_no_more_time) {
    for (const std::string reply : {"HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\nX: "}) {
        const bool was_asked = test::in_enough_time([&](std::chrono::milliseconds deadline) {
            const ConnectProxy proxy(1, reply, ConnectProxy::Afterwards::one_octet_after_the_other);
            auto options = plain();
            options.deadline = deadline;
            options.proxy = HttpProxy{.host = "127.0.0.1", .port = proxy.port()};
            auto client = opened(options);
            const auto head = post(client, "https://" + host + "/");
            check_failed(head, HttpErrc::timed_out);
            BOOST_TEST(!client.may_have_been_seen());
            return has(head.error().detail, "waiting for the proxy");
        });
        BOOST_TEST(was_asked);
    }
}

BOOST_AUTO_TEST_CASE(no_server_listens_at_the_proxy_s_port) {
    std::uint16_t port = 0;
    {
        const ConnectProxy proxy(1);
        port = proxy.port();
    }
    auto options = plain();
    options.proxy = HttpProxy{.host = "127.0.0.1", .port = port};
    auto client = opened(options);
    check_failed(post(client, "https://" + host + "/"), HttpErrc::unreachable);
}

BOOST_AUTO_TEST_CASE(this_machine_is_asked_directly) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); });
    const ConnectProxy proxy(server.port());
    auto options = plain();
    options.proxy = HttpProxy{.host = "127.0.0.1", .port = proxy.port()};
    auto client = opened(options);
    BOOST_TEST(post(client, server.url()).has_value());
    BOOST_TEST(proxy.requests().empty());
}

BOOST_AUTO_TEST_CASE(plain_http_goes_through_a_tunnel_too) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); });
    const ConnectProxy proxy(server.port());
    auto options = plain();
    options.proxy = HttpProxy{.host = "127.0.0.1", .port = proxy.port()};
    auto client = opened(options);
    BOOST_TEST(post(client, "http://" + host + "/slo").has_value());
    BOOST_TEST(proxy.requests().at(0).starts_with("CONNECT idp.example.org:80 "));
    BOOST_TEST(server.requests().at(0).starts_with("POST /slo "));
}

BOOST_AUTO_TEST_CASE(a_tunnel_is_kept_as_any_connection) {
    const FarServer far([](const std::string&) { return reply_with("<x/>"); });
    const ConnectProxy proxy(far.server.port());
    auto options = far.options(proxy);
    options.keep_idle = std::chrono::seconds(3600);
    auto client = opened(options);
    for (int i = 0; i < 3; ++i) BOOST_TEST(post(client, "https://" + host + "/slo").has_value());
    BOOST_TEST(proxy.requests().size() == 1U);
    BOOST_TEST(far.server.requests().size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(http_client_reuse)

namespace {

/// How many connections two calls take, where the first gets `reply`.
std::size_t connections_after(const std::string& reply, const HttpClientOptions& options = keeping()) {
    const LoopbackServer server([&](const std::string&) { return reply; }, Afterwards::next_request);
    auto client = opened(options);
    for (int i = 0; i < 2; ++i) static_cast<void>(post(client, server.url()));
    BOOST_TEST(server.requests().size() == 2U);
    return server.connections();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_connection_is_kept_for_the_next_call) {
    BOOST_TEST(connections_after(reply_with("<x/>")) == 1U);
    BOOST_TEST(connections_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n") == 1U);
    BOOST_TEST(connections_after(reply_with("", {}, "404 Not Found")) == 1U);
    BOOST_TEST(connections_after("HTTP/1.1 204 No Content\r\n\r\n") == 1U);
    BOOST_TEST(connections_after(reply_with("<x/>"), plain()) == 2U);
}

BOOST_AUTO_TEST_CASE(in_tls_too) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); }, LoopbackServer::usual_identity(),
                                Afterwards::next_request);
    auto options = keeping();
    options.peer = CertificatesOf{std::string(SLO_FIXTURES) + "/tls/server.pem"};
    auto client = opened(options);
    for (int i = 0; i < 3; ++i) BOOST_TEST(post(client, server.url()).has_value());
    BOOST_TEST(server.connections() == 1U);
    BOOST_TEST(server.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(it_is_not_kept_where_the_server_or_the_reply_says_otherwise) {
    BOOST_TEST(connections_after(reply_with("<x/>", "Connection: close\r\n")) == 2U);
    BOOST_TEST(connections_after("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n") == 2U);
    BOOST_TEST(connections_after("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n") == 2U);
}

BOOST_AUTO_TEST_CASE(it_is_not_kept_where_a_body_was_left_unread) {
    BOOST_TEST(connections_after(reply_with("canary", {}, "404 Not Found")) == 2U);
}

BOOST_AUTO_TEST_CASE(it_is_not_kept_where_something_stands_behind_the_reply) {
    BOOST_TEST(connections_after(reply_with("<x/>") + reply_with("canary")) == 2U);
    BOOST_TEST(connections_after(reply_with("<x/>") + "c") == 2U);
}

BOOST_AUTO_TEST_CASE(it_is_not_kept_where_the_reply_ends_with_it) {
    const LoopbackServer server([](const std::string&) { return std::string("HTTP/1.1 200 OK\r\n\r\n<x/>"); });
    auto client = opened(keeping());
    for (int i = 0; i < 2; ++i) {
        std::string body;
        const auto head =
            client.call({.url = *saml::EndpointUrl::parse(server.url()), .body_rule = HttpCall::BodyRule::as_it_comes},
                        [&](std::string_view octets) {
                            body += octets;
                            return Result<void>(Done{});
                        });
        BOOST_TEST(head.has_value());
        BOOST_TEST(body == "<x/>");
    }
    BOOST_TEST(server.connections() == 2U);
}

BOOST_AUTO_TEST_CASE(it_is_not_kept_after_a_failure) {
    BOOST_TEST(connections_after("canary\r\n\r\n") == 2U);
    auto options = keeping();
    options.max_body = 3;
    BOOST_TEST(connections_after(reply_with("<x/>"), options) == 2U);
}

BOOST_AUTO_TEST_CASE(one_that_the_server_closed_meanwhile_is_not_used) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); }, Afterwards::close);
    auto client = opened(keeping());
    BOOST_TEST(post(client, server.url()).has_value());
    server.wait_until_closed(1);
    BOOST_TEST(post(client, server.url()).has_value());
    BOOST_TEST(server.connections() == 2U);
    BOOST_TEST(server.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(one_that_the_server_closed_meanwhile_is_not_used_in_tls_either) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); }, LoopbackServer::usual_identity(),
                                Afterwards::close);
    auto options = keeping();
    options.peer = CertificatesOf{std::string(SLO_FIXTURES) + "/tls/server.pem"};
    auto client = opened(options);
    BOOST_TEST(post(client, server.url()).has_value());
    server.wait_until_closed(1);
    BOOST_TEST(post(client, server.url()).has_value());
    BOOST_TEST(server.connections() == 2U);
}

BOOST_AUTO_TEST_CASE(one_that_the_server_closes_on_the_next_request_is_not_asked_again_elsewhere) {
    std::size_t asked = 0;
    const LoopbackServer server([&](const std::string&) { return ++asked == 1 ? reply_with("<x/>") : test::hang_up; },
                                Afterwards::next_request);
    auto client = opened(keeping());
    BOOST_TEST(post(client, server.url()).has_value());
    check_failed(post(client, server.url()), HttpErrc::reply_malformed, "broke off");
    BOOST_TEST(client.may_have_been_seen());
    BOOST_TEST(server.connections() == 1U);
    BOOST_TEST(server.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(one_is_kept_for_its_own_server_only) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); }, Afterwards::next_request);
    const LoopbackServer other([](const std::string&) { return reply_with("<x/>"); }, Afterwards::next_request);
    auto client = opened(keeping());
    for (const auto& url : {server.url(), other.url(), server.url()}) BOOST_TEST(post(client, url).has_value());
    BOOST_TEST(server.requests().size() == 2U);
    BOOST_TEST(other.requests().size() == 1U);
    BOOST_TEST(post(client, "http://" + test::localhost() + ":" + std::to_string(server.port()) + "/").has_value());
    BOOST_TEST(server.connections() == 3U);  // another name
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(http_client_bodies)

BOOST_AUTO_TEST_CASE(the_bodies_of_other_statuses_are_read_where_they_are_asked_for) {
    const LoopbackServer server(
        [](const std::string&) { return reply_with("<fault/>", {}, "500 Internal Server Error"); });
    auto client = opened(plain());
    std::string body;
    const auto head = client.call({.url = *saml::EndpointUrl::parse(server.url()), .bodies_of = {200, 500}},
                                  [&](std::string_view octets) {
                                      body += octets;
                                      return Result<void>(Done{});
                                  });
    BOOST_TEST(head.has_value());
    BOOST_TEST(body == "<fault/>");
}

BOOST_AUTO_TEST_CASE(a_coded_body_comes_as_it_is_where_the_caller_judges_it) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>", "Content-Encoding: gzip\r\n"); });
    auto client = opened(plain());
    std::string body;
    const auto head =
        client.call({.url = *saml::EndpointUrl::parse(server.url()), .body_rule = HttpCall::BodyRule::as_it_comes},
                    [&](std::string_view octets) {
                        body += octets;
                        return Result<void>(Done{});
                    });
    BOOST_REQUIRE(head.has_value());
    BOOST_TEST(body == "<x/>");
    BOOST_TEST((head->header("content-encoding") == "gzip"));
}

BOOST_AUTO_TEST_CASE(a_failed_call_says_whether_its_request_may_have_been_seen) {
    const LoopbackServer silent([](const std::string&) { return std::string(); });
    const bool was_sent = test::in_enough_time([&](std::chrono::milliseconds deadline) {
        auto options = plain();
        options.deadline = deadline;
        auto client = opened(options);
        check_failed(post(client, silent.url()), HttpErrc::timed_out);
        return client.may_have_been_seen();
    });
    BOOST_TEST(was_sent);
    auto options = plain();
    options.deadline = std::chrono::milliseconds(30);
    auto client = opened(options);
    check_failed(post(client, "https://127.0.0.1:" + std::to_string(silent.port())), HttpErrc::timed_out);
    BOOST_TEST(!client.may_have_been_seen());
}

BOOST_AUTO_TEST_SUITE_END()
