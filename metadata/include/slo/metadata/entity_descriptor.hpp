// A partner's metadata (SAML Metadata 2.3, 2.4).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/metadata/algorithm_support.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/time.hpp"

namespace slo::metadata {

inline constexpr std::string_view soap_binding = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP";

/// KeyUse is KeyDescriptor/@use. Absent means both (erratum E62).
enum class KeyUse { signing, encryption, both };

struct KeyDescriptor {
    KeyUse use = KeyUse::both;
    saml::VerificationKey key;
    std::optional<saml::Certificate> certificate;      ///< absent if metadata had the bare key
    std::vector<std::string> encryption_methods = {};  ///< md:EncryptionMethod/@Algorithm; document order is preference
};

/// Endpoint is a SingleLogoutService of one binding.
struct Endpoint {
    std::string binding;
    saml::EndpointUrl location;
    std::optional<saml::EndpointUrl> response_location;
    bool supports_asynchronous = false;  ///< aslo:supportsAsynchronous
};

/// IdpRole is the part of an IDPSSODescriptor that logout needs.
struct IdpRole {
    std::vector<KeyDescriptor> keys;
    std::vector<Endpoint> single_logout_services;  ///< document order; may be empty
    std::vector<std::string> skipped_keys;         ///< why a KeyDescriptor could not be used, one text each
    AlgorithmSupport algorithms = {};  ///< the role's own declaration, else the entity's (never both merged)

    /// verification_keys returns the keys with use `signing` or none; `encryption` never verifies (E62, Core 5.4).
    [[nodiscard]] saml::VerificationKeys verification_keys() const;
};

/// EntityAttribute is a saml:Attribute of mdattr:EntityAttributes (SAML V2.0 Metadata Extension for Entity Attributes
/// 1.0). Values that aren't plain text are left out.
struct EntityAttribute {
    std::string name;
    std::vector<std::string> values;
    friend bool operator==(const EntityAttribute&, const EntityAttribute&) = default;
};

/// EntityDescriptor has no `idp` without an IDPSSODescriptor for SAML 2.0. The content of the extensions is text of
/// the author of the document, and grants nothing.
struct EntityDescriptor {
    saml::EntityID entity_id;
    std::optional<Instant> valid_until;  ///< the earliest of the entity, its IdP role and the groups around them
    std::optional<IdpRole> idp;
    std::optional<std::chrono::seconds> cache_duration = {};  ///< the shortest of the same (errata E76, E94)
    std::vector<EntityAttribute> attributes = {};
    std::optional<std::string> registration_authority = {};  ///< mdrpi:RegistrationInfo
    std::optional<Instant> published = {};                   ///< mdrpi:PublicationInfo/@creationInstant
};

}  // namespace slo::metadata
