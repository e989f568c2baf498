// A login's way into the store: under the names by which logouts will look for it.
#pragma once

#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/sp/logout_service.hpp"

namespace slo::sp {

/// LogoutService::admit.
[[nodiscard]] Result<Admission> admit(const LogoutServiceParts& parts, const idp_adapter::IdpDirectory* idps,
                                      Session session);

/// The one of our IdPs' names that is nearest to `name`; empty where none is near.
[[nodiscard]] std::string nearest_name(const idp_adapter::IdpDirectory& idps, std::string_view name);

}  // namespace slo::sp
