#include "logout_order.hpp"

#include <algorithm>
#include <utility>

#include "slo/saml/error.hpp"

namespace slo::sp {

Instant keep_until(const RequestTimes& times, Instant now, const Policy& policy) noexcept {
    // Unlike NotOnOrAfter, the age limit is inclusive: the request is still accepted at that very millisecond.
    constexpr std::chrono::milliseconds tick{1};
    const Instant acceptable = times.not_on_or_after.value_or(times.issue_instant + times.max_age + tick);
    const Instant wanted = std::max(Instant(now + policy.logout_record_horizon), acceptable + policy.clock_skew);
    return std::min(wanted, Instant(now + policy.logout_record_cap));
}

bool is_older_than_records(Instant issue_instant, Instant now, const Policy& policy) noexcept {
    // A record made at the earliest possible moment, IssueInstant - skew, is kept until the cap after that.
    return now + policy.clock_skew >= issue_instant + policy.logout_record_cap;
}

Result<LogoutOrder> order_from(const saml::Verified<saml::LogoutRequest>& request, saml::NameID name_id,
                               const idp_adapter::Idp& idp, const saml::EntityID& sp, Instant now,
                               const Policy& policy) {
    if (is_older_than_records(request->issue_instant, now, policy)) return saml::fail(saml::Errc::request_expired);
    return LogoutOrder{
        .key = {idp.entity_id, request->id},
        .sp = sp,
        .name_id = std::move(name_id),
        .session_indexes = request->session_indexes,
        .matching = idp.profile.name_id_matching,
        .as_of = request->issue_instant,
        .keep_until = keep_until({request->issue_instant, request->not_on_or_after, idp.profile.max_age}, now, policy),
    };
}

}  // namespace slo::sp
