// Who a partner is, as its metadata says (SAML Metadata 2.3, 2.4).
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

/// KeyDescriptor/@use. Absent means both (erratum E62).
enum class KeyUse { signing, encryption, both };

struct KeyDescriptor {
    KeyUse use = KeyUse::both;
    saml::VerificationKey key;
    std::optional<saml::Certificate> certificate;      ///< absent where metadata gave the bare key
    std::vector<std::string> encryption_methods = {};  ///< md:EncryptionMethod/@Algorithm; document order is preference
};

/// SingleLogoutService: an endpoint of one binding.
struct Endpoint {
    std::string binding;
    saml::EndpointUrl location;
    std::optional<saml::EndpointUrl> response_location;
    bool supports_asynchronous = false;  ///< aslo:supportsAsynchronous
};

/// IDPSSODescriptor, as far as logout needs it.
struct IdpRole {
    std::vector<KeyDescriptor> keys;
    std::vector<Endpoint> single_logout_services;  ///< document order; may be empty
    std::vector<std::string> skipped_keys;         ///< why a KeyDescriptor could not be used, one text each
    AlgorithmSupport algorithms = {};  ///< the role's own declaration, else the entity's (never both merged)

    /// The keys that may verify: use `signing` or none given; `encryption` never does (erratum E62, Core 5.4).
    [[nodiscard]] saml::VerificationKeys verification_keys() const;
};

/// One saml:Attribute of mdattr:EntityAttributes (SAML V2.0 Metadata Extension for Entity Attributes 1.0). Values that
/// aren't plain text are left out.
struct EntityAttribute {
    std::string name;
    std::vector<std::string> values;
    friend bool operator==(const EntityAttribute&, const EntityAttribute&) = default;
};

/// EntityDescriptor. Without an IDPSSODescriptor for SAML 2.0, `idp` is empty. What the extensions say is text of
/// the author of the document, and grants nothing.
struct EntityDescriptor {
    saml::EntityID entity_id;
    std::optional<Instant> valid_until;  ///< the earliest of the entity, its IdP role and what stands around them
    std::optional<IdpRole> idp;
    std::optional<std::chrono::seconds> cache_duration = {};  ///< the shortest of the same (errata E76, E94)
    std::vector<EntityAttribute> attributes = {};
    std::optional<std::string> registration_authority = {};  ///< mdrpi:RegistrationInfo
    std::optional<Instant> published = {};                   ///< mdrpi:PublicationInfo/@creationInstant
};

}  // namespace slo::metadata
