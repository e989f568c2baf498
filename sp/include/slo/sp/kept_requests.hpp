// The port for our own LogoutRequests that IdPs must still get: an outbox.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/logout_order.hpp"

namespace slo::sp {

/// KeptRequest is a LogoutRequest of ours that an IdP may not have seen: kept until it has, or until it's too late. Its
/// local sessions end by `order`, whose key has our own first request's ID.
struct KeptRequest {
    LogoutOrder order;
    std::string reason;       ///< a URI, or empty
    Instant not_on_or_after;  ///< afterwards it isn't sent any more
    Instant next_attempt;
    std::uint32_t attempts = 0;
    friend bool operator==(const KeptRequest&, const KeptRequest&) = default;
};

/// max_kept_requests is how many requests a store keeps, unless its options differ; more is StoreErrc::store_full.
inline constexpr std::size_t max_kept_requests = 100'000;

/// KeptRequests is the port. Every operation is atomic, safe to call from any thread, and durable as its engine says
/// before it returns. After StoreErrc::store_full everything is as it was. StoreErrc::store_failed means that the
/// result is unknown: the operation may have been done, and its answer lost. No operation reads or changes sessions or
/// logouts.
class KeptRequests {
public:
    virtual ~KeptRequests() = default;

    /// keep_request keeps `request` in place of one with its order's key. Errors: StoreErrc::store_full, store_failed.
    [[nodiscard]] virtual Result<void> keep_request(const KeptRequest& request) = 0;

    /// take_due_requests takes up to `count` kept requests whose next_attempt isn't after `now`, the earliest first,
    /// and moves their next_attempt to `until`, in one step: no two callers get the same one, and if its taker dies
    /// it's due again. They are returned as they are kept from now on. One that is too late to be sent is taken too,
    /// for its taker to drop; an hour past not_on_or_after the store may drop it by itself.
    [[nodiscard]] virtual Result<std::vector<KeptRequest>> take_due_requests(Instant now, Instant until,
                                                                             std::size_t count) = 0;

    /// drop_request forgets a kept request. It is no error if there is none.
    [[nodiscard]] virtual Result<void> drop_request(const LogoutKey& key) = 0;
};

}  // namespace slo::sp
