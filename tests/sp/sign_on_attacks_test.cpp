// Sign-on under attack, and beside failing stores: nothing is admitted that shouldn't be, and no flow is lost.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "sign_on_under_test.hpp"
#include "slo/sp/store_error.hpp"

using namespace slo;
using namespace slo::test;

namespace {

/// FailingFlows fails one kind of operation.
class FailingFlows final : public sp::FlowStore {
public:
    explicit FailingFlows(sp::FlowStore& behind) : behind_(behind) {}
    Result<void> keep(const sp::FlowHandle& handle, std::string_view record, Instant until) override {
        if (failing == 'k') return sp::fail(sp::StoreErrc::store_full);
        return behind_.keep(handle, record, until);
    }
    Result<std::optional<std::string>> peek(const sp::FlowHandle& handle) override {
        if (failing == 'p') return sp::fail(sp::StoreErrc::store_failed);
        return behind_.peek(handle);
    }
    Result<std::optional<std::string>> take(const sp::FlowHandle& handle) override {
        if (failing == 't') return sp::fail(sp::StoreErrc::store_failed);
        return behind_.take(handle);
    }
    Result<sp::AssertionUse> claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                   Instant until) override {
        if (failing == 'c') return sp::fail(sp::StoreErrc::store_full);
        return behind_.claim(issuer, assertion, until);
    }
    char failing = '-';

private:
    sp::FlowStore& behind_;
};

/// A second node over the same stores, with a store for flows that can fail.
struct OtherNode {
    explicit OtherNode(SignOnUnderTest& first)
        : flows(first.flows),
          sign_on(first.service, flows,
                  taken(saml::RecordCipher::with_keys({std::string(32, 'i'), {std::string(32, 's')}})),
                  first.sign_on.options()),
          endpoint(sign_on, host, {.login_url = login_url}) {
        host.prefix = "other-";
    }
    sp::HttpReply post(Browser& browser, const std::string& response, const std::string& relay_state) {
        return browser.took(
            sp::wait_for(endpoint.handle(browser.post("/saml/acs", examples::posted(response, relay_state)))));
    }
    FailingFlows flows;
    sp::SignOn sign_on;
    HostUnderTest host;
    sp::SignOnEndpoint endpoint;
};

sp::HttpRequest with_header(sp::HttpRequest request, const std::string& name, const std::string& value) {
    request.headers.emplace_back(name, value);
    return request;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sign_on_attacks)

BOOST_AUTO_TEST_CASE(one_answer_on_two_nodes_at_once_opens_one_session) {
    SignOnUnderTest sp;
    OtherNode other(sp);
    for (int round = 0; round < 100; ++round) {
        Browser browser;
        const auto asked = sp.begin(browser);
        const std::string response = sp.response(sp.wanted(asked));
        std::atomic<int> opened = 0;
        const auto post_at = [&](auto& node) {
            Browser same = browser;
            if (!header_of(node.post(same, response, asked.relay_state), "Set-Cookie").empty()) ++opened;
        };
        std::thread there([&] { post_at(other); });
        post_at(sp);
        there.join();
        BOOST_TEST(opened == 1);
    }
    BOOST_TEST(sp.live() == 100U);
}

BOOST_AUTO_TEST_CASE(a_store_that_fails_opens_nothing_and_keeps_the_request) {
    SignOnUnderTest sp;
    OtherNode node(sp);
    for (const char operation : {'p', 'c', 't'}) {
        Browser browser;
        const auto asked = sp.begin(browser);
        node.flows.failing = operation;
        const auto reply = node.post(browser, sp.response(sp.wanted(asked)), asked.relay_state);
        BOOST_TEST(reply.status == 503, operation);
        BOOST_TEST(sp.live() == 0U);
        node.flows.failing = '-';
        BOOST_TEST(taken(sp.flows.peek(parsed<sp::FlowHandle>(asked.relay_state))).has_value(), operation);
    }
}

BOOST_AUTO_TEST_CASE(a_full_store_sends_no_user_away) {
    SignOnUnderTest sp;
    OtherNode node(sp);
    node.flows.failing = 'k';
    const auto reply = sp::wait_for(node.endpoint.handle(Browser().get("/login")));
    BOOST_TEST(reply.status == 503);
    BOOST_TEST(header_of(reply, "Location").empty());
    BOOST_TEST(header_of(reply, "Set-Cookie").empty());
}

BOOST_AUTO_TEST_CASE(the_key_of_another_trusted_idp_signs_nothing_for_this_one) {
    SignOnUnderTest sp({signing_idp(idp_id, "keys/idp1-first"), signing_idp(other_idp_id, "keys/idp2")});
    Browser browser;
    const auto asked = sp.begin(browser, "?idp=" + idp_id.str());
    const auto reply = sp.post(browser, sp.response(sp.wanted(asked), idp_id, "keys/idp2"), asked.relay_state);
    BOOST_TEST(reply.body.find("<dd>sig</dd>") != std::string::npos);
    BOOST_TEST(sp.audit.last().rule == "sig.invalid");
    BOOST_TEST(sp.live() == 0U);
}

BOOST_AUTO_TEST_CASE(an_idp_that_was_removed_meanwhile_signs_no_one_on) {
    SignOnUnderTest sp({signing_idp(idp_id, "keys/idp1-first"), signing_idp(other_idp_id, "keys/idp2")});
    Browser browser;
    const auto asked = sp.begin(browser, "?idp=" + idp_id.str());
    sp.service.replace_idps(directory_of({signing_idp(other_idp_id, "keys/idp2")}));
    std::ignore = sp.post(browser, sp.response(sp.wanted(asked)), asked.relay_state);
    BOOST_TEST(sp.audit.last().rule == "check.issuer_unknown");
    BOOST_TEST(sp.live() == 0U);
}

BOOST_AUTO_TEST_CASE(two_cookies_of_the_flow_are_those_of_another_browser) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    browser.cookies["planted=1; __Host-saml-flow"] = std::string(40, 'a');
    std::ignore = sp.post(browser, sp.response(sp.wanted(asked)), asked.relay_state);
    BOOST_TEST(sp.audit.last().rule == "sign_on.other_browser");
    BOOST_TEST(sp.live() == 0U);
}

BOOST_AUTO_TEST_CASE(a_form_has_one_response_and_no_request) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    const std::string form = examples::posted(sp.response(sp.wanted(asked)), asked.relay_state);
    for (const std::string& body : {form + "&" + form.substr(0, form.find('&')), form + "&SAMLRequest=PA",
                                    form + "&RelayState=x", std::string("RelayState=") + asked.relay_state}) {
        BOOST_TEST(sp.send(browser.post("/saml/acs", body)).status == 400);
        BOOST_TEST(sp.audit.last().rule == "form.fields");
    }
    BOOST_TEST(sp.send(browser.post("/saml/acs?SAMLResponse=x", form)).status == 400);
    BOOST_TEST(sp.live() == 0U);
    BOOST_TEST(sp.send(browser.post("/saml/acs", form)).status == 303);
}

BOOST_AUTO_TEST_CASE(a_post_is_a_form_of_bounded_size) {
    SignOnUnderTest sp;
    sp::HttpRequest request = Browser().post("/saml/acs", "x");
    request.headers.back().second = "multipart/form-data; boundary=x";
    BOOST_TEST(sp.send(request).status == 415);
    BOOST_TEST(sp.send(Browser().post("/saml/acs", std::string(512 * 1024 + 1, 'x'))).status == 413);
    request.method = "PUT";
    BOOST_TEST(sp.send(request).status == 405);
    BOOST_TEST(header_of(sp.send(request), "Allow") == "POST");
}

BOOST_AUTO_TEST_CASE(a_start_in_a_frame_or_by_a_prefetch_leaves_no_record) {
    SignOnUnderTest sp;
    const auto framed = sp.send(with_header(Browser().get("/login"), "Sec-Fetch-Dest", "iframe"));
    BOOST_TEST(header_of(framed, "Location").empty());
    BOOST_TEST(sp.send(with_header(Browser().get("/login"), "Sec-Purpose", "prefetch;prerender")).status == 204);
    BOOST_TEST(sp.send(Browser().post("/login", "")).status == 405);
    BOOST_TEST(sp.flows.size().flows == 0U);
}

BOOST_AUTO_TEST_CASE(an_address_that_starts_too_often_waits) {
    SignOnUnderTest sp;
    int sent = 0;
    while (sp.send(Browser().get("/login")).status == 302) ++sent;
    BOOST_TEST(sent == 100);  // two seconds' worth
    BOOST_TEST(sp.send(Browser().get("/login")).status == 429);
    sp.clock.advance(std::chrono::seconds(1));
    BOOST_TEST(sp.send(Browser().get("/login")).status == 302);
}

BOOST_AUTO_TEST_CASE(a_target_of_another_site_becomes_the_landing_place) {
    for (const std::string target :
         {"https://evil.example", "//evil.example", "/%5Cevil.example", "javascript:alert(1)"}) {
        SignOnUnderTest sp;
        Browser browser;
        BOOST_TEST(header_of(sp.sign_in(browser, "?target=" + target), "Location") == "https://sp.example.com/home",
                   target);
    }
}

BOOST_AUTO_TEST_CASE(a_hundred_starts_leave_one_cookie) {
    SignOnUnderTest sp;
    Browser browser;
    std::ignore = sp.begin(browser);
    const std::string first = browser.cookies.at("__Host-saml-flow");
    for (int i = 1; i < 100; ++i) std::ignore = sp.begin(browser);
    BOOST_TEST(browser.cookies.size() == 1U);
    BOOST_TEST(browser.cookies.at("__Host-saml-flow") == first);
}

BOOST_AUTO_TEST_CASE(no_line_of_the_audit_has_anything_of_the_user) {
    SignOnUnderTest sp;
    Browser browser;
    const auto asked = sp.begin(browser);
    auto wanted = sp.wanted(asked);
    wanted.attributes = {{"mail", "alice@secret.example"}};
    const std::string response = sp.response(wanted);
    std::ignore = sp.post(browser, response, asked.relay_state);
    std::ignore = sp.post(browser, response, std::string(40, '0'));
    Browser other;
    std::ignore = sp.begin(other);
    std::ignore = sp.post(other, response, asked.relay_state);
    for (const AuditLine& line : sp.audit.entries()) {
        for (const std::string& word : {std::string("alice"), std::string("secret"), asked.relay_state,
                                        browser.cookies.at("__Host-saml-flow"), std::string("_s1")}) {
            BOOST_TEST(line.json.find(word) == std::string::npos, line.json);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_alias_of_the_idp_is_the_idp) {
    idp_adapter::InteropProfile profile;
    profile.issuer_aliases = {other_idp_id};
    SignOnUnderTest sp({signing_idp(idp_id, "keys/idp1-first", profile)});
    Browser browser;
    const auto asked = sp.begin(browser);
    BOOST_TEST(sp.post(browser, sp.response(sp.wanted(asked), other_idp_id), asked.relay_state).status == 303);
    const auto session = taken(sp.sessions.find(parsed<sp::LocalSessionID>("app-1")));
    BOOST_TEST_REQUIRE(session.has_value());
    BOOST_TEST(session->idp.str() == idp_id.str());
}

BOOST_AUTO_TEST_SUITE_END()
