// What every engine of the session store has to keep: one suite, run against each of them.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "slo/sp/clock.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::test {

/// How a case wants its store. An engine without one of the limits doesn't register the limits' cases.
struct StoreSettings {
    sp::ReloginRule relogin = sp::ReloginRule::by_authn_instant;
    std::size_t max_sessions = 10'000;
    std::size_t max_logout_records = 10'000;
    std::size_t max_logout_records_per_idp = 10'000;
    std::size_t max_kept_requests = 10'000;
    std::size_t max_sessions_per_principal = 10'000;
};

/// Makes an empty store that asks `clock` for the time; the clock outlives it.
using MakeStore = std::unique_ptr<sp::SessionStore> (*)(const sp::Clock& clock, const StoreSettings& settings);

struct ContractCase {
    const char* name;
    void (*check)(MakeStore make_store);
};

[[nodiscard]] std::vector<ContractCase> admission_contract();   ///< which logins are admitted, and which come too late
[[nodiscard]] std::vector<ContractCase> matching_contract();    ///< which sessions an order names
[[nodiscard]] std::vector<ContractCase> completion_contract();  ///< ending, gone, repeated, unfinished
[[nodiscard]] std::vector<ContractCase> round_contract();       ///< one round at a time, and near misses
[[nodiscard]] std::vector<ContractCase> listing_contract();     ///< the sessions that an order would end, and an IdP's
[[nodiscard]] std::vector<ContractCase> request_contract();     ///< our own requests, kept until an IdP has seen them
[[nodiscard]] std::vector<ContractCase> principal_contract();   ///< how many sessions one principal may have
[[nodiscard]] std::vector<ContractCase> pieces_contract();      ///< more sessions of one order than one step takes
[[nodiscard]] std::vector<ContractCase> limits_contract();      ///< the behaviour of a full store

/// StoreContract adds cases to the suite that is being built: make one at namespace scope, between
/// BOOST_AUTO_TEST_SUITE(unit) and its end. They show as unit/<engine>/<case>.
struct StoreContract {
    StoreContract(const char* engine, MakeStore make_store, const std::vector<std::vector<ContractCase>>& parts);
};

}  // namespace slo::test
