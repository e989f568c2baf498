// The recurring tasks beside serving.
#include "slo/sp/housekeeper.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

#include "service_under_test.hpp"
#include "slo/sp/memory_session_store.hpp"

namespace slo::sp {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

UnfinishedLogout unfinished(std::string_view id, const std::vector<std::string>& ids) {
    return {{idp_id, parsed<saml::MessageID>(id)}, sessions_named(ids)};
}

/// Notes the times of an event, up to a number for which one thread waits.
class Times {
public:
    explicit Times(std::size_t count) : left_(static_cast<std::ptrdiff_t>(count)), count_(count) {}
    void note() {
        if (times_.size() == count_) return;
        times_.push_back(std::chrono::steady_clock::now());
        left_.count_down();
    }
    /// From the first to the last.
    [[nodiscard]] std::chrono::nanoseconds span() const {
        left_.wait();
        return times_.back() - times_.front();
    }

private:
    std::latch left_;
    std::size_t count_;
    std::vector<std::chrono::steady_clock::time_point> times_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(housekeeper, ServiceUnderTest)

BOOST_AUTO_TEST_CASE(recovers_at_once_and_with_each_sixtieth_turn) {
    store.unfinished = std::vector{unfinished("_a", {"S1"})};
    for (unsigned turn = 0; turn < 120; ++turn) keep_house(service(), turn);
    BOOST_TEST(application.told() == "S1 S1");
    keep_house(service(), 120);
    BOOST_TEST(application.told() == "S1 S1 S1");
}

BOOST_AUTO_TEST_CASE(reports_a_failed_recovery_to_the_audit) {
    store.unfinished = fail(StoreErrc::store_failed, "the disk is full");
    keep_house(service(), 0);
    BOOST_TEST_REQUIRE(audit.entries().size() == 1U);
    BOOST_TEST(audit.last().event == "recover");
    BOOST_TEST(audit.last().rule == "store.failed");
    BOOST_TEST(audit.last().detail == "the disk is full");
}

BOOST_AUTO_TEST_CASE(reports_a_failed_resending_to_the_audit) {
    store.on_take_due = [] { throw std::runtime_error("thrown by the store of this test"); };
    keep_house(service(), 1);
    BOOST_TEST_REQUIRE(audit.entries().size() == 1U);
    BOOST_TEST(audit.last().event == "resend");
    BOOST_TEST(audit.last().rule == "store.failed");
    BOOST_TEST(audit.last().detail == "exception");
}

/// A store in which a process has died in the middle of S1's logout.
struct AfterCrash : ServiceUnderTest {
    MemorySessionStore memory{clock, digest, {}};

    AfterCrash() {
        Session session = session_named("S1");
        session.expires = clock.now() + std::chrono::hours(1);
        BOOST_REQUIRE((taken(memory.admit(session)) == Admission::admitted));
        const LogoutOrder order{.key = {idp_id, parsed<saml::MessageID>("_r")},
                                .sp = our_id,
                                .name_id = session.name_id,
                                .session_indexes = {},
                                .as_of = clock.now(),
                                .keep_until = clock.now() + std::chrono::hours(1)};
        BOOST_REQUIRE(memory.begin_logout(order, {{1, 1}, clock.now()}).has_value());
    }
    void wait_until_recovered() {
        while (!taken(memory.unfinished_logouts()).empty()) std::this_thread::yield();
        BOOST_TEST(application.told() == "S1");
    }
};

BOOST_FIXTURE_TEST_CASE(a_housekeeper_works_in_threads_of_its_own_until_its_destruction, AfterCrash) {
    LogoutService without_threads(parts_over(memory), Housekeeping::by_host);
    const Housekeeper housekeeper(without_threads);
    wait_until_recovered();
}

// A busy machine only makes it later.
BOOST_AUTO_TEST_CASE(the_next_turn_comes_no_sooner_than_in_a_second) {
    Times sweeps(65);  // the last one is the second turn's
    Times takings(2);
    store.on_sweep = [&] { sweeps.note(); };
    store.on_take_due = [&] { takings.note(); };
    const Housekeeper housekeeper(service());
    BOOST_TEST((sweeps.span() >= std::chrono::seconds(1)));
    BOOST_TEST((takings.span() >= std::chrono::seconds(1)));
}

BOOST_FIXTURE_TEST_CASE(a_service_does_its_own_housekeeping_if_its_host_asks_for_it, AfterCrash) {
    const LogoutService service(parts_over(memory), Housekeeping::in_threads);
    wait_until_recovered();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
