// A service provider with sign-on over memory stores, an IdP that signs Responses, and browsers between them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports.hpp"
#include "service_under_test.hpp"
#include "slo/saml/form.hpp"
#include "slo/saml/redirect.hpp"
#include "slo/sp/memory_flow_store.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "slo/sp/sign_on_endpoint.hpp"
#include "test_response.hpp"
#include "values.hpp"

namespace slo::test {

inline const auto acs_url = parsed<saml::EndpointUrl>("https://sp.example.com/saml/acs");
inline const auto login_url = parsed<saml::EndpointUrl>("https://sp.example.com/login");
inline const auto other_idp_id = parsed<saml::EntityID>("https://idp2.example.org/metadata");
inline const Instant sign_on_time = at("2026-03-01T12:00:00Z");

/// Browser keeps cookies, and sends them all.
class Browser {
public:
    [[nodiscard]] sp::HttpRequest get(const std::string& target) const { return request("GET", target, ""); }
    [[nodiscard]] sp::HttpRequest post(const std::string& target, const std::string& body) const {
        sp::HttpRequest posted = request("POST", target, body);
        posted.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
        return posted;
    }
    sp::HttpReply took(sp::HttpReply reply) {
        for (const auto& [name, value] : reply.headers) {
            if (name != "Set-Cookie") continue;
            const auto equals = value.find('=');
            cookies[value.substr(0, equals)] = value.substr(equals + 1, value.find(';') - equals - 1);
        }
        return reply;
    }
    std::map<std::string, std::string> cookies;

private:
    [[nodiscard]] sp::HttpRequest request(std::string method, const std::string& target, std::string body) const {
        sp::HttpRequest made{.method = std::move(method), .target = target, .headers = {}, .body = std::move(body)};
        made.peer = "192.0.2.7";
        std::string all;
        for (const auto& [name, value] : cookies) all += (all.empty() ? "" : "; ") + name + "=" + value;
        if (!all.empty()) made.headers.emplace_back("Cookie", all);
        return made;
    }
};

/// HostUnderTest is the application: its sessions by their IDs.
class HostUnderTest final : public sp::SignOnHost {
public:
    std::optional<sp::HostSession> open(const sp::SignedOn& who, const sp::HttpRequest&) override {
        if (refuses) return std::nullopt;
        const std::string id = prefix + std::to_string(++made);
        sessions[id] = who.principal().name_id() ? who.principal().name_id()->value : "";
        for (const saml::Attribute& attribute : who.principal().attributes()) attributes.push_back(attribute);
        return sp::HostSession{parsed<sp::LocalSessionID>(id),
                               "app=" + id + "; Path=/; Secure; HttpOnly; SameSite=Lax"};
    }
    void admitted(const sp::LocalSessionID& id, Instant its_end) override {
        given_out.push_back(id.str());
        expires = its_end;
    }
    void erase(const sp::LocalSessionID& id) noexcept override { sessions.erase(id.str()); }

    std::string prefix = "app-";  ///< of its sessions' IDs, which no other node's may have
    bool refuses = false;
    int made = 0;
    std::map<std::string, std::string> sessions;
    std::vector<std::string> given_out;
    std::vector<saml::Attribute> attributes;
    Instant expires{};
};

inline idp_adapter::Idp signing_idp(const saml::EntityID& name, const std::string& key,
                                    idp_adapter::InteropProfile profile = {}) {
    const auto certificate = taken(saml::Certificate::parse(fixture(key + ".crt.pem")));
    idp_adapter::Idp idp{.entity_id = name,
                         .keys = {taken(saml::VerificationKey::from(certificate))},
                         .single_logout_services = {},
                         .valid_until = {},
                         .profile = std::move(profile),
                         .algorithms = {}};
    idp.sign_on.endpoints = {
        {metadata::SignOnBinding::redirect, parsed<saml::EndpointUrl>("https://idp.example.org/sso?tenant=x")}};
    return idp;
}

/// SignOnUnderTest is one node. Nodes that share stores are made with those of the first one.
class SignOnUnderTest {
public:
    explicit SignOnUnderTest(std::vector<idp_adapter::Idp> idps = {signing_idp(idp_id, "keys/idp1-first")})
        : clock(sign_on_time),
          sessions(clock, taken(saml::KeyedDigest::with_random_key())),
          flows(clock, taken(saml::KeyedDigest::with_random_key())),
          service({.entity_id = our_id,
                   .destinations = {},
                   .idps = directory_of(std::move(idps)),
                   .signer = saml::MessageSigner(signing_key("sp/sp")),
                   .decryption_keys = {},
                   .audit_digest = taken(saml::KeyedDigest::with_random_key()),
                   .policy = {},
                   .store = sessions,
                   .applications = {},
                   .audit = audit,
                   .clock = clock},
                  sp::Housekeeping::by_host),
          sign_on(service, flows, taken(saml::RecordCipher::with_keys({std::string(32, 'i'), {std::string(32, 's')}})),
                  {.assertion_consumer_service = acs_url, .targets = targets(), .landing = landing()}),
          endpoint(sign_on, host, {.login_url = login_url}) {}

    static sp::TargetRules targets() { return {.origin = acs_url, .prefix = "/", .others = {}}; }
    static sp::LocalTarget landing() { return sp::LocalTarget::parse("/home", targets()).value(); }

    sp::HttpReply send(const sp::HttpRequest& request) { return sp::wait_for(endpoint.handle(request)); }

    /// What the IdP gets of a start: the request's ID and RelayState.
    struct Asked {
        saml::MessageID id;
        std::string relay_state;
        std::string location;
    };
    Asked begin(Browser& browser, const std::string& query = "") {
        const auto reply = browser.took(send(browser.get("/login" + query)));
        for (const auto& [name, value] : reply.headers) {
            if (name != "Location") continue;
            const auto message = taken(saml::redirect::decode(value.substr(value.find('?') + 1)));
            return {message.message.claimed_id().value(), message.relay_state.value().octets(), value};
        }
        throw std::logic_error("no redirect: " + std::to_string(reply.status) + reply.body);
    }

    /// An answer of `idp` with `key`, for `asked`.
    [[nodiscard]] examples::WantedSignOn wanted(const Asked& asked) const {
        saml::NameID alice;
        alice.value = "alice";
        return {
            .assertion_consumer_service = acs_url, .audience = our_id, .in_response_to = asked.id, .name_id = alice};
    }
    [[nodiscard]] std::string response(const examples::WantedSignOn& wanted, const saml::EntityID& idp = idp_id,
                                       const std::string& key = "keys/idp1-first") const {
        return taken(examples::response_of(idp, signing_key(key), wanted, clock.now()));
    }
    sp::HttpReply post(Browser& browser, const std::string& response, const std::string& relay_state,
                       const std::string& target = "/saml/acs") {
        return browser.took(send(browser.post(target, examples::posted(response, relay_state))));
    }
    /// A whole sign-on that succeeds.
    sp::HttpReply sign_in(Browser& browser, const std::string& query = "") {
        const Asked asked = begin(browser, query);
        return post(browser, response(wanted(asked)), asked.relay_state);
    }

    [[nodiscard]] std::size_t live() const { return sessions.size().sessions; }

    FixedClock clock;
    Recorder audit;
    sp::MemorySessionStore sessions;
    sp::MemoryFlowStore flows;
    sp::LogoutService service;
    sp::SignOn sign_on;
    HostUnderTest host;
    sp::SignOnEndpoint endpoint;
};

inline std::string header_of(const sp::HttpReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers) {
        if (key == name) return value;
    }
    return {};
}

}  // namespace slo::test
