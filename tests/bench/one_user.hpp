// The sessions of one user: what each costs when all end by one order, and how long others wait meanwhile.
#pragma once

#include <cstdint>
#include <vector>

#include "slo/sp/session_store.hpp"
#include "store_load.hpp"

namespace slo::bench {

/// Has as many sessions of one NameID end as `sizes` say, each number by a user of its own, and prints a row for each,
/// and how what a session costs grows from the first row to the others.
void print_one_users(sp::SessionStore& store, const StandingClock& clock, const std::vector<std::uint64_t>& sizes);

}  // namespace slo::bench
