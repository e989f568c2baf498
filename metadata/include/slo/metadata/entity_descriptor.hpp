// A partner's metadata (SAML Metadata 2.3, 2.4).
#pragma once

#include <chrono>
#include <cstddef>
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
inline constexpr std::string_view redirect_binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
inline constexpr std::string_view post_binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

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

/// LocalizedText is a text in one language (xml:lang: RFC 5646, e.g. "en").
struct LocalizedText {
    std::string language;
    std::string text;
    friend bool operator==(const LocalizedText&, const LocalizedText&) = default;
};

/// SignOnBinding is a binding by which a browser takes an AuthnRequest to an IdP. Others aren't used (MD-25).
enum class SignOnBinding { redirect, post };
/// name returns the binding's own name, e.g. "HTTP-Redirect". Static storage.
[[nodiscard]] std::string_view name(SignOnBinding binding) noexcept;

/// SignOnEndpoint is a SingleSignOnService that a browser can be sent to (Metadata 2.4.3).
struct SignOnEndpoint {
    SignOnBinding binding = SignOnBinding::redirect;
    saml::EndpointUrl location;
    friend bool operator==(const SignOnEndpoint&, const SignOnEndpoint&) = default;
};

/// SignOnRole is the part of an IDPSSODescriptor that sign-on needs. A broken part of it is left out, and never costs
/// the entity: what is good for logout stays good.
struct SignOnRole {
    std::vector<SignOnEndpoint> endpoints = {};      ///< document order; may be empty
    std::vector<std::string> skipped_services = {};  ///< why a SingleSignOnService could not be used, one text each
    std::size_t other_bindings = 0;                  ///< SingleSignOnServices of bindings that aren't used
    bool wants_signed_requests = false;              ///< WantAuthnRequestsSigned; what is no xs:boolean counts as true
    std::vector<std::string> name_id_formats = {};   ///< document order is preference
    std::vector<std::string> scopes = {};            ///< shibmd:Scope, literal, of the role and of the entity
    std::size_t regexp_scopes = 0;                   ///< those with regexp="true", which are not matched
    /// mdui:DisplayName, the first of each language: the author's text, of at most 256 bytes, without controls. It is
    /// for a page on which users choose their IdP, escaped there, and never for a log.
    std::vector<LocalizedText> display_names = {};
    std::optional<saml::EndpointUrl> error_url = {};  ///< errorURL, for a page that users see; may hold placeholders
};

/// sign_on_obstacle says why no user can be sent to an IdP of this role, and is empty if there is an endpoint for it.
/// It has no text of the document.
[[nodiscard]] std::string sign_on_obstacle(const SignOnRole& role);

/// IdpRole is the part of an IDPSSODescriptor that we need.
struct IdpRole {
    std::vector<KeyDescriptor> keys;
    std::vector<Endpoint> single_logout_services;  ///< document order; may be empty
    std::vector<std::string> skipped_keys;         ///< why a KeyDescriptor could not be used, one text each
    AlgorithmSupport algorithms = {};  ///< the role's own declaration, else the entity's (never both merged)
    SignOnRole sign_on = {};

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
