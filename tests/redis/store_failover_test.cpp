// The shared store over a Cluster that fails over.
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <variant>

#include "../sp/session_store_trial.hpp"
#include "redis_server.hpp"
#include "rounds.hpp"
#include "slo/sp/redis_session_store.hpp"

namespace slo::test {
namespace {

constexpr unsigned masters = 3;

/// The master that has the only principal's records.
std::size_t master_with_the_logout(RedisCluster& cluster) {
    for (std::size_t i = 0; i < masters; ++i) {
        if (!cluster.server(i).ask({"KEYS", "slo:{*}:logout:*"}).empty()) return i;
    }
    throw std::runtime_error("no server has the logout");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(failover)

BOOST_AUTO_TEST_CASE(a_logout_that_a_clusters_replica_has_outlives_its_master) {
    RedisCluster cluster(masters, 1);
    const FixedClock clock(noon);
    sp::RedisSessionStoreOptions options;
    options.servers.addresses = cluster.addresses();
    options.servers.topology = sp::RedisTopology::cluster;
    options.servers.deadline = std::chrono::seconds(30);
    options.servers.replicas = 1;
    options.keys = {.index_key = std::string(32, 'i'), .sealing_keys = {std::string(32, 's')}};
    const auto store = taken(sp::RedisSessionStore::open(clock, options));
    const auto alive = [&](const char* id) { return taken(store->find(parsed<sp::LocalSessionID>(id))).has_value(); };
    for (const char* id : {"gone", "ending", "kept"}) static_cast<void>(taken(store->admit(session_with(id, {id}))));
    static_cast<void>(taken(begin_logout(*store, order_for("r1", {"gone"}))));
    static_cast<void>(
        taken(complete_logout(*store, order_for("r1", {"gone"}).key, {.ended = 1}, {session_of("gone").id})));
    static_cast<void>(taken(begin_logout(*store, order_for("r2", {"ending"}))));
    constexpr std::size_t requests = 48;  // some at each master
    for (std::size_t i = 0; i < requests; ++i) {
        for (const char* kind : {"waits", "taken", "dropped"}) {
            const Instant due = kind == std::string_view("taken") ? noon - std::chrono::hours(1) : noon;
            BOOST_TEST_REQUIRE(store->keep_request(request_of(kind + std::to_string(i), due)).has_value());
        }
        BOOST_TEST_REQUIRE(store->drop_request(request_of("dropped" + std::to_string(i)).order.key).has_value());
    }
    const Instant later = noon + std::chrono::hours(1);
    BOOST_TEST(taken(store->take_due_requests(noon - std::chrono::hours(1), later, 999)).size() == requests);

    const std::size_t master = master_with_the_logout(cluster);
    RedisServer& replica = cluster.server(master + masters);
    cluster.server(master).kill();
    await("the replica's promotion", [&] { return replica.ask({"ROLE"}).starts_with("master"); });
    // It comes back empty, and follows its former replica.
    cluster.server(master).start();
    await("another replica", [&] {
        return replica.ask({"INFO", "replication"}).find("state=online") != std::string::npos;
    });

    BOOST_TEST(!alive("gone"));
    BOOST_TEST(!alive("ending"));
    BOOST_TEST(alive("kept"));
    BOOST_TEST((taken(store->admit(session_with("late", {"gone"}))) == sp::Admission::refused_by_logout));
    const auto repeated = taken(begin_logout(*store, order_for("r1", {"gone"})));
    BOOST_TEST(std::holds_alternative<sp::RepeatedLogout>(repeated));
    const auto unfinished = taken(store->unfinished_logouts());
    BOOST_TEST_REQUIRE(unfinished.size() == 1U);
    BOOST_TEST(ids_of(unfinished.front().ending) == "ending");
    const auto begun = taken(begin_logout(*store, order_for("r3", {"kept"})));
    BOOST_TEST(ids_of(std::get<sp::FreshLogout>(begun).ending) == "kept");
    BOOST_TEST(taken(store->take_due_requests(noon, later, 999)).size() == requests);
    BOOST_TEST(taken(store->take_due_requests(later, later, 999)).size() == 2 * requests);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
