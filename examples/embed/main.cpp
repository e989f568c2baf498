// embed: a host program with a session table and an HTTP server of its own takes in single logout, in blocking form.
// The test IdP stands for the world outside; a real host loads its configuration with sp::load_configuration().

#include <cstdio>
#include <map>
#include <mutex>
#include <string>

#include "slo/metadata/metadata_parser.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "test_idp.hpp"

using namespace slo;

int main() {
    if (!saml::harden_process()) return 1;
    const sp::StderrLog log;
    const sp::SystemClock clock;
    const auto us = *saml::EntityID::parse("https://host.example.org/saml");
    const auto slo_url = *saml::EndpointUrl::parse("https://host.example.org/saml/slo");
    const auto idp = *examples::TestIdp::make(*saml::EntityID::parse("https://idp.example.org/embed"), clock.now());
    const auto descriptor = *metadata::parse_entity_descriptor(idp.metadata(), clock.now(), std::chrono::seconds(180));
    const auto pem = *saml::generate_key(saml::KeyKind::rsa_2048, "host", clock.now(), std::chrono::days(1));
    const auto key = *saml::SigningKey::parse(pem.private_key_pem, pem.certificate_pem);
    const auto digest = *saml::KeyedDigest::with_random_key();

    // What the host had before: who is signed in, and how to forget one of them.
    std::map<std::string, std::string> users_by_cookie;
    std::mutex users_mutex;  // sessions end in threads of their own
    sp::SynchronousApplication application("host", [&](const sp::Session& session) {
        const std::lock_guard lock(users_mutex);
        return users_by_cookie.erase(session.id.str()) == 1 ? sp::Ended::ended : sp::Ended::already_gone;
    });
    // These sessions die with the process, and so may what is known of their logouts. Where they outlive it, take
    // SqliteSessionStore, and where several nodes share them, RedisSessionStore: same port, but they block.
    sp::MemorySessionStore store(clock, digest);
    const auto audit = sp::make_boost_log_audit();
    sp::LogoutService service({.entity_id = us,
                               .destinations = {slo_url},
                               .idps = std::make_shared<idp_adapter::IdpDirectory>(
                                   *idp_adapter::IdpDirectory::of({*idp_adapter::make_idp(descriptor, {})})),
                               .signer = saml::MessageSigner(key),
                               .decryption_keys = {},
                               .audit_digest = digest,
                               .policy = {},
                               .store = store,
                               .applications = {&application},
                               .audit = *audit,
                               .clock = clock},
                              // Beside serving: what a crash left unfinished, what has expired, what IdPs haven't seen.
                              sp::Housekeeping::in_threads);

    // At login: the host makes its session, and registers it with what the assertion said.
    users_by_cookie["cookie-1"] = "alice";
    const saml::NameID alice = examples::persistent_name("alice");
    const auto index = *saml::SessionIndex::parse("_s1");
    const auto admission = service.admit({.id = *sp::LocalSessionID::parse("cookie-1"),
                                          .idp = idp.entity_id(),
                                          .sp = us,
                                          .name_id = alice,
                                          .session_indexes = {index},
                                          .authn_instant = clock.now(),
                                          .expires = clock.now() + std::chrono::hours(8)});
    if (!admission || *admission != sp::Admission::admitted) {
        users_by_cookie.erase("cookie-1");  // its logout came first, or the store is full: nobody is signed in
        return 1;
    }

    // At logout: the host's HTTP server hands over the body of POST /saml/slo and sends back what it gets.
    const auto request =
        *idp.order({.destination = slo_url.str(), .name_id = alice, .session_indexes = {index}}, clock.now());
    const sp::SoapReply reply = service.handle({.body = request.body, .media_type = "text/xml"});

    const auto status = examples::TrustedSp{us, {key.certificate()}}.read_answer(reply.body, request, clock.now());
    const std::string answer = status ? examples::short_text(*status) : status.error().code.message();
    std::printf("HTTP %d, %s, %zu signed in\n", reply.http_status, answer.c_str(), users_by_cookie.size());
    return reply.http_status == 200 && answer == "Success" && users_by_cookie.empty() ? 0 : 1;
}
