#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <future>

#include "enough_time.hpp"
#include "tls_client.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

/// A ClientHello whose key share isn't a point of its curve. Looking at it leaves several errors in OpenSSL's queue.
std::string hello_with_a_bad_point() {
    const Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set1_groups_list(context.get(), "P-256");
    const Stream stream(SSL_new(context.get()));
    BIO* sent = BIO_new(BIO_s_mem());
    SSL_set_bio(stream.get(), BIO_new(BIO_s_mem()), sent);  // the stream owns both
    SSL_connect(stream.get());
    ERR_clear_error();

    char* octets = nullptr;
    const auto size = BIO_get_mem_data(sent, &octets);
    std::string hello(octets, static_cast<std::size_t>(size));
    using namespace std::string_literals;
    const auto point = hello.find("\x00\x17\x00\x41\x04"s);
    BOOST_REQUIRE(point != std::string::npos);
    hello[point + 5] = static_cast<char>(hello[point + 5] ^ 1);
    return hello;
}

enum class Going { in_order, with_a_reset };

/// A request over TLS of which the server gets only the first `limit` octets of what a client sends, handshake
/// included. Returns how many were sent. All that comes back is awaited, so that the server is at the cut.
std::size_t octets_of_a_client(const TlsServer& running, std::size_t limit, Going going) {
    const Context context(SSL_CTX_new(TLS_client_method()));
    const Stream stream(SSL_new(context.get()));
    BIO* from_server = BIO_new(BIO_s_mem());
    BIO* to_server = BIO_new(BIO_s_mem());
    SSL_set_bio(stream.get(), from_server, to_server);  // the stream owns both
    auto socket = running.connect();
    const auto request = post("/cut", "body");
    std::array<char, 4096> octets;
    std::size_t sent = 0;
    for (bool asked = false; sent < limit;) {
        if (!asked && SSL_connect(stream.get()) == 1) {
            asked = SSL_write(stream.get(), request.data(), static_cast<int>(request.size())) > 0;
        }
        ERR_clear_error();
        for (int size = 0; sent < limit && (size = BIO_read(to_server, octets.data(), octets.size())) > 0;) {
            const auto part = std::min(static_cast<std::size_t>(size), limit - sent);
            socket.send({octets.data(), part});
            sent += part;
        }
        if (sent == limit) break;
        const auto received = ::recv(socket.native(), octets.data(), octets.size(), 0);
        if (asked || received <= 0) break;
        BIO_write(from_server, octets.data(), static_cast<int>(received));
    }
    if (going == Going::with_a_reset) {
        socket.reset();
        return sent;
    }
    socket.finish_sending();
    while (::recv(socket.native(), octets.data(), octets.size(), 0) > 0) continue;
    return sent;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server_tls)

BOOST_AUTO_TEST_CASE(serves_tls_1_3_and_1_2_on_kept_connections) {
    TlsServer running;
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        auto client = running.connect_tls({.version = version});
        for (int i = 0; i < 3; ++i) BOOST_TEST(client.ask(get("/a")).starts_with("HTTP/1.1 200 "));
    }
    BOOST_TEST(running.server.counters().connections == 2u);
}

BOOST_AUTO_TEST_CASE(carries_bodies_larger_than_a_record) {
    TlsServer running;
    BOOST_TEST(running.connect_tls().ask(post("/large", std::string(60'000, 'a'))).starts_with("HTTP/1.1 200 "));
    BOOST_TEST(running.handler.requests().at(0).body.size() == 60'000u);
}

BOOST_AUTO_TEST_CASE(refuses_old_versions_and_weak_ciphers) {
    TlsServer running;
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION})
        BOOST_TEST(!running.connect_tls({.version = version}).connected());
    for (const auto* ciphers : {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256", "aNULL"}) {
        BOOST_TEST(!running.connect_tls({.version = TLS1_2_VERSION, .ciphers = ciphers}).connected());
    }
    BOOST_TEST(running.answers());
    running.stop();
    BOOST_TEST(running.server.counters().failed_handshakes == 6u);
    const std::string spoken = "; TLS 1.2 and TLS 1.3 are spoken here";
    const auto told = running.handler.refusals();
    BOOST_TEST_REQUIRE(told.size() == 6u);
    BOOST_TEST(told.front() == "127.0.0.1  0 tls.handshake: unsupported protocol" + spoken);
    BOOST_TEST(told.back() == "127.0.0.1  0 tls.handshake: no shared cipher" + spoken);
}

BOOST_AUTO_TEST_CASE(refuses_renegotiation_and_early_data) {
    TlsServer running;
    auto client = running.connect_tls({.version = TLS1_2_VERSION});
    SSL_renegotiate(client.native());
    BOOST_TEST(SSL_do_handshake(client.native()) <= 0);
    ERR_clear_error();

    auto modern = running.connect_tls();
    modern.ask(get("/a"));  // reads the ticket, too
    BOOST_TEST(SSL_SESSION_get_max_early_data(modern.session().get()) == 0u);
    BOOST_TEST(running.answers());
}

BOOST_AUTO_TEST_CASE(resumes_only_its_own_sessions) {
    TlsServer first;
    TlsServer second;
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        for (const auto tickets : {Tickets::welcome, Tickets::declined}) {
            auto client = first.connect_tls({.version = version, .tickets = tickets});
            BOOST_TEST(client.ask(get("/a")).starts_with("HTTP/1.1 200 "));
            const auto session = client.session();

            for (const auto* server : {&first, &second}) {
                auto again = server->connect_tls({.version = version, .tickets = tickets, .resume = session.get()});
                BOOST_TEST(again.ask(get("/b")).starts_with("HTTP/1.1 200 "));
                BOOST_TEST(SSL_session_reused(again.native()) == (server == &first ? 1 : 0));
            }
        }
    }
}

// RFC 8446, 8: early data can be replayed.
BOOST_AUTO_TEST_CASE(acts_on_no_early_data) {
    TlsServer running;
    auto client = running.connect_tls();
    BOOST_TEST(client.ask(get("/first")).starts_with("HTTP/1.1 200 "));
    const auto session = client.session();
    SSL_SESSION_set_max_early_data(session.get(), 10'000);  // the client takes it for allowed

    auto again = running.connect_tls({.resume = session.get(), .early_data = post("/early", "body")});
    BOOST_TEST(SSL_get_early_data_status(again.native()) == SSL_EARLY_DATA_REJECTED);
    BOOST_TEST(again.ask(get("/second")).starts_with("HTTP/1.1 200 "));
    BOOST_TEST(running.handler.targets() == (std::vector<std::string>{"/first", "/second"}),
               boost::test_tools::per_element());
}

// With a field of 8192 bits a handshake costs the server as much as two hundred of the usual ones.
BOOST_AUTO_TEST_CASE(agrees_on_no_group_that_costs_more_than_it_gives) {
    TlsServer running;
    for (const auto* groups : {"X25519", "P-256", "P-384"}) BOOST_TEST(running.answers({.groups = groups}));
    BOOST_TEST(running.answers({.version = TLS1_2_VERSION, .groups = "P-256"}));
    for (const auto* groups : {"ffdhe2048", "ffdhe8192", "P-521", "X448"}) {
        BOOST_TEST(!running.connect_tls({.groups = groups}).connected());
    }
    BOOST_TEST(running.answers());
}

// The name in the handshake decides nothing; the Host of each request does.
BOOST_AUTO_TEST_CASE(judges_the_host_and_not_the_name_in_the_handshake) {
    TlsServer running({.tls = sp::TlsOptions{.certificate_chain_file = tls_folder + "server.pem",
                                             .private_key_file = tls_folder + "server.key"},
                       .hosts = {"sp"}});
    for (const auto* name : {"sp", "evil", "127.0.0.1"}) {
        BOOST_TEST(running.connect_tls({.server_name = name}).ask(get("/a")).starts_with("HTTP/1.1 200 "));
        BOOST_TEST(running.connect_tls({.server_name = name})
                       .ask("GET /b HTTP/1.1\r\nHost: evil\r\n\r\n")
                       .starts_with("HTTP/1.1 421 "));
    }
    BOOST_TEST(running.handler.requests().size() == 3u);
}

// Each of them starts new keys and says nothing.
BOOST_AUTO_TEST_CASE(does_not_let_key_updates_stretch_a_deadline) {
    const WithoutPipeSignal guard;
    const bool others_had_time = in_enough_time([](std::chrono::milliseconds header_timeout) {
        TlsServer running({.tls = sp::TlsOptions{.certificate_chain_file = tls_folder + "server.pem",
                                                 .private_key_file = tls_folder + "server.key"},
                           .header_timeout = header_timeout});
        auto client = running.connect_tls();
        while (running.server.counters().timeouts == 0) {
            if (SSL_key_update(client.native(), SSL_KEY_UPDATE_NOT_REQUESTED) != 1) break;
            if (SSL_do_handshake(client.native()) != 1) break;
        }
        ERR_clear_error();
        BOOST_TEST(client.read() == "");
        BOOST_TEST(running.server.counters().timeouts == 1u);
        return running.answers();
    });
    BOOST_TEST(others_had_time);
}

BOOST_AUTO_TEST_CASE(requires_a_client_certificate_of_the_configured_ca) {
    TlsServer running(sp::ClientCertificates::required);
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        BOOST_TEST(running.answers({.version = version, .certificate = "client"}));
        BOOST_TEST(!running.answers({.version = version}));
        BOOST_TEST(!running.answers({.version = version, .certificate = "stranger"}));
    }
    BOOST_TEST(running.answers({.certificate = "client"}));
    running.stop();
    BOOST_TEST(running.handler.requests().size() == 3u);
    BOOST_TEST(running.server.counters().failed_handshakes == 4u);
    const std::string spoken = "; TLS 1.2 and TLS 1.3 are spoken here";
    const auto told = running.handler.refusals();
    BOOST_TEST_REQUIRE(told.size() == 4u);
    BOOST_TEST(told.at(0) == "127.0.0.1  0 tls.handshake: peer did not return a certificate" + spoken);
    BOOST_TEST(told.at(1) ==
               "127.0.0.1  0 tls.handshake: certificate verify failed (unable to get local issuer certificate)" +
                   spoken);
}

BOOST_AUTO_TEST_CASE(takes_an_optional_client_certificate_but_no_wrong_one) {
    TlsServer running(sp::ClientCertificates::optional);
    BOOST_TEST(running.answers());
    BOOST_TEST(running.answers({.certificate = "client"}));
    BOOST_TEST(!running.answers({.certificate = "stranger"}));
}

BOOST_AUTO_TEST_CASE(closes_a_plain_text_connection) {
    TlsServer running;
    auto client = running.connect();
    BOOST_TEST(client.ask(get("/plain")).status == 0);
    BOOST_TEST(running.handler.requests().empty());
    BOOST_TEST(running.handler.last_refusal() ==
               "127.0.0.1  0 tls.handshake: http request; TLS 1.2 and TLS 1.3 are spoken here");
    BOOST_TEST(running.answers());
}

// A pending logout is signed in the thread that may have seen a handshake fail meanwhile.
BOOST_AUTO_TEST_CASE(leaves_no_error_behind_from_a_failed_handshake) {
    std::promise<std::function<void()>> started;
    TlsServer running(sp::ClientCertificates::none, 5s, "client-ca.pem", [&](const sp::HttpRequest&) {
        return sp::PendingReply{.budget = 1h,
                                .start = [&](std::function<void()> done) { started.set_value(std::move(done)); },
                                .finish = [] { return sp::HttpReply{.status = ERR_peek_error() == 0 ? 200 : 500}; }};
    });
    auto pending = running.connect_tls();
    const auto request = get("/pending");
    SSL_write(pending.native(), request.data(), static_cast<int>(request.size()));
    const auto done = started.get_future().get();

    auto client = running.connect();
    client.send(hello_with_a_bad_point());
    BOOST_TEST(client.receive().status == 0);  // the connection has ended, the alert read

    done();
    BOOST_TEST(pending.read().starts_with("HTTP/1.1 200 "));
}

BOOST_AUTO_TEST_CASE(ends_a_handshake_that_takes_too_long) {
    const bool others_had_time = in_enough_time([](std::chrono::milliseconds handshake_timeout) {
        TlsServer running(sp::ClientCertificates::none, handshake_timeout);
        auto client = running.connect();
        BOOST_TEST(client.closed_by_server());
        BOOST_TEST(running.server.counters().timeouts == 1u);
        BOOST_TEST(running.handler.refusals().at(0) ==
                   "127.0.0.1  0 tls.handshake: a handshake is done within handshake_timeout");
        return running.answers();
    });
    BOOST_TEST(others_had_time);
}

// A body that ends with the connection isn't a body (RFC 9112, 8).
BOOST_AUTO_TEST_CASE(never_takes_a_truncated_request_for_a_whole_one) {
    TlsServer running;
    auto client = running.connect_tls();
    const auto request = post("/cut", "body");
    SSL_write(client.native(), request.data(), static_cast<int>(request.size()) - 1);
    ::shutdown(SSL_get_fd(client.native()), SHUT_RDWR);
    BOOST_TEST(running.answers());
    BOOST_TEST(running.handler.targets() == std::vector<std::string>{"/a"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(refuses_over_tls_as_it_does_without) {
    TlsServer running;
    BOOST_TEST(running.connect_tls().ask("GET http://evil/ HTTP/1.1\r\nHost: sp\r\n\r\n").starts_with("HTTP/1.1 400 "));
    BOOST_TEST(running.answers());
}

BOOST_AUTO_TEST_CASE(survives_a_peer_that_goes_at_every_offset_of_its_handshake_and_request) {
    TlsServer running;
    const auto whole = octets_of_a_client(running, std::string::npos, Going::in_order);
    BOOST_TEST(running.handler.requests().size() == 1u);
    for (std::size_t size = 0; size < whole; ++size) {
        for (const auto going : {Going::in_order, Going::with_a_reset}) octets_of_a_client(running, size, going);
    }
    BOOST_TEST(running.answers());
    BOOST_TEST(running.handler.requests().size() == 2u);
    BOOST_TEST(running.server.counters().failures == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
