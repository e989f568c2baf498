// The sessions that an order nearly names, also such that differ in white space, which no engine finds.
#pragma once

#include <vector>

#include "slo/saml/result.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// near_misses returns those of `orders`, which are one order under all names of the IdP and of ours. Changes nothing.
/// Errors: StoreErrc::store_failed.
[[nodiscard]] Result<std::vector<NearMiss>> near_misses(SessionStore& store, const std::vector<LogoutOrder>& orders);

}  // namespace slo::sp
