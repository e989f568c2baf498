// Unproven senders cause any number of refusals; the audit has some of them, and the number of the others.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "audit_sampler.hpp"
#include "service_under_test.hpp"
#include "slo/sp/housekeeper.hpp"

namespace slo::sp {

using namespace slo::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

using namespace std::chrono_literals;

/// "rule" for each entry, "rule+more/more_in_all" for each summary, joined by blanks.
std::string written(const std::vector<AuditLine>& entries) {
    std::string text;
    for (const AuditLine& entry : entries) {
        text += (text.empty() ? "" : " ") + entry.rule;
        if (entry.event != "summary") continue;
        text += "+" + std::to_string(entry.more) + "/" + std::to_string(entry.more_in_all);
    }
    return text;
}

struct Sampled {
    FixedClock clock{at(baseline_now)};
    Recorder audit;
    AuditSampler sampler{audit, {.interval = 10s, .lines_per_rule = 2, .lines_in_all = 3}};

    void record(const std::string& rule, unsigned times = 1, AuditLane lane = AuditLane::sampled) {
        const AuditEntry entry{.time = clock.now(), .lane = lane, .event = LogoutRefused{.trouble = {.rule = rule}}};
        for (unsigned i = 0; i < times; ++i) sampler.record(entry);
    }
    [[nodiscard]] std::string seen() const { return written(audit.entries()); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit_sampler, Sampled)

BOOST_AUTO_TEST_CASE(proven_events_pass_in_any_number) {
    record("a.a", 1000);
    record("p.p", 1000, AuditLane::proven);
    BOOST_TEST(std::ranges::count(audit.entries(), "p.p", &AuditLine::rule) == 1000);
}

BOOST_AUTO_TEST_CASE(events_that_are_no_refusals_pass_in_any_number) {
    const AuditEntry entry{.time = clock.now(),
                           .lane = AuditLane::sampled,
                           .event = StoreNews{{.stage = "store", .rule = "store.replica_shortfall"}}};
    for (int i = 0; i < 1000; ++i) sampler.record(entry);
    BOOST_TEST(audit.entries().size() == 1000U);
    BOOST_TEST(sampler.counters().in_full == 0U);
}

BOOST_AUTO_TEST_CASE(http_refusals_are_sampled_like_requests) {
    const AuditEntry entry{.time = clock.now(),
                           .lane = AuditLane::sampled,
                           .event = HttpRefused{.trouble = {.stage = "http", .rule = "http.path"}}};
    for (int i = 0; i < 1000; ++i) sampler.record(entry);
    record("p.p", 1, AuditLane::proven);
    BOOST_TEST(seen() == "http.path http.path p.p");
    sampler.sum_up_at_once(clock.now());
    BOOST_TEST(seen() == "http.path http.path p.p http.path+998/998");
}

BOOST_AUTO_TEST_CASE(the_first_of_each_rule_are_written_and_the_others_counted) {
    record("a.a", 5);
    record("b.b", 3);
    BOOST_TEST(seen() == "a.a a.a b.b b.b");
    BOOST_TEST(sampler.counters().in_full == 4U);
    BOOST_TEST(sampler.counters().counted_only == 4U);
}

BOOST_AUTO_TEST_CASE(the_very_first_of_a_rule_is_written_whatever_others_have_used_up) {
    for (const char* rule : {"a.a", "b.b", "c.c", "d.d", "e.e"}) record(rule, 2);
    BOOST_TEST(seen() == "a.a a.a b.b b.b c.c c.c d.d e.e");
}

BOOST_AUTO_TEST_CASE(an_interval_that_is_over_is_summed_up_by_rule) {
    record("b.b", 5);
    record("a.a", 4);
    record("c.c", 1);
    clock.advance(10s - 1ms);
    record("a.a", 1);
    BOOST_TEST(seen() == "b.b b.b a.a a.a c.c");
    clock.advance(1ms);
    record("b.b", 4);
    BOOST_TEST(seen() == "b.b b.b a.a a.a c.c a.a+3/3 b.b+3/3 b.b b.b");
    clock.advance(10s);
    sampler.sum_up(clock.now());
    BOOST_TEST(seen() == "b.b b.b a.a a.a c.c a.a+3/3 b.b+3/3 b.b b.b b.b+2/5");
    clock.advance(10s);
    sampler.sum_up(clock.now());
    BOOST_TEST(audit.entries().size() == 10U);
}

BOOST_AUTO_TEST_CASE(a_summary_says_when_and_of_what) {
    record("sig.invalid", 5);
    clock.advance(11s);
    sampler.sum_up(clock.now());
    const AuditLine line = audit.last();
    BOOST_TEST(line.event == "summary");
    BOOST_TEST(line.stage == "sig");
    BOOST_TEST(line.rule == "sig.invalid");
    BOOST_TEST((line.time == clock.now()));
    BOOST_TEST((line.lane == AuditLane::sampled));
}

BOOST_AUTO_TEST_CASE(every_entry_is_written_or_counted) {
    const std::vector<std::string> rules = {"a.a", "b.b", "c.c"};
    constexpr unsigned turns = 500;
    for (unsigned i = 0; i < turns; ++i) {
        record(rules[i % 3], i % 7);
        clock.advance(std::chrono::milliseconds(i * 37 % 4001));
    }
    sampler.sum_up_at_once(clock.now());
    std::uint64_t in_full = 0;
    std::uint64_t summed_up = 0;
    for (const AuditLine& entry : audit.entries()) {
        in_full += entry.event == "refused" ? 1 : 0;
        summed_up += entry.more;
    }
    std::uint64_t sent = 0;
    for (unsigned i = 0; i < turns; ++i) sent += i % 7;
    BOOST_TEST(in_full + summed_up == sent);
    BOOST_TEST(sampler.counters().in_full == in_full);
    BOOST_TEST(sampler.counters().counted_only == summed_up);
}

BOOST_AUTO_TEST_CASE(entries_that_come_out_of_order_begin_no_interval) {
    record("a.a", 3);
    for (int i = 0; i < 10; ++i) {
        clock.advance(i % 2 == 0 ? -500ms : 500ms);
        record("a.a", 2);
    }
    BOOST_TEST(seen() == "a.a a.a");
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_begins_an_interval) {
    record("a.a", 3);
    clock.advance(-1h);
    record("a.a", 3);
    BOOST_TEST(seen() == "a.a a.a a.a+1/1 a.a a.a");
}

BOOST_AUTO_TEST_CASE(more_rules_than_it_has_room_for_are_counted_together) {
    constexpr unsigned many = 1000;
    for (unsigned i = 0; i < many; ++i) record("r." + std::to_string(i));
    clock.advance(10s);
    sampler.sum_up(clock.now());
    // 256 rules, and all others as one, of which two are written; the third is the last of those beside the first.
    BOOST_TEST(audit.entries().size() == 256U + 2U + 1U);
    BOOST_TEST(audit.last().rule == "other.rules");
    BOOST_TEST(audit.last().more == many - 256 - 2);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(audit_sampling, ServiceUnderTest)

namespace {

unsigned in_full(const Recorder& audit, std::string_view event) {
    const auto entries = audit.entries();
    return static_cast<unsigned>(std::ranges::count(entries, event, &AuditLine::event));
}

std::string good_body(int number) {
    auto request = baseline_request();
    request.id = parsed<saml::MessageID>("_q" + std::to_string(number));
    return signed_body(request);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_flood_of_unproven_requests_is_sampled_and_a_logout_among_it_is_not) {
    struct Kind {
        std::string rule;
        std::string body;
    };
    auto of_a_stranger = baseline_request();
    of_a_stranger.issuer = parsed<saml::EntityID>("https://stranger.example.org");
    const std::vector<Kind> kinds = {
        {"xml.malformed", "<"},
        {"sig.missing", unsigned_soap({})},
        {"sig.invalid", replaced(signed_body(baseline_request()), ">N1<", ">N2<")},
        {"check.issuer_unknown", signed_body(of_a_stranger)},
    };
    for (const Kind& kind : kinds) {
        for (int i = 0; i < 25; ++i) static_cast<void>(handle(kind.body));
        const auto entries = audit.entries();
        BOOST_TEST(std::ranges::count(entries, kind.rule, &AuditLine::rule) == 10, kind.rule);
        BOOST_TEST((entries.back().lane == AuditLane::sampled));
    }
    for (int i = 0; i < 25; ++i) {
        static_cast<void>(handle(good_body(i)));
        BOOST_TEST((audit.last().lane == AuditLane::proven));
    }
    BOOST_TEST(in_full(audit, "logout") == 25U);
    BOOST_TEST(service().sampled_lines().in_full == 40U);
    BOOST_TEST(service().sampled_lines().counted_only == 60U);
}

BOOST_AUTO_TEST_CASE(a_request_over_its_idps_rate_is_sampled_too) {
    parts.policy.requests_per_second_per_idp = 2;
    for (int i = 0; i < 44; ++i) static_cast<void>(handle(good_body(i)));
    BOOST_TEST(in_full(audit, "logout") == 4U);
    BOOST_TEST(in_full(audit, "refused") == 10U);
    BOOST_TEST(audit.last().rule == "check.rate");
    BOOST_TEST(audit.last().request_id == "_q13");
    BOOST_TEST(service().sampled_lines().counted_only == 30U);
}

BOOST_AUTO_TEST_CASE(a_proven_request_is_never_sampled_even_if_it_is_refused) {
    auto request = baseline_request();
    request.destination = "https://other.example.org/slo";
    const std::string for_another = signed_body(request);
    for (int i = 0; i < 25; ++i) static_cast<void>(handle(for_another));
    BOOST_TEST(in_full(audit, "refused") == 10U);  // not ours: any sender may repeat it
    store.begun = fail(StoreErrc::store_failed);
    for (int i = 0; i < 25; ++i) static_cast<void>(handle(good_body(i)));
    BOOST_TEST(in_full(audit, "refused") == 35U);
}

BOOST_AUTO_TEST_CASE(recovery_is_never_sampled) {
    store.unfinished = std::vector{UnfinishedLogout{{idp_id, parsed<saml::MessageID>("_a")}, sessions_named({"S1"})}};
    for (int i = 0; i < 25; ++i) static_cast<void>(taken(service().recover()));
    BOOST_TEST(in_full(audit, "recover") == 25U);
}

BOOST_AUTO_TEST_CASE(housekeeping_sums_up_when_the_unproven_requests_have_stopped) {
    for (int i = 0; i < 25; ++i) static_cast<void>(handle(unsigned_soap({})));
    keep_house(service(), 1);
    BOOST_TEST(in_full(audit, "summary") == 0U);
    clock.advance(10s);
    keep_house(service(), 2);
    BOOST_TEST_REQUIRE(in_full(audit, "summary") == 1U);
    BOOST_TEST(audit.last().rule == "sig.missing");
    BOOST_TEST(audit.last().more == 15U);
}

BOOST_AUTO_TEST_CASE(a_service_that_ends_sums_up) {
    for (int i = 0; i < 25; ++i) static_cast<void>(handle(unsigned_soap({})));
    end_service();
    BOOST_TEST_REQUIRE(in_full(audit, "summary") == 1U);
    BOOST_TEST(audit.last().more == 15U);
}

BOOST_AUTO_TEST_CASE(a_host_says_how_much_it_wants) {
    parts.audit_sampling = {.interval = 1s, .lines_per_rule = 3, .lines_in_all = 100};
    for (int i = 0; i < 25; ++i) static_cast<void>(handle(unsigned_soap({})));
    BOOST_TEST(in_full(audit, "refused") == 3U);
    clock.advance(1s);
    static_cast<void>(handle(unsigned_soap({})));
    BOOST_TEST(in_full(audit, "refused") == 4U);
    BOOST_TEST(in_full(audit, "summary") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
