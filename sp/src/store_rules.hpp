// The rules of the session store that no engine may see differently. Pure; the engines keep records in forms of their
// own, so a rule reads them through a view: SessionView and OrderView here, an engine's own elsewhere.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

#include "slo/saml/name_id.hpp"
#include "slo/sp/session_store.hpp"

namespace slo::sp {

inline constexpr std::size_t max_session_indexes = 64;

/// How many barriers may stand before one (principal, index). An honest IdP's newer logout makes the older one's
/// barriers redundant; a hostile one could line up any number, and every login would walk past them all.
inline constexpr std::size_t max_barriers_of_a_key = 64;

/// How long after not_on_or_after a kept request is still there, for whoever takes it to see that it's too late.
inline constexpr std::chrono::hours kept_request_margin{1};

/// Reads a Session, which outlives it.
struct SessionView {
    const Session& session;

    [[nodiscard]] std::string_view idp() const noexcept { return session.idp.str(); }
    [[nodiscard]] std::string_view sp() const noexcept { return session.sp.str(); }
    [[nodiscard]] const saml::NameID& name_id() const noexcept { return session.name_id; }
    [[nodiscard]] bool has_any_of(const std::vector<saml::SessionIndex>& indexes) const noexcept {
        return std::ranges::find_first_of(session.session_indexes, indexes) != session.session_indexes.end();
    }
};

/// Reads a LogoutOrder, which outlives it.
struct OrderView {
    const LogoutOrder& order;

    [[nodiscard]] Instant as_of() const noexcept { return order.as_of; }
    [[nodiscard]] Instant keep_until() const noexcept { return order.keep_until; }
    [[nodiscard]] saml::NameIDMatching matching() const noexcept { return order.matching; }
    [[nodiscard]] std::string_view sp() const noexcept { return order.sp.str(); }
    [[nodiscard]] const saml::NameID& name_id() const noexcept { return order.name_id; }
    [[nodiscard]] bool has_same_name_id(const OrderView& other) const noexcept {
        return order.name_id == other.order.name_id;
    }
};

/// A NameID that no LogoutRequest can carry would make a session that no IdP can end.
[[nodiscard]] inline bool is_malformed(const Session& session, Instant now) noexcept {
    return session.expires <= now || session.session_indexes.size() > max_session_indexes ||
           !is_well_formed(session.name_id);
}

/// Whether `order` names a session: same entities, same principal under the order's rule, and one of its indexes or
/// all.
template <class View>
[[nodiscard]] bool names(const LogoutOrder& order, const View& session) {
    if (session.idp() != order.key.idp.str() || session.sp() != order.sp.str()) return false;
    if (!order.session_indexes.empty() && !session.has_any_of(order.session_indexes)) return false;
    return strongly_matches(order.name_id, session.name_id(), order.matching, order.key.idp, order.sp);
}

/// Whether a logout of the session's IdP, which names one of its indexes or all, forbids its login.
template <class View>
[[nodiscard]] bool forbids(const View& logout, const Session& session, Instant now, ReloginRule rule) {
    if (logout.keep_until() <= now) return false;
    // AuthnInstant and IssueInstant are both the IdP's clock, so no skew stands between them.
    if (rule == ReloginRule::by_authn_instant && session.authn_instant > logout.as_of()) return false;
    return logout.sp() == session.sp.str() &&
           strongly_matches(logout.name_id(), session.name_id, logout.matching(), session.idp, session.sp);
}

/// Whether no login that `other` forbids gets past `one`. Both stand before the same principal and index.
template <class View>
[[nodiscard]] bool makes_redundant(const View& one, const View& other) noexcept {
    return one.as_of() >= other.as_of() && one.keep_until() >= other.keep_until() &&
           one.matching() == other.matching() && one.sp() == other.sp() && one.has_same_name_id(other);
}

/// Whether `order`, which has the key of `recorded`, orders the same thing.
[[nodiscard]] inline bool is_repeat(const LogoutOrder& recorded, const LogoutOrder& order) noexcept {
    return recorded.sp == order.sp && recorded.name_id == order.name_id &&
           recorded.session_indexes == order.session_indexes && recorded.as_of == order.as_of;
}

/// What a logout's record of so many octets counts for in the quotas: one for each KiB that it begins.
[[nodiscard]] constexpr std::size_t weight_of_octets(std::size_t octets) noexcept {
    return 1 + octets / 1024;
}

}  // namespace slo::sp
