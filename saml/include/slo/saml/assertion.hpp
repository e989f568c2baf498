// Assertion and Response as plain values (SAML Core 2.3.3, 3.3.3).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/logout_request.hpp"
#include "slo/saml/logout_response.hpp"
#include "slo/saml/name_id.hpp"
#include "slo/saml/time.hpp"

namespace slo::saml {

/// SubjectConfirmation says by whom, where and until when an assertion may be presented (Core 2.4.1.1, 2.4.1.2).
struct SubjectConfirmation {
    std::string method;  ///< a URI: only bearer's means something here
    std::optional<Instant> not_before;
    std::optional<Instant> not_on_or_after;
    std::optional<std::string> recipient;
    std::optional<MessageID> in_response_to;
    std::optional<std::string> address;
};

/// Subject is the principal of an assertion (Core 2.4.1).
struct Subject {
    std::optional<std::variant<NameID, EncryptedID, BaseID>> identifier;
    std::vector<SubjectConfirmation> confirmations;
};

/// Conditions are those under which an assertion is valid (Core 2.5.1). Each inner list is one AudienceRestriction.
struct Conditions {
    std::optional<Instant> not_before;
    std::optional<Instant> not_on_or_after;
    std::vector<std::vector<std::string>> audience_restrictions;
    std::size_t one_time_uses = 0;
    std::size_t proxy_restrictions = 0;
    std::size_t unknown = 0;  ///< conditions of a type that isn't Core's: the assertion isn't valid then
};

/// AuthnStatement says when and how the principal was authenticated (Core 2.7.2).
struct AuthnStatement {
    Instant authn_instant;
    std::optional<SessionIndex> session_index;
    std::optional<Instant> session_not_on_or_after;
    std::optional<std::string> context_class;  ///< AuthnContextClassRef
    std::vector<std::string> authenticating_authorities;
};

/// Attribute has the values of all Attribute elements with this Name and NameFormat, in their order (Core 2.7.3.1). A
/// value that is an element, or xsi:nil, is none; `unread_values` counts them.
struct Attribute {
    std::string name;
    std::string name_format;  ///< empty if absent, which means `unspecified`
    std::vector<std::string> values;
    std::size_t unread_values = 0;
};

/// Assertion has all that a sign-on needs (Core 2.3.3). Advice and other statements are not read.
struct Assertion {
    MessageID id;
    Instant issue_instant;
    EntityID issuer;
    std::optional<Subject> subject;
    std::optional<Conditions> conditions;
    std::vector<AuthnStatement> authn_statements;
    std::vector<Attribute> attributes;
    std::size_t encrypted_attributes = 0;  ///< not opened
};

/// Response is a Response's own content, without its assertion (Core 3.2.2, 3.3.3).
struct Response {
    MessageID id;
    Version version;
    Instant issue_instant;
    std::optional<std::string> destination;
    std::optional<MessageID> in_response_to;
    std::optional<EntityID> issuer;
    Status status;
};

}  // namespace slo::saml
