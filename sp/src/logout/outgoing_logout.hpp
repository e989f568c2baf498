// Logouts that start here: end the sessions, ask their IdPs, report the result; and ask again the IdPs that the request
// may not have reached. The sequence of the steps in outgoing_steps.hpp.
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

/// StartContext is the environment of a logout that starts now.
struct StartContext {
    const LogoutServiceParts& parts;
    KeptRequests& kept_requests;  ///< where requests wait for their IdPs
    std::shared_ptr<const idp_adapter::IdpDirectory> idps;
    std::shared_ptr<const ServiceKeys> keys;
    std::stop_token stop;
    EndContext ending;
};

/// start_logout ends them. Errors: StartErrc::no_session; the store's, and then the session in question lives on.
[[nodiscard]] Result<GlobalLogoutResult> start_logout(const StartContext& context, const SessionSelection& selection,
                                                      LogoutReason reason);

/// send_kept_requests sends the requests that are due, and forgets the expired ones. Returns how many were due.
/// Errors: the store's.
[[nodiscard]] Result<std::size_t> send_kept_requests(const StartContext& context);

}  // namespace slo::sp
