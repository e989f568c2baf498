// AuthnRequest as a plain value (SAML Core 3.4.1): what a service provider asks an IdP for a login with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/time.hpp"

namespace slo::saml {

/// NameIDPolicy says which kind of name is wanted (Core 3.4.1.1). All absent: any kind.
struct NameIDPolicy {
    std::optional<std::string> format;             ///< an absolute URI
    std::optional<std::string> sp_name_qualifier;  ///< an is_xml_value of at most 1024 bytes
    /// Whether the IdP may make a new name for the user. Not written with the format `transient`, where each name is
    /// new (erratum E14).
    bool allow_create = true;
};

/// AuthnRequest has what we send, and no more: its ProtocolBinding is always HTTP-POST, as a Response never comes by
/// HTTP-Redirect (Profiles 4.1.2) and some IdPs take that where none is named. It never has Subject, Conditions,
/// Scoping, Extensions, Consent or ProviderName.
struct AuthnRequest {
    MessageID id;
    Instant issue_instant;
    EndpointUrl destination;                 ///< the IdP's SingleSignOnService, to which it's sent
    EntityID issuer;                         ///< our own entity
    EndpointUrl assertion_consumer_service;  ///< byte for byte as in our metadata
    bool force_authn = false;                ///< the IdP must authenticate the user anew
    bool is_passive = false;                 ///< the IdP must not show the user anything
    std::optional<NameIDPolicy> name_id_policy = {};
    /// AuthnContextClassRefs, absolute URIs, of which one must be met exactly (Core 3.3.2.2.1). Empty: any.
    std::vector<std::string> authn_context_classes = {};
    std::optional<std::uint16_t> attribute_consuming_service = {};  ///< its index in our metadata
};

}  // namespace slo::saml
