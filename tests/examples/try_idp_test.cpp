// saml-slo try-idp as a newcomer meets it: an IdP of the tool's, a real endpoint, and a whole round.
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>

#include "browser.hpp"
#include "desk.hpp"
#include "http_client.hpp"
#include "operator.hpp"

using namespace slo;
using namespace slo::test;

namespace {

/// An endpoint that believes the IdP of `try-idp new`, and a session of Alice there.
struct Round : Desk {
    Round() {
        check("try-idp new --folder idp", 0, "metadata = \"idp/idp.xml\"");
        std::ofstream(folder / "slo.toml")
            << "[sp]\nentity_id = \"https://sp.example.org/saml\"\nslo_url = \"" << url << "/saml/slo/soap\"\n"
            << "acs_url = \"https://sp.example.org/saml/acs\"\nkeys = \"keys\"\n[[idp]]\nmetadata = \"idp/idp.xml\"\n"
            << "[store]\nengine = \"memory\"\n[server]\nlisten = \"127.0.0.1:" << port
            << "\"\n[local]\nport = " << local_port << "\n";
    }
    void start() {
        auto started = examples::ChildProcess::start({SLO_DAEMON, "--config", folder / "slo.toml"});
        BOOST_REQUIRE(started.has_value());
        process.emplace(*std::move(started));
        while (const auto line = process->next_line(patience)) {
            if (line->find("local interface on") != std::string::npos) return;
        }
        BOOST_FAIL("the endpoint didn't start");
    }
    [[nodiscard]] int sign_in() const {
        const Instant now = sp::SystemClock().now();
        const std::string form =
            "local_id=cookie-1&idp=" + examples::escape("https://try-idp.example.org/saml") +
            "&name_id=alice&session_index=_s1&authn_instant=" + examples::escape(saml::format_instant(now)) +
            "&expires=" + examples::escape(saml::format_instant(now + std::chrono::hours(1)));
        const auto answer = examples::call(
            local_port,
            {.method = "POST", .path = "/sessions", .content_type = "application/x-www-form-urlencoded", .body = form});
        return answer ? answer->status : 0;
    }
    [[nodiscard]] int look() const {
        const auto answer = examples::call(local_port, {.method = "GET", .path = "/sessions/cookie-1"});
        return answer ? answer->status : 0;
    }

    const std::uint16_t port = examples::free_port();
    const std::uint16_t local_port = examples::free_port();
    const std::string url = "http://127.0.0.1:" + std::to_string(port);
    const std::string logout = "try-idp logout --folder idp --sp " + url + "/saml/metadata --name-id ";
    std::optional<examples::ChildProcess> process;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(try_idp, Round)

BOOST_AUTO_TEST_CASE(a_logout_that_the_tool_orders_ends_the_session) {
    start();
    BOOST_TEST(sign_in() == 201);
    BOOST_TEST(look() == 200);
    check(logout + "alice --session-index _s1", 0, "Success, signed by the service provider");
    BOOST_TEST(look() == 404);
    BOOST_TEST(run("--json " + logout + "alice").code == 0);
    BOOST_TEST(json("it['proven'], it['status']") == "True Success");
}

BOOST_AUTO_TEST_CASE(a_name_id_that_differs_from_that_at_login_is_reported) {
    start();
    BOOST_TEST(sign_in() == 201);
    check(logout + "alice --format urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", 1, "Responder");
    BOOST_TEST(look() == 200);
}

BOOST_AUTO_TEST_CASE(an_answer_that_another_key_signed_proves_nothing) {
    start();
    const auto answer = examples::call(port, {.method = "GET", .path = "/saml/metadata"});
    BOOST_REQUIRE(answer.has_value());
    const auto certificate = [](const std::string& document) {
        const auto begin = document.find("X509Certificate>") + std::string("X509Certificate>").size();
        return document.substr(begin, document.find('<', begin) - begin);
    };
    // That of the descriptor's role: the one in the signature's KeyInfo isn't believed.
    const auto role = answer->body.find("SPSSODescriptor");
    BOOST_REQUIRE(role != std::string::npos);
    std::string other = answer->body;
    const std::string ours = certificate(other.substr(role));
    const std::string theirs = certificate(content_of(folder / "idp/idp.xml"));
    for (auto at = other.find(ours); at != std::string::npos; at = other.find(ours, at + theirs.size())) {
        other.replace(at, ours.size(), theirs);
    }
    std::ofstream(folder / "other.xml") << other;
    check("try-idp logout --folder idp --sp other.xml --name-id alice", 3, "", "sig.invalid");
}

BOOST_AUTO_TEST_CASE(a_user_of_the_tool_s_idp_signs_on_and_is_logged_out) {
    std::string text = content_of(folder / "slo.toml");
    const std::string acs = "https://sp.example.org/saml/acs";
    text.replace(text.find(acs), acs.size(), url + "/saml/acs");
    std::ofstream(folder / "slo.toml") << text << "identity_headers = [\"X-Mail: mail\"]\n[sign_on]\nlogin_url = \""
                                       << url << "/login\"\n";
    start();
    examples::Browser alice(port);
    const std::string location = alice.get("/login").header("Location");
    const std::string sign_on =
        "try-idp sign-on --folder idp --name-id alice --sp " + url + "/saml/metadata --location ";
    const auto answer = run(sign_on + "'" + location + "' --attribute mail=alice@example.org");
    BOOST_TEST_REQUIRE(answer.code == 0, answer.err);
    BOOST_TEST(alice.post("/saml/acs", answer.out.substr(0, answer.out.find('\n'))).status == 303);
    const auto seen = examples::call(local_port, {.method = "GET", .path = "/auth", .cookie = alice.cookie()});
    BOOST_REQUIRE(seen.has_value());
    BOOST_TEST(seen->status == 200);
    BOOST_TEST(seen->header("X-Mail") == "alice%40example.org");
    check(logout + "alice", 0, "Success, signed by the service provider");
    BOOST_TEST(examples::call(local_port, {.method = "GET", .path = "/auth", .cookie = alice.cookie()})->status == 401);
    check(sign_on + url + "/login", 2, "", "--location is no redirect to an IdP");
    check(sign_on + "'" + location + "' --attribute =x", 2, "", "--attribute takes NAME=VALUE");
}

BOOST_AUTO_TEST_CASE(the_tool_s_idp_may_have_a_name_that_is_no_uri) {
    BOOST_TEST(run("try-idp new --folder usual").out.find("opaque_entity_id") == std::string::npos);
    fs::remove_all(folder / "idp");
    check("try-idp new --folder idp --entity-id localhost", 0, "    opaque_entity_id = true\n");
    const std::string text = content_of(folder / "slo.toml");
    const std::string there = "metadata = \"idp/idp.xml\"\n";
    std::ofstream(folder / "slo.toml") << std::string(text).replace(text.find(there), there.size(),
                                                                    there + "opaque_entity_id = true\n");
    start();
    check(logout + "alice", 0, "Success, signed by the service provider");
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused_with_the_remedy) {
    check(logout + "alice", 4, "", url);
    check("try-idp new --folder idp", 2, "", "name another folder");
    check("try-idp logout --folder nowhere --sp " + url + " --name-id alice", 2, "", "try-idp new --folder nowhere");
    check("try-idp logout --folder idp --sp idp/idp.xml --name-id alice", 2, "", "no metadata of a service provider");
    check("try-idp new --folder second --entity-id \"\"", 2, "", "--entity-id");
    check("try-idp new --folder second --entity-id 'a  b'", 2, "", "with single blanks inside at most");
}

BOOST_AUTO_TEST_SUITE_END()
