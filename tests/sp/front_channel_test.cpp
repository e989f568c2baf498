// Logouts that a browser brings from an IdP, over memory stores.
#include "slo/sp/front_channel.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "sign_on_under_test.hpp"
#include "slo/saml/base64.hpp"
#include "slo/saml/message_verifier.hpp"
#include "slo/saml/soap.hpp"
#include "slo/sp/back_channel.hpp"
#include "test_idp.hpp"

namespace {

using namespace slo;
using namespace slo::test;

const auto slo_url = parsed<saml::EndpointUrl>("https://sp.example.com/saml/slo");
const auto return_url = parsed<saml::EndpointUrl>("https://idp.example.org/slo/done?tenant=a");

enum class Returns { by_both, by_post, nowhere };

idp_adapter::Idp browser_idp(Returns returns = Returns::by_both, idp_adapter::InteropProfile profile = {}) {
    idp_adapter::Idp idp = signing_idp(idp_id, "keys/idp1-first", std::move(profile));
    const auto location = parsed<saml::EndpointUrl>("https://idp.example.org/slo");
    if (returns == Returns::by_both)
        idp.single_logout_services.push_back({std::string(metadata::redirect_binding), location, return_url, false});
    if (returns != Returns::nowhere)
        idp.single_logout_services.push_back({std::string(metadata::post_binding), location, return_url, false});
    return idp;
}

struct Fixture {
    explicit Fixture(idp_adapter::Idp idp = browser_idp())
        : node({std::move(idp)}), channel(node.service, {{slo_url}}) {
        Browser alice;
        static_cast<void>(node.sign_in(alice));
        BOOST_REQUIRE(node.live() == 1U);
        told = node.audit.entries().size();
    }

    /// Alice's logout, as her IdP orders it.
    [[nodiscard]] saml::LogoutRequest order() const {
        saml::NameID alice;
        alice.value = "alice";
        saml::LogoutRequest request{.id = taken(saml::random_message_id()),
                                    .version = {},
                                    .issue_instant = node.clock.now(),
                                    .destination = slo_url.str(),
                                    .consent = std::nullopt,
                                    .issuer = idp_id,
                                    .identifier = alice,
                                    .session_indexes = {parsed<saml::SessionIndex>("_s1")},
                                    .not_on_or_after = std::nullopt,
                                    .reason = std::nullopt};
        return request;
    }
    /// The query with which the IdP sends the browser here.
    [[nodiscard]] static std::string query_of(const saml::LogoutRequest& request,
                                              const std::string& key = "keys/idp1-first",
                                              const std::optional<std::string>& relay_state = "state/1+a") {
        std::optional<saml::redirect::RelayState> state;
        if (relay_state) state = taken(saml::redirect::RelayState::echo(*relay_state));
        const auto url = taken(saml::redirect::encode(request, state, signing_key(key))).url();
        return url.substr(url.find('?'));
    }
    [[nodiscard]] static std::string form_of(const saml::LogoutRequest& request,
                                             const std::string& relay_state = "state/1+a",
                                             const std::string& key = "keys/idp1-first") {
        const auto message = taken(saml::MessageSigner(signing_key(key)).sign(request));
        return "SAMLRequest=" + saml::form::escape(saml::encode_base64(message.xml())) +
               (relay_state.empty() ? "" : "&RelayState=" + saml::form::escape(relay_state));
    }
    sp::HttpReply get(const std::string& query, const std::string& method = "GET") {
        return sp::wait_for(
            channel.handle({.method = method, .target = "/saml/slo" + query, .headers = {}, .body = {}}));
    }
    sp::HttpReply post(const std::string& form, const std::string& query = {},
                       const std::string& type = "application/x-www-form-urlencoded") {
        return sp::wait_for(channel.handle({.method = "POST",
                                            .target = "/saml/slo" + query,
                                            .headers = {{"Content-Type", type}, {"Origin", "null"}},
                                            .body = form}));
    }
    /// The status that we have signed for `request`, in the redirect back to the IdP, and its RelayState.
    std::string answered(const sp::HttpReply& reply, const saml::LogoutRequest& request) {
        BOOST_TEST(reply.status == 302);
        BOOST_TEST((header_of(reply, "Cache-Control").find("no-store") != std::string::npos));
        const std::string location = header_of(reply, "Location");
        BOOST_TEST(location.starts_with(return_url.str() + "&SAMLResponse="), location);
        auto read = taken(saml::redirect::decode(location.substr(location.find('?') + 1)));
        relay_state = read.relay_state ? read.relay_state->raw() : "none";
        const auto unverified = taken(saml::UnverifiedLogoutResponse::parse(read.message));
        return status_of(saml::MessageVerifier::verify(unverified, read.signature, our_keys(), request.id, expected()));
    }
    /// The same in a page that posts it.
    std::string posted(const sp::HttpReply& reply, const saml::LogoutRequest& request) {
        BOOST_TEST(reply.status == 200);
        BOOST_TEST((reply.body.find("action=\"" + return_url.str() + "\"") != std::string::npos), reply.body);
        const std::string message = value_in(reply.body, "SAMLResponse");
        relay_state = value_in(reply.body, "RelayState");
        const std::string envelope = R"(<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>)" +
                                     taken(saml::decode_base64(message, 65536)) + "</s:Body></s:Envelope>";
        auto received = taken(saml::soap::decode_response(envelope));
        const auto unverified = taken(saml::UnverifiedLogoutResponse::parse(received));
        return status_of(saml::MessageVerifier::verify(unverified, our_keys(), request.id, expected()));
    }
    /// The page is a refusal's, whose number is in the one audit line, with `rule`; no session has ended.
    void expect_page(const sp::HttpReply& reply, std::string_view code, std::string_view rule) {
        BOOST_TEST(header_of(reply, "Location").empty());
        BOOST_TEST(value_behind(reply.body, "Code:</dt> <dd>") == code);
        BOOST_TEST((reply.body.find("SAMLResponse") == std::string::npos));
        BOOST_TEST((reply.body.find("Sign-out is not confirmed") != std::string::npos), reply.body);
        BOOST_REQUIRE(node.audit.entries().size() == told + 1);
        BOOST_TEST(node.audit.last().rule == rule);
        BOOST_TEST(node.audit.last().number.size() == 10U);
        BOOST_TEST(value_behind(reply.body, "number:</dt> <dd>") == node.audit.last().number);
        BOOST_TEST(node.live() == 1U);
        ++told;
    }

    SignOnUnderTest node;
    sp::FrontChannel channel;
    std::string relay_state;
    std::size_t told = 0;  ///< audit lines before

private:
    static std::string value_behind(const std::string& page, const std::string& mark) {
        const auto at = page.find(mark);
        if (at == std::string::npos) return "none";
        return page.substr(at + mark.size(), page.find_first_of("\"<", at + mark.size()) - at - mark.size());
    }
    static std::string value_in(const std::string& page, const std::string& name) {
        return value_behind(page, "name=\"" + name + "\" value=\"");
    }
    static saml::VerificationKeys our_keys() {
        return {taken(saml::VerificationKey::from(signing_key("sp/sp").certificate()))};
    }
    [[nodiscard]] saml::Expectations expected() const {
        return {.issuer = our_id, .destinations = {return_url}, .now = node.clock.now(), .algorithms = {}};
    }
    static std::string status_of(const Result<saml::Verified<saml::LogoutResponse>>& response) {
        return response ? examples::short_text((*response)->status) : response.error().code.message();
    }
};

struct FixtureOfPost : Fixture {
    FixtureOfPost() : Fixture(browser_idp(Returns::by_post)) {}
};

struct FixtureWithoutReturn : Fixture {
    FixtureWithoutReturn() : Fixture(browser_idp(Returns::nowhere)) {}
};

struct FixtureWithoutReturnThatTakes : Fixture {
    FixtureWithoutReturnThatTakes() : Fixture(browser_idp(Returns::nowhere, taking())) {}
    static idp_adapter::InteropProfile taking() {
        idp_adapter::InteropProfile profile;
        profile.wires.insert(idp_adapter::Wire::redirect);
        return profile;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(front_channel, Fixture)

BOOST_AUTO_TEST_CASE(a_redirect_ends_the_session_and_goes_back_with_our_signature) {
    const auto request = order();
    BOOST_TEST(answered(get(query_of(request)), request) == "Success");
    BOOST_TEST(relay_state == "state%2F1%2Ba");
    BOOST_TEST(node.live() == 0U);
    BOOST_TEST(node.audit.last().event == "logout");
    BOOST_TEST(node.audit.last().status == "Success");
}

BOOST_AUTO_TEST_CASE(a_form_ends_the_session_and_a_page_posts_our_answer) {
    const auto request = order();
    const auto reply = post(form_of(request, "a<\"b"));
    BOOST_TEST(posted(reply, request) == "Success");
    BOOST_TEST(relay_state == "a&lt;&quot;b");
    BOOST_TEST((header_of(reply, "Content-Security-Policy").find("frame-ancestors https://idp.example.org") !=
                std::string::npos),
               header_of(reply, "Content-Security-Policy"));
    BOOST_TEST(node.live() == 0U);
}

BOOST_AUTO_TEST_CASE(a_relay_state_comes_back_in_its_own_spelling_or_not_at_all) {
    const auto request = order();
    BOOST_TEST(answered(get(query_of(request, "keys/idp1-first", std::nullopt)), request) == "Success");
    BOOST_TEST(relay_state == "none");
    const auto again = order();
    BOOST_TEST(posted(post(form_of(again, std::string(1025, 'r'))), again) == "Success");
    BOOST_TEST(relay_state == "none");
    const auto control = order();
    BOOST_TEST(posted(post(form_of(control, "a\x01")), control) == "Success");
    BOOST_TEST(relay_state == "none");
}

BOOST_AUTO_TEST_CASE(the_same_logout_by_another_wire_is_a_repeat) {
    const auto request = order();
    BOOST_TEST(answered(get(query_of(request)), request) == "Success");
    BOOST_TEST(answered(get(query_of(request)), request) == "Success");
    BOOST_TEST(node.audit.last().event == "repeat");
    BOOST_TEST(posted(post(form_of(request)), request) == "Success");
    BOOST_TEST(node.audit.last().event == "repeat");
    sp::BackChannel soap(node.service);
    const auto envelope = saml::soap::encode(taken(saml::MessageSigner(signing_key("keys/idp1-first")).sign(request)));
    const std::vector<saml::EndpointUrl> urls{slo_url};
    const auto reply = soap.handle({.body = envelope, .content_type = "text/xml", .destinations = urls});
    BOOST_TEST((reply.body.find("status:Success") != std::string::npos));
    BOOST_TEST(node.audit.last().event == "repeat");
    // And an assertion from before it opens nothing.
    node.clock.advance(std::chrono::seconds(1));
    Browser late;
    const auto asked = node.begin(late);
    auto wanted = node.wanted(asked);
    wanted.authn_instant = sign_on_time;
    static_cast<void>(node.post(late, node.response(wanted), asked.relay_state));
    BOOST_TEST(node.live() == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_not_proven_gets_a_page_and_no_redirect) {
    expect_page(get(query_of(order(), "keys/stranger")), "sig", "sig.invalid");
    const std::string query = query_of(order());
    expect_page(get(query.substr(0, query.find("&Signature="))), "sig", "sig.missing");
    expect_page(get(query.substr(0, query.find("&SigAlg="))), "sig", "sig.missing");
    std::string other_state = query;
    other_state.replace(other_state.find("state%2F1"), 9, "state%2F2");
    expect_page(get(other_state), "sig", "sig.invalid");
    const std::string other_message = query_of(order());
    const auto message_end = query.find("&RelayState=");
    expect_page(get(other_message.substr(0, other_message.find("&RelayState=")) + query.substr(message_end)), "sig",
                "sig.invalid");
    expect_page(post(form_of(order(), "", "keys/stranger")), "sig", "sig.invalid");
    // An enveloped signature is none of a query, nor a query's one of a form.
    const auto enveloped = taken(saml::MessageSigner(signing_key("keys/idp1-first")).sign(order()));
    expect_page(post("SAMLRequest=" + saml::form::escape(saml::encode_base64(enveloped.xml())) + "x"), "sig",
                "saml.base64");
    auto foreign = order();
    foreign.issuer = parsed<saml::EntityID>("https://unknown.example.org");
    expect_page(get(query_of(foreign)), "issuer", "check.issuer_unknown");
}

BOOST_AUTO_TEST_CASE(what_is_proven_and_wrong_goes_back_with_our_refusal) {
    auto elsewhere = order();
    elsewhere.destination = "https://other.example.org/saml/slo";
    BOOST_TEST(answered(get(query_of(elsewhere)), elsewhere) == "Requester");
    BOOST_TEST(node.audit.last().rule == "check.destination");
    auto old = order();
    old.issue_instant = node.clock.now() - std::chrono::hours(1);
    BOOST_TEST(answered(get(query_of(old)), old) == "Requester");
    auto without = order();
    without.destination = std::nullopt;
    BOOST_TEST(posted(post(form_of(without)), without) == "Requester");
    BOOST_TEST(node.live() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_no_logout_ends_nothing) {
    BOOST_TEST(get(query_of(order()), "HEAD").status == 200);
    BOOST_TEST(get("", "GET").status == 303);
    BOOST_TEST(header_of(get("?utm_source=x"), "Location") == "https://sp.example.com/");
    BOOST_TEST(node.audit.entries().size() == told);
    const auto refused = [&](const sp::HttpReply& reply, int status, std::string_view rule) {
        BOOST_TEST(reply.status == status);
        BOOST_TEST(node.audit.last().rule == rule);
        BOOST_TEST(node.audit.last().path == "/saml/slo");
        BOOST_TEST(node.audit.entries().size() == ++told);
    };
    refused(get("", "PUT"), 405, "http.method");
    refused(post("x", {}, "text/xml"), 415, "http.content_type");
    refused(post(std::string(161 * 1024, 'x')), 413, "http.size");
    const std::string query = query_of(order());
    expect_page(get(query + "&SAMLRequest=x"), "structure", "query.malformed");
    expect_page(get("?SAMLRequest=x"), "sig", "saml.base64");
    expect_page(post(form_of(order()), query), "structure", "form.fields");
    expect_page(post(form_of(order()) + "&SAMLRequest=x"), "structure", "form.fields");
    expect_page(post("SAMLResponse=x"), "structure", "form.fields");
    BOOST_TEST(node.live() == 1U);
}

BOOST_AUTO_TEST_CASE(serves_its_path_with_any_query_and_longer_bodies_there_alone) {
    BOOST_TEST(channel.serves("/saml/slo"));
    BOOST_TEST(channel.serves("/saml/slo?SAMLRequest=x"));
    BOOST_TEST(!channel.serves("/saml/slo/"));
    BOOST_TEST(channel.max_body("/saml/slo?x", 10) == 160U * 1024);
    BOOST_TEST(channel.max_body("/saml/acs", 10) == 10U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(front_channel_returns)

BOOST_FIXTURE_TEST_CASE(an_idp_that_takes_answers_by_post_alone_gets_a_page, FixtureOfPost) {
    const auto request = order();
    BOOST_TEST(posted(get(query_of(request)), request) == "Success");
    BOOST_TEST(relay_state == "state/1+a");
    BOOST_TEST(node.live() == 0U);
}

BOOST_FIXTURE_TEST_CASE(an_idp_without_browser_in_metadata_and_profile_is_refused, FixtureWithoutReturn) {
    expect_page(get(query_of(order())), "binding", "http.wire");
    expect_page(post(form_of(order())), "binding", "http.wire");
}

BOOST_FIXTURE_TEST_CASE(without_a_place_for_the_answer_the_user_reads_it, FixtureWithoutReturnThatTakes) {
    const auto reply = get(query_of(order()));
    BOOST_TEST(reply.status == 200);
    BOOST_TEST((reply.body.find("You are signed out of this application.") != std::string::npos), reply.body);
    BOOST_TEST(node.live() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
