// Handlers that block: in threads of their own, and the effect on all other requests. Nothing here waits for time but
// the server's own timeouts: handlers block until the test lets them go.
#include "handler_threads.hpp"

#include <array>
#include <future>
#include <latch>
#include <semaphore>

#include "enough_time.hpp"
#include "running_server.hpp"
#include "slo/sp/server_error.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

/// Gate holds handlers up until it is opened.
class Gate {
public:
    sp::HttpReply pass(const sp::HttpRequest& request) {
        const int at_work = ++at_work_;
        for (int most = most_at_work; at_work > most && !most_at_work.compare_exchange_weak(most, at_work);) {
        }
        entered_.release();
        opened_.wait();
        --at_work_;
        return {.body = "passed " + request.target};
    }
    /// Waits until one more handler waits at the gate.
    void wait_for_one() { entered_.acquire(); }
    void open() { open_.set_value(); }

    std::atomic<int> most_at_work = 0;

private:
    std::atomic<int> at_work_ = 0;
    std::counting_semaphore<> entered_{0};
    std::promise<void> open_;
    std::shared_future<void> opened_{open_.get_future()};
};

/// Requests for /gate wait at the gate; all others are answered.
RecordingHandler::Answering through(Gate& gate) {
    return [&gate](const sp::HttpRequest& request) {
        return request.target.starts_with("/gate") ? gate.pass(request) : sp::HttpReply{.body = "plain"};
    };
}

sp::HttpReply plain() {
    return {.body = "plain"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server_handler_threads)

BOOST_AUTO_TEST_CASE(handlers_that_block_delay_no_other_connection) {
    Gate gate;
    RunningServer running({.handler_threads = 4}, through(gate));
    std::vector<Client> held;
    for (int i = 0; i < 3; ++i) {
        held.push_back(running.connect());
        held.back().send(get("/gate" + std::to_string(i)));
        gate.wait_for_one();
    }
    auto other = running.connect();
    BOOST_TEST(other.ask(get("/other")).body == "plain");
    BOOST_TEST(other.ask(get("/again")).body == "plain");

    gate.open();
    for (std::size_t i = 0; i < held.size(); ++i)
        BOOST_TEST(held[i].receive().body == "passed /gate" + std::to_string(i));
}

BOOST_AUTO_TEST_CASE(requests_that_wait_for_others_hold_up_no_usual_one) {
    Gate gate;
    RunningServer running({.handler_threads = 1, .waiting_threads = 2}, through(gate));
    std::vector<Client> held;
    for (int i = 0; i < 5; ++i) {
        held.push_back(running.connect());
        held.back().send(get("/gate?waits"));
    }
    for (int i = 0; i < 2; ++i) gate.wait_for_one();
    auto other = running.connect();
    BOOST_TEST(other.ask(get("/other")).body == "plain");
    gate.open();
    for (Client& one : held) BOOST_TEST(one.receive().status == 200);
    BOOST_TEST(gate.most_at_work == 2);
}

BOOST_AUTO_TEST_CASE(as_many_as_there_are_threads_work_and_the_others_wait) {
    Gate gate;
    RunningServer running({.threads = 2, .handler_threads = 2}, through(gate));
    std::vector<Client> clients;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(running.connect());
        clients.back().send(get("/gate"));
    }
    gate.wait_for_one();
    gate.wait_for_one();
    gate.open();
    for (auto& client : clients) BOOST_TEST(client.receive().status == 200);
    BOOST_TEST(gate.most_at_work == 2);
}

BOOST_AUTO_TEST_CASE(accepts_and_times_out_slow_peers_while_every_thread_blocks) {
    const bool were_heard = in_enough_time([](std::chrono::milliseconds header_timeout) {
        Gate gate;
        RunningServer running({.handler_threads = 1, .header_timeout = header_timeout}, through(gate));
        auto held = running.connect();
        held.send(get("/gate"));
        while (running.server.counters().requests + running.server.counters().timeouts == 0) std::this_thread::yield();
        if (running.server.counters().requests == 0) return false;
        gate.wait_for_one();

        auto slow = running.connect();
        slow.send("GET / HT");
        const int to_the_slow = slow.receive().status;
        auto silent = running.connect();
        BOOST_TEST(silent.closed_by_server());
        auto bad = running.connect();
        const int to_the_bad = bad.ask("GET\r\n\r\n").status;

        gate.open();
        BOOST_TEST(held.receive().body == "passed /gate");
        return to_the_slow == 408 && to_the_bad == 400;
    });
    BOOST_TEST(were_heard);
}

BOOST_AUTO_TEST_CASE(a_peer_that_leaves_while_its_handler_blocks_affects_no_other) {
    Gate gate;
    RunningServer running({.handler_threads = 1}, through(gate));
    auto gone = running.connect();
    gone.send(get("/gate"));
    gate.wait_for_one();
    gone.reset();
    gate.open();
    BOOST_TEST(running.still_serves());
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
    RunningServer running({.handler_threads = 4});
    auto client = running.connect();
    client.send(get("/1") + post("/2", "x") + get("/3"));
    BOOST_TEST(client.receive().body == "/1|");
    BOOST_TEST(client.receive().body == "/2|x");
    BOOST_TEST(client.receive().body == "/3|");
}

BOOST_AUTO_TEST_CASE(start_and_finish_are_theirs_too) {
    std::promise<std::function<void()>> started;
    std::promise<void> release;
    std::atomic<std::thread::id> finisher;
    RunningServer running({.handler_threads = 2}, [&](const sp::HttpRequest& request) -> sp::HttpStep {
        if (request.target != "/work") return plain();
        return sp::PendingReply{.budget = 1h,
                                .start =
                                    [&](std::function<void()> done) {
                                        started.set_value(std::move(done));
                                        release.get_future().wait();  // in start(): no other request notices
                                    },
                                .finish =
                                    [&] {
                                        finisher = std::this_thread::get_id();
                                        return sp::HttpReply{.body = "finished"};
                                    }};
    });
    auto client = running.connect();
    client.send(get("/work"));
    const auto done = started.get_future().get();
    done();  // before start() has returned
    BOOST_TEST(running.still_serves());
    release.set_value();
    BOOST_TEST(client.receive().body == "finished");
    done();  // ignored
    BOOST_TEST(running.still_serves());
    BOOST_TEST((finisher.load() != std::thread::id()));
}

BOOST_AUTO_TEST_CASE(a_thread_is_free_while_applications_are_at_work) {
    std::promise<std::function<void()>> started;
    RunningServer running({.handler_threads = 1}, [&](const sp::HttpRequest& request) -> sp::HttpStep {
        if (request.target != "/work") return plain();
        return sp::PendingReply{.budget = 1h,
                                .start = [&](std::function<void()> done) { started.set_value(std::move(done)); },
                                .finish = [] { return sp::HttpReply{.body = "finished"}; }};
    });
    auto client = running.connect();
    client.send(get("/work"));
    const auto done = started.get_future().get();
    BOOST_TEST(running.still_serves());
    done();
    BOOST_TEST(client.receive().body == "finished");
}

BOOST_AUTO_TEST_CASE(finishes_when_the_budget_has_passed_and_takes_a_late_done) {
    std::promise<std::function<void()>> started;
    std::function<void()> done;
    {
        RunningServer running({.handler_threads = 1}, [&](const sp::HttpRequest&) {
            return sp::PendingReply{.budget = 20ms,
                                    .start = [&](std::function<void()> given) { started.set_value(std::move(given)); },
                                    .finish = plain};
        });
        BOOST_TEST(running.connect().ask(get("/a")).body == "plain");
        done = started.get_future().get();
    }
    done();  // the server is gone
}

BOOST_AUTO_TEST_CASE(an_exception_of_finish_or_start_costs_its_connection_only) {
    RunningServer running({.handler_threads = 1}, [](const sp::HttpRequest& request) -> sp::HttpStep {
        if (request.target == "/finish") {
            return sp::PendingReply{.budget = 0ms,
                                    .start = [](const std::function<void()>&) {},
                                    .finish = []() -> sp::HttpReply { throw std::runtime_error("secret"); }};
        }
        if (request.target == "/start") {
            return sp::PendingReply{
                .budget = 1h, .start = [](const std::function<void()>&) { throw 42; }, .finish = plain};
        }
        return plain();
    });
    for (const auto* target : {"/finish", "/start"}) {
        auto client = running.connect();
        client.send(get(target) + get("/behind"));
        const auto answer = client.receive();
        BOOST_TEST(answer.status == 500);
        BOOST_TEST(answer.body.empty());
        client.finish_sending();
        BOOST_TEST(client.closed_by_server());
    }
    BOOST_TEST(running.server.counters().failures == 2u);
    BOOST_TEST(running.still_serves());
}

BOOST_AUTO_TEST_CASE(answers_all_that_work_or_wait_when_it_is_told_to_stop) {
    Gate gate;
    RunningServer running({.handler_threads = 1, .drain_timeout = 1h}, through(gate));
    std::vector<Client> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(running.connect());
        clients.back().send(get("/gate"));
    }
    gate.wait_for_one();
    while (running.server.counters().requests < 3) std::this_thread::yield();
    running.server.stop();
    gate.open();
    for (auto& client : clients) {
        const auto answer = client.receive();
        BOOST_TEST(answer.body == "passed /gate");
        BOOST_TEST(answer.has("Connection: close"));
        client.finish_sending();
    }
    running.stop();
}

BOOST_AUTO_TEST_CASE(sends_waiting_requests_away_after_the_drain_timeout_and_waits_for_running_ones) {
    Gate gate;
    RunningServer running({.handler_threads = 1, .drain_timeout = 20ms}, through(gate));
    auto busy = running.connect();
    busy.send(get("/gate"));
    gate.wait_for_one();
    auto waiting = running.connect();
    waiting.send(get("/gate/waits"));
    while (running.server.counters().requests < 2) std::this_thread::yield();

    running.server.stop();
    const auto answer = waiting.receive();
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(answer.has("Connection: close"));
    waiting.finish_sending();
    gate.open();
    BOOST_TEST(busy.receive().body == "passed /gate");
    busy.finish_sending();
    running.stop();
    BOOST_TEST(running.handler.targets() == std::vector<std::string>{"/gate"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(finishes_pending_replies_after_the_drain_timeout) {
    std::promise<std::function<void()>> started;
    RunningServer running({.handler_threads = 1, .drain_timeout = 20ms}, [&](const sp::HttpRequest&) {
        return sp::PendingReply{.budget = 1h,
                                .start = [&](std::function<void()> done) { started.set_value(std::move(done)); },
                                .finish = plain};
    });
    auto busy = running.connect();
    busy.send(get("/held"));
    started.get_future().wait();
    running.stop();
    BOOST_TEST(busy.receive().body == "plain");
}

BOOST_AUTO_TEST_CASE(opens_no_server_with_far_too_many_threads) {
    RecordingHandler handler;
    const auto server = sp::HttpServer::open({.handler_threads = 1025}, handler);
    BOOST_REQUIRE(!server);
    BOOST_TEST(server.error().code == sp::ServerErrc::options_invalid);
    BOOST_TEST((server.error().detail.find("at most 1024") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(work_that_goes_on_comes_before_work_that_begins) {
    using Turn = sp::HandlerThreads::Turn;
    std::string order;
    std::promise<void> release;
    std::promise<void> end;
    {
        sp::HandlerThreads threads(1);
        threads.post(Turn::begins, [&] { release.get_future().wait(); });
        threads.post(Turn::begins, [&] { order += "a"; });
        threads.post(Turn::begins, [&] {
            order += "b";
            end.set_value();
        });
        threads.post(Turn::goes_on, [&] { order += "1"; });
        threads.post(Turn::goes_on, [&] { order += "2"; });
        release.set_value();
        end.get_future().wait();
    }
    BOOST_TEST(order == "12ab");
}

BOOST_AUTO_TEST_CASE(the_threads_end_after_the_work_that_has_begun_and_leave_nothing_behind) {
    using Turn = sp::HandlerThreads::Turn;
    const auto dropped = std::make_shared<int>();
    std::promise<void> begun;
    std::promise<void> release;
    bool ended = false;
    {
        sp::HandlerThreads threads(1);
        threads.post(Turn::begins, [&] {
            begun.set_value();
            release.get_future().wait();
            ended = true;
        });
        begun.get_future().wait();
        threads.post(Turn::goes_on, [dropped] { ++*dropped; });
        BOOST_TEST(dropped.use_count() == 2);
        release.set_value();
    }
    BOOST_TEST(ended);
    BOOST_TEST(dropped.use_count() == 1);
}

// The first thing dropped lets the work end that has begun, and is gone only when its threads have ended: so they were
// free, had work before them, and had been told.
BOOST_AUTO_TEST_CASE(no_thread_takes_waiting_work_at_the_end) {
    using Turn = sp::HandlerThreads::Turn;
    struct AtEndOfThread {
        std::latch* ended = nullptr;
        ~AtEndOfThread() { ended->count_down(); }
    };
    constexpr std::ptrdiff_t count = 2;
    std::latch begun(count);
    std::latch ended(count);
    std::promise<void> drop;
    const std::shared_future<void> dropped(drop.get_future());
    std::atomic<int> done = 0;
    {
        sp::HandlerThreads threads(count);
        for (std::ptrdiff_t i = 0; i < count; ++i) {
            threads.post(Turn::begins, [&] {
                thread_local AtEndOfThread end;
                end.ended = &ended;
                begun.count_down();
                static_cast<void>(in_enough_time(
                    [&](auto deadline) { return dropped.wait_for(deadline) == std::future_status::ready; }));
            });
        }
        begun.wait();
        std::shared_ptr<void> waiting(nullptr, [&](void*) {
            drop.set_value();
            if (done == 0) ended.wait();
        });
        threads.post(Turn::goes_on, [&done, held = std::move(waiting)] { ++done; });
        for (const Turn turn : {Turn::begins, Turn::goes_on}) threads.post(turn, [&done] { ++done; });
    }
    BOOST_TEST(done == 0);
}

BOOST_AUTO_TEST_SUITE_END()
