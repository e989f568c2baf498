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
#include "replica_shortfalls.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/store_options.hpp"
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

/// Reception listens before there is anybody to ask: ports may need root, and the store must belong to the user whom we
/// become in between. Set before run().
class Reception final : public sp::HttpHandler {
public:
    [[nodiscard]] sp::HttpStep handle(const sp::HttpRequest& request) noexcept override {
        return behind->handle(request);
    }
    sp::HttpHandler* behind = nullptr;
};

struct Servers {
    Reception endpoint;
    Reception local_sessions;
    std::unique_ptr<sp::HttpServer> server;
    std::unique_ptr<sp::HttpServer> local;  ///< none where the configuration has no [local]
};

/// Parts is what one endpoint consists of, in the order in which they need each other.
struct Parts {
    Parts(const sp::Clock& the_clock, sp::Configuration& configuration, idp_adapter::IdpDirectory idps,
          const saml::KeyedDigest& digest, std::unique_ptr<sp::SessionStore> opened)
        : clock(the_clock),
          store(std::move(opened)),
          application("local", end_by_asking),
          audit(sp::make_boost_log_audit()),
          service({.entity_id = configuration.entity_id,
                   .destinations = configuration.destinations,
                   .idps = std::make_shared<const idp_adapter::IdpDirectory>(std::move(idps)),
                   .signer = saml::MessageSigner(configuration.signing_key),
                   .decryption_keys = configuration.decryption_keys,
                   .audit_digest = digest,
                   .policy = configuration.policy,
                   .store = *store,
                   .applications = {&application},
                   .audit = *audit,
                   .clock = clock}),
          endpoint(service, configuration.endpoint),
          local_sessions(*store, configuration.entity_id) {}

    const sp::Clock& clock;
    std::unique_ptr<sp::SessionStore> store;
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
    entry.detail = failure.detail;
    parts.audit->record(entry);
}

void note_shortfalls(Parts& parts, examples::ReplicaShortfalls& shortfalls) {
    const auto* redis = dynamic_cast<const sp::RedisSessionStore*>(parts.store.get());
    if (redis == nullptr) return;
    const auto entry = shortfalls.look(redis->counters().replica_shortfalls, parts.clock.now());
    if (entry) parts.audit->record(*entry);
}

/// Takes up at once, and each minute, what was left unfinished, and drops each second some of what has expired, until
/// stopped. Serving doesn't wait for the first turn: what is unfinished is dead for find() already, and an application
/// that hangs would keep everybody else's logouts waiting.
void keep_house(const std::stop_token& stop, Parts& parts) {
    constexpr int sweeps_a_second = 64;
    std::mutex mutex;
    std::condition_variable_any nobody_calls;
    std::unique_lock lock(mutex);
    examples::ReplicaShortfalls shortfalls;
    for (int seconds = 0; !stop.stop_requested(); ++seconds) {
        if (seconds % 60 == 0) {
            const auto recovered = parts.service.recover(stop);
            if (!recovered) note_failed_recovery(parts, recovered.error());
        }
        for (int i = 0; i < sweeps_a_second && !stop.stop_requested(); ++i) parts.store->sweep_some();
        note_shortfalls(parts, shortfalls);
        nobody_calls.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
    }
}

sp::HttpServerOptions local_options(std::uint16_t port, std::size_t handler_threads) {
    sp::HttpServerOptions options;
    options.address = "127.0.0.1";
    options.port = port;
    options.handler_threads = handler_threads;  // its own: an application that asks never waits behind logouts
    const std::string suffix = ":" + std::to_string(port);
    options.hosts = {"127.0.0.1" + suffix, "localhost" + suffix};  // a name that was re-bound to us isn't served
    return options;
}

/// Descriptors beside those of connections: standard streams, listeners, three for each thread's event loop, and the
/// store's: SQLite's few files, or two connections to each master of a Redis Cluster.
std::size_t descriptors_needed(const sp::Configuration& configuration) {
    constexpr std::size_t others = 64;
    const std::size_t local = configuration.local_port == 0 ? 0 : local_options(0, 0).max_connections;
    const std::size_t store = std::holds_alternative<sp::RedisSessionStoreOptions>(configuration.store) ? 512 : 64;
    return configuration.server.max_connections + local + 3 * configuration.server.threads + store + others;
}

/// Binds the ports, which may need root.
Result<void> listen(const sp::Configuration& configuration, Servers& servers) {
    auto server = sp::HttpServer::open(configuration.server, servers.endpoint);
    if (!server) return std::move(server).error();
    servers.server = std::make_unique<sp::HttpServer>(*std::move(server));
    servers.server->stop_on_signals();
    if (configuration.local_port == 0) return Done{};
    auto local = sp::HttpServer::open(local_options(configuration.local_port, configuration.server.handler_threads),
                                      servers.local_sessions);
    if (!local) return std::move(local).error();
    servers.local = std::make_unique<sp::HttpServer>(*std::move(local));
    return Done{};
}

/// From here on what is made belongs to the user who serves.
Result<void> become_who_serves(const sp::Configuration& configuration) {
    const std::string& user = configuration.process.user;
    if (user.empty()) {
        if (examples::is_root()) {
            std::fputs(
                "soap_endpoint: note: serves as root; name another user in [process], or \"root\" if it must be\n",
                stderr);
        }
        return Done{};
    }
    if (const auto* sqlite = std::get_if<sp::SqliteSessionStoreOptions>(&configuration.store)) {
        if (auto made = examples::make_folder_for(user, sqlite->folder); !made) return made;
    }
    return examples::become_user(user);
}

/// What the store will call for while it serves.
examples::StoreCalls calls_of(const sp::StoreOptions& store) {
    if (std::holds_alternative<sp::SqliteSessionStoreOptions>(store)) return examples::StoreCalls::files;
    if (std::holds_alternative<sp::RedisSessionStoreOptions>(store)) return examples::StoreCalls::network;
    return examples::StoreCalls::none;
}

/// Gives up what serving doesn't need. From here on nothing else can be opened.
Result<void> confine(const sp::Configuration& configuration) {
    if (examples::instrumented || configuration.process.seccomp == sp::SystemCallFilter::off) return Done{};
    return examples::filter_system_calls(calls_of(configuration.store));
}

Result<std::unique_ptr<sp::SessionStore>> open_store(const sp::Clock& clock, const sp::StoreOptions& options) {
    auto store = sp::open_session_store(clock, options);
    if (!store) return store;
    if (const auto* redis = dynamic_cast<const sp::RedisSessionStore*>(store->get())) {
        for (const std::string& note : redis->notes()) std::fprintf(stderr, "soap_endpoint: note: %s\n", note.c_str());
    }
    return store;
}

void serve(Parts& parts, const sp::Configuration& configuration, Servers& servers) {
    servers.endpoint.behind = &parts.endpoint;
    servers.local_sessions.behind = &parts.local_sessions;
    sp::HttpServer& server = *servers.server;
    sp::HttpServer* const local = servers.local.get();
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
    Servers servers;
    if (auto listening = listen(*configuration, servers); !listening) return complain(text_of(listening.error()));
    if (auto became = become_who_serves(*configuration); !became) return complain(text_of(became.error()));
    const sp::SystemClock clock;
    auto store = open_store(clock, configuration->store);
    if (!store) return complain(text_of(store.error()));
    Parts parts(clock, *configuration, *std::move(idps), *digest, *std::move(store));

    if (auto confined = confine(*configuration); !confined) return complain(text_of(confined.error()));
    serve(parts, *configuration, servers);
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
