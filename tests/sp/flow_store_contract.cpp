#include "flow_store_contract.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <latch>
#include <thread>
#include <utility>

#include "slo/sp/store_error.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using sp::AssertionUse;
using sp::StoreErrc;

const auto other_issuer = parsed<saml::EntityID>("https://idp2.example.org/metadata");

template <class T>
std::error_code code_of(const Result<T>& result) {
    return result ? std::error_code() : result.error().code;
}

std::string text_of(const std::optional<std::string>& record) {
    return record.value_or("-");
}

// How many of 64 threads that call it at the same time `succeed`. Throws std::logic_error where one fails.
int successes_of_64(const std::function<Result<bool>()>& succeeds) {
    constexpr int callers = 64;
    std::latch start(callers);
    std::atomic<int> successes = 0;
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < callers; ++i) {
            threads.emplace_back([&] {
                start.arrive_and_wait();
                const auto success = succeeds();
                if (!success) ++failures;
                if (success && *success) ++successes;
            });
        }
    }
    if (failures != 0) throw std::logic_error("a caller failed");
    return successes;
}

void a_record_is_peeked_at_will_and_taken_once(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    trial.keep(1, "one", flow_noon + 10min);
    trial.keep(2, "two", flow_noon + 10min);
    BOOST_TEST(trial.peek(1) == "one");
    BOOST_TEST(trial.peek(1) == "one");
    BOOST_TEST(trial.take(1) == "one");
    BOOST_TEST(trial.take(1) == "-");
    BOOST_TEST(trial.peek(1) == "-");
    BOOST_TEST(trial.peek(2) == "two");
    BOOST_TEST(trial.peek(3) == "-");
    BOOST_TEST(trial.take(3) == "-");
}

void a_record_is_any_octets_up_to_4_kib(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    std::string every_octet;
    for (int i = 0; i < 256; ++i) every_octet.push_back(static_cast<char>(i));
    std::string largest;
    while (largest.size() < sp::largest_flow_record) largest += every_octet;
    const std::vector<std::string> records{"", std::string(1, '\0'), every_octet, largest};
    for (unsigned i = 0; i < records.size(); ++i) trial.keep(i, records[i], flow_noon + 10min);
    for (unsigned i = 0; i < records.size(); ++i) {
        BOOST_TEST((trial.peek(i) == records[i]), i);
        BOOST_TEST((trial.take(i) == records[i]), i);
    }
    trial.keep(8, std::string_view(), flow_noon + 10min);  // without an address
    BOOST_TEST(trial.peek(8).empty());
    BOOST_TEST(code_of(trial.store->keep(handle(9), largest + "x", flow_noon + 10min)) == StoreErrc::flow_malformed);
    BOOST_TEST(trial.peek(9) == "-");
}

void a_record_is_there_until_its_end_and_not_at_it(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    trial.keep(1, "one", flow_noon + 10min);
    trial.keep(2, "two", flow_noon + 10min + 1ms);
    trial.clock.set(flow_noon + 10min - 1ms);
    BOOST_TEST(trial.peek(1) == "one");
    trial.clock.set(flow_noon + 10min);
    BOOST_TEST(trial.peek(1) == "-");
    BOOST_TEST(trial.take(1) == "-");
    BOOST_TEST(trial.take(2) == "two");
}

void an_end_is_after_now_and_within_an_hour(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    for (const Instant until : {flow_noon - 1ms, flow_noon, flow_noon + 60min + 1ms, Instant::max(), Instant::min()}) {
        BOOST_TEST(code_of(trial.store->keep(handle(1), "one", until)) == StoreErrc::flow_malformed);
    }
    BOOST_TEST(trial.peek(1) == "-");
    trial.keep(1, "one", flow_noon + 1ms);
    trial.keep(2, "two", flow_noon + 60min);
    BOOST_TEST(trial.peek(1) == "one");
    BOOST_TEST(trial.peek(2) == "two");
}

void a_claims_end_is_after_now_and_within_a_day(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    for (const Instant until : {flow_noon - 1ms, flow_noon, flow_noon + 24h + 1ms, Instant::max(), Instant::min()}) {
        BOOST_TEST(code_of(trial.store->claim(idp_id, assertion_id("a"), until)) == StoreErrc::flow_malformed);
    }
    BOOST_TEST(trial.claim("a", flow_noon + 24h) == "first");
    BOOST_TEST(trial.claim("b", flow_noon + 1ms) == "first");
}

void a_handle_that_has_a_record_takes_no_other(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    trial.keep(1, "one", flow_noon + 10min);
    BOOST_TEST(code_of(trial.store->keep(handle(1), "other", flow_noon + 10min)) == StoreErrc::flow_handle_taken);
    BOOST_TEST(code_of(trial.store->keep(handle(1), "one", flow_noon + 11min)) == StoreErrc::flow_handle_taken);
    trial.clock.set(flow_noon + 10min - 1ms);
    BOOST_TEST(trial.peek(1) == "one");
    trial.clock.set(flow_noon + 10min);
    BOOST_TEST(trial.peek(1) == "-");
}

// After StoreErrc::store_failed, when it may have been kept.
void the_same_record_is_kept_again_and_counts_once(MakeFlowStore make_store) {
    FlowTrial trial(make_store, {.max_flows = 2});
    for (int i = 0; i < 3; ++i) trial.keep(1, "one", flow_noon + 10min);
    BOOST_TEST(trial.take(1) == "one");
    BOOST_TEST(trial.peek(1) == "-");
    trial.keep(2, "two", flow_noon + 10min);
}

void of_64_threads_one_takes_the_record(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    for (unsigned round = 0; round < 3; ++round) {
        trial.keep(round, "one", flow_noon + 10min);
        BOOST_TEST(successes_of_64([&]() -> Result<bool> {
                       const auto record = trial.store->take(handle(round));
                       if (!record) return record.error();
                       return record->has_value();
                   }) == 1);
    }
}

void an_assertion_is_new_once(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    BOOST_TEST(trial.claim("a", flow_noon + 10min) == "first");
    BOOST_TEST(trial.claim("a", flow_noon + 10min) == "seen");
    BOOST_TEST(trial.claim("a", flow_noon + 20min) == "seen");
    BOOST_TEST(trial.claim("b", flow_noon + 10min) == "first");
    const auto at_another = trial.store->claim(other_issuer, assertion_id("a"), flow_noon + 10min);
    BOOST_TEST((taken(at_another) == AssertionUse::first));
    // An ID's digits are no handle's, whatever they are.
    BOOST_TEST(trial.claim("_" + handle(1).str(), flow_noon + 10min) == "first");
    BOOST_TEST(trial.peek(1) == "-");
}

void an_issuer_and_an_id_arent_run_together(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    const auto longer = parsed<saml::EntityID>(idp_id.str() + "a");
    BOOST_TEST(trial.claim("ab", flow_noon + 10min) == "first");
    BOOST_TEST((taken(trial.store->claim(longer, assertion_id("b"), flow_noon + 10min)) == AssertionUse::first));
}

void a_claim_stands_until_its_end(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    BOOST_TEST(trial.claim("a", flow_noon + 24h) == "first");
    BOOST_TEST(trial.claim("b", flow_noon + 10min) == "first");
    trial.forget_all_expired();
    trial.clock.set(flow_noon + 10min - 1ms);
    trial.forget_all_expired();
    BOOST_TEST(trial.claim("b", flow_noon + 1h) == "seen");
    trial.clock.set(flow_noon + 24h - 1ms);
    trial.forget_all_expired();
    BOOST_TEST(trial.claim("a", flow_noon + 25h) == "seen");
}

// Which were dropped while it was ahead.
void a_clock_that_goes_back_brings_no_assertion_back(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    BOOST_TEST(trial.claim("a", flow_noon + 10min) == "first");
    BOOST_TEST(trial.claim("b", flow_noon + 20min) == "first");
    trial.clock.set(flow_noon + 10min);
    trial.forget_all_expired();
    trial.clock.set(flow_noon + 1min);
    const auto again = trial.store->claim(idp_id, assertion_id("a"), flow_noon + 10min);
    BOOST_TEST((again ? *again == AssertionUse::seen : again.error().code == StoreErrc::flow_malformed));
    BOOST_TEST(trial.claim("b", flow_noon + 20min) == "seen");
    for (int i = 0; i < 100; ++i) {
        BOOST_TEST(trial.claim("c" + std::to_string(i), flow_noon + 10min + 1ms) == "first");
    }
}

void of_64_threads_one_is_first(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    for (const std::string id : {"a", "b", "c"}) {
        BOOST_TEST(successes_of_64([&]() -> Result<bool> {
                       const auto use = trial.store->claim(idp_id, assertion_id(id), flow_noon + 10min);
                       if (!use) return use.error();
                       return *use == AssertionUse::first;
                   }) == 1);
    }
}

void a_full_store_keeps_what_it_has(MakeFlowStore make_store) {
    FlowTrial trial(make_store, {.max_flows = 3, .max_claims = 2});
    for (unsigned i = 0; i < 3; ++i) trial.keep(i, "one", flow_noon + 10min + std::chrono::minutes(i));
    BOOST_TEST(code_of(trial.store->keep(handle(3), "one", flow_noon + 10min)) == StoreErrc::store_full);
    trial.keep(1, "one", flow_noon + 11min);  // which is there
    for (unsigned i = 0; i < 3; ++i) BOOST_TEST(trial.peek(i) == "one");
    BOOST_TEST(trial.peek(3) == "-");
    BOOST_TEST(trial.claim("a", flow_noon + 10min) == "first");  // claims have room of their own
    trial.clock.set(flow_noon + 10min);
    trial.keep(3, "three", flow_noon + 20min);
    BOOST_TEST(code_of(trial.store->keep(handle(4), "one", flow_noon + 20min)) == StoreErrc::store_full);
    BOOST_TEST(trial.peek(2) == "one");
}

void a_store_full_of_claims_accepts_no_assertion(MakeFlowStore make_store) {
    FlowTrial trial(make_store, {.max_flows = 2, .max_claims = 2});
    BOOST_TEST(trial.claim("a", flow_noon + 10min) == "first");
    for (int i = 0; i < 3; ++i) BOOST_TEST(trial.claim("a", flow_noon + 10min) == "seen");  // which takes no room
    BOOST_TEST(trial.claim("b", flow_noon + 24h) == "first");
    for (int i = 0; i < 2; ++i) {
        BOOST_TEST(code_of(trial.store->claim(idp_id, assertion_id("c"), flow_noon + 1h)) == StoreErrc::store_full);
    }
    BOOST_TEST(trial.claim("a", flow_noon + 10min) == "seen");
    trial.keep(1, "one", flow_noon + 10min);  // pending records have room of their own
    trial.clock.set(flow_noon + 10min);
    BOOST_TEST(trial.claim("c", flow_noon + 1h) == "first");
    BOOST_TEST(trial.claim("b", flow_noon + 1h) == "seen");
    BOOST_TEST(code_of(trial.store->claim(idp_id, assertion_id("d"), flow_noon + 1h)) == StoreErrc::store_full);
}

void a_large_record_counts_for_each_kib(MakeFlowStore make_store) {
    FlowTrial trial(make_store, {.max_flows = 5});
    trial.keep(1, std::string(1023, 'x'), flow_noon + 10min);
    const std::string largest(sp::largest_flow_record, 'x');  // five KiB are begun
    BOOST_TEST(code_of(trial.store->keep(handle(2), largest, flow_noon + 10min)) == StoreErrc::store_full);
    trial.keep(2, std::string(4095, 'x'), flow_noon + 10min);
    BOOST_TEST(code_of(trial.store->keep(handle(3), "", flow_noon + 10min)) == StoreErrc::store_full);
}

void nothing_is_forgotten_before_its_end(MakeFlowStore make_store) {
    FlowTrial trial(make_store);
    for (unsigned i = 0; i < 40; ++i) trial.keep(i, "one", flow_noon + 10min + std::chrono::milliseconds(i));
    trial.forget_all_expired();
    trial.clock.set(flow_noon + 10min + 19ms);
    trial.forget_all_expired();
    for (unsigned i = 0; i < 40; ++i) BOOST_TEST(trial.take(i) == (i < 20 ? "-" : "one"));
}

void a_taken_record_makes_room(MakeFlowStore make_store) {
    FlowTrial trial(make_store, {.max_flows = 5});
    trial.keep(1, std::string(4095, 'x'), flow_noon + 10min);
    trial.keep(2, "two", flow_noon + 10min);
    BOOST_TEST(trial.take(1).size() == 4095u);
    for (unsigned i = 3; i < 7; ++i) trial.keep(i, "one", flow_noon + 10min);
    BOOST_TEST(code_of(trial.store->keep(handle(7), "one", flow_noon + 10min)) == StoreErrc::store_full);
    BOOST_TEST(trial.take(2) == "two");
    trial.keep(7, "one", flow_noon + 10min);
}

// By what is dropped: a store that counts its records wrongly has less room with each round.
void what_is_forgotten_makes_room_again_and_again(MakeFlowStore make_store) {
    FlowTrial trial(make_store, {.max_flows = 8, .max_claims = 4});
    for (unsigned round = 0; round < 4; ++round) {
        const Instant now = flow_noon + 10min * round;
        trial.clock.set(now);
        if (round % 2 == 0) trial.forget_all_expired();
        for (unsigned i = 0; i < 4; ++i) {
            trial.keep(4 * round + i, std::string(1024, 'x'), now + 10min);
            BOOST_TEST(trial.claim("a" + std::to_string(4 * round + i), now + 10min) == "first");
        }
        BOOST_TEST(code_of(trial.store->keep(handle(999), "", now + 10min)) == StoreErrc::store_full);
        BOOST_TEST(code_of(trial.store->claim(idp_id, assertion_id("x"), now + 10min)) == StoreErrc::store_full);
    }
}

void an_expired_record_or_claim_gives_way_to_a_new_one(MakeFlowStore make_store) {
    for (const std::size_t room : {1, 10}) {
        FlowTrial trial(make_store, {.max_flows = room, .max_claims = room});
        for (unsigned round = 0; round < 3; ++round) {
            const Instant until = flow_noon + 10min * (round + 1);
            trial.keep(1, std::to_string(round), until);
            BOOST_TEST(trial.peek(1) == std::to_string(round));
            BOOST_TEST(trial.claim("a", until) == "first");
            BOOST_TEST(trial.claim("a", until) == "seen");
            trial.clock.set(until);
        }
    }
}

}  // namespace

sp::FlowHandle handle(unsigned number) {
    std::string digits = std::to_string(number);
    return parsed<sp::FlowHandle>(std::string(40 - digits.size(), 'a') + digits);
}

void FlowTrial::keep(unsigned number, std::string_view record, Instant until) {
    static_cast<void>(taken<Done>(store->keep(handle(number), record, until)));
}

std::string FlowTrial::peek(unsigned number) {
    return text_of(taken(store->peek(handle(number))));
}

std::string FlowTrial::take(unsigned number) {
    return text_of(taken(store->take(handle(number))));
}

std::string FlowTrial::claim(std::string_view assertion, Instant until) {
    return taken(store->claim(idp_id, assertion_id(assertion), until)) == AssertionUse::first ? "first" : "seen";
}

void FlowTrial::forget_all_expired() {
    for (int i = 0; i < 256; ++i) static_cast<void>(store->forget_expired());
}

std::vector<FlowCase> flow_contract() {
    return {
        {"a_record_is_peeked_at_will_and_taken_once", a_record_is_peeked_at_will_and_taken_once},
        {"a_record_is_any_octets_up_to_4_kib", a_record_is_any_octets_up_to_4_kib},
        {"a_record_is_there_until_its_end_and_not_at_it", a_record_is_there_until_its_end_and_not_at_it},
        {"an_end_is_after_now_and_within_an_hour", an_end_is_after_now_and_within_an_hour},
        {"a_claims_end_is_after_now_and_within_a_day", a_claims_end_is_after_now_and_within_a_day},
        {"a_handle_that_has_a_record_takes_no_other", a_handle_that_has_a_record_takes_no_other},
        {"the_same_record_is_kept_again_and_counts_once", the_same_record_is_kept_again_and_counts_once},
        {"of_64_threads_one_takes_the_record", of_64_threads_one_takes_the_record},
        {"an_assertion_is_new_once", an_assertion_is_new_once},
        {"an_issuer_and_an_id_arent_run_together", an_issuer_and_an_id_arent_run_together},
        {"a_claim_stands_until_its_end", a_claim_stands_until_its_end},
        {"a_clock_that_goes_back_brings_no_assertion_back", a_clock_that_goes_back_brings_no_assertion_back},
        {"of_64_threads_one_is_first", of_64_threads_one_is_first},
        {"a_full_store_keeps_what_it_has", a_full_store_keeps_what_it_has},
        {"a_store_full_of_claims_accepts_no_assertion", a_store_full_of_claims_accepts_no_assertion},
        {"a_large_record_counts_for_each_kib", a_large_record_counts_for_each_kib},
        {"nothing_is_forgotten_before_its_end", nothing_is_forgotten_before_its_end},
        {"what_is_forgotten_makes_room_again_and_again", what_is_forgotten_makes_room_again_and_again},
    };
}

std::vector<FlowCase> flow_room_contract() {
    return {
        {"a_taken_record_makes_room", a_taken_record_makes_room},
        {"an_expired_record_or_claim_gives_way_to_a_new_one", an_expired_record_or_claim_gives_way_to_a_new_one},
    };
}

FlowContract::FlowContract(const char* engine, MakeFlowStore make_store,
                           const std::vector<std::vector<FlowCase>>& parts) {
    namespace bt = boost::unit_test;
    auto* const suite = BOOST_TEST_SUITE(engine);
    for (const std::vector<FlowCase>& part : parts) {
        for (const FlowCase& one : part) {
            const auto run = [check = one.check, make_store] { check(make_store); };
            suite->add(bt::make_test_case(run, one.name, __FILE__, __LINE__));
        }
    }
    bt::framework::current_auto_test_suite().add(suite);
}

}  // namespace slo::test
