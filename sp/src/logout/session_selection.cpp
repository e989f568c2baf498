#include "session_selection.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "entity_names.hpp"
#include "store_rules.hpp"

namespace slo::sp {
namespace {

constexpr std::size_t sessions_of_a_page = 256;

/// Wanted is the principal of a logout that starts here.
struct Wanted {
    const saml::EntityID& idp;
    const saml::NameID& name_id;
    std::span<const saml::SessionIndex> session_indexes = {};  ///< of a session that is named by them
    std::optional<saml::NameIDMatching> matching = {};         ///< none: the usual one of the IdP
};

/// Returns the live sessions of a principal at an IdP, under all names.
Result<std::vector<Session>> live_sessions(const StartContext& context, const Wanted& wanted) {
    const auto partner = context.idps ? context.idps->find(wanted.idp) : nullptr;
    const auto usual = partner ? partner->profile.name_id_matching : saml::NameIDMatching::default_qualifiers;
    const bool by_index = !wanted.session_indexes.empty();
    const auto matching = by_index ? saml::NameIDMatching::session_index : wanted.matching.value_or(by_name_id(usual));
    const SessionNaming naming{.idp = partner ? partner->entity_id : wanted.idp,
                               .sp = context.parts.entity_id,
                               .name_id = wanted.name_id,
                               .session_indexes = {wanted.session_indexes.begin(), wanted.session_indexes.end()},
                               .matching = matching};
    const EntityNames its{naming.idp, partner ? names_of(*partner).others : std::span<const saml::EntityID>()};
    std::vector<Session> sessions;
    for (const SessionNaming& one : under_all_names(naming, its, our_names(context.parts))) {
        auto some = context.parts.store.named_by(one);
        if (!some) return some;
        std::ranges::move(*some, std::back_inserter(sessions));
    }
    return sessions;
}

/// Whether a logout of `chosen` also ends `other`, of the same principal: so that no part of the IdP's session lives on
/// here, as an IdP doesn't tell the participant that asks. Some IdPs give each visit an index of its own
/// (LemonLDAP::NG); the moment of the authentication is common to the visits. Without an index, all of the principal's
/// sessions end.
bool goes_along(const Session& chosen, const Session& other) {
    return chosen.session_indexes.empty() || chosen.authn_instant == other.authn_instant ||
           share_an_index(chosen, other);
}

void add(std::vector<Session>& sessions, Session session) {
    const bool is_new = std::ranges::find(sessions, session.id, &Session::id) == sessions.end();
    if (is_new) sessions.push_back(std::move(session));
}

Result<std::vector<Session>> find_by_id(const StartContext& context, const SessionsByID& selection) {
    std::vector<Session> sessions;
    for (const LocalSessionID& id : selection.ids) {
        const auto found = context.parts.store.find(id);
        if (!found) return found.error();
        if (!*found) continue;
        const Session& chosen = **found;
        add(sessions, chosen);
        Wanted wanted{.idp = chosen.idp, .name_id = chosen.name_id};
        if (chosen.named_by == NamedBy::session_index) wanted.session_indexes = chosen.session_indexes;
        auto named = live_sessions(context, wanted);
        if (!named) return std::move(named).error();
        for (Session& other : *named) {
            if (goes_along(chosen, other)) add(sessions, std::move(other));
        }
    }
    return sessions;
}

/// Hands on the sessions that an IdP has under one of its names, a page at a time.
Result<void> visit_pages_of(const StartContext& context, const saml::EntityID& name, const VisitSessions& visit) {
    std::string next;
    do {
        auto page = context.parts.store.sessions_of(name, next, sessions_of_a_page);
        if (!page) return std::move(page).error();
        if (Result<void> visited = visit(std::move(page->sessions)); !visited) return visited;
        next = std::move(page->next);
    } while (!next.empty() && !context.stop.stop_requested());
    return Done{};
}

/// The IdPs that may have a principal's sessions: those that we know, and those that have left the metadata since.
Result<std::vector<saml::EntityID>> idps_with_sessions(const StartContext& context) {
    std::vector<saml::EntityID> idps;
    if (context.idps) {
        for (const auto& idp : context.idps->all()) idps.push_back(idp->entity_id);
    }
    auto in_store = context.parts.store.idps_of_sessions();
    if (!in_store) return in_store;
    for (saml::EntityID& idp : *in_store) {
        const bool is_known = context.idps && context.idps->find(idp);
        if (!is_known) idps.push_back(std::move(idp));
    }
    return idps;
}

/// Whether sessions of `idp` may be named by their SessionIndexes, so that no NameID leads to them.
bool may_have_indexed_sessions(const StartContext& context, const saml::EntityID& idp) {
    const auto partner = context.idps ? context.idps->find(idp) : nullptr;
    return !partner || named_by(partner->profile.name_id_matching) == NamedBy::session_index;
}

Result<std::vector<Session>> find_of_principal(const StartContext& context, const SessionsOfPrincipal& selection) {
    const auto idps = selection.idp ? std::vector{*selection.idp} : idps_with_sessions(context);
    if (!idps) return idps.error();
    std::vector<Session> sessions;
    for (const saml::EntityID& idp : *idps) {
        const Wanted wanted{.idp = idp, .name_id = selection.name_id, .matching = selection.matching};
        auto named = live_sessions(context, wanted);
        if (!named) return std::move(named).error();
        std::ranges::move(*named, std::back_inserter(sessions));
        if (!may_have_indexed_sessions(context, idp)) continue;
        const auto matching = selection.matching.value_or(saml::NameIDMatching::default_qualifiers);
        const auto visited = visit_pages(context, idp, [&](std::vector<Session> page) -> Result<void> {
            for (Session& session : page) {
                const bool is_it =
                    session.named_by == NamedBy::session_index &&
                    strongly_matches(selection.name_id, session.name_id, matching, session.idp, session.sp);
                if (is_it) add(sessions, std::move(session));
            }
            return Done{};
        });
        if (!visited) return visited.error();
    }
    return sessions;
}

}  // namespace

bool share_an_index(const Session& a, const Session& b) {
    return std::ranges::find_first_of(a.session_indexes, b.session_indexes) != a.session_indexes.end();
}

Result<void> visit_pages(const StartContext& context, const saml::EntityID& idp, const VisitSessions& visit) {
    const auto partner = context.idps ? context.idps->find(idp) : nullptr;
    if (!partner) return visit_pages_of(context, idp, visit);
    if (auto visited = visit_pages_of(context, partner->entity_id, visit); !visited) return visited;
    for (const saml::EntityID& alias : partner->profile.issuer_aliases) {
        if (auto visited = visit_pages_of(context, alias, visit); !visited) return visited;
    }
    return Done{};
}

Result<std::vector<Session>> find_sessions(const StartContext& context, const SessionSelection& selection) {
    if (const auto* by_id = std::get_if<SessionsByID>(&selection)) return find_by_id(context, *by_id);
    if (const auto* of_principal = std::get_if<SessionsOfPrincipal>(&selection)) {
        return find_of_principal(context, *of_principal);
    }
    std::vector<Session> all;
    const auto visited = visit_pages(context, std::get<SessionsOfIdp>(selection).idp, [&all](auto sessions) {
        std::ranges::move(sessions, std::back_inserter(all));
        return Result<void>(Done{});
    });
    if (!visited) return visited.error();
    return all;
}

}  // namespace slo::sp
