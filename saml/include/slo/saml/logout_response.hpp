// LogoutResponse and Status as plain values (SAML Core 3.7.2, 3.2.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/time.hpp"

namespace slo::saml {

/// TopLevelStatus has the top-level codes (Core 3.2.2.2): there are no others.
enum class TopLevelStatus { success, requester, responder, version_mismatch };

/// SecondLevelStatus has the second-level codes that we send. Received ones are opaque strings.
enum class SecondLevelStatus {
    request_denied,
    request_unsupported,
    unknown_principal,
    partial_logout,
    request_version_too_high,
    request_version_too_low,
};
[[nodiscard]] std::string_view uri(TopLevelStatus status) noexcept;
[[nodiscard]] std::string_view uri(SecondLevelStatus status) noexcept;

struct Status {
    TopLevelStatus code = TopLevelStatus::success;
    std::vector<std::string> nested;     ///< second-level code URI, then deeper ones, outermost first
    std::optional<std::string> message;  ///< for operators; no secrets (Core 3.2.2.3)

    friend bool operator==(const Status&, const Status&) = default;
};

/// LogoutResponse is a StatusResponseType. `in_response_to` is absent only if the request's ID couldn't be read.
struct LogoutResponse {
    MessageID id;
    Version version;
    Instant issue_instant;
    std::optional<std::string> destination;
    std::optional<std::string> consent;
    std::optional<MessageID> in_response_to;
    EntityID issuer;
    Status status;
};

/// RefusedRequest is another request than LogoutRequest that we refuse with its own response type.
enum class RefusedRequest { authn_request, manage_name_id_request, artifact_resolve, query };

}  // namespace slo::saml
