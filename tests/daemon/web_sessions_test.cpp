#include "web_sessions.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

#include "local_sessions.hpp"
#include "sign_on_under_test.hpp"
#include "slo/saml/base64.hpp"
#include "slo/sp/store_error.hpp"

namespace {

using namespace slo;
using namespace slo::test;
using daemon::WebSessions;

const saml::StoreKeys keys{std::string(32, 'a'), {std::string(32, 'b')}};
const std::string cookie_name = "__Host-saml-session";

/// What the application behind the gate gets to see.
struct Gate {
    Gate() : Gate({{"X-Mail", "mail"}, {"X-Groups", "groups"}}) {}
    explicit Gate(std::vector<daemon::IdentityHeader> headers)
        : web(node.sessions, taken(saml::RecordCipher::with_keys(keys)), node.sign_on.options(), login_url,
              std::move(headers)),
          endpoint(node.sign_on, web, {.login_url = login_url}) {}

    /// Signs alice on, with these attributes.
    sp::HttpReply sign_in(Browser& browser, std::vector<std::pair<std::string, std::string>> attributes = {}) {
        const auto begun = browser.took(sp::wait_for(endpoint.handle(browser.get("/login"))));
        const std::string location = header_of(begun, "Location");
        const auto message = taken(saml::redirect::decode(location.substr(location.find('?') + 1)));
        auto wanted = node.wanted({message.message.claimed_id().value(), "", ""});
        wanted.attributes = std::move(attributes);
        const std::string form = examples::posted(node.response(wanted), message.relay_state.value().octets());
        return browser.took(sp::wait_for(endpoint.handle(browser.post("/saml/acs", form))));
    }
    /// The proxy's question about a request with this cookie.
    sp::HttpReply ask(const std::string& path, const std::string& cookie, sp::HttpHeaders headers = {}) {
        if (!cookie.empty()) headers.emplace_back("Cookie", cookie_name + "=" + cookie);
        return sp::wait_for(web.handle({.method = "GET", .target = path, .headers = std::move(headers), .body = {}}));
    }

    SignOnUnderTest node;
    WebSessions web;
    sp::SignOnEndpoint endpoint;
};

/// The first field of that name; "none" if there is none.
std::string field(const sp::HttpReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers) {
        if (key == name) return value;
    }
    return "none";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(web_sessions, Gate)

BOOST_AUTO_TEST_CASE(a_browser_that_signed_on_is_let_in_under_its_name_and_attributes) {
    Browser browser;
    const auto let_in = sign_in(browser, {{"mail", "a@example.org"}, {"mail", "b,c\r\nSet-Cookie: x"}, {"age", "30"}});
    BOOST_TEST(let_in.status == 303);
    const auto answer = ask("/auth", browser.cookies.at(cookie_name));
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(field(answer, "X-Saml-NameID") == "alice");
    BOOST_TEST(field(answer, "X-Saml-IdP") == saml::form::escape(idp_id.str()));
    BOOST_TEST(field(answer, "X-Saml-Authn-Instant") == "2026-03-01T12:00:00Z");
    BOOST_TEST(field(answer, "X-Mail") == "a%40example.org,b%2Cc%0D%0ASet-Cookie%3A%20x");
    BOOST_TEST(field(answer, "X-Groups") == "none");
    BOOST_TEST(field(answer, "X-Age") == "none");
    BOOST_TEST(field(answer, "Cache-Control") == "no-store");
    const auto id = parsed<sp::LocalSessionID>(field(answer, "X-Saml-Session"));
    BOOST_TEST(taken(node.sessions.find(id)).has_value());
    BOOST_TEST(ask("/gate/inbox", browser.cookies.at(cookie_name)).status == 200);
}

BOOST_AUTO_TEST_CASE(the_cookie_shows_nothing_and_is_kept_from_scripts_and_other_sites) {
    Browser browser;
    const auto let_in = sign_in(browser, {{"mail", "a@example.org"}});
    std::string cookie;
    for (const auto& [name, value] : let_in.headers) {
        if (name == "Set-Cookie" && value.starts_with(cookie_name)) cookie = value;
    }
    for (const char* attribute : {"; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"})
        BOOST_TEST((cookie.find(attribute) != std::string::npos), cookie);
    const auto sealed = taken(saml::decode_base64(
        saml::form::unescape(browser.cookies.at(cookie_name), saml::form::Plus::itself).value(), 4096));
    BOOST_TEST((sealed.find("alice") == std::string::npos));
    BOOST_TEST((sealed.find("example.org") == std::string::npos));
    BOOST_TEST((sealed.find("web_") == std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_browser_without_a_session_is_sent_to_the_login_with_the_page_that_it_wanted) {
    const std::string login = "https://sp.example.com/login";
    const auto denied = ask("/auth", "");
    BOOST_TEST(denied.status == 401);
    BOOST_TEST(field(denied, "X-Saml-Login") == login);
    BOOST_TEST(field(denied, "Location") == "none");
    BOOST_TEST(field(ask("/auth", "", {{"X-Original-URI", "/inbox?a=1"}}), "X-Saml-Login") ==
               login + "?target=%2Finbox%3Fa%3D1");
    const auto sent = ask("/gate", "", {{"X-Forwarded-Uri", "/inbox"}, {"X-Forwarded-Method", "GET"}});
    BOOST_TEST(sent.status == 302);
    BOOST_TEST(field(sent, "Location") == login + "?target=%2Finbox");
    BOOST_TEST(field(ask("/gate/inbox?a=1", ""), "Location") == login + "?target=%2Finbox%3Fa%3D1");
    // A form can't be sent once more by a redirect, and no page of others is a target.
    BOOST_TEST(field(ask("/gate", "", {{"X-Forwarded-Uri", "/pay"}, {"X-Forwarded-Method", "POST"}}), "Location") ==
               login);
    BOOST_TEST(field(ask("/gate", "", {{"X-Forwarded-Uri", "//evil.example.org/"}}), "Location") == login);
    BOOST_TEST(field(ask("/gate//evil.example.org/", ""), "Location") == login);
}

BOOST_AUTO_TEST_CASE(a_session_that_has_ended_is_refused_by_the_next_request) {
    Browser browser;
    static_cast<void>(sign_in(browser));
    const std::string cookie = browser.cookies.at(cookie_name);
    const auto id = parsed<sp::LocalSessionID>(field(ask("/auth", cookie), "X-Saml-Session"));
    BOOST_REQUIRE(node.service.start_logout(sp::SessionsByID{{id}}, sp::LogoutReason::user).has_value());
    BOOST_TEST(ask("/auth", cookie).status == 401);
    BOOST_TEST(ask("/gate", cookie).status == 302);
}

BOOST_AUTO_TEST_CASE(a_session_ends_by_its_time) {
    Browser browser;
    static_cast<void>(sign_in(browser));
    const std::string cookie = browser.cookies.at(cookie_name);
    node.clock.set(sign_on_time + std::chrono::hours(8) - std::chrono::seconds(1));
    BOOST_TEST(ask("/auth", cookie).status == 200);
    node.clock.set(sign_on_time + std::chrono::hours(8));
    BOOST_TEST(ask("/auth", cookie).status == 401);
}

BOOST_AUTO_TEST_CASE(no_cookie_but_one_that_was_sealed_here_counts) {
    Browser browser;
    static_cast<void>(sign_in(browser));
    const std::string cookie = browser.cookies.at(cookie_name);
    std::string changed = cookie;
    changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
    for (const std::string& wrong : {changed, std::string("x"), std::string("AAAA"), cookie + "AAAA"})
        BOOST_TEST(ask("/auth", wrong).status == 401, wrong);
    // Two of one name: one of them was set by another host of the domain, or over http.
    BOOST_TEST(ask("/auth", cookie, {{"Cookie", cookie_name + "=" + cookie}}).status == 401);
    const auto id = field(ask("/auth", cookie), "X-Saml-Session");
    const auto cipher = taken(saml::RecordCipher::with_keys(keys));
    const auto foreign = taken(saml::RecordCipher::with_random_keys());
    const auto sealed = [&](const saml::RecordCipher& by, const std::string& content, std::string_view context) {
        return saml::form::escape(saml::encode_base64(taken(by.seal(content, context))));
    };
    BOOST_TEST(ask("/auth", sealed(cipher, id + "=named", "web session")).status == 200);
    BOOST_TEST(ask("/auth", sealed(foreign, id + "=named", "web session")).status == 401);
    BOOST_TEST(ask("/auth", sealed(cipher, id + "=named", "pending")).status == 401);
    BOOST_TEST(ask("/auth", sealed(cipher, "", "web session")).status == 401);
    BOOST_TEST(ask("/auth", sealed(cipher, "other=named", "web session")).status == 401);
}

BOOST_AUTO_TEST_CASE(hands_out_no_header_that_the_configuration_has_no_more) {
    Browser browser;
    static_cast<void>(sign_in(browser, {{"mail", "a"}, {"groups", "staff"}}));
    const std::string cookie = browser.cookies.at(cookie_name);
    BOOST_TEST(field(ask("/auth", cookie), "X-Groups") == "staff");
    WebSessions later(node.sessions, taken(saml::RecordCipher::with_keys(keys)), node.sign_on.options(), login_url,
                      {{"X-Mail", "mail"}});
    const auto answer = sp::wait_for(later.handle(
        {.method = "GET", .target = "/auth", .headers = {{"Cookie", cookie_name + "=" + cookie}}, .body = {}}));
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(field(answer, "X-Mail") == "a");
    BOOST_TEST(field(answer, "X-Groups") == "none");
}

BOOST_AUTO_TEST_CASE(a_user_whose_attributes_fit_no_cookie_gets_no_session) {
    Browser fits;
    BOOST_TEST(sign_in(fits, {{"groups", std::string(2000, 'g')}}).status == 303);
    BOOST_TEST(fits.cookies.at(cookie_name).size() < 4096U);
    Browser browser;
    const auto refused = sign_in(browser, {{"groups", std::string(4000, 'g')}});
    BOOST_TEST(header_of(refused, "Location").empty());
    BOOST_TEST((refused.body.find("not_allowed") != std::string::npos), refused.body);
    BOOST_TEST(browser.cookies.count(cookie_name) == 0U);
    BOOST_TEST(node.live() == 1U);
}

BOOST_AUTO_TEST_CASE(an_assertion_without_name_hands_out_none) {
    idp_adapter::InteropProfile profile;
    profile.sign_on.name_id = idp_adapter::NameIDNeed::optional;
    const auto cipher = taken(saml::RecordCipher::with_keys(keys));
    Browser browser;
    static_cast<void>(sign_in(browser));
    const auto id = field(ask("/auth", browser.cookies.at(cookie_name)), "X-Saml-Session");
    const auto nameless = saml::form::escape(saml::encode_base64(taken(cipher.seal(id + "=nameless", "web session"))));
    const auto answer = ask("/auth", nameless);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(field(answer, "X-Saml-NameID") == "none");
    BOOST_TEST(field(answer, "X-Saml-Session") == id);
}

BOOST_AUTO_TEST_CASE(the_local_interface_answers_a_proxy_with_its_browser_s_host_and_origin) {
    daemon::LocalSessions local(node.sessions, node.service, our_id, {.hosts = {"127.0.0.1:8081"}, .web = &web});
    Browser browser;
    static_cast<void>(sign_in(browser));
    const auto send = [&](const std::string& target, const std::string& host) {
        return sp::wait_for(local.handle({.method = "GET",
                                          .target = target,
                                          .headers = {{"Host", host},
                                                      {"Origin", "https://sp.example.com"},
                                                      {"Cookie", cookie_name + "=" + browser.cookies.at(cookie_name)}},
                                          .body = {}}))
            .status;
    };
    BOOST_TEST(send("/auth", "www.example.org") == 200);
    BOOST_TEST(send("/gate/x", "www.example.org") == 200);
    BOOST_TEST(send("/ready", "www.example.org") == 421);
    BOOST_TEST(send("/ready", "127.0.0.1:8081") == 403);
    BOOST_TEST(send("/authority", "127.0.0.1:8081") == 403);
    daemon::LocalSessions without(node.sessions, node.service, our_id, {.hosts = {"127.0.0.1:8081"}});
    const auto ask = [&](const std::string& host) {
        return sp::wait_for(
                   without.handle({.method = "GET", .target = "/auth", .headers = {{"Host", host}}, .body = {}}))
            .status;
    };
    BOOST_TEST(ask("127.0.0.1:8081") == 404);
    BOOST_TEST(ask("LOCALHOST:8081") == 421);
}

BOOST_AUTO_TEST_SUITE_END()
