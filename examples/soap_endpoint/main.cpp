// soap_endpoint: the least that answers IdPs' logout requests over SOAP: configuration, store, service, HTTP server.
// saml-slod (sp/daemon) is the program to run: it confines itself, has an interface for an application outside, and
// looks for new keys and metadata meanwhile.
//
// Usage: soap_endpoint FILE [NAME_ID]
// FILE is the configuration, without sections of saml-slod's own. NAME_ID is a user of the first IdP in it, who is
// signed in: an application does so at each login.

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>

#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/metadata/published_metadata.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/store_options.hpp"

namespace {

using namespace slo;

int complain(const Failure& failure) {
    const std::string why = failure.detail.empty() ? failure.code.message() : failure.detail;
    std::fprintf(stderr, "soap_endpoint: %s\n", why.c_str());
    return 2;
}

/// Told before Success is signed. A real application forgets the user here: afterwards their cookie must be worth
/// nothing.
sp::Ended end(const sp::Session& session) {
    std::printf("soap_endpoint: session %s has ended\n", session.id.str().c_str());
    std::fflush(stdout);
    return sp::Ended::ended;
}

/// What a login does, with the values of the IdP's assertion unchanged. false: a logout came first, or no
/// logout would find the session: the login is refused then.
bool sign_in(sp::LogoutService& service, const sp::Configuration& configuration, const std::string& name, Instant now) {
    if (configuration.idps.empty()) return false;
    saml::NameID name_id;  // with a Format and qualifiers, where the assertion has them
    name_id.value = name;
    const auto admission = service.admit({.id = *sp::LocalSessionID::parse("cookie-1"),
                                          .idp = configuration.idps.front().entity_id,
                                          .sp = configuration.entity_id,
                                          .name_id = std::move(name_id),
                                          .session_indexes = {},
                                          .authn_instant = now,
                                          .expires = now + std::chrono::hours(8)});
    return admission && *admission == sp::Admission::admitted;
}

int run(const std::string& file, const std::string& name) {
    const sp::SystemClock clock;
    const auto configuration = sp::load_configuration(file, clock.now());
    if (!configuration) return complain(configuration.error());
    for (const std::string& note : configuration->notes) std::fprintf(stderr, "%s\n", note.c_str());

    const auto store = sp::open_session_store(clock, configuration->store);
    if (!store) return complain(store.error());
    const auto idps = idp_adapter::IdpDirectory::of(configuration->idps, configuration->absent);
    if (!idps) return complain(idps.error());
    const auto digest = saml::KeyedDigest::with_random_key();  // for names in the audit
    if (!digest) return complain(digest.error());
    const auto metadata = metadata::PublishedMetadata::make(configuration->publication, clock.now());
    if (!metadata) return complain(metadata.error());

    const sp::StderrLog log;  // where the audit's lines go
    const auto audit = sp::make_boost_log_audit();
    sp::SynchronousApplication application("shop", end);
    sp::LogoutService service({.entity_id = configuration->entity_id,
                               .destinations = configuration->destinations,
                               .idps = std::make_shared<idp_adapter::IdpDirectory>(*idps),
                               .signer = saml::MessageSigner(configuration->signing_key),
                               .decryption_keys = configuration->decryption_keys,
                               .audit_digest = *digest,
                               .policy = configuration->policy,
                               .store = **store,
                               .applications = {&application},
                               .audit = *audit,
                               .clock = clock,
                               .former_entity_ids = configuration->former_entity_ids},
                              sp::Housekeeping::in_threads);

    sp::HttpEndpointOptions options = configuration->endpoint;
    options.metadata = [&] { return (*metadata)->at(clock.now()); };
    sp::HttpEndpoint endpoint(service, std::move(options));
    auto server = sp::HttpServer::open(configuration->server, endpoint);
    if (!server) return complain(server.error());
    server->stop_on_signals();
    if (!name.empty() && !sign_in(service, *configuration, name, clock.now())) {
        std::fputs("soap_endpoint: the user can't be signed in: their logout came first, or no IdP is known\n", stderr);
        return 2;
    }
    std::printf("soap_endpoint: %s for logouts, %s for our metadata, on port %u\n",
                configuration->endpoint.soap_path.c_str(), configuration->endpoint.metadata_path.c_str(),
                server->port());
    std::fflush(stdout);
    server->run();  // until SIGTERM or SIGINT
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || argc > 3) {
        std::fputs("soap_endpoint FILE [NAME_ID]\n", stderr);
        return 2;
    }
    if (const auto hardened = saml::harden_process(); !hardened) return complain(hardened.error());
    try {
        return run(argv[1], argc == 3 ? argv[2] : "");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "soap_endpoint: %s\n", error.what());
        return 2;
    }
}
