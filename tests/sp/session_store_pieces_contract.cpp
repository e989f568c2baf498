// More sessions than an engine handles in one step end by one order, with the same visible effect as few.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "rounds.hpp"
#include "session_store_contract.hpp"
#include "session_store_trial.hpp"
#include "store_rules.hpp"

namespace slo::test {
namespace {

constexpr std::size_t many = 2 * sp::largest_piece + 9;

/// s0, s1, s2...
std::vector<std::string> names(std::size_t first, std::size_t last) {
    std::vector<std::string> all;
    for (std::size_t i = first; i < last; ++i) all.push_back("s" + std::to_string(i));
    return all;
}

std::size_t count_alive(Trial& trial) {
    const std::vector<std::string> all = names(0, many);
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&trial](const std::string& name) { return trial.is_alive(name); }));
}

sp::LogoutOutcome outcome_of(std::size_t ended, std::size_t failed) {
    return {
        .ended = static_cast<std::uint32_t>(ended), .already_gone = 0, .failed = static_cast<std::uint32_t>(failed)};
}

void many_sessions_end_by_one_order(MakeStore make_store) {
    Trial trial(make_store);
    log_in_many(*trial.store, many);
    const sp::BegunLogout begun = taken(begin_logout(*trial.store, order_for_all("r")));
    BOOST_TEST(std::get<sp::FreshLogout>(begun).ending.size() == many);
    BOOST_TEST(count_alive(trial) == 0u);
    BOOST_TEST((trial.complete(order_for_all("r"), names(0, many)) == outcome_of(many, 0)));
    BOOST_TEST(trial.unfinished() == "");
    BOOST_TEST((trial.repeat(order_for_all("r")).recorded == outcome_of(many, 0)));
    BOOST_TEST(trial.begin(order_for_all("another")) == "");
}

void the_sessions_left_of_many_are_counted_and_named_again(MakeStore make_store) {
    Trial trial(make_store);
    log_in_many(*trial.store, many);
    trial.begin(order_for_all("r"));
    BOOST_TEST((trial.complete(order_for_all("r"), names(2, many)) == outcome_of(many - 2, 2)));
    BOOST_TEST(trial.unfinished() == "r: s0 s1");
    BOOST_TEST(ids_of(trial.repeat(order_for_all("r")).ending) == "s0 s1");
    BOOST_TEST((trial.complete(order_for_all("r"), names(0, 2)) == outcome_of(many, 0)));
}

void nothing_of_many_is_forgotten_that_another_round_has(MakeStore make_store) {
    Trial trial(make_store);
    log_in_many(*trial.store, many);
    trial.begin(order_for_all("r"));
    const sp::RoundID stranger{.node = 1, .number = 2};
    const sp::RoundReport report{.round = stranger, .gone = ids_of_many(many)};
    BOOST_TEST(taken(trial.store->complete_logout(order_for_all("r").key, report)).failed == many);
}

void many_that_no_such_logout_named_are_not_forgotten(MakeStore make_store) {
    Trial trial(make_store);
    log_in_many(*trial.store, many);
    const sp::RoundReport report{.round = claim_of(order_for_all("r").key).round, .gone = ids_of_many(many)};
    const auto completed = trial.store->complete_logout(order_for_all("r").key, report);
    BOOST_TEST((completed.error().code == sp::StoreErrc::store_failed));
    BOOST_TEST(completed.error().detail == "no such logout has begun");
    BOOST_TEST(count_alive(trial) == many);
}

}  // namespace

std::vector<ContractCase> pieces_contract() {
    return {
        {"many_sessions_end_by_one_order", many_sessions_end_by_one_order},
        {"the_sessions_left_of_many_are_counted_and_named_again",
         the_sessions_left_of_many_are_counted_and_named_again},
        {"nothing_of_many_is_forgotten_that_another_round_has", nothing_of_many_is_forgotten_that_another_round_has},
        {"many_that_no_such_logout_named_are_not_forgotten", many_that_no_such_logout_named_are_not_forgotten},
    };
}

}  // namespace slo::test
