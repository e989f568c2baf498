// The example endpoint does what it says: an IdP's signed order ends the session, and the answer is a signed Success.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "child_process.hpp"
#include "http_client.hpp"
#include "slo/sp/clock.hpp"
#include "temporary_folder.hpp"
#include "test_idp.hpp"

namespace {

using namespace slo;
constexpr std::chrono::seconds patience{60};  // a sanitizer takes its time, and a busy machine more

/// An IdP, and the example with a configuration that names it.
struct Stage {
    Stage() {
        std::ofstream(folder.path() / "idp.xml") << idp.metadata();
        std::ofstream(folder.path() / "slo.toml") << R"([sp]
entity_id = "https://sp.example.org/saml"
slo_url = "http://127.0.0.1/saml/slo"
acs_url = "https://sp.example.org/saml/acs"
signing_key = "sp.key.pem"
signing_certificate = "sp.crt.pem"
[[idp]]
metadata = "idp.xml"
[store]
engine = "memory"
[server]
listen = "127.0.0.1:)" << port << "\"\n";
    }
    [[nodiscard]] examples::ChildProcess start() const {
        auto started = examples::ChildProcess::start({SLO_EXAMPLE, folder.path() / "slo.toml", "alice"});
        BOOST_REQUIRE(started.has_value());
        return *std::move(started);
    }
    /// The next line with `part` in it.
    static void expect_line(examples::ChildProcess& process, std::string_view part) {
        auto line = process.next_line(patience);
        while (line && line->find(part) == std::string::npos) line = process.next_line(patience);
        BOOST_REQUIRE_MESSAGE(line.has_value(), "it didn't say: " << part);
    }

    test::TemporaryFolder folder;
    std::uint16_t port = examples::free_port();
    sp::SystemClock clock;
    examples::TestIdp idp =
        *examples::TestIdp::make(*saml::EntityID::parse("https://idp.example.org/metadata"), clock.now());
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(soap_endpoint, Stage)

BOOST_AUTO_TEST_CASE(ends_the_session_that_a_signed_order_names_and_answers_with_success) {
    auto process = start();
    expect_line(process, "/saml/slo for logouts");
    const auto metadata = examples::call(port, {.method = "GET", .path = "/saml/metadata"});
    BOOST_REQUIRE(metadata.has_value());
    const auto trusted = examples::TrustedSp::from_metadata(metadata->body).value();
    saml::NameID alice;
    alice.value = "alice";
    const auto order =
        idp.order({.destination = "http://127.0.0.1/saml/slo", .name_id = alice, .session_indexes = {}}, clock.now())
            .value();
    const auto answer =
        examples::call(port, {.method = "POST", .path = "/saml/slo", .content_type = "text/xml", .body = order.body});
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->status == 200);
    const auto status = trusted.read_answer(answer->body, order, clock.now());
    BOOST_REQUIRE(status.has_value());
    BOOST_TEST(examples::short_text(*status) == "Success");
    expect_line(process, "session cookie-1 has ended");

    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(refuses_sections_that_are_not_its_own) {
    std::ofstream(folder.path() / "slo.toml", std::ios::app) << "[local]\nport = 8081\n";
    auto process = start();
    expect_line(process, "slo.toml:13: unknown key \"local\" in the file");
    BOOST_TEST(process.wait(patience) == 2);
}

BOOST_AUTO_TEST_SUITE_END()
