#include <fcntl.h>
#include <sys/resource.h>

#include "running_server.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

/// Sends an octet whenever the server has been silent for a moment. Returns whether it lost patience before `octets`
/// did: a deadline that starts anew with each octet never ends this.
bool ends_a_trickle(Client& client, std::size_t octets) {
    for (std::size_t sent = 0; sent < octets; ++sent) {
        if (!client.send("a") || client.readable_within(5ms)) return true;
    }
    return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server_limits)

BOOST_AUTO_TEST_CASE(gives_a_header_its_time_in_total) {
    RunningServer running({.header_timeout = 100ms});
    auto client = running.connect();
    client.send("GET /");
    BOOST_TEST(ends_a_trickle(client, 1000));
    BOOST_TEST(client.receive().status == 408);
    client.finish_sending();
    BOOST_TEST(client.closed_by_server());
    BOOST_TEST(running.server.counters().timeouts == 1u);
    BOOST_TEST(running.still_serves());
}

BOOST_AUTO_TEST_CASE(gives_a_body_its_time_in_total) {
    RunningServer running({.body_timeout = 100ms});
    auto client = running.connect();
    client.send("POST / HTTP/1.1\r\nHost: sp\r\nContent-Length: 5000\r\n\r\n");
    BOOST_TEST(ends_a_trickle(client, 1000));
    BOOST_TEST(client.receive().status == 408);
    BOOST_TEST(running.server.counters().timeouts == 1u);
    BOOST_TEST(running.handler.requests().empty());
}

BOOST_AUTO_TEST_CASE(closes_a_connection_that_says_nothing) {
    RunningServer running({.header_timeout = 50ms});
    auto client = running.connect();
    BOOST_TEST(client.closed_by_server());
    BOOST_TEST(running.server.counters().timeouts == 1u);
}

BOOST_AUTO_TEST_CASE(closes_a_connection_that_is_idle_without_counting_it_as_slow) {
    RunningServer running({.idle_timeout = 50ms});
    auto client = running.connect();
    BOOST_TEST(client.ask(get("/a")).status == 200);
    BOOST_TEST(client.closed_by_server());
    BOOST_TEST(running.server.counters().timeouts == 0u);
}

BOOST_AUTO_TEST_CASE(closes_a_connection_that_does_not_take_its_answer) {
    RunningServer running({.write_timeout = 50ms}, [](const sp::HttpRequest& request) {
        return sp::HttpReply{.body = std::string(request.target == "/big" ? 64 << 20 : 0, 'a')};
    });
    auto client = running.connect();
    client.send(get("/big"));
    while (running.server.counters().timeouts == 0) BOOST_TEST_REQUIRE(running.still_serves());
    BOOST_TEST(client.receive().status == 0);
}

BOOST_AUTO_TEST_CASE(limits_connections_in_all) {
    RunningServer running({.max_connections = 2});
    auto first = running.connect();
    auto second = running.connect();
    BOOST_TEST(first.ask(get("/1")).status == 200);
    BOOST_TEST(second.ask(get("/2")).status == 200);
    BOOST_TEST(running.connect().closed_by_server());
    BOOST_TEST(running.server.counters().refused_connections == 1u);

    first.close();
    bool served = false;
    for (int attempt = 0; attempt < 10'000 && !served; ++attempt)
        served = running.connect().ask(get("/3")).status == 200;
    BOOST_TEST(served);
}

BOOST_AUTO_TEST_CASE(limits_connections_from_one_address) {
    RunningServer running({.max_connections = 100, .max_connections_per_address = 1});
    auto first = running.connect();
    BOOST_TEST(first.ask(get("/1")).status == 200);
    BOOST_TEST(running.connect().closed_by_server());
    BOOST_TEST(first.ask(get("/2")).status == 200);
}

BOOST_AUTO_TEST_CASE(serves_others_while_many_are_slow) {
    RunningServer running;
    std::vector<Client> slow;
    for (int i = 0; i < 200; ++i) {
        slow.push_back(running.connect());
        slow.back().send("POST / HTTP/1.1\r\nHost: sp\r\nContent-Length: 10\r\n\r\nx");
    }
    BOOST_TEST(running.still_serves());
}

BOOST_AUTO_TEST_CASE(serves_a_pipelining_flood_one_at_a_time) {
    RunningServer running;
    auto client = running.connect();
    constexpr std::size_t flood = 2000;
    std::thread sender([&] {
        for (std::size_t i = 0; i < flood; ++i) {
            if (!client.send(get("/flood"))) return;
        }
    });
    std::size_t answers = 0;
    while (client.receive().status == 200) ++answers;
    sender.join();
    BOOST_TEST(answers == 1000u);  // max_requests_per_connection
    BOOST_TEST(running.still_serves());
}

BOOST_AUTO_TEST_CASE(recovers_when_descriptors_ran_out) {
    RunningServer running;
    Client client(0);  // has its descriptor, isn't connected yet

    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit scarce{.rlim_cur = static_cast<rlim_t>(client.native()) + 1, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &scarce);
    std::vector<int> taken;
    for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken.push_back(fd);

    client.connect(running.server.port());  // the kernel's backlog takes it
    client.send(get("/a"));
    BOOST_TEST(!client.readable_within(150ms));

    for (const int fd : taken) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before);
    BOOST_TEST(client.receive().status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
