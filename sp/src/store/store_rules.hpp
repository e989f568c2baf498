// The rules of the session store that must be the same in all engines. Pure functions; each engine keeps records in a
// form of its own, so a rule reads them through a view: SessionView and OrderView here, an engine's own elsewhere.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/name_id.hpp"
#include "slo/sp/session_store.hpp"
#include "slo/sp/store_error.hpp"

namespace slo::sp {

inline constexpr std::size_t max_session_indexes = 64;

/// max_barriers_of_a_key is how many barriers one (principal, index) may have. An honest IdP's newer logout
/// makes the older one's redundant; a hostile one could line up any number, and every login would walk past them all.
/// Logouts that start here aren't counted: each of them ends a session that was admitted.
inline constexpr std::size_t max_barriers_of_a_key = 64;

/// kept_request_margin is how long after not_on_or_after a kept request stays, so that its taker sees that it's late.
inline constexpr std::chrono::hours kept_request_margin{1};

/// largest_piece is how many sessions of a logout an engine forgets in one step while callers wait: a few milliseconds.
/// SQLite's transactions also get slower by the square of the number of rows that one of them removes.
inline constexpr std::size_t largest_piece = 256;

/// principal_full is the answer to a login over max_sessions_per_principal; the cap is `most`.
[[nodiscard]] inline Failure principal_full(std::size_t most) {
    return fail(StoreErrc::principal_full,
                "one user has " + std::to_string(most) +
                    " live sessions; raise max_sessions_per_principal, or look for an application that logs in "
                    "without ever logging out");
}

/// SessionView reads a Session, which outlives it.
struct SessionView {
    const Session& session;

    [[nodiscard]] std::string_view idp() const noexcept { return session.idp.str(); }
    [[nodiscard]] std::string_view sp() const noexcept { return session.sp.str(); }
    [[nodiscard]] const saml::NameID& name_id() const noexcept { return session.name_id; }
    [[nodiscard]] NamedBy named_by() const noexcept { return session.named_by; }
    [[nodiscard]] Instant authn_instant() const noexcept { return session.authn_instant; }
    [[nodiscard]] bool has_any_of(const std::vector<saml::SessionIndex>& indexes) const noexcept {
        return std::ranges::find_first_of(session.session_indexes, indexes) != session.session_indexes.end();
    }
};

/// OrderView reads a LogoutOrder, which outlives it.
struct OrderView {
    const LogoutOrder& order;

    [[nodiscard]] Instant as_of() const noexcept { return order.as_of; }
    [[nodiscard]] Instant keep_until() const noexcept { return order.keep_until; }
    [[nodiscard]] std::string_view sp() const noexcept { return order.sp.str(); }
};

/// NamingView borrows the fields that name sessions from a SessionNaming or a LogoutOrder, which outlives it.
struct NamingView {
    const saml::EntityID& idp;
    const saml::EntityID& sp;
    const saml::NameID& name_id;
    const std::vector<saml::SessionIndex>& session_indexes;
    const saml::NameIDMatching matching;
    const std::vector<Instant>& authn_instants;

    NamingView(const SessionNaming& of) noexcept
        : idp(of.idp),
          sp(of.sp),
          name_id(of.name_id),
          session_indexes(of.session_indexes),
          matching(of.matching),
          authn_instants(of.authn_instants) {}
    NamingView(const LogoutOrder& of) noexcept
        : idp(of.key.idp),
          sp(of.sp),
          name_id(of.name_id),
          session_indexes(of.session_indexes),
          matching(of.matching),
          authn_instants(of.authn_instants) {}
};

/// check_form refuses what can be no session. A NameID that no LogoutRequest can carry would make one that no IdP can
/// end. Errors: StoreErrc::session_malformed; `detail` names the member.
[[nodiscard]] inline Result<void> check_form(const Session& session, Instant now) {
    static_assert(max_session_indexes == 64);
    if (session.expires <= now) return fail(StoreErrc::session_malformed, "expires has passed");
    if (session.session_indexes.size() > max_session_indexes)
        return fail(StoreErrc::session_malformed, "session_index stands there more than 64 times");
    if (session.named_by != NamedBy::name_id && session.session_indexes.size() != 1)
        return fail(StoreErrc::session_malformed, "session_index must stand there once");
    if (!is_well_formed(session.name_id))
        return fail(StoreErrc::session_malformed, "name_id or an attribute of it is none");
    return Done{};
}

/// named_by returns the element by which an order names sessions.
[[nodiscard]] constexpr NamedBy named_by(saml::NameIDMatching matching) noexcept {
    return matching == saml::NameIDMatching::session_index ? NamedBy::session_index : NamedBy::name_id;
}

/// by_name_id returns how sessions that are named by a NameID are compared at an IdP with this rule.
[[nodiscard]] constexpr saml::NameIDMatching by_name_id(saml::NameIDMatching matching) noexcept {
    return named_by(matching) == NamedBy::name_id ? matching : saml::NameIDMatching::default_qualifiers;
}

/// Principal is a principal's key in all engines: the text of its NameID, or a SessionIndex in its place. A session
/// has one; so has an order, and the store looks under it for the sessions that the order names. Borrows.
struct Principal {
    NamedBy by;
    std::string_view text;

    [[nodiscard]] static Principal of(const Session& session) noexcept {
        return of(session.named_by, session.name_id, session.session_indexes);
    }
    [[nodiscard]] static Principal of(const NamingView& naming) noexcept {
        return of(sp::named_by(naming.matching), naming.name_id, naming.session_indexes);
    }
    /// kind keeps the two kinds apart in digests.
    [[nodiscard]] std::string_view kind() const noexcept {
        return by == NamedBy::name_id ? "principal" : "indexed principal";
    }
    friend bool operator==(const Principal&, const Principal&) = default;

private:
    [[nodiscard]] static Principal of(NamedBy by, const saml::NameID& name_id,
                                      const std::vector<saml::SessionIndex>& indexes) noexcept {
        if (by == NamedBy::name_id) return {by, name_id.value};
        return {by, indexes.empty() ? std::string_view() : std::string_view(indexes.front().str())};
    }
};

/// names says whether `naming` names a session: same entities, same principal under its rule, and one of its indexes or
/// AuthnInstants, or all.
template <class View>
[[nodiscard]] bool names(const NamingView& naming, const View& session) {
    if (session.idp() != naming.idp.str() || session.sp() != naming.sp.str()) return false;
    if (session.named_by() != named_by(naming.matching)) return false;
    if (!naming.session_indexes.empty() && !session.has_any_of(naming.session_indexes) &&
        std::ranges::find(naming.authn_instants, session.authn_instant()) == naming.authn_instants.end()) {
        return false;
    }
    return strongly_matches(naming.name_id, session.name_id(), naming.matching, naming.idp, naming.sp);
}

/// in_lower_case returns the text with A to Z in lower case: two spellings of one e-mail address give the same text.
[[nodiscard]] inline std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

/// is_like_an_address says whether letter case may be a matter of spelling.
[[nodiscard]] inline bool is_like_an_address(std::string_view name_value) noexcept {
    return name_value.find('@') != std::string_view::npos;
}

/// is_identifying says whether a SessionIndex alone identifies its session. Core 2.7.2 l.1074-1085 wants small integers
/// that recur, or constants, for privacy; most IdPs make random ones of 16 characters and more.
[[nodiscard]] inline bool is_identifying(std::string_view session_index) noexcept {
    constexpr std::ptrdiff_t least = 16;  // characters, as SQLite's length() counts them
    return std::ranges::count_if(session_index,
                                 [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }) >= least;
}

/// near_miss returns what keeps `order` from naming `session`, a live session of its IdP at its entity, although it may
/// well mean it; std::nullopt if it names it, or if the two have nothing in common.
[[nodiscard]] inline std::optional<NearMiss::Kind> near_miss(const LogoutOrder& order, const Session& session) {
    using Kind = NearMiss::Kind;
    if (session.idp != order.key.idp || session.sp != order.sp) return std::nullopt;
    if (session.authn_instant > order.as_of) return std::nullopt;  // a login after the logout is a new one
    const saml::NameID& wanted = order.name_id;
    const saml::NameID& has = session.name_id;
    const auto matches = [&](const saml::NameID& a, const saml::NameID& b, saml::NameIDMatching matching) {
        return strongly_matches(a, b, matching, order.key.idp, order.sp);
    };
    const bool has_index = std::ranges::any_of(order.session_indexes, [&](const saml::SessionIndex& index) {
        return is_identifying(index.str()) && SessionView{session}.has_any_of({index});
    });
    const bool same_way = session.named_by == named_by(order.matching);
    if (!same_way && has_index) return Kind::session_index;
    if (session.named_by == NamedBy::session_index) {
        const bool may_mean_it = !same_way && order.session_indexes.empty() && wanted.value == has.value;
        return may_mean_it ? std::optional(Kind::no_index) : std::nullopt;
    }
    if (!same_way || matches(wanted, has, order.matching)) return std::nullopt;
    if (wanted.value == has.value) {
        const saml::NameID without_qualifiers{wanted.value, wanted.format, {}, {}, {}};
        const bool same_format =
            matches(without_qualifiers, {has.value, has.format, {}, {}, {}}, saml::NameIDMatching::exact);
        return same_format ? Kind::qualifier : Kind::format;
    }
    if (is_like_an_address(has.value) && in_lower_case(wanted.value) == in_lower_case(has.value))
        return Kind::name_case;
    return has_index ? std::optional(Kind::session_index) : std::nullopt;
}

/// max_candidates is how many sessions of one name, index or address are examined for near misses.
inline constexpr std::size_t max_candidates = 64;

/// Returns the near misses among sessions that were found by parts of their names. `is_live` says whether a session, as
/// it was admitted, still lives.
template <class IsLive>
[[nodiscard]] std::vector<NearMiss> near_misses_among(const LogoutOrder& order, const std::vector<Session>& candidates,
                                                      IsLive is_live) {
    std::vector<NearMiss> misses;
    for (const Session& session : candidates) {
        if (misses.size() == max_near_misses) break;
        const auto kind = near_miss(order, session);
        const auto is_it = [&session](const NearMiss& other) { return other.session.id == session.id; };
        if (kind && std::ranges::none_of(misses, is_it) && is_live(session)) misses.push_back({*kind, session});
    }
    return misses;
}

/// forbids says whether a logout of the session's IdP, which has the session's NameID value and names one of its
/// indexes, its AuthnInstant or all, forbids its login. The rest of the NameID isn't compared: a late assertion may
/// have it otherwise than the request, and a person who logs in anew has a newer login under any name.
template <class View>
[[nodiscard]] bool forbids(const View& logout, const Session& session, Instant now, ReloginRule rule) {
    if (logout.keep_until() <= now) return false;
    // AuthnInstant and IssueInstant are both the IdP's clock, so there is no skew between them.
    if (rule == ReloginRule::by_authn_instant && session.authn_instant > logout.as_of()) return false;
    return logout.sp() == session.sp.str();
}

/// Says whether every login that `other` forbids is forbidden by `one` too. Both cover the same principal and
/// index; what forbids() doesn't look at makes no difference: the rest of the NameID, and how it is compared.
template <class View>
[[nodiscard]] bool makes_redundant(const View& one, const View& other) noexcept {
    return one.as_of() >= other.as_of() && one.keep_until() >= other.keep_until() && one.sp() == other.sp();
}

/// with_report adds one more round to a logout's outcome; `still_there` of the sessions that it named are left.
[[nodiscard]] inline LogoutOutcome with_report(const std::optional<LogoutOutcome>& before, const RoundReport& report,
                                               std::size_t still_there) noexcept {
    if (before && before->complete()) return *before;
    LogoutOutcome outcome = before.value_or(LogoutOutcome{});
    outcome.ended += report.ended;
    outcome.already_gone += report.already_gone;
    outcome.failed = static_cast<std::uint32_t>(still_there) + report.near_misses;
    return outcome;
}

/// final_answer returns the answer that won't change any more, if there is one.
[[nodiscard]] inline std::optional<LogoutOutcome> final_answer(const std::optional<LogoutOutcome>& outcome) noexcept {
    return outcome && outcome->complete() ? outcome : std::nullopt;
}

/// is_repeat says whether `order`, which has the key of `recorded`, orders the same thing.
[[nodiscard]] inline bool is_repeat(const LogoutOrder& recorded, const LogoutOrder& order) noexcept {
    return recorded.sp == order.sp && recorded.name_id == order.name_id &&
           recorded.session_indexes == order.session_indexes && recorded.as_of == order.as_of &&
           recorded.authn_instants == order.authn_instants;
}

/// leaves_room_for_others says whether an IdP, whose records weigh `its` of `all` with one more, leaves as much free as
/// it has. So one IdP may have half of the limit, two a third each, and however many fill their shares, some is left.
[[nodiscard]] constexpr bool leaves_room_for_others(std::size_t its, std::size_t all, std::size_t limit) noexcept {
    return all <= limit && its <= limit - all;
}

/// weight_of_octets is the weight of a record of so many octets in the quotas: one for each KiB begun.
[[nodiscard]] constexpr std::size_t weight_of_octets(std::size_t octets) noexcept {
    return 1 + octets / 1024;
}

/// octets_of_names returns the octets of the names in a record, the part that may make it large.
[[nodiscard]] inline std::size_t octets_of_names(const saml::NameID& name_id,
                                                 const std::vector<saml::SessionIndex>& indexes) noexcept {
    std::size_t octets = name_id.value.size();
    for (const auto* text :
         {&name_id.format, &name_id.name_qualifier, &name_id.sp_name_qualifier, &name_id.sp_provided_id}) {
        if (*text) octets += (*text)->size();
    }
    for (const saml::SessionIndex& index : indexes) octets += index.str().size();
    return octets;
}

[[nodiscard]] inline std::size_t weight_of(const Session& session) noexcept {
    return weight_of_octets(session.id.str().size() + octets_of_names(session.name_id, session.session_indexes));
}

[[nodiscard]] inline std::size_t weight_of(const KeptRequest& request) noexcept {
    return weight_of_octets(octets_of_names(request.order.name_id, request.order.session_indexes));
}

}  // namespace slo::sp
