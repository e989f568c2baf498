#include "enough_time.hpp"
#include "running_server.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

/// Sends an octet whenever the server has been silent for a moment, for `time` at least. Returns whether the server
/// lost patience before: a deadline that starts anew with each octet never ends this.
bool ends_a_trickle(Client& client, std::chrono::milliseconds time) {
    for (auto passed = 0ms; passed < time; passed += 5ms) {
        if (!client.send("a") || client.readable_within(5ms)) return true;
    }
    return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server_limits)

BOOST_AUTO_TEST_CASE(gives_a_header_its_time_in_total) {
    const bool was_heard = in_enough_time([](std::chrono::milliseconds header_timeout) {
        RunningServer running({.header_timeout = header_timeout});
        auto client = running.connect();
        client.send("GET /");
        BOOST_TEST(ends_a_trickle(client, header_timeout + 5s));
        const int status = client.receive().status;
        if (status == 0) return false;  // not even the first octets were there in time
        BOOST_TEST(status == 408);
        client.finish_sending();
        BOOST_TEST(client.closed_by_server());
        BOOST_TEST(running.handler.refusals().at(0) ==
                   "127.0.0.1  408 http.timeout: a head is complete within header_timeout");
        BOOST_TEST(running.server.counters().timeouts == 1u);
        return running.still_serves();
    });
    BOOST_TEST(was_heard);
}

BOOST_AUTO_TEST_CASE(gives_a_body_its_time_in_total) {
    RunningServer running({.body_timeout = 100ms});
    auto client = running.connect();
    client.send("POST / HTTP/1.1\r\nHost: sp\r\nContent-Length: 5000\r\n\r\n");
    BOOST_TEST(ends_a_trickle(client, 5s));
    BOOST_TEST(client.receive().status == 408);
    BOOST_TEST(running.handler.last_refusal() ==
               "127.0.0.1 / 408 http.timeout: a body is complete within body_timeout");
    BOOST_TEST(running.server.counters().timeouts == 1u);
    BOOST_TEST(running.handler.requests().empty());
}

BOOST_AUTO_TEST_CASE(closes_a_connection_that_says_nothing) {
    RunningServer running({.header_timeout = 50ms});
    auto client = running.connect();
    BOOST_TEST(client.closed_by_server());
    BOOST_TEST(running.server.counters().timeouts == 1u);
    BOOST_TEST(running.handler.last_refusal() == "none");
}

BOOST_AUTO_TEST_CASE(a_peer_that_closes_before_its_answer_is_reported) {
    RunningServer running;
    for (const auto* octets : {"POST /here HT", "POST /here HTTP/1.1\r\nHost: sp\r\nContent-Length: 5\r\n\r\nabc"}) {
        auto client = running.connect();
        client.send(octets);
        client.finish_sending();
        BOOST_TEST(client.closed_by_server());
    }
    const std::vector<std::string> told{"127.0.0.1  0 http.closed: the peer closed before it had its answer",
                                        "127.0.0.1 /here 0 http.closed: the peer closed before it had its answer"};
    BOOST_TEST(running.handler.refusals() == told, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_peer_that_closes_between_requests_is_not_reported) {
    RunningServer running;
    auto silent = running.connect();
    silent.finish_sending();
    BOOST_TEST(silent.closed_by_server());
    auto client = running.connect();
    BOOST_TEST(client.ask(get("/a")).status == 200);
    client.finish_sending();
    BOOST_TEST(client.closed_by_server());
    BOOST_TEST(running.handler.last_refusal() == "none");
    BOOST_TEST(running.handler.requests().at(0).peer == "127.0.0.1");
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
    running.stop();
    BOOST_TEST(running.handler.last_refusal() ==
               "127.0.0.1 /big 0 http.timeout: an answer is taken within write_timeout");
}

BOOST_AUTO_TEST_CASE(serves_a_pipelining_flood_one_at_a_time) {
    RunningServer running;
    auto client = running.connect();
    constexpr std::size_t flood = 10'000;
    std::thread sender([&] {
        for (std::size_t i = 0; i < flood; ++i) {
            if (!client.send(get("/flood"))) return;
        }
    });
    while (client.receive().status == 200) continue;
    sender.join();
    BOOST_TEST(running.handler.requests().size() == 1000u);  // max_requests_per_connection
    BOOST_TEST(running.still_serves());
}

BOOST_AUTO_TEST_SUITE_END()
