// Kept requests: our own LogoutRequests that an IdP may not have seen.
#include <algorithm>
#include <utility>

#include "session_tables.hpp"
#include "slo/sp/store_error.hpp"
#include "store_rules.hpp"
#include "stored_values.hpp"

namespace slo::sp {
namespace {

constexpr std::int64_t sweep_batch = 64;

/// How many one call takes at most: a few milliseconds within another caller's commit.
constexpr std::size_t largest_take = 1'000;

}  // namespace

std::optional<std::int64_t> SessionTables::kept_request_number(const LogoutKey& key) {
    Cursor row(database_, Query::kept_request_number);
    row.bind(key.idp.str()).bind(key.request_id.str());
    return row.next() ? std::optional(row.integer(0)) : std::nullopt;
}

bool SessionTables::has_room_for(const KeptRequest& request, Instant now) {
    const auto has_room = [&] {
        Cursor row(database_, Query::kept_request_weight);
        const std::size_t weight = weight_of(request);
        return row.next() && static_cast<std::size_t>(row.integer(0)) + weight <= options_.max_kept_requests;
    };
    return has_room() || (sweep_kept_requests(now) > 0 && has_room());
}

Result<void> SessionTables::keep_request(const KeptRequest& request, Instant now) {
    const LogoutOrder& order = request.order;
    const auto known = kept_request_number(order.key);
    if (!known && !has_room_for(request, now)) return fail(StoreErrc::store_full);
    if (known) Cursor(database_, Query::remove_kept_request).bind(*known).run();
    const OrderRows rows = rows_of(order);
    Cursor added(database_, Query::add_kept_request);
    bind_order(added, order, rows);
    added.bind(request.reason)
        .bind(ticks(request.not_on_or_after))
        .bind(ticks(request.next_attempt))
        .bind(std::int64_t{request.attempts})
        .bind(static_cast<std::int64_t>(weight_of(request)))
        .run();
    return Done{};
}

std::vector<KeptRequest> SessionTables::take_due_requests(Instant now, Instant until, std::size_t count) {
    std::vector<StoredRequest> due;
    {
        Cursor row(database_, Query::due_requests);
        row.bind(ticks(now)).bind(static_cast<std::int64_t>(std::min(count, largest_take)));
        while (row.next()) {
            auto stored = parse_request(row);
            if (!stored) {
                database_.fail_as_damaged();
                return {};
            }
            due.push_back(*std::move(stored));
        }
    }
    std::vector<KeptRequest> requests;
    requests.reserve(due.size());
    for (StoredRequest& one : due) {
        Cursor(database_, Query::put_off_request).bind(ticks(until)).bind(one.number).run();
        one.request.next_attempt = until;
        requests.push_back(std::move(one.request));
    }
    return requests;
}

void SessionTables::drop_request(const LogoutKey& key) {
    const auto known = kept_request_number(key);
    if (known) Cursor(database_, Query::remove_kept_request).bind(*known).run();
}

std::size_t SessionTables::sweep_kept_requests(Instant now) {
    Cursor(database_, Query::sweep_kept_requests).bind(ticks(now - kept_request_margin)).bind(sweep_batch).run();
    return database_.changes();
}

}  // namespace slo::sp
