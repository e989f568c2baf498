// The names under which an IdP and our own entity have been known, and the present one of each.
#pragma once

#include <span>
#include <vector>

#include "slo/idp_adapter/idp.hpp"
#include "slo/sp/logout_service.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

/// EntityNames are all names of one entity. Borrowed.
struct EntityNames {
    const saml::EntityID& present;
    std::span<const saml::EntityID> others;

    [[nodiscard]] bool has(std::string_view name) const noexcept;
};
[[nodiscard]] EntityNames names_of(const idp_adapter::Idp& idp) noexcept;
[[nodiscard]] EntityNames our_names(const LogoutServiceParts& parts) noexcept;

/// make_canonical replaces earlier names by the present ones: the IdP's, ours, and the qualifiers of the NameID.
void make_canonical(Session& session, const EntityNames& idp, const EntityNames& sp);
void make_canonical(saml::NameID& name_id, const EntityNames& idp, const EntityNames& sp);

/// under_all_names returns the naming under every pair of names, the present ones first: a store finds a session under
/// the names with which it was admitted. A naming under NameIDMatching::session_index comes by its NameID first, for
/// sessions from before the IdP's profile said so, and then by each of its indexes. All names of the IdP under one name
/// of ours are adjacent.
[[nodiscard]] std::vector<SessionNaming> under_all_names(const SessionNaming& naming, const EntityNames& idp,
                                                         const EntityNames& sp);
/// The overload for an order: a logout's barrier covers the names that it has. Under another name of ours the
/// request gets an ID of its own, as the first has the IdP's.
[[nodiscard]] std::vector<LogoutOrder> under_all_names(const LogoutOrder& order, const EntityNames& idp,
                                                       const EntityNames& sp);
/// under_other_names returns the session under every pair of names but the present ones: those that a logout may have
/// forbidden before a name changed.
[[nodiscard]] std::vector<Session> under_other_names(const Session& session, const EntityNames& idp,
                                                     const EntityNames& sp);

}  // namespace slo::sp
