// The local interface of an endpoint whose IdP answers what a test says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "local_sessions.hpp"
#include "service_under_test.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/memory_session_store.hpp"

namespace slo::test {

/// A service over `store`, and the IdP that it can ask.
struct LocalService {
    LocalService(const sp::Clock& clock, sp::SessionStore& store)
        : service({.entity_id = our_id,
                   .destinations = {parsed<saml::EndpointUrl>(our_soap_url)},
                   .idps = directory_of({idp_that_can_be_asked(),
                                         idp_that_can_be_asked(parsed<saml::EntityID>("https://idp.example.org"))}),
                   .signer = saml::MessageSigner(signing_key("sp/sp")),
                   .decryption_keys = {},
                   .audit_digest = taken(saml::KeyedDigest::with_key("0123456789abcdef")),
                   .policy = {},
                   .store = store,
                   .applications = {&application},
                   .audit = audit,
                   .clock = clock,
                   .idp_link = &link},
                  sp::Housekeeping::by_host) {}

    Recorder audit;
    RecordingApplication application{"shop"};
    ScriptedLink link;
    sp::LogoutService service;
};

struct LocalInterface {
    FixedClock clock{at(baseline_now)};
    sp::MemorySessionStore store{
        clock, taken(saml::KeyedDigest::with_key("0123456789abcdef")), {.max_sessions_per_principal = 20}};
    LocalService local{clock, store};
    daemon::LocalSessions sessions{store, local.service, our_id};

    sp::HttpReply send(const std::string& method, const std::string& target, const std::string& body = {},
                       sp::HttpHeaders headers = {{"Content-Type", "application/x-www-form-urlencoded"}}) {
        return sp::wait_for(sessions.handle({method, target, std::move(headers), body}));
    }
    int post(const std::string& body) { return send("POST", "/sessions", body).status; }
};

}  // namespace slo::test
