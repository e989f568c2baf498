// Two logouts of one session at once: the worst report wins, whichever logout started the work.
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <thread>

#include "service_under_test.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/memory_session_store.hpp"

namespace slo::sp {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using namespace std::chrono_literals;

namespace {

/// Its time is set by the test; no call waits.
struct HandSetPace final : Pace {
    mutable SteadyTime time{};
    [[nodiscard]] SteadyTime now() const noexcept override { return time; }
    void wait(Alarm&, SteadyTime) const override {}
    void run_all(const std::vector<std::function<void()>>& works) const override {
        for (const auto& work : works) work();
    }
};

/// A service over a real store, which has the session S1 of N1 with index i1.
struct Rounds : ServiceUnderTest {
    MemorySessionStore memory{clock, digest, {}};
    FailingStore failing{memory};
    ScriptedLink link;
    std::unique_ptr<LogoutService> made;

    Rounds() {
        parts.idps = directory_of({idp_that_can_be_asked()});
        parts.idp_link = &link;
        made = make_node(failing);
        Session session = session_named("S1");
        session.authn_instant = clock.now() - 10min;
        session.expires = clock.now() + 8h;
        BOOST_REQUIRE((taken(memory.admit(session)) == Admission::admitted));
    }
    /// Another process that shares the store and the application.
    [[nodiscard]] std::unique_ptr<LogoutService> make_node() { return make_node(memory); }
    [[nodiscard]] std::unique_ptr<LogoutService> make_node(SessionStore& shared) {
        return std::make_unique<LogoutService>(parts_over(shared), Housekeeping::by_host);
    }

    static std::string request(const std::string& id = "_r1") {
        saml::LogoutRequest request = baseline_request();
        request.id = parsed<saml::MessageID>(id);
        return signed_body(request);
    }
    /// Begins a logout that has to wait.
    static PendingSoapReply pending(LogoutService& node, const std::string& body) {
        BackChannelStep step = BackChannel(node).begin({.body = body, .content_type = "text/xml"});
        if (!std::holds_alternative<PendingSoapReply>(step)) throw std::logic_error("it was answered at once");
        return std::get<PendingSoapReply>(std::move(step));
    }
    static std::string status(const SoapReply& reply) {
        for (const char* code : {"Success", "Responder", "Requester"}) {
            if (reply.body.find(std::string("status:") + code + "\"") != std::string::npos) return code;
        }
        return std::to_string(reply.http_status);
    }
    std::string repeat(const std::string& id = "_r1") {
        return status(BackChannel(*made).handle({.body = request(id), .content_type = "text/xml"}));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rounds, Rounds)

BOOST_AUTO_TEST_CASE(a_repeat_is_no_success_while_the_application_is_at_work) {
    application.hold_back();
    PendingSoapReply first = pending(*made, request());
    first.start([] {});
    PendingSoapReply second = pending(*made, request());
    bool second_may_go_on = false;
    second.start([&] { second_may_go_on = true; });
    BOOST_TEST(!second_may_go_on);
    BOOST_TEST(status(second.finish()) == "Responder");
    BOOST_TEST(application.told() == "S1");

    application.release();
    BOOST_TEST(status(first.finish()) == "Success");
    BOOST_TEST(repeat() == "Success");
    BOOST_TEST(application.told() == "S1");
}

BOOST_AUTO_TEST_CASE(a_repeat_goes_on_when_the_round_that_it_waits_for_is_over) {
    application.hold_back();
    PendingSoapReply first = pending(*made, request());
    first.start([] {});
    PendingSoapReply second = pending(*made, request());
    bool second_may_go_on = false;
    second.start([&] { second_may_go_on = true; });
    application.release();
    BOOST_TEST(!second_may_go_on);  // the first hasn't recorded yet what was reported
    BOOST_TEST(status(first.finish()) == "Success");
    BOOST_TEST(second_may_go_on);
    BOOST_TEST(status(second.finish()) == "Success");
    BOOST_TEST(application.told() == "S1");
}

BOOST_AUTO_TEST_CASE(neither_of_two_orders_is_a_success_where_the_application_fails) {
    application.answer_all(Ended::failed);
    application.hold_back();
    PendingSoapReply first = pending(*made, request());
    first.start([] {});
    PendingSoapReply second = pending(*made, request("_r2"));
    second.start([] {});
    application.release();
    BOOST_TEST(status(first.finish()) == "Responder");
    BOOST_TEST(status(second.finish()) == "Responder");
}

BOOST_AUTO_TEST_CASE(a_failure_is_no_answer_for_good) {
    application.answer_all(Ended::failed);
    BOOST_TEST(repeat() == "Responder");
    BOOST_TEST(repeat() == "Responder");
    application.answer_all(Ended::already_gone);
    BOOST_TEST(taken(made->recover()) == 0U);
    BOOST_TEST(repeat() == "Success");
    application.answer_all(Ended::failed);
    BOOST_TEST(repeat() == "Success");
}

BOOST_AUTO_TEST_CASE(no_application_is_told_when_the_time_was_over_before_it_could_be) {
    const HandSetPace pace;
    parts.pace = &pace;
    made = make_node();
    PendingSoapReply slow = pending(*made, request());
    pace.time += parts.policy.application_deadline;  // the store took so long
    bool may_go_on = false;
    slow.start([&] { may_go_on = true; });
    BOOST_TEST(may_go_on);
    BOOST_TEST(application.told() == "");
    BOOST_TEST(status(slow.finish()) == "Responder");

    BOOST_TEST(taken(made->recover()) == 0U);
    BOOST_TEST(application.told() == "S1");
    BOOST_TEST(repeat() == "Success");
}

BOOST_AUTO_TEST_CASE(a_report_that_the_store_did_not_take_is_said_once_more) {
    failing.inject(FailingStore::Fault::complete_fails);
    BOOST_TEST(repeat() == "Responder");
    BOOST_TEST(audit.last().rule == "store.failed");
    BOOST_TEST(repeat() == "Responder");
    BOOST_TEST(application.told() == "S1");
    failing.inject(FailingStore::Fault::none);
    BOOST_TEST(taken(made->recover()) == 0U);
    BOOST_TEST(repeat() == "Success");
    BOOST_TEST(application.told() == "S1");
}

BOOST_AUTO_TEST_CASE(a_round_whose_report_failed_keeps_its_sessions_while_an_application_is_at_work) {
    const auto other = make_node();
    application.hold_back();
    PendingSoapReply first = pending(*made, request());
    first.start([] {});
    failing.inject(FailingStore::Fault::complete_fails);
    BOOST_TEST(status(first.finish()) == "Responder");
    failing.inject(FailingStore::Fault::none);

    clock.advance(parts.policy.application_deadline + 20s);
    PendingSoapReply second = pending(*other, request());
    second.start([] {});
    BOOST_TEST(application.told() == "S1");
    BOOST_TEST(status(second.finish()) == "Responder");
    application.release();
    BOOST_TEST(taken(made->recover()) == 0U);
    BOOST_TEST(repeat() == "Success");
    BOOST_TEST(application.told() == "S1");
}

BOOST_AUTO_TEST_CASE(recovery_reports_nothing_of_a_round_whose_application_is_at_work) {
    application.hold_back();
    PendingSoapReply first = pending(*made, request());
    first.start([] {});
    BOOST_TEST(status(first.finish()) == "Responder");
    failing.inject(FailingStore::Fault::complete_fails);
    BOOST_TEST(taken(made->recover()) == 1U);
    application.release();
    BOOST_TEST(!made->recover().has_value());
    failing.inject(FailingStore::Fault::none);
    BOOST_TEST(taken(made->recover()) == 0U);
    BOOST_TEST(repeat() == "Success");
    BOOST_TEST(application.told() == "S1");
}

BOOST_AUTO_TEST_CASE(a_claim_that_ran_out_lets_no_round_of_the_same_process_tell_the_application_again) {
    application.hold_back();
    PendingSoapReply first = pending(*made, request());
    first.start([] {});
    BOOST_TEST(status(first.finish()) == "Responder");
    clock.advance(4min);  // recovery would have come thrice
    PendingSoapReply second = pending(*made, request());
    second.start([] {});
    BOOST_TEST(application.told() == "S1");
    BOOST_TEST(status(second.finish()) == "Responder");
}

BOOST_AUTO_TEST_CASE(a_lost_answer_to_the_begin_holds_up_the_repeat_no_longer_than_the_round) {
    failing.inject(FailingStore::Fault::begin_loses_its_answer);
    BOOST_TEST(repeat() == "Responder");
    BOOST_TEST(application.told() == "");
    failing.inject(FailingStore::Fault::none);
    clock.advance(parts.policy.application_deadline + 11s);
    BOOST_TEST(repeat() == "Success");
    BOOST_TEST(application.told() == "S1");
}

BOOST_AUTO_TEST_CASE(recovery_leaves_alone_sessions_on_which_a_round_is_at_work) {
    application.hold_back();
    PendingSoapReply first = pending(*made, request());
    first.start([] {});
    BOOST_TEST(taken(made->recover()) == 1U);
    BOOST_TEST(taken(make_node()->recover()) == 1U);
    BOOST_TEST(application.told() == "S1");
    application.answer_all(Ended::failed);
    application.release();
    BOOST_TEST(status(first.finish()) == "Success");  // what was held back was "ended"
}

BOOST_AUTO_TEST_CASE(another_node_waits_for_the_round_and_recovers_it_when_its_node_has_died) {
    application.hold_back();
    const auto other = make_node();
    PendingSoapReply first = pending(*made, request());
    first.start([] {});
    PendingSoapReply second = pending(*other, request());
    bool second_may_go_on = false;
    second.start([&] { second_may_go_on = true; });
    BOOST_TEST(!second_may_go_on);
    BOOST_TEST(status(second.finish()) == "Responder");
    BOOST_TEST(application.told() == "S1");

    application.answer_all(Ended::already_gone);
    clock.advance(parts.policy.application_deadline + 11s);
    BOOST_TEST(taken(other->recover()) == 0U);
    BOOST_TEST(application.told() == "S1 S1");
}

BOOST_AUTO_TEST_CASE(a_report_after_the_deadline_counts_for_the_next_answer) {
    application.hold_back();
    PendingSoapReply first = pending(*made, request());
    first.start([] {});
    BOOST_TEST(status(first.finish()) == "Responder");
    BOOST_TEST(audit.last().rule == "application.failed");
    for (int minute = 0; minute < 4; ++minute) {
        clock.advance(1min);
        BOOST_TEST(taken(made->recover()) == 1U);
        BOOST_TEST(taken(make_node()->recover()) == 1U);
    }
    BOOST_TEST(application.told() == "S1");
    application.release();
    BOOST_TEST(repeat() == "Success");
    BOOST_TEST(application.told() == "S1");
    BOOST_TEST(taken(made->recover()) == 0U);
}

BOOST_AUTO_TEST_CASE(a_report_of_failure_after_the_deadline_lets_recovery_try_again) {
    application.answer_all(Ended::failed);
    application.hold_back();
    PendingSoapReply first = pending(*made, request());
    first.start([] {});
    BOOST_TEST(status(first.finish()) == "Responder");
    application.release();
    application.answer_all(Ended::ended);
    BOOST_TEST(taken(made->recover()) == 0U);
    BOOST_TEST(application.told() == "S1 S1");
    BOOST_TEST(repeat() == "Success");
}

BOOST_AUTO_TEST_CASE(an_order_is_no_success_while_a_user_s_own_logout_is_at_work) {
    application.hold_back();
    std::jthread user([this] {
        static_cast<void>(made->start_logout(SessionsByID{{parsed<LocalSessionID>("S1")}}, LogoutReason::user));
    });
    while (application.told().empty()) std::this_thread::yield();
    PendingSoapReply order = pending(*made, request());
    order.start([] {});
    BOOST_TEST(status(order.finish()) == "Responder");
    BOOST_TEST(application.told() == "S1");
    application.release();
    user.join();
    BOOST_TEST(repeat() == "Success");
    BOOST_TEST(application.told() == "S1");
}

BOOST_AUTO_TEST_CASE(a_pending_logout_that_is_dropped_delays_no_other_in_its_process) {
    application.hold_back();
    { PendingSoapReply dropped = pending(*made, request()); }
    PendingSoapReply second = pending(*made, request("_r2"));
    second.start([] {});
    BOOST_TEST(status(second.finish()) == "Responder");  // the store keeps the session for the round that was dropped
    clock.advance(parts.policy.application_deadline + 11s);
    application.release();
    BOOST_TEST(repeat("_r2") == "Success");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
