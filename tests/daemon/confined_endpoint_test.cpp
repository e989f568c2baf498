// saml-slod at work under all restrictions of its own process: logouts succeed, and unread audit lines hold
// nothing up (attack matrix INJ-08).

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <thread>

#include "fixtures.hpp"
#include "process.hpp"
#include "site.hpp"

namespace {

using namespace slo;
using test::is_root;
using test::patience;
using test::Site;
using test::statuses;
namespace fs = std::filesystem;

using Stream = std::unique_ptr<BIO, decltype([](BIO* stream) { BIO_free_all(stream); })>;
using Context = std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* context) { SSL_CTX_free(context); })>;

/// The body of the answer to a POST over TLS, from the server that the fixture's certificate names.
/// `identity`: the client's certificate and key, tests/fixtures/<identity>.crt.pem and .key.pem; empty: none.
std::string post_over_tls(std::uint16_t port, const std::string& path, const std::string& body,
                          const std::string& identity = {}) {
    const Context context(SSL_CTX_new(TLS_client_method()));
    if (!identity.empty()) {
        const std::string file = SLO_FIXTURES "/" + identity;
        SSL_CTX_use_certificate_file(context.get(), (file + ".crt.pem").c_str(), SSL_FILETYPE_PEM);
        SSL_CTX_use_PrivateKey_file(context.get(), (file + ".key.pem").c_str(), SSL_FILETYPE_PEM);
    }
    SSL_CTX_load_verify_file(context.get(), SLO_FIXTURES "/tls/server.pem");
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    const Stream stream(BIO_new_ssl_connect(context.get()));
    BIO_set_conn_hostname(stream.get(), ("127.0.0.1:" + std::to_string(port)).c_str());
    const std::string request = "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n" +
                                "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                                body;
    BIO_write(stream.get(), request.data(), static_cast<int>(request.size()));
    std::string answer;
    char octets[4096];
    for (int size = 1; size > 0;) {
        size = BIO_read(stream.get(), octets, sizeof octets);
        if (size > 0) answer.append(octets, static_cast<std::size_t>(size));
    }
    ERR_clear_error();
    const auto end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "" : answer.substr(end + 4);
}

/// As metadata has it, for signing.
std::string key_descriptor(const std::string& identity) {
    return R"(<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>)"
           "<ds:X509Certificate>" +
           test::certificate_base64(identity + ".crt.pem") +
           "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>";
}

std::string without_signature(const std::string& message) {
    const auto begin = message.find("<ds:Signature");
    const std::string_view end = "</ds:Signature>";
    return message.substr(0, begin) + message.substr(message.find(end) + end.size());
}

/// Where OpenSSL looks for it: OPENSSLDIR: "/usr/lib/ssl".
std::string system_s_openssl_cnf() {
    const std::string_view text = OpenSSL_version(OPENSSL_DIR);
    const auto quote = text.find('"') + 1;
    return std::string(text.substr(quote, text.rfind('"') - quote)) + "/openssl.cnf";
}

boost::test_tools::assertion_result may_mount(boost::unit_test::test_unit_id) {
    auto attempt = examples::ChildProcess::start({"/usr/bin/unshare", "-rm", "/bin/true"});
    boost::test_tools::assertion_result result(attempt && attempt->wait(patience) == 0 &&
                                               fs::exists(system_s_openssl_cnf()));
    result.message() << "needs user and mount namespaces, and an openssl.cnf";
    return result;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(confined_endpoint, Site)

BOOST_AUTO_TEST_CASE(logs_out_over_http) {
    become_nobody();
    auto process = open();
    const auto order = sign_in_and_order_logout();
    const auto answer = post(order.body);
    BOOST_REQUIRE(answer.has_value());
    expect_success(answer->body, order);
    BOOST_TEST((next_line(process).find(R"("event":"logout")") != std::string::npos));
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(logs_out_over_tls) {
    speak_tls();
    become_nobody();
    auto process = open();
    const auto order = sign_in_and_order_logout();
    expect_success(post_over_tls(port, "/saml/slo", order.body), order);
    BOOST_TEST((next_line(process).find(R"("event":"logout")") != std::string::npos));
    BOOST_TEST(process.stop(patience) == 0);
}

// As Shibboleth does where our slo_url has another port than 443. Its metadata lists the key of the TLS client, and the
// certificate is of no CA.
BOOST_AUTO_TEST_CASE(takes_an_unsigned_request_over_the_tls_key_in_the_idp_s_metadata) {
    const std::string of_signer = idp.metadata();
    const auto end = of_signer.find("</md:KeyDescriptor>") + std::string("</md:KeyDescriptor>").size();
    std::ofstream(folder / "idp.xml") << of_signer.substr(0, end) + key_descriptor("keys/idp1-first") +
                                             of_signer.substr(end);
    more_of_idp = "accepted_authentication = [\"xml_signature\", \"tls_client_key\"]\n";
    configure("127.0.0.1", port, local_port);
    speak_tls("client_certificates = \"any\"\n");
    become_nobody();
    auto process = open();
    const auto order = sign_in_and_order_logout();
    const std::string bare = without_signature(order.body);
    const std::string denied = post_over_tls(port, "/saml/slo", bare, "keys/stranger");
    BOOST_TEST((denied.find("status:RequestDenied") != std::string::npos), denied);
    BOOST_TEST((next_line(process).find(R"("rule":"sig.missing")") != std::string::npos));
    BOOST_TEST(ask_for("c1") == 200);
    expect_success(post_over_tls(port, "/saml/slo", bare, "keys/idp1-first"), order);
    BOOST_TEST((next_line(process).find(R"("authenticated_by":"tls_client_key")") != std::string::npos));
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(each_thread_of_it_is_confined) {
    become_nobody();
    auto process = open();
    BOOST_REQUIRE(post("x").has_value());
    const auto threads = statuses(process.id());
    BOOST_TEST(threads.size() >= 2U);
    for (const std::string& status : threads) {
        const auto has = [&status](const std::string& line) { return status.find(line + "\n") != std::string::npos; };
        BOOST_TEST(has("NoNewPrivs:\t1"), status);
        if (!daemon::instrumented) BOOST_TEST(has("Seccomp:\t2"), status);
        if (!is_root()) continue;
        BOOST_TEST(has("Uid:\t65534\t65534\t65534\t65534"), status);
        BOOST_TEST(has("Gid:\t65534\t65534\t65534\t65534"), status);
        BOOST_TEST(has("Groups:\t "), status);
        BOOST_TEST(has("CapPrm:\t0000000000000000"), status);
    }
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(the_configuration_omits_the_filter_and_nothing_else) {
    configure_also("[process]\nseccomp = \"off\"\n");
    auto process = open();
    for (const std::string& status : statuses(process.id())) {
        BOOST_TEST((status.find("Seccomp:\t2\n") == std::string::npos), status);
        BOOST_TEST((status.find("NoNewPrivs:\t1\n") != std::string::npos), status);
    }
    std::ifstream limits("/proc/" + std::to_string(process.id()) + "/limits");
    const std::string text(std::istreambuf_iterator<char>(limits), {});
    BOOST_TEST((text.find("Max core file size        0                    0 ") != std::string::npos), text);
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(says_once_that_it_serves_as_root,
                     *boost::unit_test::precondition([](auto) { return is_root(); })) {
    const auto told_before_it_serves = [](auto process) {
        std::string told;
        for (auto line = process.next_line(patience); line; line = process.next_line(patience)) {
            told += *line + "\n";
            if (line->find("listens on") != std::string::npos) break;
        }
        BOOST_TEST(process.stop(patience) == 0);
        return told;
    };
    const std::string note = "note: serves as root";
    const std::string told = told_before_it_serves(start_configured());
    BOOST_TEST((told.find(note + "; name another user in [process]") != std::string::npos), told);

    configure_also("[process]\nuser = \"root\"\n");
    const std::string as_asked = told_before_it_serves(start_configured());
    BOOST_TEST((as_asked.find("listens on") != std::string::npos), as_asked);
    BOOST_TEST((as_asked.find(note) == std::string::npos), as_asked);
}

BOOST_AUTO_TEST_CASE(the_endpoint_does_not_serve_as_a_user_that_does_not_exist) {
    configure_also("[process]\nuser = \"no-such-user\"\n");
    expect_refusal(start_configured(), "isn't known here", "make it");
}

BOOST_AUTO_TEST_CASE(a_hostile_environment_changes_nothing) {
    const std::string file = write_configuration_without_algorithms();
    auto started = examples::ChildProcess::start({"/usr/bin/env", "OPENSSL_CONF=" + file, "OPENSSL_MODULES=/nowhere",
                                                  "XML_CATALOG_FILES=" + file, "MALLOC_PERTURB_=1", SLO_DAEMON,
                                                  "--config", folder / "slo.toml"});
    BOOST_REQUIRE(started.has_value());
    BOOST_TEST((next_line(*started).find("listens on") != std::string::npos));
    BOOST_TEST(started->stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(openssl_s_own_configuration_changes_nothing, *boost::unit_test::precondition(may_mount)) {
    // In a mount namespace of its own, where the system's file is another one.
    auto started = examples::ChildProcess::start(
        {"/usr/bin/unshare", "-rm", "/bin/sh", "-c", R"(mount --bind "$2" "$3" && exec "$0" --config "$1")", SLO_DAEMON,
         folder / "slo.toml", write_configuration_without_algorithms(), system_s_openssl_cnf()});
    BOOST_REQUIRE(started.has_value());
    BOOST_TEST((next_line(*started).find("listens on") != std::string::npos));
    BOOST_TEST(started->stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(serves_on_when_the_reader_of_its_audit_has_gone) {
    auto process = open();
    process.stop_reading();
    for (int i = 0; i < 10; ++i) BOOST_REQUIRE(post("x").has_value());
    const auto order = sign_in_and_order_logout();
    const auto answer = post(order.body);
    BOOST_REQUIRE(answer.has_value());
    expect_success(answer->body, order);
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(serves_on_and_stops_while_its_audit_is_unread) {
    constexpr unsigned requests = 600;  // their lines don't fit into a pipe
    auto process = open();
    for (unsigned i = 0; i < requests; ++i) BOOST_REQUIRE(post("x").has_value());
    BOOST_TEST(process.stop(patience) == 0);
    unsigned lines = 0;
    while (process.next_line(patience)) ++lines;
    BOOST_TEST(lines > 0U);
    BOOST_TEST(lines < requests);
}

BOOST_AUTO_TEST_CASE(serves_on_when_its_disk_is_full) {
    auto process = examples::ChildProcess::start(
        {"/bin/sh", "-c", R"(exec "$0" --config "$1" 2>/dev/full)", SLO_DAEMON, folder / "slo.toml"});
    BOOST_REQUIRE(process.has_value());
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!examples::call(port, {.method = "GET", .path = "/saml/metadata"})) {
        BOOST_REQUIRE((std::chrono::steady_clock::now() < end));
        std::this_thread::yield();  // it can't say that it listens
    }
    const auto order = sign_in_and_order_logout();
    const auto answer = post(order.body);
    BOOST_REQUIRE(answer.has_value());
    expect_success(answer->body, order);
    BOOST_TEST(process->stop(patience) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
