// What two tables of partners can't have in common.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "config_table.hpp"
#include "slo/idp_adapter/idp.hpp"

namespace slo::sp {

/// Both files are the operator's, so they hear of it at start and not in an audit line.
inline void refuse_shared_keys(const std::vector<idp_adapter::Idp>& idps, const ConfigTable& table) {
    std::set<std::string> others;
    for (std::size_t i = 0; i + 1 < idps.size(); ++i) {
        for (const auto& key : idps[i].keys) others.insert(key.fingerprint());
    }
    const auto& keys = idps.back().keys;
    if (std::none_of(keys.begin(), keys.end(), [&](const auto& key) { return others.contains(key.fingerprint()); })) {
        return;
    }
    refuse(table.place(), "the IdP " + shown(idps.back().entity_id.str()) + " signs with the same key as one before it",
           "each could order the other's logouts; write allow_shared_keys = true in [policy] if that is meant");
}

/// NamesOfIdps holds the configuration's own names: an IdP with another one's name as an alias would speak for it, and
/// no table's order should decide between them. Names from sources are judged by MetadataRefresher.
class NamesOfIdps {
public:
    void take(const saml::EntityID& idp, const idp_adapter::InteropProfile& profile, const ConfigTable& table) {
        take_one(idp, shown(idp.str()), table);
        for (const saml::EntityID& alias : profile.issuer_aliases) take_one(alias, shown(idp.str()), table);
    }
    /// Of the IdP of `source`, whose entityID isn't known yet.
    void take_aliases(const std::string& source, const idp_adapter::InteropProfile& profile, const ConfigTable& table) {
        for (const saml::EntityID& alias : profile.issuer_aliases) take_one(alias, "that of " + source, table);
    }

private:
    void take_one(const saml::EntityID& name, const std::string& owner, const ConfigTable& table) {
        const auto [known, is_new] = owners_.emplace(name, owner);
        if (is_new || known->second == owner) return;
        refuse(table.place_of("issuer_aliases"),
               shown(name.str()) + " would be a name of two IdPs, " + known->second + " and " + owner,
               "take it out of issuer_aliases of the one that doesn't sign with it");
    }

    std::map<saml::EntityID, std::string> owners_;  ///< of entityIDs and aliases
};

/// A secret that two IdPs share proves neither of them. `passwords` are those of the tables before.
inline void refuse_shared_password(const idp_adapter::InteropProfile& profile,
                                   std::vector<idp_adapter::BasicCredentials>& passwords, const ConfigTable& table) {
    const auto& basic = profile.accepted_authentication.basic;
    if (basic.password.empty()) return;
    if (std::ranges::find(passwords, basic) != passwords.end()) {
        refuse(table.place_of("sender_user"), "the user and password of an IdP before it",
               "agree on another password: each could order the other's logouts");
    }
    passwords.push_back(basic);
}

}  // namespace slo::sp
