// saml-slod: the library as a process of its own. Everything that it does, a host program can do inside itself.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "clock_alarms.hpp"
#include "help.hpp"
#include "key_watch.hpp"
#include "local_sessions.hpp"
#include "partners.hpp"
#include "pause.hpp"
#include "process.hpp"
#include "public_endpoint.hpp"
#include "published_keys.hpp"
#include "replica_shortfalls.hpp"
#include "settings.hpp"
#include "slo/idp_adapter/single_logout_client.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/sp/housekeeper.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/store_options.hpp"
#include "system_call_filter.hpp"
#include "web_sign_on.hpp"

namespace {

using namespace slo;

constexpr int stopped_as_asked = 0;
constexpr int nothing_started = 2;

int complain(std::string_view what) {
    std::fprintf(stderr, "saml-slod: %.*s\n", static_cast<int>(what.size()), what.data());
    return nothing_started;
}

std::string text_of(const Failure& failure) {
    return failure.detail.empty() ? failure.code.message() : failure.detail;
}

/// The application asks GET /sessions/<id> before each request, and that says 404 from the moment a logout begins:
/// no application has to be told, so every session is ended at once.
sp::Ended end_by_asking(const sp::Session&) {
    return sp::Ended::ended;
}

/// Reception listens before the endpoint exists: ports may need root, and the store must belong to the user that the
/// process becomes in between. Set before run().
class Reception final : public sp::HttpHandler {
public:
    [[nodiscard]] sp::HttpStep handle(const sp::HttpRequest& request) noexcept override {
        return behind->handle(request);
    }
    [[nodiscard]] Lane lane(const sp::HttpRequest& request) const noexcept override { return behind->lane(request); }
    [[nodiscard]] std::size_t max_body(std::string_view target, std::size_t usual) const noexcept override {
        return behind->max_body(target, usual);
    }
    void refused(const sp::RefusedByServer& refused) noexcept override { behind->refused(refused); }
    sp::HttpHandler* behind = nullptr;
};

struct Servers {
    Reception endpoint;
    Reception local_sessions;
    std::unique_ptr<sp::HttpServer> server;
    std::unique_ptr<sp::HttpServer> local;  ///< null if the configuration has no [local]
};

struct Stores {
    std::unique_ptr<sp::SessionStore> sessions;
    std::optional<sp::OpenFlowStore> flows;  ///< std::nullopt without [sign_on]
};

/// Parts are those of one endpoint, in the order in which they need each other.
struct Parts {
    Parts(const sp::Clock& the_clock, daemon::Configuration& configuration, idp_adapter::MetadataRefresher refreshed,
          const saml::KeyedDigest& digest, Stores opened, std::shared_ptr<metadata::PublishedMetadata> published)
        : clock(the_clock),
          refresher(std::move(refreshed)),
          store(std::move(opened.sessions)),
          application("local", end_by_asking, sp::SynchronousApplication::in_callers_thread),
          audit(sp::make_boost_log_audit()),
          idp_link({.destinations = configuration.destinations, .clock_skew = configuration.policy.clock_skew}),
          service({.entity_id = configuration.entity_id,
                   .destinations = configuration.destinations,
                   .idps = refresher.directory(),
                   .signer = saml::MessageSigner(configuration.signing_key),
                   .decryption_keys = configuration.decryption_keys,
                   .audit_digest = digest,
                   .policy = configuration.policy,
                   .store = *store,
                   .applications = {&application},
                   .audit = *audit,
                   .clock = clock,
                   .idp_link = &idp_link,
                   .former_entity_ids = configuration.former_entity_ids},
                  sp::Housekeeping::by_host),
          metadata(std::move(published)),
          endpoint(service, with_metadata(configuration)),
          sign_on(opened.flows ? std::make_unique<daemon::WebSignOn>(service, *store, *std::move(opened.flows),
                                                                     *configuration.sign_on,
                                                                     configuration.local.identity_headers)
                               : nullptr),
          front_channel(configuration.front_channel
                            ? std::make_unique<sp::FrontChannel>(service, *configuration.front_channel)
                            : nullptr),
          public_endpoint(endpoint, sign_on ? &sign_on->endpoint() : nullptr, front_channel.get()),
          local_sessions(*store, service, configuration.entity_id,
                         {.hosts = daemon::local_hosts(configuration.local.port),
                          .web = sign_on ? &sign_on->sessions() : nullptr}) {}

    const sp::Clock& clock;
    idp_adapter::MetadataRefresher refresher;
    std::unique_ptr<sp::SessionStore> store;
    sp::SynchronousApplication application;
    std::unique_ptr<sp::AuditSink> audit;
    idp_adapter::SingleLogoutClient idp_link;
    sp::LogoutService service;
    std::shared_ptr<metadata::PublishedMetadata> metadata;
    sp::HttpEndpoint endpoint;
    std::unique_ptr<daemon::WebSignOn> sign_on;       ///< null without [sign_on]
    std::unique_ptr<sp::FrontChannel> front_channel;  ///< null without browser_slo_url
    daemon::PublicEndpoint public_endpoint;
    daemon::LocalSessions local_sessions;

private:
    [[nodiscard]] sp::HttpEndpointOptions with_metadata(const daemon::Configuration& configuration) const {
        sp::HttpEndpointOptions options = configuration.endpoint;
        options.metadata = [this] { return metadata->at(clock.now()); };
        options.paths_beside = daemon::paths_beside(configuration);
        return options;
    }
};

/// Into the audit, which never makes us wait, not onto stderr, which can.
void note_key_failure(Parts& parts, std::string stage, const Failure& failure) {
    sp::KeysFailed failed{{.stage = std::move(stage), .rule = failure.code.message(), .detail = failure.detail}};
    parts.audit->record({.time = parts.clock.now(), .event = std::move(failed)});
}

/// The troubles of a shared store's servers. Both stores look at the same clocks.
struct ServerTroubles {
    daemon::ReplicaShortfalls shortfalls{"steps of logouts"};
    daemon::ReplicaShortfalls claims{"claims of assertions"};
    daemon::ClockAlarms clocks;
};

void note_server_troubles(Parts& parts, ServerTroubles& troubles) {
    const sp::StoreHealth health = parts.store->health();
    const Instant now = parts.clock.now();
    if (const auto entry = troubles.shortfalls.look(health.replica_shortfalls, now)) parts.audit->record(*entry);
    if (const auto entry = troubles.clocks.look(health, now)) parts.audit->record(*entry);
    if (!parts.sign_on) return;
    const sp::StoreHealth flows = parts.sign_on->flows().health();
    if (const auto entry = troubles.claims.look(flows.replica_shortfalls, now)) parts.audit->record(*entry);
}

/// As much at a time as there is, so that a flood of sign-ons leaves nothing behind for long.
void forget_old_sign_ons(const std::stop_token& stop, Parts& parts) {
    if (!parts.sign_on) return;
    while (!stop.stop_requested() && parts.sign_on->flows().forget_expired() > 0) {
    }
}

/// What IdPs can know of our keys, and what the tool must know before they change.
struct Watched {
    daemon::KeyWatch* keys;
    daemon::PublishedKeys& published;
};

void write_down_what_is_published(Parts& parts, daemon::PublishedKeys& published) {
    if (const auto failure = published.keep(parts.clock.now())) note_key_failure(parts, "record", *failure);
}

/// A step of saml-slo keys rotate counts within a second. Unreadable keys change nothing, and are reported once.
void look_for_new_keys(Parts& parts, daemon::KeyWatch& watch, daemon::PublishedKeys& published) {
    auto keys = watch.look(parts.clock.now());
    if (!keys) return;
    if (!*keys) return note_key_failure(parts, "config", keys->error());
    // Published before it signs: an IdP that asks in between learns both.
    if (const auto replaced = parts.metadata->replace((*keys)->publication, parts.clock.now()); !replaced)
        return note_key_failure(parts, "config", replaced.error());
    published.publish((*keys)->in_force, sp::promise_of((*keys)->publication));
    write_down_what_is_published(parts, published);
    parts.service.replace_keys(saml::MessageSigner((*keys)->signing), (*keys)->decryption);
    watch.taken(**keys);
    const Instant now = parts.clock.now();
    parts.audit->record({.time = now, .event = sp::KeyNews{(*keys)->stages}});
    for (std::string& note : (*keys)->notes) parts.audit->record({.time = now, .event = sp::KeyNews{std::move(note)}});
}

/// Checks each second for keys that saml-slo has changed and for troubles of the store's servers, until stopped.
void keep_watch(const std::stop_token& stop, Parts& parts, const Watched& watched) {
    ServerTroubles troubles;
    while (!stop.stop_requested()) {
        try {
            if (watched.keys != nullptr) look_for_new_keys(parts, *watched.keys, watched.published);
            write_down_what_is_published(parts, watched.published);
            note_server_troubles(parts, troubles);
            forget_old_sign_ons(stop, parts);
        } catch (const std::bad_alloc&) {
            // Memory may be free again in a second.
        }
        daemon::pause(stop, std::chrono::seconds(1));
    }
}

sp::HttpServerOptions local_options(std::uint16_t port, std::size_t handler_threads) {
    sp::HttpServerOptions options;
    options.address = "127.0.0.1";
    options.port = port;
    // Their own: an application that asks never waits behind logouts, be they an IdP's or those that start here.
    options.handler_threads = std::max<std::size_t>(handler_threads, 8);
    options.waiting_threads = 32;
    return options;  // Host is LocalSessions' to check: a proxy passes its browsers' on
}

/// Descriptors beside those of connections: standard streams, listeners, three for each thread's event loop, the
/// store's: SQLite's few files, or two connections to each master of a Redis Cluster; and for each source of metadata
/// its folder, its lock and an event loop, and one exchange; and connections to IdPs for logouts that start here, each
/// with an event loop.
std::size_t descriptors_needed(const daemon::Configuration& configuration) {
    constexpr std::size_t others = 64;
    const std::size_t local = configuration.local.port == 0 ? 0 : local_options(0, 0).max_connections;
    const std::size_t one = std::holds_alternative<sp::RedisSessionStoreOptions>(configuration.store) ? 512 : 64;
    const std::size_t store = configuration.sign_on ? 2 * one : one;
    const std::size_t metadata = 5 * configuration.metadata.sources.size() + 8;
    constexpr std::size_t to_idps = 256;
    return to_idps + configuration.server.max_connections + local + 3 * configuration.server.threads + store +
           metadata + others;
}

/// Binds the ports, which may need root.
Result<void> listen(const daemon::Configuration& configuration, Servers& servers) {
    auto server = sp::HttpServer::open(configuration.server, servers.endpoint);
    if (!server) return std::move(server).error();
    servers.server = std::make_unique<sp::HttpServer>(*std::move(server));
    servers.server->stop_on_signals();
    if (configuration.local.port == 0) return Done{};
    auto local = sp::HttpServer::open(local_options(configuration.local.port, configuration.server.handler_threads),
                                      servers.local_sessions);
    if (!local) return std::move(local).error();
    servers.local = std::make_unique<sp::HttpServer>(*std::move(local));
    return Done{};
}

/// Makes folders for the serving user, if their parent isn't that user's.
Result<void> make_folders(const daemon::Configuration& configuration) {
    const std::string& user = configuration.process.user;
    if (user.empty()) return Done{};
    if (const auto* sqlite = std::get_if<sp::SqliteSessionStoreOptions>(&configuration.store)) {
        if (auto made = daemon::make_folder_for(user, sqlite->folder); !made) return made;
    }
    for (const auto& [source, profile] : configuration.metadata.sources) {
        if (source.cache.empty()) continue;
        if (auto made = daemon::make_folder_for(user, source.cache); !made) return made;
    }
    return Done{};
}

/// From here on new files belong to the serving user.
Result<void> become_who_serves(const daemon::Configuration& configuration) {
    const std::string& user = configuration.process.user;
    if (!user.empty()) return daemon::become_user(user);
    if (daemon::is_root()) {
        std::fputs("saml-slod: note: serves as root; name another user in [process], or \"root\" if it must be\n",
                   stderr);
    }
    return Done{};
}

/// Whether a logout that starts here may have an IdP to ask, now or after a refresh.
bool asks_idps(const daemon::Configuration& configuration) {
    if (configuration.local.port == 0) return false;
    const bool may_come = configuration.metadata.sources.size() > configuration.idps.size();
    return may_come || std::ranges::any_of(configuration.idps, [](const idp_adapter::Idp& idp) {
               return idp_adapter::soap_logout_endpoint(idp) != nullptr;
           });
}

/// The system calls of the store and the sources of metadata while it serves.
std::set<daemon::Calls> calls_of(const daemon::Configuration& configuration) {
    using daemon::Calls;
    std::set<Calls> calls;
    if (std::holds_alternative<sp::SqliteSessionStoreOptions>(configuration.store)) calls.insert(Calls::database);
    if (std::holds_alternative<sp::RedisSessionStoreOptions>(configuration.store)) calls.insert(Calls::network);
    calls.insert(Calls::append);  // to the publication record
    if (!configuration.key_folder.empty()) calls.insert(Calls::read_files);
    if (asks_idps(configuration)) calls.insert({Calls::read_files, Calls::network});
    for (const auto& [source, profile] : configuration.metadata.sources) {
        calls.insert(Calls::read_files);  // a file, or copies
        if (std::holds_alternative<idp_adapter::MetadataFile>(source.place)) continue;
        calls.insert({Calls::write_files, Calls::network});
    }
    return calls;
}

/// Gives up all rights that serving doesn't need. From here on nothing else can be opened.
Result<void> confine(const daemon::Configuration& configuration) {
    if (daemon::instrumented || configuration.process.seccomp == daemon::SystemCallFilter::off) return Done{};
    return daemon::filter_system_calls(calls_of(configuration));
}

Result<Stores> open_stores(const sp::Clock& clock, const daemon::Configuration& configuration) {
    auto sessions = sp::open_session_store(clock, configuration.store);
    if (!sessions) return std::move(sessions).error();
    // Both have the same servers, and the same to tell of them.
    for (const std::string& note : (*sessions)->notes()) std::fprintf(stderr, "saml-slod: note: %s\n", note.c_str());
    if (!configuration.sign_on) return Stores{*std::move(sessions), std::nullopt};
    auto flows = sp::open_flow_store(clock, configuration.sign_on->flows);
    if (!flows) return std::move(flows).error();
    return Stores{*std::move(sessions), *std::move(flows)};
}

/// The partners that are out and that the configuration's notes didn't tell of: files of [[metadata]], copies.
void note_absent(const daemon::Configuration& configuration, const idp_adapter::IdpDirectory& idps) {
    for (const idp_adapter::AbsentPartner& partner : idps.absent()) {
        const auto is_told = [&](const idp_adapter::AbsentPartner& one) { return one.source == partner.source; };
        if (!partner.why.code || std::ranges::any_of(configuration.absent, is_told)) continue;
        std::fprintf(stderr, "saml-slod: note: %s is OUT: its logouts are refused; the others are served. %s\n",
                     partner.source.c_str(), text_of(partner.why).c_str());
    }
}

/// The IdPs whose logouts can't pass and that the configuration's notes didn't tell of; of a federation's thousands,
/// some are named and all are counted.
void note_ways(const daemon::Configuration& configuration, const idp_adapter::IdpDirectory& idps) {
    constexpr std::size_t most_named = 8;
    std::size_t silent = 0;
    for (const auto& idp : idps.all()) {
        const auto is_told = [&](const idp_adapter::Idp& one) { return one.entity_id == idp->entity_id; };
        if (std::ranges::any_of(configuration.idps, is_told)) continue;
        const idp_adapter::LogoutWays ways = idp_adapter::logout_ways(*idp, daemon::browser_logouts(configuration));
        if (!ways.it_sends.empty() || ++silent > most_named) continue;
        std::fprintf(stderr, "saml-slod: note: the IdP \"%s\": %s\n", idp->entity_id.str().c_str(),
                     ways.summary.c_str());
    }
    if (silent > most_named) {
        std::fprintf(stderr, "saml-slod: note: of %zu IdPs, no logout of %zu can end a session here\n", idps.size(),
                     silent);
    }
}

/// Remote sources start from their copies and are asked once we serve: no start waits for a server that is down.
Result<idp_adapter::MetadataRefresher> open_sources(const sp::Clock& clock,
                                                    const daemon::Configuration& configuration) {
    auto refresher =
        idp_adapter::MetadataRefresher::open(configuration.metadata.sources, configuration.metadata.shared_keys,
                                             clock.now(), {}, idp_adapter::Asking::in_lanes);
    if (!refresher) return refresher;
    note_absent(configuration, *refresher->directory());
    note_ways(configuration, *refresher->directory());
    if (refresher->directory()->size() == 0) {
        std::fputs(
            "saml-slod: note: no IdP is known yet; all logouts are refused until metadata has come or is mended\n",
            stderr);
    }
    return refresher;
}

/// Stops the local interface when the public one has ended, also by an exception: otherwise its thread never ends.
class LocalEnd {
public:
    LocalEnd(Parts& parts, sp::HttpServer* local) : parts_(parts), local_(local) {}
    ~LocalEnd() {
        parts_.local_sessions.stop_waiting();
        if (local_ != nullptr) local_->stop();
    }
    LocalEnd(const LocalEnd&) = delete;
    LocalEnd& operator=(const LocalEnd&) = delete;

private:
    Parts& parts_;
    sp::HttpServer* local_;
};

void serve(Parts& parts, const daemon::Configuration& configuration, Servers& servers, const Watched& watched) {
    servers.endpoint.behind = &parts.public_endpoint;
    servers.local_sessions.behind = &parts.local_sessions;
    sp::HttpServer& server = *servers.server;
    sp::HttpServer* const local = servers.local.get();
    std::fprintf(stderr, "saml-slod: %s listens on %s port %u: %s for logouts, %s for our metadata\n",
                 configuration.entity_id.str().c_str(), configuration.server.address.c_str(), server.port(),
                 configuration.endpoint.soap_path.c_str(), configuration.endpoint.metadata_path.c_str());
    if (configuration.sign_on) {
        std::fprintf(stderr, "saml-slod: users sign on at %s\n",
                     configuration.sign_on->endpoint.login_url.str().c_str());
    }
    if (local != nullptr) std::fprintf(stderr, "saml-slod: local interface on 127.0.0.1 port %u\n", local->port());

    const sp::StderrLog log;  // before the threads that write to it, and after them gone
    // Serving doesn't wait for recovery: sessions of unfinished logouts are dead for find() already.
    const sp::Housekeeper housekeeper(parts.service);
    const std::jthread watching([&](const std::stop_token& stop) { keep_watch(stop, parts, watched); });
    const std::jthread watch([&parts](const std::stop_token& stop) {
        daemon::keep_partners_fresh(stop, parts.refresher, parts.service, *parts.audit, parts.clock);
    });
    std::jthread local_thread;
    if (local != nullptr) local_thread = std::jthread([local] { local->run(); });
    const LocalEnd end(parts, local);
    server.run();
}

/// Reads all that serving would read, and makes and asks nothing. Each partner that is out has a line.
int check(const std::string& file) {
    const Instant now = sp::SystemClock().now();
    auto configuration = daemon::load_configuration(file, now, sp::MissingKeys::refused);
    if (!configuration) return complain(text_of(configuration.error()));
    for (const std::string& note : configuration->notes) std::fprintf(stderr, "%s\n", note.c_str());
    std::vector<idp_adapter::SourceOfIdps> files;
    for (auto& source : configuration->metadata.sources) {
        if (std::holds_alternative<idp_adapter::MetadataFile>(source.source.place)) files.push_back(std::move(source));
    }
    const auto partners =
        idp_adapter::MetadataRefresher::open(std::move(files), configuration->metadata.shared_keys, now);
    if (!partners) return complain(text_of(partners.error()));
    for (const auto& idp : partners->directory()->all()) {
        std::fprintf(stderr, "saml-slod: the IdP \"%s\": %s\n", idp->entity_id.str().c_str(),
                     idp_adapter::logout_ways(*idp, daemon::browser_logouts(*configuration)).summary.c_str());
    }
    int result = stopped_as_asked;
    for (const idp_adapter::AbsentPartner& partner : partners->directory()->absent()) {
        result =
            complain(partner.source + " can't be served: " + partner.why.code.message() + ": " + partner.why.detail);
    }
    if (result == stopped_as_asked) std::fprintf(stderr, "saml-slod: %s is usable\n", file.c_str());
    return result;
}

int run(const std::string& file) {
    auto configuration = daemon::load_configuration(file, sp::SystemClock().now());
    if (!configuration) return complain(text_of(configuration.error()));
    for (const std::string& note : configuration->notes) std::fprintf(stderr, "%s\n", note.c_str());

    const std::unique_ptr<daemon::KeyWatch> keys = daemon::KeyWatch::of(*configuration);
    const auto digest = saml::KeyedDigest::with_random_key();
    if (!digest) return complain(text_of(digest.error()));
    if (auto limited = daemon::limit_descriptors(descriptors_needed(*configuration)); !limited)
        return complain(text_of(limited.error()));
    Servers servers;
    if (auto listening = listen(*configuration, servers); !listening) return complain(text_of(listening.error()));
    if (auto made = make_folders(*configuration); !made) return complain(text_of(made.error()));
    daemon::PublishedKeys published_keys(*configuration);
    if (auto became = become_who_serves(*configuration); !became) return complain(text_of(became.error()));
    const sp::SystemClock clock;
    auto stores = open_stores(clock, *configuration);
    if (!stores) return complain(text_of(stores.error()));
    auto published = metadata::PublishedMetadata::make(configuration->publication, clock.now());
    if (!published) return complain(text_of(published.error()));
    auto refresher = open_sources(clock, *configuration);
    if (!refresher) return complain(text_of(refresher.error()));
    Parts parts(clock, *configuration, *std::move(refresher), *digest, *std::move(stores), *std::move(published));

    if (const auto unkept = published_keys.keep(clock.now()))
        std::fprintf(stderr, "saml-slod: note: %s\n", text_of(*unkept).c_str());
    if (auto confined = confine(*configuration); !confined) return complain(text_of(confined.error()));
    serve(parts, *configuration, servers, {keys.get(), published_keys});
    return stopped_as_asked;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view option = argc > 1 ? argv[1] : "";
    if (argc == 2 && (option == "--help" || option == "-h")) {
        std::fwrite(slo::daemon::help.data(), 1, slo::daemon::help.size(), stdout);
        return stopped_as_asked;
    }
    const bool only_checks = argc == 4 && option == "--check";
    if (!(argc == 3 || only_checks) || std::string_view(argv[argc - 2]) != "--config")
        return complain("wrong arguments; write --config FILE, --check --config FILE, or --help");
    if (const auto shed = slo::daemon::shed_inheritance(); !shed) return complain(text_of(shed.error()));
    if (const auto hardened = slo::saml::harden_process(); !hardened) return complain(text_of(hardened.error()));
    try {
        return only_checks ? check(argv[3]) : run(argv[2]);
    } catch (const std::exception& error) {
        return complain(std::string(error.what()) + "; give this process more memory, or more threads");
    }
}
