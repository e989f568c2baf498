// saml-slod with [sign_on]: a browser signs on, a proxy asks, the IdP logs out, and the process restarts in between.
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "browser.hpp"
#include "site.hpp"
#include "system_call_filter.hpp"

namespace {

using namespace slo;
using examples::Browser;
using test::patience;

class SignOnSite : public test::Site {
public:
    explicit SignOnSite(const std::string& engine = "sqlite") {
        store = "engine = \"" + engine + "\"\n";
        configure("127.0.0.1", port, local_port);
        configure_also(
            "identity_headers = [\"X-Groups: groups\"]\n"
            "[sign_on]\nlogin_url = \"https://sp.example.org/login\"\n");
        become_nobody();
    }

    [[nodiscard]] examples::ChildProcess open_with_sign_on() const {
        auto process = start_configured();
        BOOST_REQUIRE((next_line(process).find("listens on") != std::string::npos));
        BOOST_TEST((next_line(process) == "saml-slod: users sign on at https://sp.example.org/login"));
        BOOST_REQUIRE((next_line(process).find("local interface") != std::string::npos));
        return process;
    }
    struct Asked {
        std::string form;  ///< that the IdP's page lets the browser post
    };
    /// The browser goes to the IdP, which answers.
    [[nodiscard]] Asked go_to_idp(Browser& browser, examples::WantedSignOn wanted) const {
        const auto asked = examples::asked_by(browser.get("/login?target=%2Finbox").header("Location"));
        BOOST_REQUIRE(asked.has_value());
        wanted.in_response_to = asked->id;
        const auto response = idp.respond(wanted, test::now());
        BOOST_REQUIRE(response.has_value());
        return {examples::posted(*response, asked->relay_state)};
    }
    [[nodiscard]] static examples::WantedSignOn of_alice() {
        return {.assertion_consumer_service = *saml::EndpointUrl::parse("https://sp.example.org/saml/acs"),
                .audience = *saml::EntityID::parse("https://sp.example.org/saml"),
                .name_id = examples::persistent_name("alice")};
    }
    /// What the proxy learns of the browser.
    [[nodiscard]] examples::HttpAnswer ask(const Browser& browser, const std::string& path = "/auth") const {
        const auto answer = examples::call(
            local_port, {.method = "GET", .path = path, .host = "sp.example.org", .cookie = browser.cookie()});
        BOOST_REQUIRE(answer.has_value());
        return *answer;
    }
};

std::string rule_in(const std::string& line) {
    const std::string mark = "\"rule\":\"";
    const auto at = line.find(mark);
    return at == std::string::npos ? "none"
                                   : line.substr(at + mark.size(), line.find('"', at + mark.size()) - at - mark.size());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sign_on_endpoint, SignOnSite)

BOOST_AUTO_TEST_CASE(a_sign_on_lives_until_the_idp_s_logout_across_restarts) {
    std::optional<examples::ChildProcess> process(open_with_sign_on());
    Browser alice(port);
    BOOST_TEST(ask(alice).status == 401);
    BOOST_TEST(ask(alice, "/gate/inbox").header("Location") == "https://sp.example.org/login?target=%2Finbox");
    const auto first = go_to_idp(alice, of_alice());
    const auto late = go_to_idp(alice, of_alice());

    // While the user is at the IdP, the endpoint is restarted: what it kept is there again.
    BOOST_TEST(process->stop(patience) == 0);
    process.emplace(open_with_sign_on());
    const auto let_in = alice.post("/saml/acs", first.form);
    BOOST_TEST(let_in.status == 303);
    BOOST_TEST(let_in.header("Location") == "https://sp.example.org/inbox");
    BOOST_TEST((next_line(*process).find(R"("event":"sign_on")") != std::string::npos));
    const auto seen = ask(alice);
    BOOST_TEST(seen.status == 200);
    BOOST_TEST(seen.header("X-Saml-NameID") == "alice");
    const std::string session = seen.header("X-Saml-Session");
    BOOST_TEST(ask_for(session) == 200);

    BOOST_TEST(process->stop(patience) == 0);
    process.emplace(open_with_sign_on());
    BOOST_TEST(ask(alice).status == 200);
    Browser thief(port);  // with the form, and without the cookie
    BOOST_TEST(thief.post("/saml/acs", first.form).status != 303);
    BOOST_TEST(ask(thief).status == 401);

    const auto order = idp.order({.destination = "http://127.0.0.1/saml/slo",
                                  .name_id = examples::persistent_name("alice"),
                                  .session_indexes = {*saml::SessionIndex::parse("_s1")}},
                                 test::now());
    BOOST_REQUIRE(order.has_value());
    const auto answer = post(order->body);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST((answer->body.find("status:Success") != std::string::npos), answer->body);
    BOOST_TEST(ask(alice).status == 401);
    BOOST_TEST(ask_for(session) == 404);

    // An assertion from before the logout opens nothing any more.
    BOOST_TEST(alice.post("/saml/acs", late.form).status != 303);
    std::string rule;
    while (rule != "sign_on.logged_out" && rule != "none at all") {
        const auto line = process->next_line(patience);
        rule = line ? rule_in(*line) : "none at all";
    }
    BOOST_TEST(rule == "sign_on.logged_out");
    BOOST_TEST(ask(alice).status == 401);
    BOOST_TEST(process->stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(a_long_response_is_taken_where_responses_arrive_and_nowhere_else) {
    auto process = open_with_sign_on();
    Browser alice(port);
    auto wanted = of_alice();
    for (int i = 0; i < 800; ++i) wanted.attributes.emplace_back("memberOf", std::string(100, 'm'));
    wanted.attributes.emplace_back("groups", "staff");
    const auto long_one = go_to_idp(alice, wanted);
    BOOST_TEST(long_one.form.size() > 128U * 1024);
    BOOST_TEST(alice.post("/saml/acs", long_one.form).status == 303);
    BOOST_TEST(ask(alice).header("X-Groups") == "staff");
    BOOST_TEST((next_line(process).find(R"("event":"sign_on")") != std::string::npos));
    const auto too_long = post(std::string(65 * 1024, ' '));
    BOOST_TEST((too_long ? too_long->status : 0) == 413);
    BOOST_TEST(rule_in(next_line(process)) == "http.size");
    const auto far_too_long = alice.post("/saml/acs", std::string(513 * 1024, 'x'));
    BOOST_TEST(far_too_long.status == 413);
    const std::string line = next_line(process);
    BOOST_TEST(rule_in(line) == "http.size");
    BOOST_TEST((line.find(R"("path":"/saml/acs")") != std::string::npos), line);
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(its_metadata_says_where_assertions_go_and_that_requests_are_signed) {
    auto process = open_with_sign_on();
    const auto metadata = examples::call(port, {.method = "GET", .path = "/saml/metadata"});
    BOOST_REQUIRE(metadata.has_value());
    BOOST_TEST((metadata->body.find("AuthnRequestsSigned=\"true\"") != std::string::npos), metadata->body);
    BOOST_TEST((metadata->body.find("https://sp.example.org/saml/acs") != std::string::npos));
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(a_logout_that_the_browser_brings_ends_the_session_and_goes_back) {
    std::string text = idp.metadata();
    const std::string before = "<md:SingleSignOnService";
    text.insert(text.find(before),
                "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" "
                "Location=\"https://idp.example.org/slo\"/>");
    std::ofstream(folder / "idp.xml") << text;
    std::ifstream stream(folder / "slo.toml");
    std::string toml(std::istreambuf_iterator<char>(stream), {});
    const std::string acs = "acs_url = ";
    toml.insert(toml.find(acs), "browser_slo_url = \"https://sp.example.org/saml/browser\"\n");
    std::ofstream(folder / "slo.toml") << toml;
    auto process = open_with_sign_on();
    Browser alice(port);
    BOOST_TEST(alice.post("/saml/acs", go_to_idp(alice, of_alice()).form).status == 303);
    BOOST_TEST((next_line(process).find(R"("event":"sign_on")") != std::string::npos));
    const auto url = idp.redirect_order({.destination = "https://sp.example.org/saml/browser",
                                         .name_id = examples::persistent_name("alice"),
                                         .session_indexes = {}},
                                        "chain-7", test::now());
    BOOST_REQUIRE(url.has_value());
    Browser frame(port);  // an IdP's frame, which brings no cookie
    const auto back = frame.get(url->substr(url->find("/saml/browser")));
    BOOST_TEST(back.status == 302);
    BOOST_TEST(back.header("Location").starts_with("https://idp.example.org/slo?SAMLResponse="));
    BOOST_TEST((back.header("Location").find("&RelayState=chain-7&") != std::string::npos));
    BOOST_TEST((next_line(process).find(R"("event":"logout")") != std::string::npos));
    BOOST_TEST(ask(alice).status == 401);
    const auto metadata = examples::call(port, {.method = "GET", .path = "/saml/metadata"});
    BOOST_REQUIRE(metadata.has_value());
    BOOST_TEST((metadata->body.find("bindings:HTTP-Redirect\" Location=\"https://sp.example.org/saml/browser\"") !=
                std::string::npos),
               metadata->body);
    BOOST_TEST(frame.get("/saml/browser?SAMLRequest=" + std::string(10'000, 'A')).status == 200);  // the head's limit
    BOOST_TEST(process.stop(patience) == 0);
}

BOOST_AUTO_TEST_CASE(a_lost_key_stops_the_start_and_says_what_to_remove) {
    BOOST_TEST(open_with_sign_on().stop(patience) == 0);
    test::fs::remove(folder / "sign-on.key");
    expect_refusal(start_configured(), "flows.db", "");
    test::fs::remove(folder / "sessions/flows.db");
    BOOST_TEST(open_with_sign_on().stop(patience) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
