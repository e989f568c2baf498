#include "running_server.hpp"
#include "slo/sp/server_error.hpp"

using namespace slo;
using namespace slo::test;

namespace {

const std::string folder = std::string(SLO_FIXTURES) + "/tls/";

/// Whether open() fails with `code`, and its one line names all of `mentions`.
void fails(const sp::HttpServerOptions& options, sp::ServerErrc code, const std::vector<std::string>& mentions) {
    RecordingHandler handler;
    const auto server = sp::HttpServer::open(options, handler);
    BOOST_TEST_REQUIRE(!server.has_value());
    BOOST_TEST(server.error().code == code);
    const auto& detail = server.error().detail;
    BOOST_TEST(detail.find('\n') == std::string::npos);
    for (const auto& text : mentions)
        BOOST_TEST(detail.find(text) != std::string::npos, "'" << detail << "' names " << text);
}

sp::HttpServerOptions tls(const std::string& certificate, const std::string& key) {
    return {.tls = sp::TlsOptions{.certificate_chain_file = folder + certificate, .private_key_file = folder + key}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server_open)

BOOST_AUTO_TEST_CASE(names_the_address_that_is_in_use) {
    RunningServer running;
    const auto port = running.server.port();
    fails({.port = port}, sp::ServerErrc::address_in_use, {"127.0.0.1:" + std::to_string(port), "another port"});
    BOOST_TEST(running.still_serves());
}

BOOST_AUTO_TEST_CASE(refuses_addresses_that_it_cannot_use) {
    fails({.address = "localhost"}, sp::ServerErrc::options_invalid, {"localhost", "IP address"});
    fails({.address = "192.0.2.1"}, sp::ServerErrc::options_invalid, {"192.0.2.1"});
}

BOOST_AUTO_TEST_CASE(refuses_limits_that_make_no_sense) {
    fails({.threads = 0}, sp::ServerErrc::options_invalid, {"threads"});
    fails({.max_connections = 0}, sp::ServerErrc::options_invalid, {"caps"});
    fails({.max_header_octets = 1 << 20}, sp::ServerErrc::options_invalid, {"max_header_octets"});
}

BOOST_AUTO_TEST_CASE(reports_the_faults_of_tls_files) {
    using enum sp::ServerErrc;
    fails(tls("server.pem", "missing.key"), tls_setup_failed, {"missing.key", "can't be opened"});
    fails(tls("missing.pem", "server.key"), tls_setup_failed, {"missing.pem", "can't be opened"});
    fails(tls("server.pem", "server.pem"), tls_setup_failed, {"private key", "server.pem", "PEM"});
    fails(tls("server.pem", "encrypted.key"), tls_setup_failed, {"encrypted.key", "unencrypted"});
    fails(tls("server.key", "server.key"), tls_setup_failed, {"certificate", "server.key"});
    fails(tls("server.pem", "other-server.key"), tls_setup_failed,
          {"server.pem", "other-server.key", "doesn't belong"});
    fails(tls("expired.pem", "server.key"), options_invalid, {"expired.pem", "2020-01-02", "renew"});
    fails({.tls = sp::TlsOptions{}}, options_invalid, {"TLS private key"});
}

BOOST_AUTO_TEST_CASE(wants_a_ca_for_client_certificates) {
    auto options = tls("server.pem", "server.key");
    options.tls->client_certificates = sp::ClientCertificates::required;
    fails(options, sp::ServerErrc::options_invalid, {"CA file for client certificates"});
    options.tls->client_ca_file = folder + "server.key";
    fails(options, sp::ServerErrc::tls_setup_failed, {"server.key"});
}

BOOST_AUTO_TEST_SUITE_END()
