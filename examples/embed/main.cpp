// embed: plays users, their browsers and their IdP around a web service (host.hpp).
// Usage: embed FOLDER: for its configuration, keys and store; removed at the end.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "browser.hpp"
#include "host.hpp"
#include "http_client.hpp"
#include "slo/saml/runtime.hpp"
#include "test_idp.hpp"
#include "test_response.hpp"

namespace {

using namespace embed;

/// The page that a user sees: the service's text, or where it sends them.
std::string page_of(examples::Browser& browser) {
    const auto answer = browser.get("/orders");
    return answer.status == 200 ? answer.body : answer.header("Location") + "\n";
}

/// What the IdP makes of the request with which the browser comes.
struct Answer {
    std::string response;
    std::string relay_state;
};
Answer answer_of(const examples::TestIdp& idp, const std::string& location, const std::string& user,
                 const sp::Configuration& configuration, Instant now) {
    const auto asked = examples::asked_by(location).value();
    const auto response =
        idp.respond({.assertion_consumer_service = configuration.sign_on->options.assertion_consumer_service,
                     .audience = configuration.entity_id,
                     .in_response_to = asked.id,
                     .name_id = examples::persistent_name(user),
                     .session_index = "_" + user},
                    now);
    return {*response, asked.relay_state};
}

void tell(const char* what, const std::string& page) {
    std::printf("%-44s %s", what, page.c_str());
}

/// Alice and Bob sign on at their IdP; the IdP orders Alice's logout, and Bob logs out here.
bool play(const sp::Configuration& configuration, const examples::TestIdp& idp, const sp::Clock& clock) {
    const auto store = sp::open_session_store(clock, configuration.store);
    if (!store) return false;
    Users users;
    Shop shop(configuration, **store, clock, users);
    auto server = sp::HttpServer::open(configuration.server, shop);
    if (!server) return false;
    const std::jthread serving([&] { server->run(); });
    examples::Browser alice(server->port());
    examples::Browser bob(server->port());

    tell("Alice, without a session, is sent to", page_of(alice));
    const auto answer = answer_of(idp, alice.get("/login").header("Location"), "alice", configuration, clock.now());
    const auto late = answer_of(idp, alice.get("/login").header("Location"), "alice", configuration, clock.now());
    alice.post("/saml/acs", examples::posted(answer.response, answer.relay_state));
    const std::string in = page_of(alice);
    tell("Alice, with the IdP's assertion, is", in);
    const auto of_bob = answer_of(idp, bob.get("/login").header("Location"), "bob", configuration, clock.now());
    bob.post("/saml/acs", examples::posted(of_bob.response, of_bob.relay_state));

    const auto request = *idp.order({.destination = configuration.destinations.front().str(),
                                     .name_id = examples::persistent_name("alice"),
                                     .session_indexes = {*saml::SessionIndex::parse("_alice")}},
                                    clock.now());
    const auto reply = examples::call(
        server->port(),
        {.method = "POST", .path = "/saml/slo", .content_type = "text/xml; charset=utf-8", .body = request.body});
    const examples::TrustedSp us{configuration.entity_id, {configuration.signing_key.certificate()}};
    const auto status = us.read_answer(reply ? reply->body : "", request, clock.now());
    const std::string answered = status ? examples::short_text(*status) : status.error().code.message();
    tell("The IdP orders Alice's logout, and reads", answered + ", signed\n");
    const std::string out = page_of(alice);
    tell("Alice is sent to", out);
    alice.post("/saml/acs", examples::posted(late.response, late.relay_state));
    const std::string still_out = page_of(alice);
    tell("With a late assertion, Alice is sent to", still_out);
    const std::string bobs = page_of(bob);
    tell("Bob is", bobs);
    bob.post("/logout", "");
    tell("After his own logout, Bob is sent to", page_of(bob));
    server->stop();
    const std::string login = "https://host.example.org/login?target=%2Forders\n";
    return in == "signed in as alice of https://idp.example.org/embed\n" && answered == "Success" && out == login &&
           still_out == login && bobs == "signed in as bob of https://idp.example.org/embed\n" && users.count() == 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 || !saml::harden_process()) return 2;
    const sp::StderrLog log;
    const sp::SystemClock clock;
    const std::filesystem::path folder = argv[1];
    const auto idp = *examples::TestIdp::make(*saml::EntityID::parse("https://idp.example.org/embed"), clock.now());
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "idp.xml") << idp.metadata();
    std::ofstream(folder / "sp.toml") << R"([sp]
entity_id = "https://host.example.org/saml"
slo_url = "https://host.example.org/saml/slo"
acs_url = "https://host.example.org/saml/acs"
signing_key = "sp.key.pem"
signing_certificate = "sp.crt.pem"
[sign_on]
login_url = "https://host.example.org/login"
[[idp]]
metadata = "idp.xml"
[server]
listen = "127.0.0.1:)" << examples::free_port()
                                      << "\"\n";
    const auto configuration = sp::load_configuration(folder / "sp.toml", clock.now());
    if (!configuration) return std::fprintf(stderr, "%s\n", configuration.error().detail.c_str()), 2;
    const bool kept = play(*configuration, idp, clock);
    std::filesystem::remove_all(folder);
    return kept ? 0 : 1;
}
