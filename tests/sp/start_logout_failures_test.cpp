// A logout that starts here and meets a store that fails, an IdP that can't be asked, or an application that is silent.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rounds.hpp"
#include "session_store_trial.hpp"
#include "start_under_test.hpp"

namespace slo::sp {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using namespace std::chrono_literals;
using idp_adapter::ReplyErrc;
using Kind = idp_adapter::LogoutVerdict::Kind;

namespace {

/// A wait ends when so many wait at once, or, so that a failing test ends, after a while.
struct Assembly final : Pace {
    explicit Assembly(std::size_t its_size) : size(its_size) {}
    [[nodiscard]] SteadyTime now() const noexcept override { return {}; }
    void wait(Alarm&, SteadyTime deadline) const override {
        std::unique_lock lock(mutex);
        ++calls;
        most_at_once = std::max(most_at_once, ++waiting);
        deadlines.insert(deadline);
        changed.notify_all();
        changed.wait_for(lock, 10s, [this] { return most_at_once >= size; });
        --waiting;
    }
    void run_all(const std::vector<std::function<void()>>& works) const override { ThreadPace().run_all(works); }

    const std::size_t size;
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    mutable std::size_t calls = 0;
    mutable std::size_t waiting = 0;
    mutable std::size_t most_at_once = 0;
    mutable std::set<SteadyTime> deadlines;
};

/// Its time advances by the waits, and by nothing else.
struct TimeOfWaits final : Pace {
    [[nodiscard]] SteadyTime now() const noexcept override { return SteadyTime(waited.load()); }
    void wait(Alarm& alarm, SteadyTime) const override {
        if (!alarm.has_rung()) waited = waited.load() + 1ms;
        std::this_thread::yield();
    }
    void run_all(const std::vector<std::function<void()>>& works) const override { ThreadPace().run_all(works); }

    mutable std::atomic<std::chrono::milliseconds> waited{};
};

/// One IdP hangs until the test has seen enough; the others answer Success.
struct HangingLink final : idp_adapter::IdpLink {
    idp_adapter::LogoutVerdict ask(const idp_adapter::Idp& idp, const idp_adapter::LogoutAsk& ask,
                                   const saml::MessageSigner& signer, Instant now,
                                   const std::stop_token& stop) noexcept override {
        if (idp.entity_id != idp_id) {
            ++asked_others;
            return answering.ask(idp, ask, signer, now, stop);
        }
        most_at_once = std::max(most_at_once.load(), ++at_work);
        while (asked_others < wanted) std::this_thread::yield();
        --at_work;
        return answering.ask(idp, ask, signer, now, stop);
    }
    ScriptedLink answering;
    std::atomic<int> wanted = 0;
    std::atomic<int> at_work = 0;
    std::atomic<int> most_at_once = 0;
    std::atomic<int> asked_others = 0;
};

}  // namespace

struct StartLogoutFailures : StartUnderTest {
    void keep(const std::string& id, const saml::EntityID& idp, Instant next_attempt) {
        KeptRequest request = request_of(id, next_attempt);
        request.order.key.idp = idp;
        request.order.keep_until = clock.now() + 1h;
        request.not_on_or_after = clock.now() + 5min;
        BOOST_TEST(memory.keep_request(request).has_value());
    }
};

BOOST_FIXTURE_TEST_SUITE(start_logout_failures, StartLogoutFailures)

// Those of the one that hangs are more than go out at once, and due before the others.
BOOST_AUTO_TEST_CASE(kept_requests_of_an_idp_never_wait_for_another_that_hangs) {
    for (int i = 0; i < 36; ++i) keep("a" + std::to_string(i), idp_id, clock.now() - 10s);
    for (int i = 0; i < 3; ++i) keep("b" + std::to_string(i), idp2_id, clock.now() - 1s);
    const TimeOfWaits time;
    HangingLink hanging;
    hanging.wanted = 4;
    parts.idp_link = &hanging;
    parts.pace = &time;
    const std::jthread late([&] {
        while (hanging.asked_others < 3) std::this_thread::yield();
        keep("late", idp2_id, clock.now());  // while the others hang
    });
    BOOST_TEST(send_kept() == 40U);
    BOOST_TEST(hanging.asked_others == 4);
    BOOST_TEST(hanging.most_at_once == 4);
    BOOST_TEST(kept() == 0U);
}

BOOST_AUTO_TEST_CASE(where_the_store_has_no_room_for_it_nothing_happens_and_nothing_is_kept) {
    admit(session("S1", {"i1"}));
    failing.inject(FailingStore::Fault::begin_finds_no_room);
    const auto result = start(SessionsByID{{parsed<LocalSessionID>("S1")}});
    BOOST_TEST((result.error().code == StoreErrc::store_full));
    BOOST_TEST(lives("S1"));
    BOOST_TEST(link.asked.empty());
    BOOST_TEST(kept() == 0U);
}

BOOST_AUTO_TEST_CASE(very_many_kept_requests_of_an_idp_let_those_behind_them_pass) {
    for (int i = 0; i < 200; ++i) keep("a" + std::to_string(i), idp_id, clock.now() - 10s);
    keep("b", idp2_id, clock.now() - 1s);
    const TimeOfWaits time;
    HangingLink hanging;
    hanging.wanted = 1;
    parts.idp_link = &hanging;
    parts.pace = &time;
    BOOST_TEST(send_kept() == 37U);  // four at work and 32 that wait, and the other IdP's
    BOOST_TEST(hanging.asked_others == 1);
    BOOST_TEST(taken(memory.take_due_requests(clock.now() + 9s, clock.now() + 1h, 999)).empty());
    BOOST_TEST(taken(memory.take_due_requests(clock.now() + 10s, clock.now() + 1h, 999)).size() == 164U);
}

BOOST_AUTO_TEST_CASE(orders_of_idps_take_no_room_of_a_logout_that_starts_here) {
    sp::MemorySessionStoreOptions options;
    options.max_logout_records = 2;
    options.max_kept_requests = 0;
    sp::MemorySessionStore small(clock, saml::KeyedDigest::with_random_key().value(), options);
    sp::LogoutService small_service(parts_over(small), sp::Housekeeping::by_host);
    BOOST_TEST((taken(small.admit(session("S1", {"i1"}))) == sp::Admission::admitted));
    LogoutOrder of_others = order_for_all("r1");
    of_others.name_id.value = "other";
    BOOST_TEST(begin_logout(small, of_others).has_value());
    of_others.key = order_for_all("r2").key;
    BOOST_TEST((begin_logout(small, of_others).error().code == StoreErrc::store_full));
    const auto result =
        small_service.start_logout(SessionsByID{{parsed<LocalSessionID>("S1")}}, sp::LogoutReason::user, {});
    BOOST_TEST_REQUIRE(result.has_value(), (result ? "" : result.error().code.message() + result.error().detail));
    BOOST_TEST(result->idps.size() == 1u);
    BOOST_TEST(result->idps.front().local.complete());
    BOOST_TEST(!taken(small.find(parsed<LocalSessionID>("S1"))).has_value());
    BOOST_TEST(link.asked.size() == 1u);
}

BOOST_AUTO_TEST_CASE(nothing_happens_where_the_store_cannot_say_which_sessions_are_meant) {
    using Fault = FailingStore::Fault;
    const SessionsByID one{{parsed<LocalSessionID>("S1")}};
    const SessionsOfPrincipal all_of_one{.idp = idp_id, .name_id = session_named("S1").name_id, .matching = {}};
    const std::vector<std::pair<Fault, SessionSelection>> trials{{Fault::find_fails, one},
                                                                 {Fault::naming_fails, one},
                                                                 {Fault::naming_fails, all_of_one},
                                                                 {Fault::listing_fails, SessionsOfIdp{idp_id}}};
    admit(session("S1", {"i1"}));
    for (const auto& [fault, selection] : trials) {
        failing.inject(fault);
        BOOST_TEST((start(selection).error().code == StoreErrc::store_failed));
        BOOST_TEST((start_service().preview(selection).error().code == StoreErrc::store_failed));
        BOOST_TEST(lives("S1"));
        BOOST_TEST(link.asked.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_request_kept_for_a_former_partner_ends_its_sessions_here_and_is_forgotten) {
    const auto partners = parts.idps;
    const auto others = directory_of({idp_that_can_be_asked(idp2_id)});
    for (const auto& later_partners : {others, directory_of({})}) {
        admit(session("S1", {"i1"}));
        link.will(Kind::unsent, ReplyErrc::unreachable);
        BOOST_TEST((log_out({"S1"}).idps.front().retried == Retried::yes));
        made.reset();
        parts.idps = later_partners;
        link.asked.clear();
        clock.advance(5s);
        BOOST_TEST(send_kept() == 1U);
        BOOST_TEST(link.asked.empty());
        BOOST_TEST(audit.last().event == "resend");
        BOOST_TEST(audit.last().status == "local_only");
        BOOST_TEST(audit.last().rule == "check.issuer_unknown");
        BOOST_TEST(audit.last().stage == "check");
        BOOST_TEST(kept() == 0U);
        made.reset();
        parts.idps = partners;
        clock.advance(24h);
    }
}

BOOST_AUTO_TEST_CASE(a_kept_request_is_forgotten_if_idps_can_no_longer_be_asked) {
    admit(session("S1", {"i1"}));
    link.will(Kind::unsent, ReplyErrc::unreachable);
    BOOST_TEST((log_out({"S1"}).idps.front().retried == Retried::yes));
    made.reset();
    parts.idp_link = nullptr;
    clock.advance(5s);
    BOOST_TEST(send_kept() == 1U);
    BOOST_TEST(audit.last().status == "local_only");
    BOOST_TEST(audit.last().rule == "request.no_link");
    BOOST_TEST(kept() == 0U);
}

BOOST_AUTO_TEST_CASE(an_administrator_is_told_why_an_idp_of_many_sessions_will_not_be_asked) {
    parts.idps = directory_of({idp_with_first_key()});
    constexpr std::size_t more_than_are_asked_at_once = 17;
    for (std::size_t i = 0; i < more_than_are_asked_at_once; ++i) {
        const std::string n = std::to_string(i);
        admit(session("S" + n, {"i" + n}, "user" + n));
    }
    const auto result = taken(start(SessionsOfIdp{idp_id}, LogoutReason::admin));
    BOOST_TEST_REQUIRE(result.idps.size() == 1U);
    BOOST_TEST(result.idps.front().logouts == more_than_are_asked_at_once);
    BOOST_TEST((result.idps.front().extent == Extent::local_only));
    BOOST_TEST(result.idps.front().why == "reply.no_endpoint");
    BOOST_TEST((result.idps.front().retried == Retried::no));
    BOOST_TEST(audit.last().rule == "reply.no_endpoint");
    BOOST_TEST(kept() == 0U);
}

BOOST_AUTO_TEST_CASE(the_applications_of_all_principals_have_one_deadline_together) {
    const Assembly assembly(12);
    parts.pace = &assembly;
    application.hold_back();
    std::vector<std::string> ids;
    for (int i = 0; i < 12; ++i) {
        const std::string n = std::to_string(i);
        admit(session("S" + n, {"i" + n}, "N" + n));
        ids.push_back("S" + n);
    }
    const auto result = log_out(ids);
    BOOST_TEST(assembly.most_at_once == 12U);
    BOOST_TEST(assembly.calls == 12U);
    BOOST_TEST(assembly.deadlines.size() == 1U);
    BOOST_TEST(result.idps.front().local.failed == 12U);
    BOOST_TEST(link.asked.size() == 12U);
    application.release();
}

BOOST_AUTO_TEST_CASE(no_other_node_takes_a_request_while_this_one_may_be_at_work_on_it) {
    constexpr auto slack = 10s;
    const auto lease = parts.policy.application_deadline + idp_adapter::InteropProfile{}.outgoing.http.deadline + slack;
    admit(session("S1", {"i1"}));
    std::size_t too_early = 0;
    std::size_t in_time = 0;
    link.on_ask = [&] {
        const Instant now = clock.now();
        too_early = taken(memory.take_due_requests(now + lease - 1ms, now + 1h, 10)).size();
        in_time = taken(memory.take_due_requests(now + lease, now + 1h, 10)).size();
    };
    log_out({"S1"});
    BOOST_TEST(too_early == 0U);
    BOOST_TEST(in_time == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
