// The local interface's other half: an application, or an administrator, ends sessions here and at their IdPs.
#pragma once

#include <stop_token>
#include <string_view>

#include "slo/saml/result.hpp"
#include "slo/sp/http.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::daemon {

/// LocalLogouts answers
///   POST /sessions/<id>/logout   the user of this session logs out
///   POST /logouts                local_id=... (any number), idp=...&name_id=..., name_id=... or idp=... alone;
///                                with dry_run=true it only returns what would end
///   POST /logouts/preview        what the LogoutRequest in this SOAP envelope, or form, would end
/// Blocks until the IdPs have answered. Thread-safe, like the service, which must outlive it.
class LocalLogouts {
public:
    explicit LocalLogouts(sp::LogoutService& service) : service_(service) {}

    [[nodiscard]] sp::HttpReply answer(const sp::HttpRequest& request);
    void stop_waiting() noexcept { stop_.request_stop(); }

private:
    [[nodiscard]] sp::HttpReply log_out_one(const sp::HttpRequest& request);
    [[nodiscard]] sp::HttpReply log_out(const sp::HttpRequest& request);
    [[nodiscard]] sp::HttpReply preview(const sp::HttpRequest& request);
    [[nodiscard]] sp::HttpReply start(const sp::SessionSelection& selection, sp::LogoutReason reason);

    sp::LogoutService& service_;
    std::stop_source stop_;
};

}  // namespace slo::daemon
