// The selection of the sessions that a logout which starts here ends.
#pragma once

#include <functional>
#include <vector>

#include "outgoing_logout.hpp"

namespace slo::sp {

/// share_an_index says whether both have one SessionIndex. Then one session at the IdP made them.
[[nodiscard]] bool share_an_index(const Session& a, const Session& b);

/// find_sessions returns the live sessions of `selection`, with those that a logout of them would also end. Errors:
/// the store's.
[[nodiscard]] Result<std::vector<Session>> find_sessions(const StartContext& context,
                                                         const SessionSelection& selection);

using VisitSessions = std::function<Result<void>(std::vector<Session>)>;
/// visit_pages passes on the live sessions of an IdP, under all its names, a page at a time; a stop ends it early.
/// Errors: the store's, and those of `visit`, after which it isn't called again.
[[nodiscard]] Result<void> visit_pages(const StartContext& context, const saml::EntityID& idp,
                                       const VisitSessions& visit);

}  // namespace slo::sp
