#include <future>

#include "running_server.hpp"

using namespace slo;
using namespace slo::test;
using namespace std::chrono_literals;

namespace {

/// An application at work: the test says when it's done, from its own thread.
struct Work {
    std::promise<std::function<void()>> started;
    std::atomic<int> finished = 0;

    sp::HttpStep pending(std::chrono::milliseconds budget) {
        return sp::PendingReply{
            .budget = budget,
            .start = [this](std::function<void()> done) { started.set_value(std::move(done)); },
            .finish = [this] { return sp::HttpReply{.body = "finished " + std::to_string(++finished)}; }};
    }
};

sp::HttpReply plain() {
    return {.body = "plain"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server_pending_reply)

BOOST_AUTO_TEST_CASE(answers_when_another_thread_is_done_and_serves_others_meanwhile) {
    Work work;
    RunningServer running({}, [&](const sp::HttpRequest& request) {
        return request.target == "/work" ? work.pending(1h) : sp::HttpStep(plain());
    });
    auto client = running.connect();
    client.send(get("/work"));
    const auto done = work.started.get_future().get();
    BOOST_TEST(running.still_serves());
    BOOST_TEST(work.finished == 0);

    done();
    BOOST_TEST(client.receive().body == "finished 1");
    done();  // ignored
    BOOST_TEST(client.ask(get("/other")).body == "plain");
    BOOST_TEST(work.finished == 1);
}

BOOST_AUTO_TEST_CASE(answers_when_it_is_done_inside_start) {
    RunningServer running({}, [](const sp::HttpRequest&) {
        return sp::PendingReply{
            .budget = 1h, .start = [](const std::function<void()>& done) { done(); }, .finish = plain};
    });
    BOOST_TEST(running.connect().ask(get("/a")).body == "plain");
}

BOOST_AUTO_TEST_CASE(finishes_when_the_budget_has_passed_and_takes_a_late_done) {
    Work work;
    std::function<void()> done;
    {
        RunningServer running({}, [&](const sp::HttpRequest&) { return work.pending(20ms); });
        BOOST_TEST(running.connect().ask(get("/a")).body == "finished 1");
        done = work.started.get_future().get();
        done();
    }
    done();  // the server is gone
    BOOST_TEST(work.finished == 1);
}

BOOST_AUTO_TEST_CASE(contains_exceptions_of_finish_and_start) {
    RunningServer running({}, [](const sp::HttpRequest& request) -> sp::HttpStep {
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

BOOST_AUTO_TEST_CASE(the_blocking_driver_waits_for_done) {
    Work work;
    auto reply = std::async(std::launch::async, [&] { return sp::wait_for(work.pending(1h)); });
    work.started.get_future().get()();
    BOOST_TEST(reply.get().body == "finished 1");
    BOOST_TEST(sp::wait_for(plain()).body == "plain");
}

BOOST_AUTO_TEST_CASE(the_blocking_driver_ends_with_the_budget_and_takes_a_late_done) {
    Work work;
    BOOST_TEST(sp::wait_for(work.pending(20ms)).body == "finished 1");
    work.started.get_future().get()();
    BOOST_TEST(work.finished == 1);
}

BOOST_AUTO_TEST_SUITE_END()
