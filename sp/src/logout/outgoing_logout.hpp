// Logouts that start here: end the sessions, ask their IdPs, tell the truth; and ask again the IdPs that may not have
// been reached. The sequence of the steps in outgoing_steps.hpp.
#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <vector>

#include "ending_here.hpp"
#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/sp/global_logout.hpp"
#include "slo/sp/kept_requests.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::sp {

/// Whom a logout that starts now works with.
struct StartContext {
    const LogoutServiceParts& parts;
    KeptRequests& kept_requests;  ///< where requests wait for their IdPs
    std::shared_ptr<const idp_adapter::IdpDirectory> idps;
    std::shared_ptr<const ServiceKeys> keys;
    std::stop_token stop;
    EndContext ending;
};

/// Ends them. Errors: StartErrc::no_session; the store's, and then what it was at lives on.
[[nodiscard]] Result<GlobalLogoutResult> start_logout(const StartContext& context, const SessionSelection& selection,
                                                      LogoutReason reason);

/// Sends kept requests that are due, and forgets those whose time is over. Returns how many were due. Errors: the
/// store's.
[[nodiscard]] Result<std::size_t> send_kept_requests(const StartContext& context);

}  // namespace slo::sp
