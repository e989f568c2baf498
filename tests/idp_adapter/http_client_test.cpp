// The HTTP client against servers that break off, hold back, lie and send elsewhere.
#include "slo/idp_adapter/http_client.hpp"

#include <openssl/x509v3.h>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <optional>
#include <string>

#include "certificates.hpp"
#include "localhost.hpp"
#include "loopback_server.hpp"
#include "slo/idp_adapter/url_parts.hpp"

namespace {

using namespace slo;
using namespace slo::idp_adapter;
using test::LoopbackServer;
using test::reply_with;

const std::string tls_folder = std::string(SLO_FIXTURES) + "/tls/";

struct Asked {
    std::optional<HttpHead> head;
    std::string body;
    Failure failure;
};

saml::EndpointUrl url(const std::string& text) {
    return *saml::EndpointUrl::parse(text);
}

HttpClientOptions plain() {
    HttpClientOptions options;
    options.http = HttpClientOptions::Http::accepted;
    return options;
}

HttpClientOptions trusting_the_fixture() {
    HttpClientOptions options;
    options.peer = CertificatesOf{tls_folder + "server.pem"};
    return options;
}

Asked ask(const std::string& where, const HttpClientOptions& options = plain(), const std::stop_token& stop = {}) {
    auto client = HttpClient::open(options);
    BOOST_REQUIRE_MESSAGE(client.has_value(), (client ? "" : client.error().detail));
    Asked asked;
    auto head = client->call(
        {.url = url(where)},
        [&](std::string_view octets) {
            asked.body += octets;
            return Result<void>(Done{});
        },
        stop);
    if (head) {
        asked.head = *std::move(head);
    } else {
        asked.failure = head.error();
    }
    return asked;
}

void check_failed(const Asked& asked, HttpErrc code) {
    BOOST_TEST(!asked.head.has_value());
    BOOST_TEST(asked.failure.code == make_error_code(code), asked.failure.detail);
    BOOST_TEST((asked.failure.detail.find("canary") == std::string::npos), asked.failure.detail);
}

/// Asks a server that answers every request with `reply`.
Asked ask_for_reply(const std::string& reply, const HttpClientOptions& options = plain()) {
    const LoopbackServer server([&](const std::string&) { return reply; });
    return ask(server.url(), options);
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(url_parts)

BOOST_AUTO_TEST_CASE(a_url_is_taken_apart_as_http_needs_it) {
    const auto check = [](const std::string& text, const std::string& expected) {
        const auto parts = parts_of(url(text));
        const std::string said =
            parts.scheme + "|" + parts.host + "|" + std::to_string(parts.port) + "|" + parts.target;
        BOOST_TEST(said == expected);
    };
    check("https://idp.example.org", "https|idp.example.org|443|/");
    check("http://idp.example.org:8080/a/b?c=d", "http|idp.example.org|8080|/a/b?c=d");
    check("https://[::1]:8443?q", "https|::1|8443|/?q");
    check("https://[2001:db8::1]", "https|2001:db8::1|443|/");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(http_client)

BOOST_AUTO_TEST_CASE(a_document_is_fetched_with_a_bare_request) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>", "ETag: \"1\"\r\n"); });
    const auto asked = ask(server.url("/metadata?all"));
    BOOST_REQUIRE(asked.head.has_value());
    BOOST_TEST(asked.head->status == 200);
    BOOST_TEST(asked.body == "<x/>");
    BOOST_TEST((asked.head->header("etag") == "\"1\""));
    BOOST_TEST(server.requests().at(0) ==
               "GET /metadata?all HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                   "\r\nUser-Agent: saml-slo\r\nAccept-Encoding: identity\r\n"
                   "Connection: close\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_header_that_stands_there_twice_is_none) {
    const auto asked = ask_for_reply(reply_with("", "ETag: 1\r\nETag: 2\r\n"));
    BOOST_REQUIRE(asked.head.has_value());
    BOOST_TEST((asked.head->header("ETag") == std::nullopt));
}

BOOST_AUTO_TEST_CASE(chunks_are_put_together) {
    const auto asked =
        ask_for_reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n<x\r\n2\r\n/>\r\n0\r\n\r\n");
    BOOST_REQUIRE(asked.head.has_value());
    BOOST_TEST(asked.body == "<x/>");
}

BOOST_AUTO_TEST_CASE(an_interim_reply_is_no_reply) {
    const auto asked = ask_for_reply("HTTP/1.1 103 Early Hints\r\n\r\n" + reply_with("<x/>"));
    BOOST_REQUIRE(asked.head.has_value());
    BOOST_TEST(asked.body == "<x/>");
    std::string endless;
    for (int i = 0; i < 100; ++i) endless += "HTTP/1.1 100 Continue\r\n\r\n";
    check_failed(ask_for_reply(endless), HttpErrc::reply_malformed);
}

BOOST_AUTO_TEST_CASE(the_body_of_another_status_is_not_read) {
    const auto asked = ask_for_reply(reply_with("canary", {}, "404 Not Found"));
    BOOST_REQUIRE(asked.head.has_value());
    BOOST_TEST(asked.head->status == 404);
    BOOST_TEST(asked.body.empty());
    BOOST_TEST(ask_for_reply("HTTP/1.1 304 Not Modified\r\n\r\n").head->status == 304);
}

BOOST_AUTO_TEST_CASE(a_reply_that_breaks_off_is_refused) {
    for (const std::string reply : {
             "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n<x/>",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<x/>\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n<x/>",
             "HTTP/1.1 200 OK\r\nContent-Len",
             "HTTP/1.1 200 OK\r\n\r\n<x/>",  // it can't be told
             "HTTP/1.0 200 OK\r\n\r\n<x/>",
         }) {
        BOOST_TEST_CONTEXT(reply) {
            check_failed(ask_for_reply(reply), HttpErrc::reply_malformed);
        }
    }
}

BOOST_AUTO_TEST_CASE(doubtful_framing_is_refused) {
    for (const std::string reply : {
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n4\r\n<x/>\r\n0\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\n<x/>\r\n0\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: canary\r\n\r\n<x/>",
             "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<x/>\r\n0\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n<x/>",
             "HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n<x/>",
             "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\n<x/>",
             "<html>canary</html>\r\n\r\n",
             "HTTP/9.9 200 canary\r\n\r\n",
         }) {
        BOOST_TEST_CONTEXT(reply) {
            check_failed(ask_for_reply(reply), HttpErrc::reply_malformed);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_long_trailer_is_refused_and_throws_nothing) {
    std::string reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<x/>\r\n0\r\n";
    for (int i = 0; i < 5000; ++i) reply += "X-Canary: canary canary canary\r\n";
    const auto asked = ask_for_reply(reply + "\r\n");
    BOOST_TEST(!asked.head.has_value());
    BOOST_TEST((asked.failure.code == make_error_code(HttpErrc::reply_too_large) ||
                asked.failure.code == make_error_code(HttpErrc::reply_malformed)));
}

BOOST_AUTO_TEST_CASE(a_body_that_says_it_is_too_large_is_refused_before_it_is_read) {
    auto options = plain();
    options.max_body = 100;
    const auto asked = ask_for_reply(reply_with(std::string(101, 'x')), options);
    check_failed(asked, HttpErrc::reply_too_large);
    BOOST_TEST(asked.body.empty());
    BOOST_TEST(ask_for_reply(reply_with(std::string(100, 'x')), options).body.size() == 100);
}

BOOST_AUTO_TEST_CASE(chunks_that_grow_too_large_are_refused) {
    auto options = plain();
    options.max_body = 100;
    std::string reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 20; ++i) reply += "8\r\nabcdefgh\r\n";
    const auto asked = ask_for_reply(reply + "0\r\n\r\n", options);
    check_failed(asked, HttpErrc::reply_too_large);
    BOOST_TEST(asked.body.size() <= 100);
}

BOOST_AUTO_TEST_CASE(a_head_without_end_is_refused) {
    auto options = plain();
    options.max_header_octets = 1024;
    check_failed(ask_for_reply(reply_with("", "X: " + std::string(2000, 'x') + "\r\n"), options),
                 HttpErrc::reply_too_large);
    check_failed(ask_for_reply("HTTP/1.1 200 " + std::string(1'000'000, 'x'), options), HttpErrc::reply_too_large);
}

BOOST_AUTO_TEST_CASE(the_deadline_covers_a_server_that_says_nothing) {
    auto options = plain();
    options.deadline = std::chrono::milliseconds(30);
    check_failed(ask_for_reply("", options), HttpErrc::timed_out);
}

BOOST_AUTO_TEST_CASE(the_deadline_covers_the_handshake) {
    // Plain TCP at the other end: the greeting in TLS isn't answered.
    const LoopbackServer server([](const std::string&) { return std::string(); });
    auto options = trusting_the_fixture();
    options.deadline = std::chrono::milliseconds(30);
    check_failed(ask("https://127.0.0.1:" + std::to_string(server.port()), options), HttpErrc::timed_out);
}

BOOST_AUTO_TEST_CASE(the_caller_can_stop_it) {
    std::stop_source source;
    const LoopbackServer server([&](const std::string&) {
        source.request_stop();
        return std::string();
    });
    check_failed(ask(server.url(), plain(), source.get_token()), HttpErrc::stopped);
}

BOOST_AUTO_TEST_CASE(no_server_listens) {
    std::string where;
    {
        const LoopbackServer server([](const std::string&) { return std::string(); });
        where = server.url();
    }
    check_failed(ask(where), HttpErrc::unreachable);
    check_failed(ask("http://nobody.invalid/"), HttpErrc::unreachable);
}

BOOST_AUTO_TEST_CASE(a_failure_of_the_sink_ends_the_exchange) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); });
    auto client = HttpClient::open(plain());
    const auto full = std::make_error_code(std::errc::no_space_on_device);
    const auto head = client->call({.url = url(server.url())}, [&](std::string_view) {
        return Result<void>(Failure{full, "full"});
    });
    BOOST_REQUIRE(!head);
    BOOST_TEST(head.error().code == full);
}

BOOST_AUTO_TEST_CASE(one_client_asks_again_and_again) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); });
    auto client = HttpClient::open(plain());
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(client->call({.url = url(server.url())}, [](std::string_view) { return Result<void>(Done{}); })
                       .has_value());
    }
    BOOST_TEST(server.connections() == 3);
}

BOOST_AUTO_TEST_CASE(a_body_is_posted_with_its_length) {
    const LoopbackServer server([](const std::string&) { return reply_with("<y/>"); });
    auto client = HttpClient::open(plain());
    const auto head = client->call(
        {.url = url(server.url()), .method = "POST", .headers = {{"Content-Type", "text/xml"}}, .body = "<x/>"},
        [](std::string_view) { return Result<void>(Done{}); });
    BOOST_REQUIRE(head.has_value());
    BOOST_TEST(server.requests().at(0).ends_with("Content-Type: text/xml\r\nContent-Length: 4\r\n\r\n<x/>"));
}

BOOST_AUTO_TEST_CASE(a_header_cannot_bring_another_one_along) {
    const LoopbackServer server([](const std::string&) { return reply_with("<y/>"); });
    auto client = HttpClient::open(plain());
    const auto head = client->call({.url = url(server.url()), .headers = {{"If-None-Match", "1\r\nX: y"}}},
                                   [](std::string_view) { return Result<void>(Done{}); });
    BOOST_REQUIRE(!head);
    BOOST_TEST(head.error().code == make_error_code(HttpErrc::client_setup));
    BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(http_client_redirects)

BOOST_AUTO_TEST_CASE(none_is_followed_unless_it_is_allowed) {
    check_failed(ask_for_reply(reply_with("", "Location: /canary\r\n", "302 Found")), HttpErrc::too_many_redirects);
}

BOOST_AUTO_TEST_CASE(one_is_followed_to_a_path_or_a_url) {
    auto options = plain();
    options.max_redirects = 2;
    const LoopbackServer target([](const std::string&) { return reply_with("<x/>"); });
    const LoopbackServer server([&](const std::string& request) {
        if (request.starts_with("GET /metadata "))
            return reply_with("moved", "Location: /there\r\n", "301 Moved Permanently");
        return reply_with("moved", "Location: " + target.url("/final") + "\r\n", "307 Temporary Redirect");
    });
    const auto asked = ask(server.url(), options);
    BOOST_REQUIRE(asked.head.has_value());
    BOOST_TEST(asked.body == "<x/>");
    BOOST_TEST(target.requests().at(0).starts_with("GET /final "));
}

BOOST_AUTO_TEST_CASE(a_loop_ends) {
    auto options = plain();
    options.max_redirects = 3;
    const LoopbackServer server(
        [](const std::string&) { return reply_with("", "Location: /metadata\r\n", "308 Permanent Redirect"); });
    check_failed(ask(server.url(), options), HttpErrc::too_many_redirects);
    BOOST_TEST(server.connections() == 4);
}

BOOST_AUTO_TEST_CASE(none_leads_from_https_to_http) {
    const LoopbackServer plain_server([](const std::string&) { return reply_with("<x/>"); });
    const LoopbackServer server(
        [&](const std::string&) { return reply_with("", "Location: " + plain_server.url() + "\r\n", "302 Found"); },
        LoopbackServer::usual_identity());
    auto options = trusting_the_fixture();
    options.max_redirects = 3;
    options.http = HttpClientOptions::Http::accepted;
    check_failed(ask(server.url(), options), HttpErrc::url_refused);
    BOOST_TEST(plain_server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(none_leads_to_something_else_than_http) {
    auto options = plain();
    options.max_redirects = 3;
    for (const std::string location : {"file:///etc/passwd", "ftp://canary/", "javascript:canary", "canary",
                                       "http://user:canary@127.0.0.1/", "http://127.0.0.1/#canary", ""}) {
        BOOST_TEST_CONTEXT(location) {
            check_failed(ask_for_reply(reply_with("", "Location: " + location + "\r\n", "302 Found"), options),
                         HttpErrc::url_refused);
        }
    }
    check_failed(ask_for_reply(reply_with("", {}, "302 Found"), options), HttpErrc::reply_malformed);
}

BOOST_AUTO_TEST_CASE(plain_http_is_refused_unless_it_is_allowed) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); });
    check_failed(ask(server.url(), HttpClientOptions{}), HttpErrc::url_refused);
    BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(http_client_tls)

namespace {

/// Whether a server with `identity` is believed, asked by the name `host`.
Asked ask_in_tls(const test::ServerIdentity& identity, const HttpClientOptions& options,
                 const std::string& host = test::localhost()) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); }, identity);
    return ask("https://" + host + ":" + std::to_string(server.port()), options);
}

test::ServerIdentity shown(const test::Identity& identity) {
    return {.certificate = identity.certificate.get(), .key = identity.key.get()};
}

/// With the client's certificate tests/fixtures/tls/<name>.pem.
HttpClientOptions showing(const std::string& name) {
    auto options = trusting_the_fixture();
    options.client_certificate = tls_folder + name + ".pem";
    options.client_key = tls_folder + name + ".key";
    return options;
}

HttpClientOptions pinning(const std::string& hash) {
    HttpClientOptions options;
    options.peer = PinnedPublicKeys{{std::string(64, '0'), hash}};
    return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_server_with_a_certificate_of_the_ca_is_believed) {
    const auto asked = ask_in_tls(LoopbackServer::usual_identity(), trusting_the_fixture());
    BOOST_REQUIRE_MESSAGE(asked.head.has_value(), asked.failure.detail);
    BOOST_TEST(asked.body == "<x/>");
    BOOST_TEST(ask_in_tls(LoopbackServer::usual_identity(), trusting_the_fixture(), "127.0.0.1").head.has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_sender_is_not_believed) {
    HttpClientOptions system;
    check_failed(ask_in_tls(LoopbackServer::usual_identity(), system), HttpErrc::tls_failed);
    const auto stranger =
        test::certified({.common_name = "localhost", .extensions = {{NID_subject_alt_name, "DNS:localhost"}}});
    check_failed(ask_in_tls(shown(stranger), trusting_the_fixture()), HttpErrc::tls_failed);
}

BOOST_AUTO_TEST_CASE(another_host_s_certificate_is_not_believed) {
    const auto ca = test::certified(test::authority("a CA"));
    const auto other = test::certified(
        {.common_name = "localhost", .extensions = {{NID_subject_alt_name, "DNS:canary.example.org"}}}, &ca);
    const test::CertificateFile file(ca);
    HttpClientOptions options;
    options.peer = CertificatesOf{file.path()};
    const auto asked = ask_in_tls(shown(other), options);
    check_failed(asked, HttpErrc::tls_failed);
    BOOST_TEST(contains(asked.failure.detail, "hostname mismatch"));
    const auto by_address = ask_in_tls(shown(other), options, "127.0.0.1");
    check_failed(by_address, HttpErrc::tls_failed);
    BOOST_TEST(contains(by_address.failure.detail, "IP address mismatch"));
}

BOOST_AUTO_TEST_CASE(an_expired_certificate_is_not_believed) {
    const auto ca = test::certified(test::authority("a CA"));
    const auto expired = test::certified({.common_name = "localhost",
                                          .days_before = 9,
                                          .days_left = -1,
                                          .extensions = {{NID_subject_alt_name, "DNS:localhost"}}},
                                         &ca);
    const test::CertificateFile file(ca);
    HttpClientOptions options;
    options.peer = CertificatesOf{file.path()};
    const auto asked = ask_in_tls(shown(expired), options);
    check_failed(asked, HttpErrc::tls_failed);
    BOOST_TEST(contains(asked.failure.detail, "expired"));
}

BOOST_AUTO_TEST_CASE(with_a_pinned_key_dates_names_and_chains_do_not_matter) {
    const auto expired = test::certified({.common_name = "somebody else", .days_before = 9, .days_left = -1});
    const auto asked = ask_in_tls(shown(expired), pinning(test::key_hash_of(expired.certificate.get())));
    BOOST_REQUIRE_MESSAGE(asked.head.has_value(), asked.failure.detail);
    BOOST_TEST(asked.body == "<x/>");
}

BOOST_AUTO_TEST_CASE(another_key_than_the_pinned_one_is_refused_whatever_ca_certified_it) {
    const auto pinned = test::certified({.common_name = "localhost"});
    const auto hash = test::key_hash_of(pinned.certificate.get());
    check_failed(ask_in_tls(LoopbackServer::usual_identity(), pinning(hash)), HttpErrc::tls_failed);
}

BOOST_AUTO_TEST_CASE(a_client_certificate_is_shown_where_one_is_asked_for) {
    const LoopbackServer server([](const std::string&) { return reply_with("<x/>"); },
                                LoopbackServer::identity_for_known_clients());
    const auto none = ask(server.url(), trusting_the_fixture());
    check_failed(none, HttpErrc::tls_failed);
    BOOST_TEST(contains(none.failure.detail, "certificate required"), none.failure.detail);
    const auto of_another_ca = ask(server.url(), showing("stranger"));
    check_failed(of_another_ca, HttpErrc::tls_failed);
    BOOST_TEST(contains(of_another_ca.failure.detail, "unknown ca"), of_another_ca.failure.detail);
    BOOST_TEST(server.requests().empty());

    const auto ours = ask(server.url(), showing("client"));
    BOOST_REQUIRE_MESSAGE(ours.head.has_value(), ours.failure.detail);
    BOOST_TEST(ours.body == "<x/>");
}

BOOST_AUTO_TEST_CASE(a_body_that_breaks_off_in_tls_is_refused) {
    const LoopbackServer server(
        [](const std::string&) { return std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n<x/>"); },
        LoopbackServer::usual_identity());
    check_failed(ask(server.url(), trusting_the_fixture()), HttpErrc::reply_malformed);
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_used_are_refused_at_once) {
    const auto check = [](const HttpClientOptions& options, std::string_view what) {
        const auto client = HttpClient::open(options);
        BOOST_REQUIRE(!client);
        BOOST_TEST(client.error().code == make_error_code(HttpErrc::client_setup));
        BOOST_TEST(contains(client.error().detail, what), client.error().detail);
    };
    HttpClientOptions options;
    options.peer = CertificatesOf{"/nowhere"};
    check(options, "CA certificates");
    options.peer = PinnedPublicKeys{};
    check(options, "no key is pinned");
    options.peer = SystemCertificates{};
    options.client_certificate = tls_folder + "client.pem";
    check(options, "without its private key");
    options.client_key = tls_folder + "server.key";
    check(options, "doesn't belong");
    options.client_key = tls_folder + "encrypted.key";
    check(options, "can't be read");
}

BOOST_AUTO_TEST_SUITE_END()
