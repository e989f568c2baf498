#include "slo/sp/application.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "application_round.hpp"
#include "enough_time.hpp"
#include "values.hpp"

namespace slo::sp {

namespace {

using test::in_enough_time;
using test::session_named;
using test::sessions_named;
using Results = std::vector<Ended>;

/// An application that keeps the report for the test to use.
class ManualApplication final : public Application {
public:
    explicit ManualApplication(std::string name = "manual") : name_(std::move(name)) {}
    [[nodiscard]] std::string_view name() const noexcept override { return name_; }
    void end_sessions(const std::vector<Session>& sessions, ReportEnded given) override {
        told.push_back(sessions.size());
        report = std::move(given);
        if (before_return) before_return();
    }

    std::vector<std::size_t> told;
    ReportEnded report;
    std::function<void()> before_return;

private:
    std::string name_;
};

struct TwoApplications {
    ManualApplication first{"first"};
    ManualApplication second{"second"};
    int completed = 0;
    std::shared_ptr<ApplicationRound> round;

    void start(const std::vector<std::string>& ids) {
        round = std::make_shared<ApplicationRound>(std::vector<Application*>{&first, &second}, sessions_named(ids));
        round->start([this] { ++completed; });
    }
    RoundResult close_after(Results of_first, Results of_second) {
        first.report(std::move(of_first));
        second.report(std::move(of_second));
        return round->close();
    }
};

/// One letter for each session: "e" for ended, "a" for already gone, "f" for failed.
std::string verdicts(const RoundResult& result) {
    std::string text;
    for (const Ended ended : result.verdicts) {
        text += ended == Ended::ended ? 'e' : ended == Ended::already_gone ? 'a' : 'f';
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(synchronous_application)

BOOST_AUTO_TEST_CASE(ends_each_session) {
    std::string told;
    Results reported;
    SynchronousApplication application(
        "app",
        [&](const Session& session) {
            told += session.id.str();
            return session.id.str() == "b" ? Ended::already_gone : Ended::ended;
        },
        SynchronousApplication::in_callers_thread);
    application.end_sessions(sessions_named({"a", "b"}), [&](Results results) { reported = std::move(results); });
    BOOST_TEST(told == "ab");
    BOOST_TEST((reported == Results{Ended::ended, Ended::already_gone}));
    BOOST_TEST(application.name() == "app");
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_session_that_throws) {
    Results reported;
    SynchronousApplication application(
        "app",
        [](const Session& session) {
            if (session.id.str() == "a") throw std::runtime_error("no");
            return Ended::ended;
        },
        SynchronousApplication::in_callers_thread);
    application.end_sessions(sessions_named({"a", "b"}), [&](Results results) { reported = std::move(results); });
    BOOST_TEST((reported == Results{Ended::failed, Ended::ended}));
}

BOOST_AUTO_TEST_CASE(a_call_that_hangs_holds_no_caller_and_no_other_session) {
    std::latch released(1);
    std::latch others(15);
    std::latch reported(16);
    std::atomic<int> ended = 0;
    SynchronousApplication application("app", [&](const Session& session) {
        if (session.id.str() == "hangs") released.wait();
        return Ended::ended;
    });
    const auto end = [&](const std::string& id) {
        application.end_sessions(sessions_named({id}), [&, id](const Results& results) {
            if (results == Results{Ended::ended}) ++ended;
            if (id != "hangs") others.count_down();
            reported.count_down();
        });
    };
    end("hangs");
    for (int i = 0; i < 15; ++i) end("s" + std::to_string(i));
    others.wait();
    BOOST_TEST(ended == 15);
    released.count_down();
    reported.wait();
    BOOST_TEST(ended == 16);
}

BOOST_AUTO_TEST_CASE(waits_at_its_end_for_work_that_has_begun_and_drops_waiting_work) {
    std::latch begun(16);
    std::promise<void> drop;
    const std::shared_future<void> dropped(drop.get_future());
    std::atomic<int> reports = 0;
    {
        SynchronousApplication application("app", [&](const Session&) {
            begun.count_down();
            static_cast<void>(
                in_enough_time([&](auto deadline) { return dropped.wait_for(deadline) == std::future_status::ready; }));
            return Ended::ended;
        });
        for (int i = 0; i < 16; ++i)
            application.end_sessions(sessions_named({"a"}), [&](const Results&) { ++reports; });
        begun.wait();
        const std::shared_ptr<int> waiting(new int(0), [&](const int* number) {
            delete number;
            drop.set_value();
        });
        application.end_sessions(sessions_named({"b"}), [&, waiting](const Results&) { ++reports; });
    }
    BOOST_TEST(reports == 16);
}

BOOST_AUTO_TEST_CASE(works_where_run_says_even_after_its_own_end) {
    std::function<void()> task;
    Results reported;
    std::vector<Session> sessions = sessions_named({"a"});
    {
        SynchronousApplication application(
            "app", [](const Session&) { return Ended::ended; },
            [&](std::function<void()> work) { task = std::move(work); });
        application.end_sessions(sessions, [&](Results results) { reported = std::move(results); });
    }
    sessions.clear();
    BOOST_TEST(reported.empty());
    task();
    BOOST_TEST((reported == Results{Ended::ended}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(application_round, TwoApplications)

BOOST_AUTO_TEST_CASE(counts_a_session_as_gone_only_if_every_application_says_so) {
    start({"a", "b", "c", "d"});
    const RoundResult result = close_after({Ended::ended, Ended::already_gone, Ended::ended, Ended::failed},
                                           {Ended::already_gone, Ended::already_gone, Ended::failed, Ended::ended});
    BOOST_TEST((result.outcome == LogoutOutcome{.ended = 1, .already_gone = 1, .failed = 2}));
    BOOST_TEST(verdicts(result) == "eaff");
    BOOST_TEST((result.failed_applications == std::vector<std::string>{"first", "second"}));
}

BOOST_AUTO_TEST_CASE(completes_once_when_the_last_has_reported) {
    start({"a"});
    BOOST_TEST(first.told.size() == 1U);
    BOOST_TEST(second.told.size() == 1U);
    first.report({Ended::ended});
    BOOST_TEST(completed == 0);
    second.report({Ended::ended});
    BOOST_TEST(completed == 1);
    first.report({Ended::ended});
    BOOST_TEST(completed == 1);
}

BOOST_AUTO_TEST_CASE(completes_only_after_all_were_told) {
    int completed_when_second_was_told = -1;
    first.before_return = [this] { first.report({Ended::ended}); };
    second.before_return = [&] {
        second.report({Ended::ended});
        completed_when_second_was_told = completed;
    };
    start({"a"});
    BOOST_TEST(completed_when_second_was_told == 0);
    BOOST_TEST(completed == 1);
}

BOOST_AUTO_TEST_CASE(takes_a_missing_report_for_failure) {
    start({"a"});
    first.report({Ended::ended});
    const RoundResult result = round->close();
    BOOST_TEST((result.outcome == LogoutOutcome{.failed = 1}));
    BOOST_TEST(verdicts(result) == "f");
    BOOST_TEST((result.failed_applications == std::vector<std::string>{"second"}));
}

BOOST_AUTO_TEST_CASE(takes_a_short_report_for_failure_of_the_rest) {
    start({"a", "b"});
    const RoundResult result = close_after({Ended::ended}, {Ended::ended, Ended::ended});
    BOOST_TEST((result.outcome == LogoutOutcome{.ended = 1, .failed = 1}));
    BOOST_TEST(verdicts(result) == "ef");
}

BOOST_AUTO_TEST_CASE(takes_an_unknown_value_for_failure) {
    start({"a"});
    const RoundResult result = close_after({static_cast<Ended>(17)}, {Ended::ended});
    BOOST_TEST((result.outcome == LogoutOutcome{.failed = 1}));
}

BOOST_AUTO_TEST_CASE(keeps_the_first_of_two_reports) {
    start({"a"});
    first.report({Ended::failed});
    const RoundResult result = close_after({Ended::ended}, {Ended::ended});
    BOOST_TEST((result.outcome == LogoutOutcome{.failed = 1}));
}

BOOST_AUTO_TEST_CASE(takes_an_exception_for_failure_also_after_a_report) {
    first.before_return = [this] {
        first.report({Ended::ended});
        throw std::runtime_error("after all");
    };
    start({"a"});
    second.report({Ended::ended});
    BOOST_TEST(completed == 1);
    const RoundResult result = round->close();
    BOOST_TEST((result.outcome == LogoutOutcome{.failed = 1}));
    BOOST_TEST((result.failed_applications == std::vector<std::string>{"first"}));
}

BOOST_AUTO_TEST_CASE(hears_a_report_after_the_end_and_says_when_all_are_in) {
    int at_rest = 0;
    start({"a"});
    first.report({Ended::ended});
    const RoundResult result = round->close([&at_rest] { ++at_rest; });
    BOOST_TEST(result.at_work);
    BOOST_TEST((result.outcome == LogoutOutcome{.failed = 1}));
    BOOST_TEST(!round->is_at_rest());
    second.report({Ended::already_gone});
    BOOST_TEST(completed == 0);
    BOOST_TEST(at_rest == 1);
    BOOST_TEST(round->is_at_rest());
    BOOST_TEST(!round->close().at_work);
    BOOST_TEST((round->close().outcome == LogoutOutcome{.ended = 1}));
}

BOOST_AUTO_TEST_CASE(takes_a_report_that_is_dropped_for_failure_at_once) {
    start({"a"});
    first.report({Ended::ended});
    second.report = nullptr;
    BOOST_TEST(completed == 1);
    const RoundResult result = round->close();
    BOOST_TEST(!result.at_work);
    BOOST_TEST((result.outcome == LogoutOutcome{.failed = 1}));
}

BOOST_AUTO_TEST_CASE(is_at_rest_as_long_as_no_application_was_told) {
    round = std::make_shared<ApplicationRound>(std::vector<Application*>{&first}, sessions_named({"a"}));
    BOOST_TEST(round->is_at_rest());
    const RoundResult result = round->close();
    BOOST_TEST(!result.at_work);
    BOOST_TEST((result.outcome == LogoutOutcome{.failed = 1}));
}

BOOST_AUTO_TEST_CASE(lives_as_long_as_a_report_is_out) {
    start({"a"});
    first.report = nullptr;
    static_cast<void>(round->close());
    const std::weak_ptr<ApplicationRound> watched = round;
    round.reset();
    BOOST_TEST(!watched.expired());
    second.report({Ended::ended});
    second.report = nullptr;
    BOOST_TEST(watched.expired());
}

BOOST_AUTO_TEST_CASE(hears_a_report_or_not_while_it_closes) {
    for (int i = 0; i < 200; ++i) {
        round = std::make_shared<ApplicationRound>(std::vector<Application*>{&first}, sessions_named({"a"}));
        round->start([] {});
        std::thread reporter([report = std::exchange(first.report, nullptr)] { report({Ended::ended}); });
        const RoundResult result = round->close();
        reporter.join();
        BOOST_TEST(result.outcome.ended + result.outcome.failed == 1U);
        BOOST_TEST(result.verdicts.size() == 1U);
        BOOST_TEST((round->close().outcome == LogoutOutcome{.ended = 1}));
    }
}

BOOST_AUTO_TEST_CASE(lets_go_of_the_driver_at_the_end) {
    const auto driver = std::make_shared<int>();
    round = std::make_shared<ApplicationRound>(std::vector<Application*>{&first}, sessions_named({"a"}));
    round->start([driver] { static_cast<void>(driver); });
    BOOST_TEST(driver.use_count() == 2);
    static_cast<void>(round->close());
    BOOST_TEST(driver.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(relies_on_the_store_if_there_is_no_application) {
    round = std::make_shared<ApplicationRound>(std::vector<Application*>{}, sessions_named({"a", "b"}));
    round->start([this] { ++completed; });
    BOOST_TEST(completed == 1);
    const RoundResult result = round->close();
    BOOST_TEST((result.outcome == LogoutOutcome{.ended = 2}));
    BOOST_TEST(verdicts(result) == "ee");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
