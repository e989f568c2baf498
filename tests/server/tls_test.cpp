#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <future>
#include <memory>

#include "running_server.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

const std::string folder = std::string(SLO_FIXTURES) + "/tls/";

using Context = std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* context) { SSL_CTX_free(context); })>;
using Stream = std::unique_ptr<SSL, decltype([](SSL* stream) { SSL_free(stream); })>;
using Session = std::unique_ptr<SSL_SESSION, decltype([](SSL_SESSION* session) { SSL_SESSION_free(session); })>;

struct TlsClientOptions {
    int version = TLS1_3_VERSION;
    std::string certificate = {};
    const char* ciphers = nullptr;
    SSL_SESSION* resume = nullptr;
};

class TlsClient {
public:
    TlsClient(Client socket, const TlsClientOptions& options)
        : socket_(std::move(socket)), context_(SSL_CTX_new(TLS_client_method())) {
        auto* context = context_.get();
        SSL_CTX_set_security_level(context, 0);
        SSL_CTX_set_min_proto_version(context, options.version);
        SSL_CTX_set_max_proto_version(context, options.version);
        SSL_CTX_load_verify_file(context, (folder + "server.pem").c_str());
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
        if (options.ciphers) SSL_CTX_set_cipher_list(context, options.ciphers);
        if (!options.certificate.empty()) {
            SSL_CTX_use_certificate_file(context, (folder + options.certificate + ".pem").c_str(), SSL_FILETYPE_PEM);
            SSL_CTX_use_PrivateKey_file(context, (folder + options.certificate + ".key").c_str(), SSL_FILETYPE_PEM);
        }
        stream_.reset(SSL_new(context));
        SSL_set1_host(stream_.get(), "localhost");
        SSL_set_fd(stream_.get(), socket_.native());
        if (options.resume) SSL_set_session(stream_.get(), options.resume);
        connected_ = SSL_connect(stream_.get()) == 1;
        ERR_clear_error();
    }

    [[nodiscard]] bool connected() const noexcept { return connected_; }
    [[nodiscard]] SSL* native() const noexcept { return stream_.get(); }
    [[nodiscard]] Session session() const { return Session(SSL_get1_session(stream_.get())); }

    std::string ask(const std::string& request) {
        SSL_write(stream_.get(), request.data(), static_cast<int>(request.size()));
        return read();
    }

    /// What comes until the reply's head is there; empty where nothing does.
    std::string read() {
        std::string answer;
        std::array<char, 4096> octets;
        for (int size = 1; size > 0 && answer.find("\r\n\r\n") == std::string::npos;) {
            size = SSL_read(stream_.get(), octets.data(), static_cast<int>(octets.size()));
            if (size > 0) answer.append(octets.data(), static_cast<std::size_t>(size));
        }
        ERR_clear_error();
        return answer;
    }

private:
    Client socket_;
    Context context_;
    Stream stream_;
    bool connected_ = false;
};

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

struct TlsServer : RunningServer {
    explicit TlsServer(sp::ClientCertificates certificates = sp::ClientCertificates::none,
                       std::chrono::milliseconds handshake_timeout = 5s, const std::string& ca = "client-ca.pem",
                       RecordingHandler::Answering answering = {})
        : RunningServer({.tls = sp::TlsOptions{.certificate_chain_file = folder + "server.pem",
                                               .private_key_file = folder + "server.key",
                                               .client_certificates = certificates,
                                               .client_ca_file = folder + ca},
                         .handshake_timeout = handshake_timeout},
                        std::move(answering)) {}

    [[nodiscard]] TlsClient connect_tls(const TlsClientOptions& options = {}) const { return {connect(), options}; }
    [[nodiscard]] bool answers(const TlsClientOptions& options = {}) const {
        return connect_tls(options).ask(get("/a")).starts_with("HTTP/1.1 200 ");
    }
};

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

BOOST_AUTO_TEST_CASE(resumes_its_own_sessions_and_nobody_elses) {
    using enum sp::ClientCertificates;
    TlsServer first(required);
    TlsServer second(required, 5s, "other-ca.pem");
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        auto client = first.connect_tls({.version = version, .certificate = "client"});
        BOOST_TEST(client.ask(get("/a")).starts_with("HTTP/1.1 200 "));
        const auto session = client.session();

        auto again = first.connect_tls({.version = version, .certificate = "client", .resume = session.get()});
        BOOST_TEST(again.ask(get("/b")).starts_with("HTTP/1.1 200 "));
        BOOST_TEST(SSL_session_reused(again.native()) == 1);

        auto elsewhere = second.connect_tls({.version = version, .certificate = "client", .resume = session.get()});
        BOOST_TEST(elsewhere.ask(get("/c")) == "");
        BOOST_TEST(SSL_session_reused(elsewhere.native()) == 0);
    }
    BOOST_TEST(second.handler.requests().empty());
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
    TlsServer running(sp::ClientCertificates::none, 50ms);
    auto client = running.connect();
    BOOST_TEST(client.closed_by_server());
    BOOST_TEST(running.server.counters().timeouts == 1u);
    BOOST_TEST(running.answers());
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
    BOOST_TEST(running.connect_tls().ask("GET http://sp/ HTTP/1.1\r\nHost: sp\r\n\r\n").starts_with("HTTP/1.1 400 "));
    BOOST_TEST(running.answers());
}

BOOST_AUTO_TEST_SUITE_END()
