#include <csignal>
#include <future>

#include "running_server.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

/// Connects until no server listens any more.
bool stops_listening(std::uint16_t port) {
    for (int attempt = 0; attempt < 10'000; ++attempt) {
        if (!Client(port).connected()) return true;
    }
    return false;
}

struct Held {
    std::promise<std::function<void()>> started;
    sp::HttpStep step() {
        return sp::PendingReply{.budget = 1h,
                                .start = [this](std::function<void()> done) { started.set_value(std::move(done)); },
                                .finish = [] { return sp::HttpReply{.body = "finished"}; }};
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server_stop)

BOOST_AUTO_TEST_CASE(closes_idle_connections_and_lets_requests_at_work_finish) {
    Held held;
    RunningServer running({.threads = 2, .drain_timeout = 1h}, [&](const sp::HttpRequest& request) {
        return request.target == "/held" ? held.step() : sp::HttpStep(sp::HttpReply{});
    });
    auto idle = running.connect();
    BOOST_TEST(idle.ask(get("/idle")).status == 200);
    auto silent = running.connect();
    auto busy = running.connect();
    busy.send(get("/held"));
    const auto done = held.started.get_future().get();

    running.server.stop();
    BOOST_TEST(idle.closed_by_server());
    BOOST_TEST(silent.closed_by_server());
    BOOST_TEST(stops_listening(running.server.port()));

    done();
    const auto answer = busy.receive();
    BOOST_TEST(answer.body == "finished");
    BOOST_TEST(answer.has("Connection: close"));
    busy.finish_sending();
    BOOST_TEST(busy.closed_by_server());
    running.stop();
}

BOOST_AUTO_TEST_CASE(finishes_pending_replies_after_the_drain_timeout) {
    Held held;
    RunningServer running({.drain_timeout = 50ms}, [&](const sp::HttpRequest&) { return held.step(); });
    auto busy = running.connect();
    auto stuck = running.connect();
    stuck.send("POST / HTTP/1.1\r\nHost: sp\r\nContent-Length: 9\r\n\r\nx");
    busy.send(get("/held"));
    held.started.get_future().wait();

    running.stop();
    BOOST_TEST(busy.receive().body == "finished");
}

BOOST_AUTO_TEST_CASE(ends_run_when_it_was_told_before) {
    RecordingHandler handler;
    auto server = opened({.threads = 2}, handler);
    server.stop();
    server.stop();
    server.run();
    BOOST_TEST(!Client(server.port()).connected());
}

BOOST_AUTO_TEST_CASE(stops_on_a_signal) {
    RecordingHandler handler;
    auto server = opened({}, handler);
    server.stop_on_signals();
    std::raise(SIGTERM);
    server.run();
    BOOST_TEST(!Client(server.port()).connected());
}

BOOST_AUTO_TEST_CASE(can_be_destroyed_without_having_run) {
    RecordingHandler handler;
    std::uint16_t port = 0;
    {
        auto server = opened({.threads = 2}, handler);
        port = server.port();
        BOOST_TEST(Client(port).connected());
    }
    BOOST_TEST(!Client(port).connected());
}

BOOST_AUTO_TEST_SUITE_END()
