#include <boost/test/unit_test.hpp>

#include <string>

#include "clients.hpp"
#include "localhost.hpp"
#include "redis_server.hpp"

using namespace slo;
using namespace slo::test;

namespace {

const std::string certificates = SLO_FIXTURES "/tls/";

/// The fault in a configuration, which shows without any server.
std::string refusal(const sp::RedisServers& servers, sp::StoreErrc code) {
    const auto client = sp::redis::Client::open(servers);
    BOOST_REQUIRE(!client.has_value());
    BOOST_TEST(client.error().code == make_error_code(code));
    return client.error().detail;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

sp::RedisServers with_tls(const std::string& address, const std::string& ca) {
    auto servers = servers_at(address);
    servers.tls = sp::RedisTlsOptions{.ca_file = certificates + ca};
    return servers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ways_in)

BOOST_AUTO_TEST_CASE(a_user_of_the_acl_comes_in_with_the_right_password_only) {
    RedisServer server(
        {.configuration = {"user slo on >right ~slo:* &* +@all", "requirepass other"}, .password = "other"});
    auto servers = servers_at(server.address());
    servers.user = "slo";
    servers.password = "right";
    BOOST_TEST(asked(*opened_client(servers), {"SET", "slo:key", "value"}) == "OK");
    BOOST_TEST(asked(*opened_client(servers), {"SET", "key", "value"}).starts_with("-NOPERM"));

    servers.password = "wrong";
    const std::string wrong = check_refused(servers, "user and password (WRONGPASS)");
    BOOST_TEST(!contains(wrong, "wrong"));
    servers.user = "";
    servers.password = "";
    check_refused(servers, "it wants a password (NOAUTH)");
    servers.password = "other";
    BOOST_TEST(asked(*opened_client(servers), {"SET", "key", "value"}) == "OK");
}

BOOST_AUTO_TEST_CASE(a_password_that_the_server_hasnt_is_a_mistake) {
    RedisServer server;
    auto servers = servers_at(server.address());
    servers.password = "superfluous";
    check_refused(servers, "it refuses our user and password");
}

BOOST_AUTO_TEST_CASE(tls_reaches_the_server_that_our_ca_vouches_for) {
    RedisServer server({.tls = true});
    const auto servers = with_tls(server.tls_address(), "server.pem");
    const auto client = opened_client(servers);
    BOOST_TEST(asked(*client, {"SET", "key", std::string(200'000, 'x')}) == "OK");
    BOOST_TEST(asked(*client, {"GET", "key"}).size() == 200'000U);
    const std::string named = localhost() + server.tls_address().substr(server.tls_address().find(':'));
    BOOST_TEST(asked(*opened_client(with_tls(named, "server.pem")), {"PING"}) == "PONG");
}

BOOST_AUTO_TEST_CASE(tls_refuses_another_ca_and_another_name) {
    RedisServer server({.tls = true});
    check_refused(with_tls(server.tls_address(), "other-ca.pem"), "certificate verify failed");
    auto misnamed = with_tls(server.tls_address(), "server.pem");
    misnamed.tls->server_name = "redis.example";
    check_refused(misnamed, "certificate verify failed");
    misnamed.tls->server_name = "127.0.0.2";
    check_refused(misnamed, "certificate verify failed");
    misnamed.tls->server_name = "localhost";
    BOOST_TEST(asked(*opened_client(misnamed), {"PING"}) == "PONG");
}

BOOST_AUTO_TEST_CASE(tls_shows_our_certificate_where_the_server_asks_for_one) {
    RedisServer server({.configuration = {"tls-auth-clients yes"}, .tls = true});
    auto servers = with_tls(server.tls_address(), "server.pem");
    check_refused(servers, "certificate required");
    servers.tls->certificate_file = certificates + "client.pem";
    servers.tls->private_key_file = certificates + "client.key";
    BOOST_TEST(asked(*opened_client(servers), {"PING"}) == "PONG");
}

BOOST_AUTO_TEST_CASE(tls_to_a_server_without_it_fails) {
    RedisServer server({.tcp = true});
    check_refused(with_tls(server.tcp_address(), "server.pem"), "no server answered in time");
}

BOOST_AUTO_TEST_CASE(files_of_tls_that_arent_there_are_named) {
    auto servers = with_tls("127.0.0.1:1", "absent.pem");
    BOOST_TEST(contains(refusal(servers, sp::StoreErrc::store_unusable), "absent.pem"));
    servers.tls =
        sp::RedisTlsOptions{.ca_file = certificates + "server.pem", .certificate_file = certificates + "client.pem"};
    BOOST_TEST(contains(refusal(servers, sp::StoreErrc::store_unusable), "without its private key"));
    servers.tls = sp::RedisTlsOptions{.ca_file = certificates + "server.pem",
                                      .certificate_file = certificates + "client.pem",
                                      .private_key_file = certificates + "server.key"};
    BOOST_TEST(contains(refusal(servers, sp::StoreErrc::store_unusable), "doesn't belong to the key"));
    servers.tls = sp::RedisTlsOptions{.ca_file = ""};
    BOOST_TEST(contains(refusal(servers, sp::StoreErrc::store_unusable), "no CA file"));
}

BOOST_AUTO_TEST_CASE(a_server_that_isnt_there_is_named) {
    auto servers = servers_at("unix:/nonexistent/socket");
    check_refused(servers, "unix:/nonexistent/socket: No such file or directory");
    servers.addresses = {"name.invalid:6379"};
    check_refused(servers, "Redis servers can't be used");
}

BOOST_AUTO_TEST_CASE(settings_that_dont_fit_together_are_refused) {
    auto servers = servers_at("127.0.0.1:6379");
    servers.addresses.clear();
    BOOST_TEST(contains(refusal(servers, sp::StoreErrc::store_unusable), "no address"));
    servers.addresses = {"a:1", "b:1"};
    BOOST_TEST(contains(refusal(servers, sp::StoreErrc::store_unusable), "one address"));
    servers.topology = sp::RedisTopology::sentinel;
    BOOST_TEST(contains(refusal(servers, sp::StoreErrc::store_unusable), "by name"));
    servers.sentinel_master = "slo";
    servers.deadline = std::chrono::milliseconds(0);
    BOOST_TEST(contains(refusal(servers, sp::StoreErrc::store_unusable), "deadline"));
}

BOOST_AUTO_TEST_SUITE_END()
