// A logout's order: its identity, the sessions that it names, and its time.
#pragma once

#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/time.hpp"

namespace slo::sp {

/// LogoutKey identifies a logout for ever: an IdP mustn't use an ID twice (Core 1.3.4).
struct LogoutKey {
    saml::EntityID idp;
    saml::MessageID request_id;
    friend bool operator==(const LogoutKey&, const LogoutKey&) = default;
};

/// LogoutOrigin is where a logout starts: at the IdP, whose request is verified, or here, by a user or administrator.
enum class LogoutOrigin { idp, here };

/// SessionNaming names sessions of an IdP at one of our entities.
struct SessionNaming {
    saml::EntityID idp;
    saml::EntityID sp;  ///< which of our entities
    saml::NameID name_id;
    std::vector<saml::SessionIndex> session_indexes = {};  ///< none: every session of the principal
    /// Under `session_index` there is one SessionIndex, which stands for the principal.
    saml::NameIDMatching matching = saml::NameIDMatching::default_qualifiers;
    std::vector<Instant> authn_instants = {};  ///< see LogoutOrder::authn_instants
    friend bool operator==(const SessionNaming&, const SessionNaming&) = default;
};

/// LogoutOrder is the content of a verified LogoutRequest, or of a logout that starts here.
struct LogoutOrder {
    LogoutKey key;
    saml::EntityID sp;  ///< which of our entities it addresses
    saml::NameID name_id;
    std::vector<saml::SessionIndex> session_indexes;  ///< none: every session of the principal
    /// Under `session_index` the order has one SessionIndex, which stands for the principal.
    saml::NameIDMatching matching = saml::NameIDMatching::default_qualifiers;
    Instant as_of;       ///< IssueInstant: a login after it is a new one
    Instant keep_until;  ///< how long late assertions and repeats are recognised
    /// Beside `session_indexes`, if there are any: the order names the principal's sessions of these AuthnInstants too,
    /// for IdPs whose session has another SessionIndex in each assertion, and one AuthnInstant.
    std::vector<Instant> authn_instants = {};
    /// An order that starts here is never refused because of IdPs' orders. A kept request's order needn't have it.
    LogoutOrigin origin = LogoutOrigin::idp;

    /// naming returns the names of sessions in the order.
    [[nodiscard]] SessionNaming naming() const {
        return {key.idp, sp, name_id, session_indexes, matching, authn_instants};
    }
    friend bool operator==(const LogoutOrder&, const LogoutOrder&) = default;
};

}  // namespace slo::sp
