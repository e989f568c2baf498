#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "clients.hpp"
#include "fake_server.hpp"
#include "redis/slots.hpp"
#include "redis_server.hpp"

using namespace slo;
using namespace slo::test;

namespace {

/// Three masters, for all of this suite: it takes a second to make them.
struct ClusterOfThree {
    ClusterOfThree() { cluster = std::make_unique<RedisCluster>(); }
    ~ClusterOfThree() { cluster.reset(); }
    static std::unique_ptr<RedisCluster> cluster;
};
std::unique_ptr<RedisCluster> ClusterOfThree::cluster;

sp::RedisServers cluster_servers(const std::vector<std::string>& addresses) {
    auto servers = servers_at(addresses.front());
    servers.addresses = addresses;
    servers.topology = sp::RedisTopology::cluster;
    return servers;
}

RedisCluster& cluster() {
    return *ClusterOfThree::cluster;
}

std::string keyed(unsigned i) {
    return "key{" + std::to_string(i) + "}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_cluster, *boost::unit_test::fixture<ClusterOfThree>())

BOOST_AUTO_TEST_CASE(our_slots_are_the_servers_own) {
    for (const std::string key : {"", "123456789", "{user1000}.following", "foo{}{bar}", "foo{{bar}}zap",
                                  "foo{bar}{zap}", "{", "}{", "{}", "a{b", "\xFF\xFE{\x80}"}) {
        BOOST_TEST(std::to_string(sp::redis::slot_of(key)) == cluster().server(0).ask({"CLUSTER", "KEYSLOT", key}));
    }
}

BOOST_AUTO_TEST_CASE(each_key_is_asked_for_at_its_own_master_without_any_redirection) {
    const auto client = opened_client(cluster_servers({cluster().server(1).tcp_address()}));
    for (unsigned i = 0; i < 50; ++i) BOOST_TEST(asked(*client, {"SET", keyed(i), std::to_string(i)}) == "OK");
    for (unsigned i = 0; i < 50; ++i) BOOST_TEST(asked(*client, {"GET", keyed(i)}) == std::to_string(i));
    BOOST_TEST(client->counters().redirections == 0U);
    const auto everywhere = client->call_on_each_master({"DBSIZE"});
    BOOST_REQUIRE(everywhere.has_value());
    BOOST_TEST(everywhere->size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_slot_that_moves_loses_no_call) {
    const auto client = opened_client(cluster_servers(cluster().addresses()));
    const std::string key = "counter{moving}";
    const auto script = sp::redis::make_script("return redis.call('INCR', KEYS[1])");
    const auto count = [&] {
        return said(client->call({.key = key, .words = {key}, .script = &script, .key_count = 1}));
    };
    BOOST_TEST(count() == "1");
    const std::size_t from = cluster().owner_of(key);
    const std::size_t to = (from + 1) % 3;

    std::atomic<unsigned> calls = 0;
    std::atomic<unsigned> failures = 0;
    std::jthread caller([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            if (count().starts_with("failed")) ++failures;
            ++calls;
        }
    });
    const auto more_calls = [&] {
        const unsigned before = calls;
        await("more calls", [&] { return calls > before + 20; });
    };
    more_calls();
    cluster().begin_move(key, from, to);
    more_calls();
    cluster().finish_move(key, from, to);
    more_calls();
    caller.request_stop();
    caller.join();
    BOOST_TEST(failures == 0U);
    BOOST_TEST(cluster().owner_of(key) == to);
    BOOST_TEST(client->counters().redirections >= 1U);
    BOOST_TEST(asked(*client, {"GET", key}) == std::to_string(calls + 1));
}

BOOST_AUTO_TEST_CASE(a_key_that_does_not_exist_yet_is_asked_for_at_the_importing_server) {
    const auto client = opened_client(cluster_servers(cluster().addresses()));
    const std::string key = "absent{asked for}";
    const std::size_t from = cluster().owner_of(key);
    const std::size_t to = (from + 1) % 3;
    cluster().begin_move(key, from, to);
    BOOST_TEST(asked(*client, {"SET", key, "value"}) == "OK");
    BOOST_TEST(client->counters().redirections == 1U);
    BOOST_TEST(asked(*client, {"GET", key}) == "value");
    cluster().finish_move(key, from, to);
    BOOST_TEST(asked(*client, {"GET", key}) == "value");
}

BOOST_AUTO_TEST_CASE(with_tls_and_a_password_it_leads_to_the_others_and_to_where_a_slot_moves) {
    RedisCluster secured(3, 0, {.password = "password", .tls = true});
    auto servers = cluster_servers({secured.server(0).tls_address()});
    servers.password = "password";
    servers.tls = sp::RedisTlsOptions{.ca_file = SLO_FIXTURES "/tls/server.pem"};
    const auto client = opened_client(servers);
    for (unsigned i = 0; i < 10; ++i) BOOST_TEST(asked(*client, {"SET", keyed(i), std::to_string(i)}) == "OK");
    BOOST_TEST(client->counters().redirections == 0U);
    const std::size_t from = secured.owner_of(keyed(0));
    secured.begin_move(keyed(0), from, (from + 1) % 3);
    BOOST_TEST(asked(*client, {"SET", "other" + keyed(0), "asked for"}) == "OK");
    secured.finish_move(keyed(0), from, (from + 1) % 3);
    BOOST_TEST(asked(*client, {"GET", keyed(0)}) == "0");
    BOOST_TEST(client->counters().redirections >= 2U);
    for (unsigned i = 0; i < 10; ++i) BOOST_TEST(asked(*client, {"GET", keyed(i)}) == std::to_string(i));
}

BOOST_AUTO_TEST_CASE(a_server_of_a_cluster_is_no_single_server) {
    const std::string key = "far{away}";
    const std::size_t other = (cluster().owner_of(key) + 1) % 3;
    const auto client = opened_client(servers_at(cluster().server(other).tcp_address()));
    BOOST_TEST(asked(*client, {"GET", key}).find("configure that topology") != std::string::npos);
}

// A map that is newer than the redirection is right.
BOOST_AUTO_TEST_CASE(a_redirection_to_a_dead_server_is_given_up_when_that_shows) {
    for (const std::string kind : {"-MOVED 1 ", "-ASK 1 "}) {
        const DeafPort dead;
        std::promise<std::string> its_slots;
        bool redirected = false;
        const FakeServer server([&, slots = its_slots.get_future().share()](const auto& words) -> std::string {
            if (words.front() == "CLUSTER") return slots.get();
            if (std::exchange(redirected, true)) return "+found\r\n";
            return kind + dead.address() + "\r\n";
        });
        const std::string port = server.address().substr(server.address().find(':'));
        its_slots.set_value("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n" + port + "\r\n");
        const auto client = opened_client(cluster_servers({server.address()}));
        BOOST_TEST(asked(*client, {"GET", "key"}) == "found");
        BOOST_TEST(client->counters().redirections == 1U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
