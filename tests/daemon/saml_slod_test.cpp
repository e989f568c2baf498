// saml-slod as its operator meets it: command line, refusals, start and stop.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include "http_client.hpp"
#include "operator.hpp"
#include "test_idp.hpp"

namespace {

using namespace slo;
using test::Operator;
using test::patience;
namespace fs = std::filesystem;

/// Occupies a port of 127.0.0.1 while it lives.
class Listener {
public:
    Listener() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        BOOST_REQUIRE(::bind(descriptor_, generic, size) == 0);
        BOOST_REQUIRE(::listen(descriptor_, 1) == 0);
        BOOST_REQUIRE(::getsockname(descriptor_, generic, &size) == 0);
        port = ntohs(address.sin_port);
    }
    ~Listener() { ::close(descriptor_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::uint16_t port = 0;

private:
    int descriptor_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(saml_slod, Operator)

BOOST_AUTO_TEST_CASE(refuses_a_wrong_command_line) {
    expect_refusal(start({}), "wrong arguments", "--help");
    expect_refusal(start({"--config"}), "wrong arguments", "--help");
    expect_refusal(start({"--confg", "x"}), "wrong arguments", "--config FILE");
    expect_refusal(start({"--check"}), "wrong arguments", "--check --config FILE");
    expect_refusal(start({"--chck", "--config", "x"}), "wrong arguments", "--check --config FILE");
}

BOOST_AUTO_TEST_CASE(explains_itself) {
    auto process = start({"--help"});
    std::string text;
    while (const auto line = process.next_line(patience)) text += *line + "\n";
    for (const char* part :
         {"--config FILE", "/saml/metadata", "curl -i http://127.0.0.1:8081/sessions", "SIGTERM", "Exit codes"}) {
        BOOST_TEST((text.find(part) != std::string::npos), part);
    }
    BOOST_TEST(process.wait(patience) == 0);
}

BOOST_AUTO_TEST_CASE(refuses_a_configuration_that_is_not_there) {
    expect_refusal(start({"--config", folder / "nowhere.toml"}), "nowhere.toml", "check the path");
}

BOOST_AUTO_TEST_CASE(refuses_a_bad_configuration_and_starts_nothing) {
    const std::uint16_t port = examples::free_port();
    configure("127.0.0.1", port, examples::free_port());
    std::ofstream(folder / "slo.toml", std::ios::app) << "prot = 1\n";
    fs::remove(folder / "sp.key.pem");
    fs::remove(folder / "sp.crt.pem");
    expect_refusal(start_configured(), "slo.toml:15: unknown key \"prot\" in [local]", "did you mean \"port\"?");
    BOOST_TEST(!fs::exists(folder / "sp.key.pem"));
}

BOOST_AUTO_TEST_CASE(refuses_a_port_in_use) {
    const Listener other;
    configure("127.0.0.1", other.port, examples::free_port());
    expect_refusal(start_configured(), std::to_string(other.port) + " is already in use", "choose another port");
    configure("127.0.0.1", examples::free_port(), other.port);
    expect_refusal(start_configured(), std::to_string(other.port) + " is already in use", "choose another port");
}

BOOST_AUTO_TEST_CASE(refuses_an_address_that_is_not_this_machine) {
    configure("192.0.2.1", examples::free_port(), examples::free_port());  // TEST-NET-1, RFC 5737
    expect_refusal(start_configured(), "192.0.2.1", "");
}

BOOST_AUTO_TEST_CASE(serves_until_it_is_told_to_stop) {
    const std::uint16_t port = examples::free_port();
    const std::uint16_t local_port = examples::free_port();
    configure("127.0.0.1", port, local_port);
    auto process = start_configured();
    BOOST_TEST((next_line(process).find("listens on 127.0.0.1") != std::string::npos));
    BOOST_TEST((next_line(process).find("local interface") != std::string::npos));

    const auto metadata = examples::call(port, {.method = "GET", .path = "/saml/metadata"});
    BOOST_REQUIRE(metadata.has_value());
    BOOST_TEST(metadata->status == 200);
    const auto sp = examples::TrustedSp::from_metadata(metadata->body);
    BOOST_REQUIRE(sp.has_value());
    BOOST_TEST(sp->entity_id.str() == "https://sp.example.org/saml");

    const auto nobody = examples::call(local_port, {.method = "GET", .path = "/sessions/nobody"});
    BOOST_REQUIRE(nobody.has_value());
    BOOST_TEST(nobody->status == 404);
    // The public port doesn't serve sessions, nor the local one logouts by IdPs.
    BOOST_TEST(examples::call(port, {.method = "GET", .path = "/sessions/nobody"})->status == 404);
    BOOST_TEST(examples::call(local_port, {.method = "POST", .path = "/saml/slo", .body = "x"})->status == 404);

    BOOST_TEST(process.stop(patience) == 0);
    BOOST_TEST(!examples::call(port, {.method = "GET", .path = "/saml/metadata"}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
