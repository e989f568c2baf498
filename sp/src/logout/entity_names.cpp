#include "entity_names.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "store_rules.hpp"

namespace slo::sp {
namespace {

void rename(std::optional<std::string>& qualifier, const EntityNames& names, const saml::EntityID& to) {
    if (qualifier && names.has(*qualifier)) qualifier = to.str();
}

/// Calls visit(idp, sp) for each pair of names, the present ones first.
template <class Visit>
void for_each_pair(const EntityNames& idp, const EntityNames& sp, Visit visit) {
    for (std::size_t ours = 0; ours <= sp.others.size(); ++ours) {
        const saml::EntityID& our_name = ours == 0 ? sp.present : sp.others[ours - 1];
        visit(idp.present, our_name);
        for (const saml::EntityID& name : idp.others) visit(name, our_name);
    }
}

saml::MessageID numbered(const saml::MessageID& id, std::size_t number) {
    if (number == 0) return id;
    // An ID has at most 1024 characters. Where 128 were the most, 112 were kept, and records from then are still found.
    const std::size_t most_kept = id.str().size() <= 128 ? 112 : 1008;
    return saml::MessageID::parse(id.str().substr(0, most_kept) + "." + std::to_string(number)).value();
}

}  // namespace

bool EntityNames::has(std::string_view name) const noexcept {
    return present.str() == name ||
           std::ranges::any_of(others, [name](const saml::EntityID& other) { return other.str() == name; });
}

EntityNames names_of(const idp_adapter::Idp& idp) noexcept {
    return {idp.entity_id, idp.profile.issuer_aliases};
}

EntityNames our_names(const LogoutServiceParts& parts) noexcept {
    return {parts.entity_id, parts.former_entity_ids};
}

void make_canonical(saml::NameID& name_id, const EntityNames& idp, const EntityNames& sp) {
    rename(name_id.name_qualifier, idp, idp.present);
    rename(name_id.sp_name_qualifier, sp, sp.present);
}

void make_canonical(Session& session, const EntityNames& idp, const EntityNames& sp) {
    session.idp = idp.present;
    session.sp = sp.present;
    make_canonical(session.name_id, idp, sp);
}

std::vector<SessionNaming> under_all_names(const SessionNaming& naming, const EntityNames& idp, const EntityNames& sp) {
    std::vector<SessionNaming> all;
    const auto add = [&](const SessionNaming& one_way) {
        for_each_pair(idp, sp, [&](const saml::EntityID& idp_name, const saml::EntityID& sp_name) {
            SessionNaming& one = all.emplace_back(one_way);
            one.idp = idp_name;
            one.sp = sp_name;
            rename(one.name_id.name_qualifier, idp, idp_name);
            rename(one.name_id.sp_name_qualifier, sp, sp_name);
        });
    };
    if (named_by(naming.matching) == NamedBy::name_id) {
        add(naming);
        return all;
    }
    SessionNaming one_way = naming;
    one_way.matching = by_name_id(naming.matching);
    add(one_way);
    one_way.matching = naming.matching;
    one_way.authn_instants.clear();
    for (const saml::SessionIndex& index : naming.session_indexes) {
        one_way.session_indexes = {index};
        add(one_way);
    }
    return all;
}

std::vector<LogoutOrder> under_all_names(const LogoutOrder& order, const EntityNames& idp, const EntityNames& sp) {
    std::vector<LogoutOrder> orders;
    const std::size_t names_of_idp = 1 + idp.others.size();
    std::size_t number = 0;
    for (SessionNaming& naming : under_all_names(order.naming(), idp, sp)) {
        orders.push_back({.key = {std::move(naming.idp), numbered(order.key.request_id, number++ / names_of_idp)},
                          .sp = std::move(naming.sp),
                          .name_id = std::move(naming.name_id),
                          .session_indexes = std::move(naming.session_indexes),
                          .matching = naming.matching,
                          .as_of = order.as_of,
                          .keep_until = order.keep_until,
                          .authn_instants = std::move(naming.authn_instants),
                          .origin = order.origin});
    }
    return orders;
}

std::vector<Session> under_other_names(const Session& session, const EntityNames& idp, const EntityNames& sp) {
    std::vector<Session> sessions;
    for_each_pair(idp, sp, [&](const saml::EntityID& idp_name, const saml::EntityID& sp_name) {
        if (idp_name == idp.present && sp_name == sp.present) return;
        Session& one = sessions.emplace_back(session);
        one.idp = idp_name;
        one.sp = sp_name;
        rename(one.name_id.name_qualifier, idp, idp_name);
        rename(one.name_id.sp_name_qualifier, sp, sp_name);
    });
    return sessions;
}

}  // namespace slo::sp
