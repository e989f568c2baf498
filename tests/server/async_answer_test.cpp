// slo/asio.hpp as a host uses it: its own io_context, its own pool.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <stdexcept>
#include <thread>

#include "slo/asio.hpp"

namespace {

using namespace slo;
using namespace std::chrono_literals;
namespace asio = boost::asio;

class Handler final : public sp::HttpHandler {
public:
    explicit Handler(std::function<sp::HttpStep()> answer) : answer_(std::move(answer)) {}
    sp::HttpStep handle(const sp::HttpRequest&) noexcept override { return answer_(); }

private:
    std::function<sp::HttpStep()> answer_;
};

struct Host {
    asio::io_context io{1};
    asio::thread_pool pool{2};

    /// The result of one request; the event loop ran meanwhile.
    std::future<sp::HttpReply> ask(sp::HttpHandler& handler) {
        auto reply = std::make_shared<std::promise<sp::HttpReply>>();
        auto future = reply->get_future();
        const auto run = [this](std::function<void()> work) { asio::post(pool, std::move(work)); };
        asio::co_spawn(io, sp::async_answer(handler, sp::HttpRequest{}, run),
                       [reply](const std::exception_ptr& thrown, sp::HttpReply answer) {
                           if (thrown) return reply->set_exception(thrown);
                           reply->set_value(std::move(answer));
                       });
        return future;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(async_answer, Host)

BOOST_AUTO_TEST_CASE(waits_for_a_handler_that_blocks_while_the_event_loop_goes_on) {
    std::promise<void> release;
    const auto loop = std::this_thread::get_id();
    std::atomic<bool> elsewhere = false;
    std::atomic<int> finished = 0;
    Handler handler([&] {
        release.get_future().wait();  // only the event loop can end this
        return sp::PendingReply{.budget = 1h,
                                .start = [](const std::function<void()>& done) { done(); },
                                .finish =
                                    [&] {
                                        elsewhere = std::this_thread::get_id() != loop;
                                        ++finished;
                                        return sp::HttpReply{.body = "finished"};
                                    }};
    });
    auto reply = ask(handler);
    asio::post(io, [&] { release.set_value(); });
    io.run();
    BOOST_TEST(reply.get().body == "finished");
    BOOST_TEST(finished == 1);
    BOOST_TEST(elsewhere);
}

BOOST_AUTO_TEST_CASE(answers_at_once_where_nothing_is_pending) {
    Handler handler([] { return sp::HttpReply{.body = "plain"}; });
    auto reply = ask(handler);
    io.run();
    BOOST_TEST(reply.get().body == "plain");
}

BOOST_AUTO_TEST_CASE(finishes_when_the_budget_has_passed) {
    Handler handler([] {
        return sp::PendingReply{.budget = 0ms,
                                .start = [](const std::function<void()>&) {},
                                .finish = [] { return sp::HttpReply{.body = "late"}; }};
    });
    auto reply = ask(handler);
    io.run();
    BOOST_TEST(reply.get().body == "late");
}

BOOST_AUTO_TEST_CASE(passes_on_an_exception_of_start) {
    Handler handler([] {
        return sp::PendingReply{.budget = 1h,
                                .start = [](const std::function<void()>&) { throw std::logic_error("start"); },
                                .finish = [] { return sp::HttpReply{}; }};
    });
    auto reply = ask(handler);
    io.run();
    BOOST_CHECK_THROW(reply.get(), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
