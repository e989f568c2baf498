// Sign-on through the endpoint: what opens a session, what opens none, and what becomes of the pending request.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

#include "sign_on_under_test.hpp"
#include "slo/sp/session_store.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

/// A refusal opens nothing and sets no cookie of the application; its page has the code, and its line the rule.
void check_refused(SignOnUnderTest& sp, const sp::HttpReply& reply, const std::string& code, const std::string& rule) {
    BOOST_TEST(reply.body.find(code) != std::string::npos, code << " isn't in " << reply.body);
    BOOST_TEST(header_of(reply, "Location").empty());
    BOOST_TEST(header_of(reply, "Set-Cookie").find("app=") == std::string::npos);
    BOOST_TEST(sp.live() == 0U);
    BOOST_TEST(sp.host.given_out.empty());
    BOOST_TEST(sp.host.sessions.empty());
    BOOST_TEST(sp.audit.last().rule == rule);
    BOOST_TEST(reply.body.find("alice") == std::string::npos);
}

sp::LogoutOrder logout_of(const std::string& name, Instant now) {
    saml::NameID name_id;
    name_id.value = name;
    return {.key = {idp_id, parsed<saml::MessageID>("_logout-1")},
            .sp = our_id,
            .name_id = name_id,
            .session_indexes = {},
            .matching = saml::NameIDMatching::default_qualifiers,
            .as_of = now,
            .keep_until = now + 1h};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sign_on)

BOOST_AUTO_TEST_CASE(opens_the_session_that_a_logout_of_the_idp_names) {
    SignOnUnderTest sp;
    Browser browser;
    const auto reply = sp.sign_in(browser, "?target=/inbox%3Fa%3D1");
    BOOST_TEST(reply.status == 303);
    BOOST_TEST(header_of(reply, "Location") == "https://sp.example.com/inbox?a=1");
    BOOST_TEST(browser.cookies.at("app") == "app-1");
    BOOST_TEST(sp.host.sessions.at("app-1") == "alice");
    const auto session = taken(sp.sessions.find(parsed<sp::LocalSessionID>("app-1")));
    BOOST_TEST_REQUIRE(session.has_value());
    BOOST_TEST(session->name_id.value == "alice");
    BOOST_TEST(session->session_indexes.front().str() == "_s1");
    BOOST_TEST((session->expires == sign_on_time + 8h));
    BOOST_TEST(sp.audit.last().event == "sign_on");
}

BOOST_AUTO_TEST_CASE(sends_the_user_to_the_idp_with_a_signed_request_behind_its_own_query) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    BOOST_TEST(asked.location.starts_with("https://idp.example.org/sso?tenant=x&SAMLRequest="));
    BOOST_TEST(asked.location.find("&SigAlg=") != std::string::npos);
    BOOST_TEST(asked.relay_state.size() == 40U);
    BOOST_TEST(browser.cookies.contains("__Host-saml-flow"));
}

BOOST_AUTO_TEST_CASE(ends_the_session_when_the_idp_says_so) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    auto wanted = sp.wanted(asked);
    wanted.session_not_on_or_after = sign_on_time + 1h;
    BOOST_TEST(sp.post(browser, sp.response(wanted), asked.relay_state).status == 303);
    BOOST_TEST((sp.host.expires == sign_on_time + 1h));
}

BOOST_AUTO_TEST_CASE(refuses_an_answer_in_another_browser_and_keeps_the_request) {
    SignOnUnderTest sp;
    Browser attacker;
    const auto asked = sp.begin(attacker);
    const std::string response = sp.response(sp.wanted(asked));
    Browser victim;
    std::ignore = sp.begin(victim);
    check_refused(sp, sp.post(victim, response, asked.relay_state), "other_browser", "sign_on.other_browser");
    BOOST_TEST(sp.post(attacker, response, asked.relay_state).status == 303);
}

BOOST_AUTO_TEST_CASE(has_the_form_posted_again_once_when_no_cookie_came) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    Browser without_cookies;
    const std::string response = sp.response(sp.wanted(asked));
    const auto page = sp.post(without_cookies, response, asked.relay_state);
    BOOST_TEST(page.status == 200);
    const auto action = page.body.find("/saml/acs?");
    BOOST_TEST_REQUIRE(action != std::string::npos);
    const std::string again = page.body.substr(action, page.body.find('"', action) - action);
    BOOST_TEST(sp.live() == 0U);
    check_refused(sp, sp.post(without_cookies, response, asked.relay_state, again), "other_browser",
                  "sign_on.other_browser");
    BOOST_TEST(sp.post(browser, response, asked.relay_state, again).status == 303);
}

BOOST_AUTO_TEST_CASE(leads_the_same_browser_to_its_target_when_it_sends_its_answer_twice) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser, "?target=/inbox");
    const std::string response = sp.response(sp.wanted(asked));
    BOOST_TEST(sp.post(browser, response, asked.relay_state).status == 303);
    const auto second = sp.post(browser, response, asked.relay_state);
    BOOST_TEST(second.status == 303);
    BOOST_TEST(header_of(second, "Location") == "https://sp.example.com/inbox");
    BOOST_TEST(header_of(second, "Set-Cookie").empty());
    BOOST_TEST(sp.live() == 1U);
    BOOST_TEST(sp.host.made == 1);
}

BOOST_AUTO_TEST_CASE(takes_an_assertion_once_where_its_idp_may_come_unasked) {
    idp_adapter::InteropProfile profile;
    profile.sign_on.unsolicited = idp_adapter::Unsolicited::allowed;
    SignOnUnderTest sp({signing_idp(idp_id, "keys/idp1-first", profile)});
    Browser browser;
    saml::NameID bob;
    bob.value = "bob";
    const examples::WantedSignOn wanted{.assertion_consumer_service = acs_url, .audience = our_id, .name_id = bob};
    const std::string response = sp.response(wanted);
    BOOST_TEST(header_of(sp.post(browser, response, "https://evil.example"), "Location") ==
               "https://sp.example.com/home");
    const auto second = sp.post(browser, response, "");
    BOOST_TEST(second.body.find("replay") != std::string::npos);
    BOOST_TEST(sp.audit.last().rule == "sign_on.replayed");
    BOOST_TEST(sp.live() == 1U);
}

BOOST_AUTO_TEST_CASE(turns_an_unsolicited_answer_into_a_request_and_then_no_more_for_a_minute) {
    SignOnUnderTest sp;
    Browser browser;
    saml::NameID bob;
    bob.value = "bob";
    const examples::WantedSignOn wanted{.assertion_consumer_service = acs_url, .audience = our_id, .name_id = bob};
    const auto first = sp.post(browser, sp.response(wanted), "");
    BOOST_TEST(first.status == 303);
    BOOST_TEST(header_of(first, "Location").starts_with("https://sp.example.com/login?idp="));
    BOOST_TEST(sp.live() == 0U);
    check_refused(sp, sp.post(browser, sp.response(wanted), ""), "unsolicited", "sign_on.unsolicited");
}

BOOST_AUTO_TEST_CASE(refuses_the_answer_of_another_idp_than_the_one_that_was_asked) {
    SignOnUnderTest sp({signing_idp(idp_id, "keys/idp1-first"), signing_idp(other_idp_id, "keys/idp2")});
    Browser browser;
    const auto asked = sp.begin(browser, "?idp=" + idp_id.str());
    const auto response = sp.response(sp.wanted(asked), other_idp_id, "keys/idp2");
    check_refused(sp, sp.post(browser, response, asked.relay_state), "issuer", "sign_on.idp_not_asked");
    BOOST_TEST(sp.post(browser, sp.response(sp.wanted(asked)), asked.relay_state).status == 303);
}

BOOST_AUTO_TEST_CASE(lets_a_discovery_service_ask_which_idp_and_believes_none_that_is_not_ours) {
    SignOnUnderTest sp({signing_idp(idp_id, "keys/idp1-first"), signing_idp(other_idp_id, "keys/idp2")});
    sp::SignOnEndpoint endpoint(
        sp.sign_on, sp.host,
        {.login_url = login_url, .discovery_service = parsed<saml::EndpointUrl>("https://ds.example.org/ask?lang=de")});
    Browser browser;
    const auto get = [&](const std::string& query) {
        return browser.took(sp::wait_for(endpoint.handle(browser.get("/login" + query))));
    };
    const auto asked = get("?target=/inbox&force=1");
    BOOST_TEST(asked.status == 302);
    const std::string back = saml::form::escape("https://sp.example.com/login?discovered=1&target=%2Finbox&force=1");
    BOOST_TEST(header_of(asked, "Location") ==
               "https://ds.example.org/ask?lang=de&entityID=" + saml::form::escape(our_id.str()) + "&return=" + back +
                   "&returnIDParam=idp");
    BOOST_TEST(header_of(get("?passive=1"), "Location").ends_with("&returnIDParam=idp&isPassive=true"));
    BOOST_TEST(sp.flows.size().flows == 0U);
    // It has asked: the choice, no choice, and a choice that is none of ours.
    const auto chosen = get("?discovered=1&target=%2Finbox&idp=" + saml::form::escape(other_idp_id.str()));
    BOOST_TEST(header_of(chosen, "Location").starts_with("https://idp.example.org/sso?tenant=x&SAMLRequest="));
    for (const std::string answer : {"", "&idp=https%3A%2F%2Fevil.example.org", "&idp=a&idp=b"}) {
        const auto page = get("?discovered=1&target=%2Finbox" + answer);
        BOOST_TEST(page.status == 200);
        BOOST_TEST((page.body.find("evil") == std::string::npos));
        BOOST_TEST((page.body.find("target=%2Finbox") != std::string::npos), page.body);
    }
}

BOOST_AUTO_TEST_CASE(shows_a_page_to_choose_from_where_there_are_two_idps) {
    SignOnUnderTest sp({signing_idp(idp_id, "keys/idp1-first"), signing_idp(other_idp_id, "keys/idp2")});
    Browser browser;
    const auto reply = sp.send(browser.get("/login?idp=https://evil.example"));
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.body.find("idp2.example.org") != std::string::npos);
    BOOST_TEST(reply.body.find("evil") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_an_answer_whose_request_was_too_long_ago) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    const auto response = sp.response(sp.wanted(asked));
    sp.clock.advance(10min);
    check_refused(sp, sp.post(browser, response, asked.relay_state), "flow_expired", "sign_on.flow_expired");
}

BOOST_AUTO_TEST_CASE(refuses_an_answer_to_a_request_without_its_relay_state) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    check_refused(sp, sp.post(browser, sp.response(sp.wanted(asked)), ""), "flow", "sign_on.flow");
}

BOOST_AUTO_TEST_CASE(refuses_an_answer_to_another_request_of_the_same_browser) {
    SignOnUnderTest sp;
    Browser browser;
    const auto first = sp.begin(browser);
    const auto second = sp.begin(browser);
    check_refused(sp, sp.post(browser, sp.response(sp.wanted(first)), second.relay_state), "flow",
                  "check.in_response_to");
    BOOST_TEST(sp.post(browser, sp.response(sp.wanted(second)), second.relay_state).status == 303);
}

BOOST_AUTO_TEST_CASE(lets_two_tabs_of_one_browser_sign_on_one_after_the_other) {
    SignOnUnderTest sp;
    Browser browser;
    const auto first = sp.begin(browser);
    const auto second = sp.begin(browser);
    BOOST_TEST(sp.post(browser, sp.response(sp.wanted(first)), first.relay_state).status == 303);
    BOOST_TEST(sp.post(browser, sp.response(sp.wanted(second)), second.relay_state).status == 303);
}

BOOST_AUTO_TEST_CASE(refuses_a_late_assertion_of_a_session_that_a_logout_has_ended) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    const auto response = sp.response(sp.wanted(asked));
    sp.clock.advance(1s);
    std::ignore = taken(sp.sessions.begin_logout(logout_of("alice", sp.clock.now()), {{1, 1}, sp.clock.now() + 1min}));
    const auto reply = sp.post(browser, response, asked.relay_state);
    check_refused(sp, reply, "logged_out", "sign_on.logged_out");
    BOOST_TEST(reply.body.find("force=1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wants_a_new_login_at_the_idp_where_the_start_forced_it) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser, "?force=1");
    auto wanted = sp.wanted(asked);
    wanted.authn_instant = sign_on_time - 181s;
    check_refused(sp, sp.post(browser, sp.response(wanted), asked.relay_state), "stale", "authn.stale");
    wanted.authn_instant = sign_on_time - 180s;
    BOOST_TEST(sp.post(browser, sp.response(wanted), asked.relay_state).status == 303);
}

BOOST_AUTO_TEST_CASE(leads_a_passive_start_to_its_target_when_the_idp_would_have_to_ask) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser, "?passive=1&target=/public");
    auto wanted = sp.wanted(asked);
    wanted.second_level_status = "urn:oasis:names:tc:SAML:2.0:status:NoPassive";
    const auto reply = sp.post(browser, sp.response(wanted), asked.relay_state);
    BOOST_TEST(header_of(reply, "Location") == "https://sp.example.com/public");
    BOOST_TEST(sp.live() == 0U);
    BOOST_TEST(sp.audit.last().json.find(R"("idp_status":"Responder/NoPassive")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(keeps_a_request_that_an_unsigned_failure_answers) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    auto failure = sp.wanted(asked);
    failure.second_level_status = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied";
    failure.signs_response = false;
    check_refused(sp, sp.post(browser, sp.response(failure), asked.relay_state), "status_unproven", "response.status");
    BOOST_TEST(sp.post(browser, sp.response(sp.wanted(asked)), asked.relay_state).status == 303);
}

BOOST_AUTO_TEST_CASE(tells_no_status_code_that_the_standard_does_not_have) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    auto failure = sp.wanted(asked);
    failure.second_level_status = "urn:oasis:names:tc:SAML:2.0:status:alice";
    failure.signs_response = false;
    std::ignore = sp.post(browser, sp.response(failure), asked.relay_state);
    BOOST_TEST(sp.audit.last().json.find(R"("idp_status":"Responder/other")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(ends_a_request_that_a_signed_failure_answers) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    auto failure = sp.wanted(asked);
    failure.second_level_status = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied";
    check_refused(sp, sp.post(browser, sp.response(failure), asked.relay_state), "status", "response.status");
    check_refused(sp, sp.post(browser, sp.response(sp.wanted(asked)), asked.relay_state), "flow_expired",
                  "sign_on.flow_expired");
}

BOOST_AUTO_TEST_CASE(opens_nothing_for_a_user_that_the_application_doesnt_want) {
    SignOnUnderTest sp;
    sp.host.refuses = true;
    Browser browser;
    const auto asked = sp.begin(browser);
    check_refused(sp, sp.post(browser, sp.response(sp.wanted(asked)), asked.relay_state), "not_allowed",
                  "sign_on.not_allowed");
}

BOOST_AUTO_TEST_CASE(refuses_a_response_that_comes_by_http_redirect) {
    SignOnUnderTest sp;
    const auto reply = sp.send(Browser().get("/saml/acs?SAMLResponse=abc"));
    check_refused(sp, reply, "binding", "form.fields");
    BOOST_TEST(header_of(sp.send(Browser().get("/saml/acs")), "Location") == "https://sp.example.com/home");
}

BOOST_AUTO_TEST_CASE(opens_one_session_however_often_it_is_asked) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    auto posted = taken(saml::form::decode_response(examples::posted(sp.response(sp.wanted(asked)), asked.relay_state),
                                                    saml::response_limits));
    auto outcome = sp.sign_on.accept({.posted = std::move(posted), .browser = browser.cookies.at("__Host-saml-flow")});
    auto& who = std::get<sp::SignedOn>(outcome);
    BOOST_TEST(std::move(who).admit(parsed<sp::LocalSessionID>("one")).has_value());
    const auto again = std::move(who).admit(parsed<sp::LocalSessionID>("two"));
    BOOST_TEST_REQUIRE(!again);
    BOOST_TEST(is(again.error(), sp::SignOnErrc::not_admitted));
    BOOST_TEST(sp.live() == 1U);
}

BOOST_AUTO_TEST_CASE(gives_the_application_the_attributes_of_the_assertion) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    auto wanted = sp.wanted(asked);
    wanted.attributes = {{"role", "a"}, {"role", "b"}};
    BOOST_TEST(sp.post(browser, sp.response(wanted), asked.relay_state).status == 303);
    BOOST_TEST_REQUIRE(sp.host.attributes.size() == 1U);
    BOOST_TEST(sp.host.attributes.front().values == std::vector<std::string>({"a", "b"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
