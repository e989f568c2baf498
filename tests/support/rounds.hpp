// Logouts in a store without the service: a test that has one round for each order needn't name it.
#pragma once

#include <functional>
#include <vector>

#include "slo/sp/session_store.hpp"

namespace slo::test {

/// The round for an order, long enough for any test.
[[nodiscard]] inline sp::RoundClaim claim_of(const sp::LogoutKey& key) {
    const std::hash<std::string> hash;
    const Instant never = Instant(std::chrono::sys_days(std::chrono::year(2100) / 1 / 1));
    return {{hash(key.idp.str()), hash(key.request_id.str())}, never};
}

template <class Store>  // a SessionStore, or what stands in one
[[nodiscard]] Result<sp::BegunLogout> begin_logout(Store& store, const sp::LogoutOrder& order) {
    return store.begin_logout(order, claim_of(order.key));
}

/// Reports `gone`, of which the outcome says how many ended and how many were gone already; the store counts its
/// `failed` itself.
template <class Store>
[[nodiscard]] Result<sp::LogoutOutcome> complete_logout(Store& store, const sp::LogoutKey& key,
                                                        const sp::LogoutOutcome& outcome,
                                                        std::vector<sp::LocalSessionID> gone) {
    return store.complete_logout(key, {.round = claim_of(key).round,
                                       .ended = outcome.ended,
                                       .already_gone = outcome.already_gone,
                                       .gone = std::move(gone)});
}

}  // namespace slo::test
