// From a verified request to the order for the store.
#pragma once

#include <chrono>
#include <optional>

#include "slo/idp_adapter/idp.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/verified.hpp"
#include "slo/sp/policy.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// RequestTimes says when a request was made and how long it is valid.
struct RequestTimes {
    Instant issue_instant;
    std::optional<Instant> not_on_or_after;
    std::chrono::seconds max_age;  ///< of a request without NotOnOrAfter
};

/// keep_until is how long a logout's record must be kept: at least as long as the verifier would accept the request
/// again (Core 3.7.3.1 l.2608), at least the configured horizon, at most the cap.
[[nodiscard]] Instant keep_until(const RequestTimes& times, Instant now, const Policy& policy) noexcept;

/// is_older_than_records tells whether a request might outlive its own record, because the IdP's profile lets requests
/// grow older than the cap: a copy of it could then come back as a fresh one and end a later session.
[[nodiscard]] bool is_older_than_records(Instant issue_instant, Instant now, const Policy& policy) noexcept;

/// order_from says what `request` orders. Errors: saml::Errc::request_expired where is_older_than_records().
[[nodiscard]] Result<LogoutOrder> order_from(const saml::Verified<saml::LogoutRequest>& request, saml::NameID name_id,
                                             const idp_adapter::Idp& idp, const saml::EntityID& sp, Instant now,
                                             const Policy& policy);

}  // namespace slo::sp
