#include <boost/test/unit_test.hpp>

#include <vector>

#include "clients.hpp"
#include "redis_server.hpp"

using namespace slo;
using namespace slo::test;

namespace {

sp::RedisServers by_sentinels(const RedisSentinels& sentinels) {
    auto servers = servers_at("");
    servers.addresses = sentinels.addresses();
    servers.topology = sp::RedisTopology::sentinel;
    servers.sentinel_master = sentinels.name();
    servers.deadline = std::chrono::seconds(30);
    return servers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(failover)

BOOST_AUTO_TEST_CASE(the_sentinels_new_master_answers_a_request_that_the_dead_one_received) {
    RedisSentinels sentinels;
    auto servers = by_sentinels(sentinels);
    const auto client = opened_client(servers);
    BOOST_TEST(asked(*client, {"SET", "key", "value"}) == "OK");
    await("the replica's copy", [&] { return sentinels.replica().ask({"GET", "key"}) == "value"; });
    sentinels.primary().kill();
    sentinels.sentinel(0).kill();  // another must be asked
    BOOST_TEST(asked(*client, {"GET", "key"}) == "value");
    BOOST_TEST(asked(*client, {"SET", "key", "written to the new one"}) == "OK");
    BOOST_TEST(sentinels.replica().ask({"GET", "key"}) == "written to the new one");
}

BOOST_AUTO_TEST_CASE(sentinels_and_servers_with_tls_and_a_password_each_fail_over_too) {
    RedisSentinels sentinels({.password = "servers", .sentinel_password = "sentinels", .tls = true});
    auto servers = by_sentinels(sentinels);
    servers.password = "servers";
    servers.sentinel_password = "sentinels";
    servers.tls = sp::RedisTlsOptions{.ca_file = SLO_FIXTURES "/tls/server.pem"};
    const auto client = opened_client(servers);
    BOOST_TEST(asked(*client, {"SET", "key", "value"}) == "OK");
    await("the replica's copy", [&] { return sentinels.replica().ask({"GET", "key"}) == "value"; });
    sentinels.primary().kill();
    BOOST_TEST(asked(*client, {"GET", "key"}) == "value");
    BOOST_TEST(asked(*client, {"SET", "key", "written to the new one"}) == "OK");
    BOOST_TEST(sentinels.replica().ask({"GET", "key"}) == "written to the new one");

    // Each of the two passwords is needed, and no request is sent without TLS.
    auto wrong = servers;
    wrong.sentinel_password = servers.password;
    check_refused(wrong, "(WRONGPASS)");
    wrong = servers;
    wrong.password = servers.sentinel_password;
    check_refused(wrong, sentinels.replica().tls_address() + ": it refuses our user and password");
    wrong = servers;
    wrong.tls.reset();
    check_refused(wrong, "127.0.0.1:");
}

BOOST_AUTO_TEST_CASE(a_master_that_is_cut_off_gives_no_valid_answer_any_more) {
    RedisSentinels sentinels;
    auto servers = by_sentinels(sentinels);
    servers.replicas = 1;
    servers.deadline = std::chrono::seconds(2);
    const auto client = opened_client(servers);
    // The replica is promoted, and neither the master nor the Sentinels know it, so we go on asking the master.
    BOOST_TEST(asked(*client, {"SET", "key", "alive"}) == "OK");
    sentinels.sentinel(0).pause();
    sentinels.sentinel(1).pause();
    BOOST_TEST(sentinels.replica().ask({"REPLICAOF", "NO", "ONE"}) == "OK");
    BOOST_TEST(sentinels.replica().ask({"SET", "key", "gone"}) == "OK");
    await("the end of the lease", [&] { return asked(*client, {"GET", "key"}).starts_with("failed"); });
    BOOST_TEST(sentinels.primary().ask({"GET", "key"}) == "alive");
    BOOST_TEST(asked(*client, {"GET", "key"}).starts_with("failed"));
}

BOOST_AUTO_TEST_CASE(a_second_reign_of_one_master_has_to_settle_too) {
    RedisServer primary({.tcp = true});
    const auto replica = replica_of(primary);
    auto servers = replicated(primary);
    servers.deadline = std::chrono::milliseconds(400);  // less than it takes to settle
    const auto client = opened_client(servers);
    await("settled times", [&] { return said(set_everywhere(*client, "before")) == "OK"; });
    // Demoted and promoted again unnoticed, on the same connections.
    BOOST_TEST(primary.ask({"REPLICAOF", "127.0.0.1", "1"}) == "OK");
    BOOST_TEST(primary.ask({"REPLICAOF", "NO", "ONE"}) == "OK");
    BOOST_TEST(said(set_everywhere(*client, "after")).starts_with("failed"));
    await("settled times", [&] { return said(set_everywhere(*client, "after")) == "OK"; });
}

BOOST_AUTO_TEST_CASE(a_clusters_replica_takes_its_masters_place) {
    RedisCluster cluster(3, 1);
    auto servers = servers_at("");
    servers.addresses = cluster.addresses();
    servers.topology = sp::RedisTopology::cluster;
    servers.deadline = std::chrono::seconds(30);
    const auto client = opened_client(servers);
    BOOST_TEST(asked(*client, {"SET", "key", "value"}) == "OK");
    const std::size_t master = cluster.owner_of("key");
    await("the replica's copy", [&] {
        return cluster.server(master + 3).ask({"INFO", "replication"}).find("master_link_status:up") !=
                   std::string::npos &&
               cluster.server(master + 3).ask({"DBSIZE"}) == "1";
    });
    cluster.server(master).kill();
    BOOST_TEST(asked(*client, {"GET", "key"}) == "value");
    BOOST_TEST(asked(*client, {"SET", "key", "written to the new one"}) == "OK");
}

BOOST_AUTO_TEST_SUITE_END()
