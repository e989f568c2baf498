// Sign-on under attack, and beside failing stores: nothing is admitted that shouldn't be, and no flow is lost.
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "redis_server.hpp"
#include "sign_on_under_test.hpp"
#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/redis_flow_store.hpp"
#include "slo/sp/redis_session_store.hpp"
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
        if (before_take) std::exchange(before_take, nullptr)();
        return behind_.take(handle);
    }
    Result<sp::AssertionUse> claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                   Instant until) override {
        if (failing == 'c') return sp::fail(sp::StoreErrc::store_full);
        return behind_.claim(issuer, assertion, until);
    }
    char failing = '-';
    std::function<void()> before_take;

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

const auto slo_url = parsed<saml::EndpointUrl>("https://sp.example.com/saml/slo/soap");

/// BareNode signs on without HTTP, over stores that it shares with others.
struct BareNode {
    BareNode(const sp::Clock& clock, sp::SessionStore& sessions, sp::FlowStore& flows)
        : service({.entity_id = our_id,
                   .destinations = {slo_url},
                   .idps = directory_of({signing_idp(idp_id, "keys/idp1-first")}),
                   .signer = saml::MessageSigner(signing_key("sp/sp")),
                   .decryption_keys = {},
                   .audit_digest = taken(saml::KeyedDigest::with_random_key()),
                   .policy = {},
                   .store = sessions,
                   .applications = {&application},
                   .audit = audit,
                   .clock = clock},
                  sp::Housekeeping::by_host),
          sign_on(service, flows, taken(saml::RecordCipher::with_keys({std::string(32, 'i'), {std::string(32, 's')}})),
                  {.assertion_consumer_service = acs_url,
                   .targets = SignOnUnderTest::targets(),
                   .landing = SignOnUnderTest::landing()}),
          logout(service, {}) {}

    Recorder audit;
    RecordingApplication application{"app"};
    sp::LogoutService service;
    sp::SignOn sign_on;
    sp::HttpEndpoint logout;
};

/// Two nodes over the same stores, and users who sign on at both of them at once.
class Race {
public:
    Race(const sp::Clock& clock, sp::SessionStore& sessions, sp::FlowStore& flows)
        : nodes_{BareNode(clock, sessions, flows), BareNode(clock, sessions, flows)}, clock_(clock), store_(sessions) {}

    /// The answer to one start, as two assertions.
    struct User {
        std::string name;
        std::string browser;
        std::array<std::string, 2> forms;
    };
    [[nodiscard]] User begin() {
        const std::string name = "user-" + std::to_string(++users_);
        const auto started = taken(nodes_[0].sign_on.start({.idp = idp_id, .target = SignOnUnderTest::landing()}));
        const std::string& url = std::get<std::string>(started.request);
        examples::WantedSignOn wanted{.assertion_consumer_service = acs_url, .audience = our_id, .name_id = {}};
        wanted.in_response_to =
            taken(saml::redirect::decode(url.substr(url.find('?') + 1))).message.claimed_id().value();
        wanted.name_id.value = name;
        const auto form = [&] {
            return examples::posted(taken(examples::response_of(idp_id, idp_key_, wanted, clock_.now())),
                                    started.relay_state.str());
        };
        return {name, started.browser, {form(), form()}};
    }

    /// What came of one post: "admitted", "already", or the broken rule.
    [[nodiscard]] std::string sign_on(std::size_t node, const User& user, const std::string& form,
                                      const std::string& session) {
        auto outcome = nodes_[node].sign_on.accept(
            {.posted = taken(saml::form::decode_response(form, saml::response_limits)), .browser = user.browser});
        if (std::holds_alternative<sp::SignedOnAlready>(outcome)) return "already";
        if (const auto* refused = std::get_if<sp::RefusedSignOn>(&outcome)) return refused->why.code.message();
        const auto admitted = std::get<sp::SignedOn>(std::move(outcome)).admit(parsed<sp::LocalSessionID>(session));
        return admitted ? "admitted" : admitted.error().code.message();
    }

    /// Whether the IdP has heard that the user's session is gone.
    [[nodiscard]] bool log_out(std::size_t node, const User& user) {
        saml::NameID name_id;
        name_id.value = user.name;
        const saml::LogoutRequest request{.id = taken(saml::random_message_id()),
                                          .version = {},
                                          .issue_instant = clock_.now(),
                                          .destination = slo_url.str(),
                                          .consent = {},
                                          .issuer = idp_id,
                                          .identifier = name_id,
                                          .session_indexes = {parsed<saml::SessionIndex>("_s1")},
                                          .not_on_or_after = {},
                                          .reason = {}};
        const auto reply = sp::wait_for(nodes_[node].logout.handle(
            {.method = "POST",
             .target = "/saml/slo/soap",
             .headers = {{"Content-Type", "text/xml"}},
             .body = saml::soap::encode(taken(saml::MessageSigner(idp_key_).sign(request)))}));
        return reply.status == 200 && reply.body.find("status:Success") != std::string::npos;
    }

    [[nodiscard]] bool is_alive(const std::string& session) {
        return taken(store_.find(parsed<sp::LocalSessionID>(session))).has_value();
    }
    [[nodiscard]] bool was_told(const std::string& session) const {
        return std::ranges::any_of(nodes_, [&](const BareNode& node) {
            return (" " + node.application.told() + " ").find(" " + session + " ") != std::string::npos;
        });
    }

private:
    std::array<BareNode, 2> nodes_;
    const sp::Clock& clock_;
    sp::SessionStore& store_;
    saml::SigningKey idp_key_ = signing_key("keys/idp1-first");
    int users_ = 0;
};

/// Does `act(i)` in a thread for each i at once.
template <class Act>
void in_threads(std::ptrdiff_t count, Act act) {
    std::latch ready(count);
    std::vector<std::jthread> threads;
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        threads.emplace_back([&ready, &act, i] {
            ready.arrive_and_wait();
            act(static_cast<std::size_t>(i));
        });
    }
}

/// One answer, or one of two answers, posted by eight threads at two nodes.
void expect_one_session(Race& race, int rounds, std::size_t assertions) {
    for (int round = 0; round < rounds; ++round) {
        const Race::User user = race.begin();
        std::array<std::string, 8> results;
        const auto session = [&](std::size_t i) { return user.name + "-" + std::to_string(i); };
        in_threads(std::ssize(results), [&](std::size_t i) {
            results[i] = race.sign_on(i % 2, user, user.forms[i / 2 % assertions], session(i));
        });
        BOOST_TEST(std::ranges::count(results, "admitted") == 1);
        for (std::size_t i = 0; i < results.size(); ++i) {
            BOOST_TEST(race.is_alive(session(i)) == (results[i] == "admitted"));
            BOOST_TEST((results[i] == "admitted" || results[i] == "already" || results[i] == "sign_on.replayed" ||
                        results[i] == "sign_on.flow_expired"),
                       results[i]);
        }
    }
}

/// The IdP ends the session while it's made.
void expect_no_session_after_success(Race& race, int rounds) {
    for (int round = 0; round < rounds; ++round) {
        const Race::User user = race.begin();
        std::string result;
        bool has_success = false;
        in_threads(2, [&](std::size_t i) {
            if (i == 0) result = race.sign_on(0, user, user.forms[0], user.name);
            if (i == 1) has_success = race.log_out(1, user);
        });
        BOOST_TEST(has_success);
        BOOST_TEST(!race.is_alive(user.name));
        BOOST_TEST((result == "sign_on.logged_out" || result == "admitted"), result);
        BOOST_TEST(race.was_told(user.name) == (result == "admitted"));
    }
}

struct RedisStores {
    explicit RedisStores(const sp::Clock& clock) {
        sp::RedisServers servers{.addresses = {server.address()}};
        servers.deadline = std::chrono::seconds(30);  // for a busy machine
        const saml::StoreKeys keys{.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}};
        sp::RedisSessionStoreOptions of_sessions{.servers = servers};
        of_sessions.keys = keys;
        sessions = taken(sp::RedisSessionStore::open(clock, of_sessions));
        sp::RedisFlowStoreOptions of_flows{.servers = servers};
        of_flows.keys = keys;
        flows = taken(sp::RedisFlowStore::open(clock, of_flows));
    }
    RedisServer server;
    std::unique_ptr<sp::RedisSessionStore> sessions;
    std::unique_ptr<sp::RedisFlowStore> flows;
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

BOOST_AUTO_TEST_CASE(eight_posts_at_two_nodes_open_one_session) {
    const FixedClock clock(sign_on_time);
    sp::MemorySessionStore sessions(clock, taken(saml::KeyedDigest::with_random_key()));
    sp::MemoryFlowStore flows(clock, taken(saml::KeyedDigest::with_random_key()));
    Race race(clock, sessions, flows);
    expect_one_session(race, 50, 1);
    expect_one_session(race, 50, 2);
}

BOOST_AUTO_TEST_CASE(a_request_that_another_assertion_has_answered_meanwhile_isnt_pending) {
    SignOnUnderTest sp;
    OtherNode other(sp);
    Browser browser;
    const auto asked = sp.begin(browser);
    other.flows.before_take = [&] {
        Browser same = browser;
        BOOST_TEST(sp.post(same, sp.response(sp.wanted(asked)), asked.relay_state).status == 303);
    };
    const auto reply = other.post(browser, sp.response(sp.wanted(asked)), asked.relay_state);
    BOOST_TEST(header_of(reply, "Set-Cookie").empty());
    BOOST_TEST(sp.audit.last().rule == "sign_on.replayed");
    BOOST_TEST(sp.live() == 1U);
}

BOOST_AUTO_TEST_CASE(eight_posts_at_two_nodes_on_one_redis_open_one_session) {
    const FixedClock clock(sign_on_time);
    const RedisStores stores(clock);
    Race race(clock, *stores.sessions, *stores.flows);
    expect_one_session(race, 20, 1);
    expect_one_session(race, 20, 2);
}

BOOST_AUTO_TEST_CASE(a_logout_beside_the_sign_on_leaves_no_session) {
    const FixedClock clock(sign_on_time);
    sp::MemorySessionStore sessions(clock, taken(saml::KeyedDigest::with_random_key()));
    sp::MemoryFlowStore flows(clock, taken(saml::KeyedDigest::with_random_key()));
    Race race(clock, sessions, flows);
    expect_no_session_after_success(race, 100);
}

BOOST_AUTO_TEST_CASE(a_logout_beside_the_sign_on_leaves_no_session_on_redis) {
    const FixedClock clock(sign_on_time);
    const RedisStores stores(clock);
    Race race(clock, *stores.sessions, *stores.flows);
    expect_no_session_after_success(race, 50);
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
    auto asked_one = signing_idp(idp_id, "keys/idp1-first");
    asked_one.source = "idp-7";
    SignOnUnderTest sp({asked_one, signing_idp(other_idp_id, "keys/idp2")});
    Browser browser;
    const auto asked = sp.begin(browser, "?idp=" + idp_id.str());
    const auto reply = sp.post(browser, sp.response(sp.wanted(asked), idp_id, "keys/idp2"), asked.relay_state);
    BOOST_TEST(reply.body.find("<dd>sig</dd>") != std::string::npos);
    BOOST_TEST(sp.audit.last().rule == "sig.invalid");
    BOOST_TEST(sp.audit.last().detail.starts_with("metadata source idp-7: none of 1 known keys "));
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
