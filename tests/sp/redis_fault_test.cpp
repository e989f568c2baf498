// A node that dies, or loses its servers, before any of its requests: then the IdP comes again, to another node.
#include <boost/test/unit_test.hpp>

#include "redis_nodes.hpp"
#include "rounds.hpp"
#include "store_rules.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

/// Two nodes of one site: one that fails, and one that doesn't.
class Nodes {
public:
    explicit Nodes(int passed, Cut cut) : failing_(site), sound_(site) { failing_.line.cut_after(passed, cut); }

    [[nodiscard]] bool has_failed() const { return failing_.line.has_failed(); }
    [[nodiscard]] bool is_alive(std::string_view id) { return sound_.is_alive(id); }
    /// What recovery, or the IdP that comes again, does at the sound node.
    void finish(const sp::LogoutOrder& order) {
        const sp::BegunLogout begun = taken(begin_logout(sound, order));
        const auto* const fresh = std::get_if<sp::FreshLogout>(&begun);
        const auto& ending = fresh != nullptr ? fresh->ending : std::get<sp::RepeatedLogout>(begun).ending;
        std::vector<sp::LocalSessionID> gone;
        for (const sp::Session& session : ending) gone.push_back(session.id);
        static_cast<void>(taken(complete_logout(sound, order.key, {.ended = 1}, gone)));
    }
    /// Near misses of user@example.com with `hinted`'s index: by the address, and by the index alone.
    [[nodiscard]] std::size_t misses_by_either_hint() {
        sp::LogoutOrder by_address = order_for_all("by-address");
        by_address.name_id.value = "User@Example.com";
        const sp::LogoutOrder by_index = order_for("by-index", {"_an-index-of-its-own"});
        return taken(sound.near_misses(by_address)).size() + taken(sound.near_misses(by_index)).size();
    }
    void advance(std::chrono::milliseconds by) {
        for (Node* const node : {&failing_, &sound_}) node->clock.advance(by);
    }

    Site site;

private:
    Node failing_;
    Node sound_;

public:
    sp::RedisOperations& failing = failing_.store;
    sp::RedisOperations& sound = sound_.store;
};

/// Tries with 0, 1, 2... requests until nothing fails any more. Returns how many it took.
template <class Try>
int with_each_fault(Try attempt, Cut cut = Cut::before_request) {
    for (int passed = 0; passed < 100; ++passed) {
        Nodes nodes(passed, cut);
        attempt(nodes);
        if (!nodes.has_failed()) return passed;
    }
    return 100;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(redis_faults)

BOOST_AUTO_TEST_CASE(a_login_that_fails_anywhere_is_admitted_when_it_comes_again) {
    const int requests = with_each_fault([](Nodes& nodes) {
        const sp::Session session = hinted("s", "user@example.com");
        sp::LogoutOrder order = order_for_all("r");
        order.name_id = session.name_id;
        const auto admission = nodes.failing.admit(session);
        if (!admission) BOOST_TEST((admission.error().code == sp::StoreErrc::store_failed));
        if (admission) BOOST_TEST(nodes.misses_by_either_hint() == 2u);
        BOOST_TEST((taken(nodes.sound.admit(session)) == sp::Admission::admitted));
        BOOST_TEST(nodes.is_alive("s"));
        BOOST_TEST(nodes.misses_by_either_hint() == 2u);
        nodes.finish(order);
        BOOST_TEST(!nodes.is_alive("s"));
        BOOST_TEST(nodes.misses_by_either_hint() == 0u);
        BOOST_TEST(taken(nodes.sound.unfinished_logouts()).empty());
    });
    BOOST_TEST(requests == 6);  // two of them write hints, one the IdP's name
}

BOOST_AUTO_TEST_CASE(a_search_for_near_misses_that_fails_anywhere_fails) {
    const int requests = with_each_fault([](Nodes& nodes) {
        for (const char* id : {"a", "b"}) static_cast<void>(taken(nodes.sound.admit(hinted(id, id))));
        const auto misses = nodes.failing.near_misses(order_for("r", {"_an-index-of-its-own"}));
        if (misses) BOOST_TEST(misses->size() == 2u);
        if (!misses) BOOST_TEST((misses.error().code == sp::StoreErrc::store_failed));
    });
    BOOST_TEST(requests == 5);  // the principal's sessions, two hints, and both that one leads to
}

BOOST_AUTO_TEST_CASE(a_list_of_sessions_that_fails_anywhere_fails) {
    const int requests = with_each_fault([](Nodes& nodes) {
        for (const char* id : {"a", "b", "c"}) static_cast<void>(taken(nodes.sound.admit(hinted(id, id))));
        std::size_t count = 0;
        std::string after;
        do {
            const auto page = nodes.failing.sessions_of(idp_id, after, 1);
            if (!page) BOOST_TEST((page.error().code == sp::StoreErrc::store_failed));
            if (!page) return;
            count += page->sessions.size();
            after = page->next;
        } while (!after.empty());
        BOOST_TEST(count == 3u);
    });
    BOOST_TEST(requests == 3);
}

// A login without an answer may not be alive later, either: its principal's logout has ended it.
BOOST_AUTO_TEST_CASE(a_login_that_fails_anywhere_does_not_outlive_a_logout) {
    static_cast<void>(with_each_fault([](Nodes& nodes) {
        static_cast<void>(nodes.failing.admit(session_of("s")));
        nodes.finish(order_for_all("r"));
        BOOST_TEST(!nodes.is_alive("s"));
        BOOST_TEST((taken(nodes.sound.admit(session_of("s"))) == sp::Admission::refused_by_logout));
    }));
}

BOOST_AUTO_TEST_CASE(a_logout_that_fails_anywhere_is_finished_when_it_comes_again) {
    const int requests = with_each_fault([](Nodes& nodes) {
        static_cast<void>(taken(nodes.sound.admit(session_of("s"))));
        const auto begun = begin_logout(nodes.failing, order_for_all("r"));
        if (begun) {
            BOOST_TEST(!nodes.is_alive("s"));
            static_cast<void>(
                complete_logout(nodes.failing, order_for_all("r").key, {.ended = 1}, {session_of("s").id}));
        }
        nodes.finish(order_for_all("r"));
        BOOST_TEST(!nodes.is_alive("s"));
        BOOST_TEST((taken(nodes.sound.admit(session_of("late"))) == sp::Admission::refused_by_logout));
        BOOST_TEST(taken(nodes.sound.unfinished_logouts()).empty());
        const auto again = taken(begin_logout(nodes.sound, order_for_all("r")));
        const sp::LogoutOutcome ended{.ended = 1, .already_gone = 0, .failed = 0};
        BOOST_TEST((std::get<sp::RepeatedLogout>(again).recorded == ended));
    });
    BOOST_TEST(requests == 8);
}

// Nothing is known of a step whose answer was lost: repeated in the same words, it comes to the same.
BOOST_AUTO_TEST_CASE(a_step_of_a_logout_that_fails_anywhere_comes_to_the_same_when_it_is_repeated) {
    for (const Cut cut : {Cut::before_request, Cut::before_answer}) {
        const auto attempt = [](Nodes& nodes) {
            for (const char* id : {"a", "b"}) static_cast<void>(taken(nodes.sound.admit(hinted(id))));
            const sp::LogoutOrder order = order_for_all("r");
            const auto completed = [&](const sp::RoundReport& report) {
                static_cast<void>(nodes.failing.complete_logout(order.key, report));
                return taken(nodes.sound.complete_logout(order.key, report));
            };
            const sp::RoundClaim first = round_until(1, noon + 1min);
            static_cast<void>(nodes.failing.begin_logout(order, first));
            BOOST_TEST(granted(taken(nodes.sound.begin_logout(order, first))) == "a b | ");
            const sp::LogoutOutcome halfway{.ended = 1, .already_gone = 0, .failed = 1};
            BOOST_TEST((completed({.round = first.round, .ended = 1, .gone = {hinted("a").id}}) == halfway));

            const sp::RoundClaim second = round_until(2, noon + 1min);
            static_cast<void>(nodes.failing.resume_logout(order.key, second));
            BOOST_TEST(granted(taken(nodes.sound.resume_logout(order.key, second))) == "b | ");
            const sp::LogoutOutcome all{.ended = 1, .already_gone = 1, .failed = 0};
            BOOST_TEST((completed({.round = second.round, .already_gone = 1, .gone = {hinted("b").id}}) == all));
            const auto again = taken(nodes.sound.begin_logout(order, round_until(3, noon + 1min)));
            BOOST_TEST((std::get<sp::RepeatedLogout>(again).recorded == all));
        };
        // Place, journal, beginning; place, completion, 2 traces; place, resumption; place, completion, 2 traces, an
        // end for the place and for the journal's entry.
        BOOST_TEST(with_each_fault(attempt, cut) == 3 + 4 + 2 + 6);
    }
}

// A logout of so many sessions that their end is written in pieces: place, first piece and 256 traces, the second one
// with 9 traces and an end for the place and for the journal's entry.
BOOST_AUTO_TEST_CASE(a_completion_of_many_that_fails_anywhere_is_finished_by_its_repeat_or_by_recovery) {
    constexpr std::uint32_t many = sp::largest_piece + 9;
    const std::vector<sp::LocalSessionID> ids = ids_of_many(many);
    const sp::LogoutOrder order = order_for_all("r");
    for (const Cut cut : {Cut::before_request, Cut::before_answer}) {
        for (const int passed : {0, 1, 2, 99, 257, 258, 259, 268}) {
            Nodes nodes(passed, cut);
            for (const auto& id : ids) static_cast<void>(taken(nodes.sound.admit(session_of(id.str()))));
            static_cast<void>(taken(begin_logout(nodes.sound, order)));
            const auto completed = complete_logout(nodes.failing, order.key, {.ended = many}, ids);
            BOOST_TEST(completed.has_value() == (passed > 258), passed);
            const auto unfinished = taken(nodes.sound.unfinished_logouts());
            const bool is_over = passed > 258 || (passed == 258 && cut == Cut::before_answer);
            const bool has_a_piece = passed > 1 || (passed == 1 && cut == Cut::before_answer);
            BOOST_TEST_REQUIRE(unfinished.size() == (is_over ? 0u : 1u));
            if (!is_over) BOOST_TEST(unfinished.front().ending.size() == (has_a_piece ? 9u : many));
            const auto again = taken(complete_logout(nodes.sound, order.key, {.ended = many}, ids));
            BOOST_TEST((again == sp::LogoutOutcome{.ended = many, .already_gone = 0, .failed = 0}));
            BOOST_TEST(taken(nodes.sound.unfinished_logouts()).empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_rounds_sessions_go_to_another_round_when_its_node_has_died_and_its_time_is_over) {
    static_cast<void>(with_each_fault([](Nodes& nodes) {
        static_cast<void>(taken(nodes.sound.admit(session_of("s"))));
        const sp::LogoutOrder order = order_for_all("r");
        const sp::RoundClaim first = round_until(1, noon + 1min);
        const bool has_begun = nodes.failing.begin_logout(order, first).has_value();
        const sp::RoundReport at_work{.round = first.round, .gone = {}, .at_work_until = noon + 2min};
        const bool is_longer = has_begun && nodes.failing.complete_logout(order.key, at_work).has_value();

        const sp::RoundClaim second = round_until(2, noon + 1h);
        const auto begun = taken(nodes.sound.begin_logout(order, second));
        BOOST_TEST(granted(begun) == (has_begun ? " | s" : "s | "));
        nodes.advance(1min);
        BOOST_TEST(granted(taken(nodes.sound.resume_logout(order.key, second))) == (is_longer ? " | s" : "s | "));
        nodes.advance(1min);
        BOOST_TEST(granted(taken(nodes.sound.resume_logout(order.key, second))) == "s | ");
        const sp::RoundReport gone{.round = second.round, .ended = 1, .gone = {session_of("s").id}};
        BOOST_TEST(taken(nodes.sound.complete_logout(order.key, gone)).complete());
        BOOST_TEST(taken(nodes.sound.unfinished_logouts()).empty());
    }));
}

BOOST_AUTO_TEST_CASE(a_logout_that_has_begun_is_in_the_journal_whatever_fails) {
    static_cast<void>(with_each_fault([](Nodes& nodes) {
        static_cast<void>(taken(nodes.sound.admit(session_of("s"))));
        const auto begun = begin_logout(nodes.failing, order_for_all("r"));
        const auto unfinished = taken(nodes.sound.unfinished_logouts());
        BOOST_TEST(unfinished.size() == (nodes.is_alive("s") ? 0u : 1u));
        if (begun) BOOST_TEST(unfinished.size() == 1u);
    }));
}

// Until the IdP comes again, recovery has looked at what the dead node left, and may have thought that nothing comes.
BOOST_AUTO_TEST_CASE(a_logout_that_begins_after_recovery_has_given_it_up_keeps_its_place_until_it_is_completed) {
    static_cast<void>(with_each_fault([](Nodes& nodes) {
        static_cast<void>(taken(nodes.sound.admit(session_of("s"))));
        static_cast<void>(begin_logout(nodes.failing, order_for_all("r")));
        nodes.advance(30min);
        static_cast<void>(taken(nodes.sound.unfinished_logouts()));
        static_cast<void>(taken(begin_logout(nodes.sound, order_for_all("r"))));
        BOOST_TEST(nodes.site.is_kept_for_ever(":request:*"));
        BOOST_TEST(taken(nodes.sound.unfinished_logouts()).size() == 1u);
    }));
}

// Whatever fails: a kept request is there, only its taker gets it before `until`, and then it is due.
BOOST_AUTO_TEST_CASE(a_request_that_was_kept_is_neither_lost_nor_taken_twice_whatever_fails) {
    for (const Cut cut : {Cut::before_request, Cut::before_answer}) {
        const auto attempt = [](Nodes& nodes) {
            const sp::KeptRequest request = request_of("r");
            const auto taken_at = [&nodes](Instant now) {
                return taken(nodes.sound.take_due_requests(now, now + 1h, 9)).size();
            };
            const bool is_kept = nodes.failing.keep_request(request).has_value();
            if (!is_kept) BOOST_TEST(nodes.sound.keep_request(request).has_value());  // its caller tries again
            const auto first = nodes.failing.take_due_requests(noon, noon + 1min, 9);
            const std::size_t at_failing = first ? first->size() : 0;
            const std::size_t at_sound = taken(nodes.sound.take_due_requests(noon, noon + 1min, 9)).size();
            BOOST_TEST(at_failing + at_sound <= 1u);
            BOOST_TEST(taken_at(noon + 1min - 1ms) == 0u);
            BOOST_TEST(taken_at(noon + 1min) == 1u);
            if (at_failing == 0) return;

            const auto dropped = nodes.failing.drop_request(request.order.key);
            if (dropped) BOOST_TEST(taken_at(noon + 2h) == 0u);
            BOOST_TEST(nodes.sound.drop_request(request.order.key).has_value());
            BOOST_TEST(taken_at(noon + 4h) == 0u);
        };
        // The request, a question to each of the 16 parts, and one to the part that has it; then it is dropped.
        BOOST_TEST(with_each_fault(attempt, cut) == 1 + 16 + 1 + 1);
    }
}

BOOST_AUTO_TEST_CASE(a_caller_that_gets_no_request_because_of_a_failure_is_told_so) {
    for (const Cut cut : {Cut::before_request, Cut::before_answer}) {
        const auto attempt = [](Nodes& nodes) {
            BOOST_TEST_REQUIRE(nodes.sound.keep_request(request_of("r")).has_value());
            const auto due = nodes.failing.take_due_requests(noon, noon + 1min, 9);
            BOOST_TEST_REQUIRE(due.has_value() != nodes.has_failed());
            if (due) BOOST_TEST(due->size() == 1u);
            if (!due) BOOST_TEST((due.error().code == sp::StoreErrc::store_failed));
        };
        BOOST_TEST(with_each_fault(attempt, cut) == 16 + 1);
    }
}

BOOST_AUTO_TEST_CASE(a_part_that_fails_keeps_no_other_from_giving_its_requests) {
    const int requests = with_each_fault([](Nodes& nodes) {
        constexpr std::size_t count = 64;  // so that each part has some
        for (std::size_t i = 0; i < count; ++i) {
            BOOST_TEST_REQUIRE(nodes.sound.keep_request(request_of("r" + std::to_string(i))).has_value());
        }
        std::size_t in_all = 0;
        if (const auto some = nodes.failing.take_due_requests(noon, noon + 1h, count)) in_all = some->size();
        BOOST_TEST((in_all > 0 || nodes.has_failed()));
        in_all += taken(nodes.sound.take_due_requests(noon, noon + 1h, count)).size();
        BOOST_TEST(in_all == count);
        BOOST_TEST(taken(nodes.sound.take_due_requests(noon, noon + 1h, count)).empty());
    });
    BOOST_TEST(requests > 16 + 8);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
