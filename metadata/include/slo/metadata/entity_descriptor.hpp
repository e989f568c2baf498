// Who a partner is, as its metadata says (SAML Metadata 2.3, 2.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    std::optional<saml::Certificate> certificate;  ///< absent where metadata gave the bare key
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

    /// The keys that may verify: use `signing` or none given; `encryption` never does (erratum E62, Core 5.4).
    [[nodiscard]] saml::VerificationKeys verification_keys() const;
};

/// EntityDescriptor. Without an IDPSSODescriptor for SAML 2.0, `idp` is empty.
struct EntityDescriptor {
    saml::EntityID entity_id;
    std::optional<Instant> valid_until;
    std::optional<IdpRole> idp;
};

}  // namespace slo::metadata
