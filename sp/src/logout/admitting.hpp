// How a login gets into the store: under the names by which logouts will look for it.
#pragma once

#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::sp {

/// admit implements LogoutService::admit.
[[nodiscard]] Result<Admission> admit(const LogoutServiceParts& parts, const idp_adapter::IdpDirectory* idps,
                                      Session session);

/// nearest_name returns the name of one of our IdPs that is nearest to `name`; empty if none is near.
[[nodiscard]] std::string nearest_name(const idp_adapter::IdpDirectory& idps, std::string_view name);

}  // namespace slo::sp
