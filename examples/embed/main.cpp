// embed: plays a user's login and their IdP's logout around a host's part (host.hpp).
// Usage: embed FOLDER: for its configuration, keys and store; removed at the end.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "host.hpp"
#include "http_client.hpp"
#include "slo/saml/runtime.hpp"
#include "test_idp.hpp"

namespace {

using namespace embed;
using std::chrono::hours;

/// Alice's IdP orders her logout at our socket.
bool play(const sp::Configuration& configuration, const examples::TestIdp& idp, const sp::Clock& clock) {
    const auto store = sp::open_session_store(clock, configuration.store);
    if (!store) return false;
    Users users;
    SingleLogout logout(configuration, **store, clock, users);
    Web web(logout);
    auto server = sp::HttpServer::open(configuration.server, web);
    if (!server) return false;
    const std::jthread serving([&] { server->run(); });

    users.sign_in("cookie-1", "alice");
    const auto index = *saml::SessionIndex::parse("_s1");
    const bool admitted = logout.admit({.id = *sp::LocalSessionID::parse("cookie-1"),
                                        .idp = idp.entity_id(),
                                        .sp = configuration.entity_id,
                                        .name_id = examples::persistent_name("alice"),
                                        .session_indexes = {index},
                                        .authn_instant = clock.now(),
                                        .expires = clock.now() + hours(8)});
    const auto request = *idp.order({.destination = configuration.destinations.front().str(),
                                     .name_id = examples::persistent_name("alice"),
                                     .session_indexes = {index}},
                                    clock.now());
    const auto reply = examples::call(
        server->port(),
        {.method = "POST", .path = "/saml/slo", .content_type = "text/xml; charset=utf-8", .body = request.body});
    server->stop();
    const examples::TrustedSp us{configuration.entity_id, {configuration.signing_key.certificate()}};
    const auto status = us.read_answer(reply ? reply->body : "", request, clock.now());
    const std::string answer = status ? examples::short_text(*status) : status.error().code.message();
    std::printf("%s, signed; %zu signed in\n", answer.c_str(), users.count());
    return admitted && answer == "Success" && users.count() == 0;
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
