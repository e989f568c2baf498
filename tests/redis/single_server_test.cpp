#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include "clients.hpp"
#include "redis_server.hpp"

using namespace slo;
using namespace slo::test;

BOOST_AUTO_TEST_SUITE(single_server)

BOOST_AUTO_TEST_CASE(any_octets_come_back_as_they_were_sent) {
    RedisServer server;
    const auto client = opened_client(servers_at(server.address()));
    const std::string octets("\0\r\n$5\r\n\xFF{}", 11);
    BOOST_TEST(asked(*client, {"SET", octets, octets}) == "OK");
    BOOST_TEST(asked(*client, {"GET", octets}) == octets);
    BOOST_TEST(asked(*client, {"GET", "another"}) == "nil");
}

BOOST_AUTO_TEST_CASE(a_request_too_long_for_one_write_arrives_whole_and_in_order) {
    RedisServer server;
    const auto client = opened_client(servers_at(server.address()));
    std::string octets;
    while (octets.size() < 3'000'000) octets += std::to_string(octets.size()) + " ";
    std::vector<sp::redis::Request> requests;
    for (const std::string before : {"first", "second"}) {
        requests.push_back({.words = {"ECHO", before}});
        requests.push_back({.words = {"ECHO", before + octets}});
    }
    const auto answers = client->call_all(requests);
    for (std::size_t i = 0; i < requests.size(); ++i) BOOST_TEST((said(answers[i]) == requests[i].words[1]));
}

BOOST_AUTO_TEST_CASE(a_scripts_name_is_forgotten_by_the_server_and_its_source_is_sent) {
    RedisServer server;
    const auto client = opened_client(servers_at(server.address()));
    const auto script = sp::redis::make_script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    const auto add = [&] {
        return said(client->call({.key = "sum", .words = {"sum", "5"}, .script = &script, .key_count = 1}));
    };
    BOOST_TEST(add() == "5");
    BOOST_TEST(add() == "10");
    BOOST_TEST(server.ask({"SCRIPT", "EXISTS", script.sha1}) == "1");
    BOOST_TEST(server.ask({"SCRIPT", "FLUSH"}) == "OK");
    BOOST_TEST(add() == "15");
}

BOOST_AUTO_TEST_CASE(sixty_four_callers_share_a_connection_and_get_their_own_answers) {
    RedisServer server;
    const auto client = opened_client(servers_at(server.address()));
    std::atomic<unsigned> wrong = 0;
    std::vector<std::thread> callers;
    for (unsigned caller = 0; caller < 64; ++caller) {
        callers.emplace_back([&, caller] {
            for (unsigned i = 0; i < 50; ++i) {
                const std::string text = std::to_string(caller) + "." + std::to_string(i);
                if (asked(*client, {"ECHO", text}) != text) ++wrong;
            }
        });
    }
    for (auto& caller : callers) caller.join();
    BOOST_TEST(wrong == 0U);
    // The test's own question is the other one.
    BOOST_TEST(server.ask({"INFO", "clients"}).find("connected_clients:2\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_server_that_was_killed_answers_within_the_deadline_once_it_is_back) {
    RedisServer server({.configuration = {"appendonly yes", "appendfsync always"}});
    const auto client = opened_client(servers_at(server.address()));
    BOOST_TEST(asked(*client, {"SET", "key", "value"}) == "OK");
    server.kill();
    std::string answer;
    std::jthread caller([&] { answer = asked(*client, {"GET", "key"}); });
    server.start();
    caller.join();
    BOOST_TEST(answer == "value");
    BOOST_TEST(client->counters().reconnects >= 1U);
    BOOST_TEST(client->counters().reconnects < 1000U);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_no_master_any_more_isnt_asked_until_it_is_one_again) {
    RedisServer server;
    const auto client = opened_client(servers_at(server.address()));
    BOOST_TEST(server.ask({"REPLICAOF", "127.0.0.1", "1"}) == "OK");
    std::string answer;
    std::jthread caller([&] { answer = asked(*client, {"SET", "key", "value"}); });
    await("another connection", [&] { return client->counters().reconnects >= 1; });
    BOOST_TEST(server.ask({"REPLICAOF", "NO", "ONE"}) == "OK");
    caller.join();
    BOOST_TEST(answer == "OK");
}

BOOST_AUTO_TEST_CASE(callers_of_a_server_that_falls_silent_fail_at_their_deadline) {
    RedisServer server;
    auto servers = servers_at(server.address());
    servers.deadline = std::chrono::milliseconds(100);
    const auto client = opened_client(servers);
    server.pause();
    for (const auto& answer : client->call_all({8, {.words = {"PING"}}})) {
        BOOST_REQUIRE(!answer.has_value());
        BOOST_TEST(answer.error().code == make_error_code(sp::StoreErrc::store_failed));
    }
    server.resume();
    await("an answer", [&] { return asked(*client, {"PING"}) == "PONG"; });
}

BOOST_AUTO_TEST_CASE(requests_beyond_the_bound_fail_at_once) {
    RedisServer server;
    const auto client = opened_client(servers_at(server.address()));
    const auto answers = client->call_all({20'000, {.words = {"PING"}}});
    BOOST_TEST(answers.size() == 20'000U);
    BOOST_TEST(said(answers.front()).find("too many requests") != std::string::npos);
    BOOST_TEST(asked(*client, {"PING"}) == "PONG");
}

BOOST_AUTO_TEST_SUITE_END()
