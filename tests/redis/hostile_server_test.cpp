#include <boost/test/unit_test.hpp>

#include <string>

#include "clients.hpp"
#include "fake_server.hpp"

using namespace slo;
using namespace slo::test;

namespace {

sp::RedisServers impatient(const FakeServer& server) {
    auto servers = servers_at(server.address());
    servers.deadline = std::chrono::milliseconds(150);
    return servers;
}

std::string repeated(const std::string& text, unsigned times) {
    std::string all;
    for (unsigned i = 0; i < times; ++i) all += text;
    return all;
}

/// What a client says to a question that a fake server answers with `reply`.
std::string heard(const std::string& reply, FakeServer::Then then = FakeServer::Then::stay_silent) {
    FakeServer server({a_masters_greeting, reply}, then);
    const auto client = opened_client(impatient(server));
    const auto answer = client->call({.key = "key", .words = {"GET", "key"}});
    if (!answer) BOOST_TEST(answer.error().code == make_error_code(sp::Errc::store_failed));
    return said(answer);
}

/// Why a client can't be opened at a fake server that greets with `greeting`.
std::string refused(const std::string& greeting, FakeServer::Then then = FakeServer::Then::stay_silent) {
    FakeServer server({greeting}, then);
    auto servers = impatient(server);
    servers.password = "swordfish";
    const auto client = sp::redis::Client::open(servers);
    BOOST_REQUIRE(!client.has_value());
    BOOST_TEST(client.error().code == make_error_code(sp::Errc::store_unusable));
    return client.error().detail;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_hostile_server)

BOOST_AUTO_TEST_CASE(garbage_is_a_failure_and_is_never_repeated_to_us) {
    for (const std::string garbage : {"HTTP/1.1 400 Bad Request\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\xFF\xFE\xFD",
                                      ":12x\r\n", ":99999999999999999999\r\n", "$9999999999999999999999\r\n", "$-7\r\n",
                                      "*-7\r\n", "*99999999999\r\n", "%1\r\n+a\r\n+b\r\n", "!5\r\n"}) {
        const std::string answer = heard(garbage);
        BOOST_TEST(answer.starts_with("failed: "), garbage << " gave " << answer);
        BOOST_TEST((contains(answer, "isn't the Redis protocol") || contains(answer, "doesn't answer") ||
                    contains(answer, "exceeds our limits")),
                   garbage << " gave " << answer);
        BOOST_TEST(!contains(answer, garbage.substr(0, 4)));
    }
}

BOOST_AUTO_TEST_CASE(announced_masses_cost_nothing) {
    BOOST_TEST(contains(heard("*2000000000\r\n"), "exceeds our limits"));
    BOOST_TEST(contains(heard("*1000\r\n" + repeated("*1000000\r\n", 4)), "exceeds our limits"));
    BOOST_TEST(contains(heard(repeated("*1\r\n", 100)), "isn't the Redis protocol"));
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_within_a_reply_is_made_again_until_the_deadline) {
    const std::string answer = heard("$100\r\nhalf", FakeServer::Then::close);
    BOOST_TEST(contains(answer, "no Redis server answered in time"));
}

BOOST_AUTO_TEST_CASE(answers_that_nobody_asked_for_end_the_connection) {
    BOOST_TEST(contains(heard("+early\r\n+surplus\r\n"), "early"));  // the first one is an answer
    FakeServer server({a_masters_greeting + "+surplus\r\n"});
    const auto client = opened_client(impatient(server));
    // Of a list with one element in braces g++ 12 says at -O2 that it is read beyond its end.
    const std::string answer = asked(*client, std::vector<std::string>(1, "PING"));
    BOOST_TEST(contains(answer, "answers what nobody asked"), answer);
}

BOOST_AUTO_TEST_CASE(who_is_no_master_isnt_used) {
    const std::string accepted = "+OK\r\n+OK\r\n";
    BOOST_TEST(
        contains(refused(accepted + "*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n$9\r\nconnected\r\n:0\r\n"), "no master"));
    BOOST_TEST(contains(refused(accepted + "*3\r\n$8\r\nsentinel\r\n*0\r\n*0\r\n"), "no master"));
    BOOST_TEST(contains(refused(accepted + "*0\r\n"), "no master"));
    BOOST_TEST(contains(refused(accepted + ":1\r\n"), "no master"));
    BOOST_TEST(contains(refused(accepted + "-NOPERM this user has no permissions\r\n"), "ROLE (NOPERM)"));
}

BOOST_AUTO_TEST_CASE(only_the_code_of_an_error_is_told) {
    const std::string wrong = refused("-WRONGPASS sword and fish\r\n+OK\r\n+OK\r\n");
    BOOST_TEST(contains(wrong, "user and password (WRONGPASS)"));
    BOOST_TEST(!contains(wrong, "swordfish"));
    BOOST_TEST(!contains(wrong, "sword and fish"));
    const std::string nameless = refused("-w\x1b[31mrong pass\r\n+OK\r\n+OK\r\n");
    BOOST_TEST(contains(nameless, "user and password:"));
    BOOST_TEST(!contains(nameless, "\x1b"));
}

BOOST_AUTO_TEST_CASE(redirections_to_nowhere_wait_for_the_deadline) {
    for (const std::string error : {"-MOVED\r\n", "-MOVED 1 :99999999\r\n", "-ASK 1\r\n", "-MOVED 1 a b:\r\n"}) {
        BOOST_TEST(contains(heard(error), "no Redis server answered in time"));
    }
}

BOOST_AUTO_TEST_CASE(other_errors_are_answers) {
    BOOST_TEST(heard("-OOM command not allowed\r\n") == "-OOM command not allowed");
    BOOST_TEST(heard("-NOREPLICAS Not enough good replicas to write.\r\n") ==
               "-NOREPLICAS Not enough good replicas to write.");
}

BOOST_AUTO_TEST_SUITE_END()
