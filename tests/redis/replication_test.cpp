#include <boost/test/unit_test.hpp>

#include <vector>

#include "clients.hpp"
#include "redis/lease.hpp"
#include "redis_server.hpp"

using namespace slo;
using namespace slo::test;

BOOST_AUTO_TEST_SUITE(replication)

BOOST_AUTO_TEST_CASE(a_master_without_the_replicas_that_are_asked_for_cant_be_opened) {
    RedisServer primary({.tcp = true});
    check_refused(replicated(primary), "fewer replicas");
}

BOOST_AUTO_TEST_CASE(where_no_replicas_are_configured_nothing_waits_for_them) {
    RedisServer server;
    const auto client = opened_client(servers_at(server.address()));
    const auto answer = set_everywhere(*client, "value");
    BOOST_TEST(said(answer) == "OK");
    BOOST_TEST((answer && answer->replicas == 0U));
    BOOST_TEST(server.ask({"INFO", "commandstats"}).find("cmdstat_wait") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(answers_tell_which_replicas_had_them_and_end_with_the_lease) {
    RedisServer primary({.tcp = true});
    const auto replica = replica_of(primary);
    auto servers = replicated(primary);
    servers.deadline = std::chrono::seconds(2);
    const auto start = std::chrono::steady_clock::now();
    const auto client = opened_client(servers);

    // Until then a former master might still answer some client.
    await("settled times", [&] { return said(set_everywhere(*client, "value")) == "OK"; });
    BOOST_TEST((std::chrono::steady_clock::now() - start >= sp::redis::settling_time));
    const auto answer = set_everywhere(*client, "another");
    BOOST_TEST(said(answer) == "OK");
    BOOST_TEST((answer && answer->replicas == 1U));
    BOOST_TEST(replica->ask({"GET", "key"}) == "another");

    BOOST_TEST(asked(*client, {"GET", "key"}) == "another");
    replica->pause();
    await("the end of the lease", [&] {
        return asked(*client, {"GET", "key"}).find("fewer replicas") != std::string::npos;
    });
    replica->resume();
    await("another lease", [&] { return asked(*client, {"GET", "key"}) == "another"; });
}

BOOST_AUTO_TEST_CASE(a_logout_that_no_replica_acknowledges_in_time_says_so) {
    RedisServer primary({.tcp = true});
    const auto replica = replica_of(primary);
    auto servers = replicated(primary);
    servers.deadline = std::chrono::seconds(2);
    const auto client = opened_client(servers);
    await("settled times", [&] { return said(set_everywhere(*client, "before")) == "OK"; });
    replica->pause();
    const auto answer = set_everywhere(*client, "after");
    BOOST_TEST(said(answer) == "OK");
    BOOST_TEST((answer && answer->replicas == 0U));
}

BOOST_AUTO_TEST_SUITE_END()
