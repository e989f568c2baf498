#include "admitting.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "entity_names.hpp"
#include "slo/sp/logout_error.hpp"
#include "store_rules.hpp"

namespace slo::sp {
namespace {

/// The number of letters to insert, remove or change to make one text of the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

Failure unknown_idp(const idp_adapter::IdpDirectory* idps, const saml::EntityID& name) {
    const std::string nearest = idps != nullptr ? nearest_name(*idps, name.str()) : std::string();
    return fail(AdmissionErrc::session_idp_unknown,
                nearest.empty() ? std::string() : "the nearest known name is " + nearest);
}

/// Whether logouts can name it: by an index alone only if it has one, which no other session can have.
bool has_its_name(const Session& session) noexcept {
    return session.named_by == NamedBy::name_id ||
           (session.session_indexes.size() == 1 && is_identifying(session.session_indexes.front().str()));
}

}  // namespace

std::string nearest_name(const idp_adapter::IdpDirectory& idps, std::string_view name) {
    constexpr std::size_t most_compared = 256;  // in a federation of thousands, the first suffice
    const std::string_view text = name.substr(0, 256);
    std::string nearest;
    std::size_t least = 1 + text.size() / 4;
    const auto consider = [&](const saml::EntityID& known) {
        const std::size_t apart = distance(text, std::string_view(known.str()).substr(0, 256));
        if (apart >= least) return;
        least = apart;
        nearest = known.str();
    };
    const auto& all = idps.all();
    for (std::size_t i = 0; i < std::min(all.size(), most_compared); ++i) {
        consider(all[i]->entity_id);
        std::ranges::for_each(all[i]->profile.issuer_aliases, consider);
    }
    return nearest;
}

Result<Admission> admit(const LogoutServiceParts& parts, const idp_adapter::IdpDirectory* idps, Session session) {
    const auto idp = idps != nullptr ? idps->find(session.idp) : nullptr;
    if (!idp) return unknown_idp(idps, session.idp);
    const EntityNames us = our_names(parts);
    if (!us.has(session.sp.str())) return fail(AdmissionErrc::session_sp_unknown);
    // AuthnInstant is the IdP's clock. One that lies far ahead would get past every logout that is yet to come.
    if (session.authn_instant > parts.clock.now() + parts.policy.clock_skew)
        return fail(AdmissionErrc::authn_instant_in_future);
    const EntityNames its = names_of(*idp);
    make_canonical(session, its, us);
    session.named_by = named_by(idp->profile.name_id_matching);
    if (!has_its_name(session)) return fail(AdmissionErrc::session_index_unfit);
    std::vector<Session> others = under_other_names(session, its, us);
    if (session.named_by == NamedBy::session_index) {
        // Logouts from before the profile said so have the NameID alone.
        Session by_name = session;
        by_name.named_by = NamedBy::name_id;
        std::ranges::move(under_other_names(by_name, its, us), std::back_inserter(others));
        others.push_back(std::move(by_name));
    }
    for (const Session& other : others) {
        auto forbidden = parts.store.would_admit(other);
        if (!forbidden || *forbidden == Admission::refused_by_logout) return forbidden;
    }
    return parts.store.admit(session);
}

}  // namespace slo::sp
