// The time of a logout from the IdP's side with each store, for some numbers of connections and of handler threads.
//
// Server and clients share the processors, so the ratios count: to the memory engine without a handoff, in the same
// run.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench_client.hpp"
#include "measured.hpp"
#include "redis_server.hpp"
#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "slo/saml/runtime.hpp"
#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/store_options.hpp"
#include "test_idp.hpp"

namespace {

using namespace slo;
namespace fs = std::filesystem;
using bench::cpu_time;
using bench::must;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t logouts = 1500;
constexpr const char* slo_url = "https://sp.example.com/saml/slo/soap";

const sp::SystemClock the_clock;
const saml::EntityID idp_id = must(saml::EntityID::parse("https://idp.example.com/idp"));
const saml::EntityID sp_id = must(saml::EntityID::parse("https://sp.example.com/saml"));

std::string user(std::size_t i) {
    return "user-" + std::to_string(i);
}

/// An IdP, and an order to end each user's session.
struct Orders {
    examples::TestIdp idp = must(examples::TestIdp::make(idp_id, the_clock.now() - std::chrono::hours(1)));
    std::vector<std::string> bodies;

    Orders() {
        for (std::size_t i = 0; i < logouts; ++i) {
            const auto name = examples::persistent_name(user(i));
            bodies.push_back(
                must(idp.order({.destination = slo_url, .name_id = name, .session_indexes = {}}, the_clock.now()))
                    .body);
        }
    }
};

/// A service provider over `store`, in which each user has a session.
class Provider {
public:
    Provider(const Orders& orders, std::unique_ptr<sp::SessionStore> store)
        : store_(std::move(store)), service_(parts(orders), sp::Housekeeping::by_host), endpoint(service_, {}) {
        for (std::size_t i = 0; i < logouts; ++i) {
            must(store_->admit({.id = must(sp::LocalSessionID::parse("local-" + std::to_string(i))),
                                .idp = idp_id,
                                .sp = sp_id,
                                .name_id = examples::persistent_name(user(i)),
                                .session_indexes = {must(saml::SessionIndex::parse("_s" + std::to_string(i)))},
                                .authn_instant = the_clock.now() - std::chrono::hours(1),
                                .expires = the_clock.now() + std::chrono::hours(8)}));
        }
    }

private:
    [[nodiscard]] sp::LogoutServiceParts parts(const Orders& orders) {
        const auto idp = must(idp_adapter::make_idp(
            must(metadata::parse_entity_descriptor(orders.idp.metadata(), the_clock.now(), std::chrono::seconds(0))),
            {}));
        const auto key =
            must(saml::generate_key(saml::KeyKind::rsa_2048, "bench", the_clock.now(), std::chrono::days(1)));
        sp::Policy policy;
        policy.requests_per_second_per_idp = 1'000'000;
        return {.entity_id = sp_id,
                .destinations = {must(saml::EndpointUrl::parse(slo_url))},
                .idps = std::make_shared<const idp_adapter::IdpDirectory>(must(idp_adapter::IdpDirectory::of({idp}))),
                .signer = saml::MessageSigner(must(saml::SigningKey::parse(key.private_key_pem, key.certificate_pem))),
                .decryption_keys = {},
                .audit_digest = must(saml::KeyedDigest::with_random_key()),
                .policy = policy,
                .store = *store_,
                .applications = {},
                .audit = audit_,
                .clock = the_clock};
    }

    bench::NoAudit audit_;
    std::unique_ptr<sp::SessionStore> store_;
    sp::LogoutService service_;

public:
    sp::HttpEndpoint endpoint;
};

struct Figures {
    double per_second;
    double p50;  ///< ms
    double p99;
};

Figures measure(const Orders& orders, sp::HttpHandler& handler, std::size_t handler_threads, std::size_t connections) {
    bench::ServedEndpoint served(handler, bench::Transport::http, handler_threads);
    std::vector<std::vector<double>> took(connections);
    const auto begun = SteadyClock::now();
    {
        std::vector<std::jthread> clients;
        for (std::size_t c = 0; c < connections; ++c) {
            clients.emplace_back([&, c] {
                bench::Client client(served.port(), bench::Transport::http);
                for (std::size_t i = c; i < logouts; i += connections) {
                    const auto sent = SteadyClock::now();
                    if (client.post("/saml/slo/soap", orders.bodies[i]).find("status:Success") == std::string::npos)
                        std::abort();
                    took[c].push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - sent).count());
                }
            });
        }
    }
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - begun).count();
    std::vector<double> all;
    for (const auto& some : took) all.insert(all.end(), some.begin(), some.end());
    std::sort(all.begin(), all.end());
    return {double(logouts) / seconds, all[all.size() / 2], all[all.size() * 99 / 100]};
}

class NoHandler final : public sp::HttpHandler {
public:
    sp::HttpStep handle(const sp::HttpRequest&) noexcept override { return sp::HttpReply{.body = "nothing"}; }
};

/// What the way to a handler thread and back costs where there is nothing to wait for. The client's own share is in
/// both figures.
void print_handoff() {
    constexpr int requests = 20'000;
    NoHandler handler;
    for (const std::size_t handler_threads : {0U, 1U, 32U}) {
        bench::ServedEndpoint served(handler, bench::Transport::http, handler_threads);
        bench::Client client(served.port(), bench::Transport::http);
        const double before = cpu_time();
        for (int i = 0; i < requests; ++i) static_cast<void>(client.post("/", "x"));
        std::printf("%zu handler threads: %.1f us of CPU time a request\n", handler_threads,
                    (cpu_time() - before) / requests);
    }
}

/// Fresh stores, one for each case.
class Stores {
public:
    Stores() {
        std::string name = (fs::temp_directory_path() / "slo-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = name;
    }
    Stores(const Stores&) = delete;
    Stores& operator=(const Stores&) = delete;
    ~Stores() { fs::remove_all(folder_); }

    [[nodiscard]] std::unique_ptr<sp::SessionStore> open(const std::string& engine) {
        const std::string name = "case-" + std::to_string(++cases_);
        if (engine == "memory") return must(sp::open_session_store(the_clock, sp::MemorySessionStoreOptions{}));
        if (engine == "sqlite") {
            sp::SqliteSessionStoreOptions options;
            options.folder = folder_ / name;
            return must(sp::open_session_store(the_clock, options));
        }
        sp::RedisSessionStoreOptions options;
        options.servers.addresses = {redis_.address()};
        options.keys = {.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}};
        options.prefix = name;
        return must(sp::open_session_store(the_clock, options));
    }

private:
    fs::path folder_;
    test::RedisServer redis_{
        {.configuration = {"appendonly yes", "appendfsync everysec", "maxmemory-policy noeviction"}}};
    unsigned cases_ = 0;
};

struct Case {
    std::string engine;
    std::size_t handler_threads;
    std::size_t connections;
};

}  // namespace

int main() {
    if (!saml::harden_process()) return 1;
    print_handoff();
    const Orders orders;
    Stores stores;
    const std::vector<Case> cases{{"memory", 0, 1},   {"memory", 1, 1},  {"memory", 32, 1},  {"memory", 0, 32},
                                  {"memory", 32, 32}, {"sqlite", 0, 1},  {"sqlite", 32, 1},  {"sqlite", 0, 32},
                                  {"sqlite", 4, 32},  {"sqlite", 8, 32}, {"sqlite", 16, 32}, {"sqlite", 32, 32},
                                  {"sqlite", 64, 64}, {"redis", 0, 1},   {"redis", 32, 1},   {"redis", 0, 32},
                                  {"redis", 4, 32},   {"redis", 8, 32},  {"redis", 16, 32},  {"redis", 32, 32},
                                  {"redis", 64, 64}};
    std::printf("%-8s %16s %12s %12s %9s %9s %9s\n", "store", "handler threads", "connections", "logouts/s", "p50 ms",
                "p99 ms", "ratio");
    double baseline = 0;
    for (const Case& one : cases) {
        Provider provider(orders, stores.open(one.engine));
        const Figures figures = measure(orders, provider.endpoint, one.handler_threads, one.connections);
        if (one.engine == "memory" && one.handler_threads == 0) baseline = figures.per_second;
        std::printf("%-8s %16zu %12zu %12.0f %9.2f %9.2f %9.2f\n", one.engine.c_str(), one.handler_threads,
                    one.connections, figures.per_second, figures.p50, figures.p99, figures.per_second / baseline);
        std::fflush(stdout);
    }
}
