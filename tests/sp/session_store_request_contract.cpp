// Kept requests: our own LogoutRequests that an IdP may not have seen. None is lost, and no two callers send one.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <mutex>
#include <thread>

#include "session_store_contract.hpp"
#include "session_store_trial.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;
using saml::NameIDMatching;

constexpr std::size_t any_number = 1'000;

// The requests' IDs as they were taken, joined by blanks.
std::string take(Trial& trial, Instant now, Instant until, std::size_t count = any_number) {
    std::string ids;
    for (const sp::KeptRequest& request : taken(trial.store->take_due_requests(now, until, count))) {
        ids += (ids.empty() ? "" : " ") + request.order.key.request_id.str();
    }
    return ids;
}

void keep(Trial& trial, const sp::KeptRequest& request) {
    static_cast<void>(taken<Done>(trial.store->keep_request(request)));
}

void drop(Trial& trial, const sp::LogoutKey& key) {
    static_cast<void>(taken<Done>(trial.store->drop_request(key)));
}

sp::KeptRequest with_every_field(std::string_view id, const std::vector<std::string>& session_indexes,
                                 NameIDMatching matching) {
    sp::KeptRequest request = request_of(id);
    request.order.sp = our_other_id;
    request.order.name_id = {.value = "\xF0\x9F\x94\x91 and \xC3\xA9",
                             .format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
                             .name_qualifier = "qualifier \xF0\x9D\x94\x98",
                             .sp_name_qualifier = "",
                             .sp_provided_id = "provided\nby us"};
    request.order.session_indexes = indexes(session_indexes);
    request.order.matching = matching;
    request.order.as_of = noon - 1ms;
    request.order.keep_until = noon + 3h + 7ms;
    request.reason = "urn:oasis:names:tc:SAML:2.0:logout:user";
    request.not_on_or_after = noon + 5min + 3ms;
    request.attempts = 0xFFFF'FFFF;
    return request;
}

void every_field_comes_back(MakeStore make_store) {
    std::vector<std::string> many;
    for (int i = 0; i < 64; ++i) many.push_back("i" + std::to_string(i) + " \xF0\x9F\x94\x91");
    std::vector<sp::KeptRequest> requests{request_of("bare")};
    requests.front().order.session_indexes.clear();
    for (const auto matching : {NameIDMatching::exact, NameIDMatching::default_qualifiers, NameIDMatching::value_only,
                                NameIDMatching::session_index}) {
        const std::string number = std::to_string(requests.size());
        requests.push_back(with_every_field("none" + number, {}, matching));
        requests.push_back(with_every_field("one" + number, {"i1"}, matching));
        requests.push_back(with_every_field("many" + number, many, matching));
        requests.push_back(with_every_field("instants" + number, {"i1"}, matching));
        requests.back().order.authn_instants = {noon - 1h, noon + 7ms, at("1969-12-31T23:59:59Z")};
    }
    Trial trial(make_store);
    for (sp::KeptRequest& request : requests) {
        keep(trial, request);
        request.next_attempt = noon + 1min;
        const auto due = taken(trial.store->take_due_requests(noon, noon + 1min, any_number));
        BOOST_TEST_REQUIRE(due.size() == 1u);
        BOOST_TEST((due.front() == request), request.order.key.request_id.str());
    }
    BOOST_TEST(taken(trial.store->take_due_requests(noon + 1min, noon + 2min, any_number)).size() == requests.size());
}

void a_request_replaces_the_one_kept_under_its_key(MakeStore make_store) {
    Trial trial(make_store);
    sp::KeptRequest request = request_of("r");
    keep(trial, request);
    request = with_every_field("r", {"i9"}, NameIDMatching::exact);
    request.next_attempt = noon + 1min;
    request.attempts = 1;
    keep(trial, request);
    BOOST_TEST(take(trial, noon, noon + 9min) == "");
    const auto due = taken(trial.store->take_due_requests(noon + 1min, noon + 9min, any_number));
    request.next_attempt = noon + 9min;
    BOOST_TEST((due == std::vector<sp::KeptRequest>{request}));
    BOOST_TEST(take(trial, noon + 8min, noon + 9min) == "");
}

void keys_of_two_idps_are_two_requests(MakeStore make_store) {
    Trial trial(make_store);
    sp::KeptRequest of_another = request_of("r", noon + 1ms);
    of_another.order.key.idp = other_idp_id;
    keep(trial, request_of("r"));
    keep(trial, of_another);
    drop(trial, request_of("r").order.key);
    const auto due = taken(trial.store->take_due_requests(noon + 1ms, noon + 1min, any_number));
    BOOST_TEST_REQUIRE(due.size() == 1u);
    BOOST_TEST((due.front().order.key == of_another.order.key));
}

void the_earliest_is_taken_first_and_none_before_its_time(MakeStore make_store) {
    Trial trial(make_store);
    std::string all;
    for (int i = 0; i < 40; ++i) {
        const int place = i * 7 % 40;
        keep(trial, request_of("r" + std::to_string(place), noon + std::chrono::milliseconds(place)));
        all += (i == 0 ? "r" : " r") + std::to_string(i);
    }
    BOOST_TEST(take(trial, noon - 1ms, noon + 1h) == "");
    BOOST_TEST(take(trial, noon, noon + 1h) == "r0");
    BOOST_TEST(take(trial, noon + 3ms, noon + 1h) == "r1 r2 r3");
    BOOST_TEST(take(trial, noon + 39ms, noon + 1h, 2) == "r4 r5");
    BOOST_TEST(take(trial, noon + 39ms, noon + 1h, 0) == "");
    BOOST_TEST(take(trial, noon + 39ms, noon + 1h) == all.substr(all.find("r6")));
    BOOST_TEST(take(trial, noon + 59min, noon + 1h) == "");
}

// Its taker may have died.
void a_request_is_due_again_when_its_time_has_come(MakeStore make_store) {
    Trial trial(make_store);
    keep(trial, request_of("r"));
    BOOST_TEST(take(trial, noon, noon + 30s) == "r");
    BOOST_TEST(take(trial, noon + 30s - 1ms, noon + 1h) == "");
    BOOST_TEST(take(trial, noon + 30s, noon + 1min) == "r");
    BOOST_TEST(take(trial, noon + 1min, noon + 2min) == "r");
}

void a_dropped_request_is_gone_and_dropping_it_again_is_no_error(MakeStore make_store) {
    Trial trial(make_store);
    drop(trial, request_of("r").order.key);
    keep(trial, request_of("r"));
    keep(trial, request_of("other"));
    drop(trial, request_of("r").order.key);
    drop(trial, request_of("r").order.key);
    BOOST_TEST(take(trial, noon, noon + 1min) == "other");
    drop(trial, request_of("other").order.key);  // a request that was taken
    BOOST_TEST(take(trial, noon + 1h, noon + 2h) == "");
    keep(trial, request_of("r"));
    BOOST_TEST(take(trial, noon, noon + 1min) == "r");
}

void a_request_that_is_too_late_is_taken_for_another_hour(MakeStore make_store) {
    Trial trial(make_store);
    const sp::KeptRequest request = request_of("r");
    keep(trial, request);
    trial.clock.set(request.not_on_or_after + 1h - 1ms);
    for (int i = 0; i < 5'000; ++i) trial.store->sweep_some();
    BOOST_TEST(take(trial, trial.clock.now(), trial.clock.now() + 1min) == "r");
}

void kept_requests_change_no_sessions_or_logouts(MakeStore make_store) {
    Trial trial(make_store);
    const sp::KeptRequest request = request_of("r");
    trial.login({session_of("a")});
    keep(trial, request);
    BOOST_TEST(trial.is_alive("a"));
    BOOST_TEST(trial.unfinished() == "");
    BOOST_TEST(trial.admits(session_of("b")));
    BOOST_TEST(trial.begin(request.order) == "a b");
    trial.complete(request.order, {"a", "b"});
    BOOST_TEST(take(trial, noon, noon + 1min) == "r");
    drop(trial, request.order.key);
    BOOST_TEST(trial.repeat(request.order).recorded.has_value());
}

void of_64_threads_one_gets_each_request(MakeStore make_store) {
    constexpr int callers = 64;
    constexpr int requests = 32;
    Trial trial(make_store);
    for (int round = 0; round < 3; ++round) {
        const Instant now = noon + std::chrono::minutes(round);
        for (int i = 0; i < requests; ++i) keep(trial, request_of("r" + std::to_string(i), now));
        std::latch start(callers);
        std::mutex mutex;
        std::vector<std::string> ids;
        std::atomic<int> failures = 0;
        std::vector<std::jthread> threads;
        for (int i = 0; i < callers; ++i) {
            threads.emplace_back([&] {
                start.arrive_and_wait();
                const auto due = trial.store->take_due_requests(now, now + 1h, 8);
                if (!due) ++failures;
                if (!due) return;
                const std::lock_guard lock(mutex);
                for (const sp::KeptRequest& request : *due) ids.push_back(request.order.key.request_id.str());
            });
        }
        threads.clear();
        BOOST_TEST(failures == 0);
        // A caller that came second may have got less than is due: the rest is for the next caller.
        while (true) {
            const auto rest = taken(trial.store->take_due_requests(now, now + 1h, 8));
            if (rest.empty()) break;
            for (const sp::KeptRequest& request : rest) ids.push_back(request.order.key.request_id.str());
        }
        std::ranges::sort(ids);
        BOOST_TEST(ids.size() == std::size_t{requests});
        BOOST_TEST((std::ranges::adjacent_find(ids) == ids.end()));
    }
}

}  // namespace

std::vector<ContractCase> request_contract() {
    return {
        {"every_field_comes_back", every_field_comes_back},
        {"a_request_replaces_the_one_kept_under_its_key", a_request_replaces_the_one_kept_under_its_key},
        {"keys_of_two_idps_are_two_requests", keys_of_two_idps_are_two_requests},
        {"the_earliest_is_taken_first_and_none_before_its_time", the_earliest_is_taken_first_and_none_before_its_time},
        {"a_request_is_due_again_when_its_time_has_come", a_request_is_due_again_when_its_time_has_come},
        {"a_dropped_request_is_gone_and_dropping_it_again_is_no_error",
         a_dropped_request_is_gone_and_dropping_it_again_is_no_error},
        {"a_request_that_is_too_late_is_taken_for_another_hour", a_request_that_is_too_late_is_taken_for_another_hour},
        {"kept_requests_change_no_sessions_or_logouts", kept_requests_change_no_sessions_or_logouts},
        {"of_64_threads_one_gets_each_request", of_64_threads_one_gets_each_request},
    };
}

}  // namespace slo::test
