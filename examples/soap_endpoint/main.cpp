// soap_endpoint: the library as a process of its own. Everything that it does, a host program can do inside itself.

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "help.hpp"
#include "local_sessions.hpp"
#include "process.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/memory_session_store.hpp"
#include "system_call_filter.hpp"

namespace {

using namespace slo;

constexpr int stopped_as_asked = 0;
constexpr int nothing_started = 2;

int complain(std::string_view what) {
    std::fprintf(stderr, "soap_endpoint: %.*s\n", static_cast<int>(what.size()), what.data());
    return nothing_started;
}

std::string text_of(const Failure& failure) {
    return failure.detail.empty() ? failure.code.message() : failure.detail;
}

/// The application asks GET /sessions/<id> before each request, and that says 404 from the moment a logout begins:
/// nobody has to be told, so every session is ended at once.
sp::Ended end_by_asking(const sp::Session&) {
    return sp::Ended::ended;
}

/// Parts is what one endpoint consists of, in the order in which they need each other.
struct Parts {
    Parts(sp::Configuration& configuration, idp_adapter::IdpDirectory idps, const saml::KeyedDigest& digest)
        : store(clock, digest, {.relogin = configuration.relogin}),
          application("local", end_by_asking),
          audit(sp::make_boost_log_audit()),
          service({.entity_id = configuration.entity_id,
                   .destinations = configuration.destinations,
                   .idps = std::make_shared<const idp_adapter::IdpDirectory>(std::move(idps)),
                   .signer = saml::MessageSigner(configuration.signing_key),
                   .decryption_keys = configuration.decryption_keys,
                   .audit_digest = digest,
                   .policy = configuration.policy,
                   .store = store,
                   .applications = {&application},
                   .audit = *audit,
                   .clock = clock}),
          endpoint(service, configuration.endpoint),
          local_sessions(store, configuration.entity_id) {}

    sp::SystemClock clock;
    sp::MemorySessionStore store;
    sp::SynchronousApplication application;
    std::unique_ptr<sp::AuditSink> audit;
    sp::LogoutService service;
    sp::HttpEndpoint endpoint;
    examples::LocalSessions local_sessions;
};

/// Into the audit, which never makes us wait, not onto stderr, which can.
void note_failed_recovery(Parts& parts, const Failure& failure) {
    sp::AuditEntry entry;
    entry.time = parts.clock.now();
    entry.event = "recover";
    entry.stage = "store";
    entry.rule = failure.code.message();
    parts.audit->record(entry);
}

/// Drops what has expired, some shards a second, and takes up each minute what was left unfinished, until stopped.
void keep_house(const std::stop_token& stop, Parts& parts) {
    constexpr int shards_a_second = 64;
    std::mutex mutex;
    std::condition_variable_any nobody_calls;
    std::unique_lock lock(mutex);
    for (int seconds = 1; !stop.stop_requested(); ++seconds) {
        nobody_calls.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
        for (int i = 0; i < shards_a_second; ++i) parts.store.sweep_some();
        if (seconds % 60 != 0) continue;
        const auto recovered = parts.service.recover();
        if (!recovered) note_failed_recovery(parts, recovered.error());
    }
}

sp::HttpServerOptions local_options(std::uint16_t port) {
    sp::HttpServerOptions options;
    options.address = "127.0.0.1";
    options.port = port;
    const std::string suffix = ":" + std::to_string(port);
    options.hosts = {"127.0.0.1" + suffix, "localhost" + suffix};  // a name that was re-bound to us isn't served
    return options;
}

/// Descriptors beside those of connections: standard streams, listeners, and three for each thread's event loop.
std::size_t descriptors_needed(const sp::Configuration& configuration) {
    constexpr std::size_t others = 64;
    const std::size_t local = configuration.local_port == 0 ? 0 : local_options(0).max_connections;
    return configuration.server.max_connections + local + 3 * configuration.server.threads + others;
}

/// Gives up what serving doesn't need. From here on nothing can be opened.
Result<void> confine(const sp::ProcessOptions& process) {
    if (!process.user.empty()) {
        if (auto became = examples::become_user(process.user); !became) return became;
    } else if (examples::is_root()) {
        std::fputs("soap_endpoint: note: serves as root; name another user in [process], or \"root\" if it must be\n",
                   stderr);
    }
    if (examples::instrumented || process.seccomp == sp::SystemCallFilter::off) return Done{};
    return examples::filter_system_calls();
}

void serve(Parts& parts, const sp::Configuration& configuration, sp::HttpServer& server, sp::HttpServer* local) {
    std::fprintf(stderr, "soap_endpoint: %s listens on %s port %u: %s for logouts, %s for our metadata\n",
                 configuration.entity_id.str().c_str(), configuration.server.address.c_str(), server.port(),
                 configuration.endpoint.soap_path.c_str(), configuration.endpoint.metadata_path.c_str());
    if (local != nullptr) std::fprintf(stderr, "soap_endpoint: local interface on 127.0.0.1 port %u\n", local->port());

    const sp::StderrLog log;  // before the threads that write to it, and after them gone
    const std::jthread housekeeper([&parts](const std::stop_token& stop) { keep_house(stop, parts); });
    std::jthread local_thread;
    if (local != nullptr) local_thread = std::jthread([local] { local->run(); });
    server.run();
    if (local != nullptr) local->stop();
}

int run(const std::string& file) {
    auto configuration = sp::load_configuration(file, sp::SystemClock().now());
    if (!configuration) return complain(text_of(configuration.error()));
    for (const std::string& note : configuration->notes) std::fprintf(stderr, "%s\n", note.c_str());

    auto idps = idp_adapter::IdpDirectory::of(configuration->idps);
    if (!idps) return complain(text_of(idps.error()));
    const auto digest = saml::KeyedDigest::with_random_key();
    if (!digest) return complain(text_of(digest.error()));
    if (auto limited = examples::limit_descriptors(descriptors_needed(*configuration)); !limited)
        return complain(text_of(limited.error()));
    Parts parts(*configuration, *std::move(idps), *digest);

    auto server = sp::HttpServer::open(configuration->server, parts.endpoint);
    if (!server) return complain(text_of(server.error()));
    std::unique_ptr<sp::HttpServer> local;
    if (configuration->local_port != 0) {
        auto opened = sp::HttpServer::open(local_options(configuration->local_port), parts.local_sessions);
        if (!opened) return complain(text_of(opened.error()));
        local = std::make_unique<sp::HttpServer>(*std::move(opened));
    }
    server->stop_on_signals();
    if (auto confined = confine(configuration->process); !confined) return complain(text_of(confined.error()));
    serve(parts, *configuration, *server, local.get());
    return stopped_as_asked;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view option = argc > 1 ? argv[1] : "";
    if (argc == 2 && (option == "--help" || option == "-h")) {
        std::fwrite(slo::examples::help.data(), 1, slo::examples::help.size(), stdout);
        return stopped_as_asked;
    }
    if (argc != 3 || option != "--config") return complain("wrong arguments; write --config FILE, or --help");
    if (const auto shed = slo::examples::shed_inheritance(); !shed) return complain(text_of(shed.error()));
    if (const auto hardened = slo::saml::harden_process(); !hardened) return complain(text_of(hardened.error()));
    return run(argv[2]);
}
