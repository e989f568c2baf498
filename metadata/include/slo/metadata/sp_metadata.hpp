// Our own metadata, which an IdP's administrator imports.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/metadata/entity_descriptor.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"

namespace slo::metadata {

/// Organization (SAML Metadata 2.3.2.1) has each of the three in one language at least.
struct Organization {
    std::vector<LocalizedText> names;
    std::vector<LocalizedText> display_names;
    std::vector<LocalizedText> urls;
};

/// ContactType is ContactPerson/@contactType.
enum class ContactType { technical, support, administrative, billing, other };
[[nodiscard]] std::string_view name(ContactType type) noexcept;

/// is_language_tag accepts what xs:language, the type of xml:lang, accepts.
[[nodiscard]] bool is_language_tag(std::string_view text) noexcept;
/// is_email_address accepts one '@' with text on either side, and nothing that a mailto: URI would have to escape.
[[nodiscard]] bool is_email_address(std::string_view text);

/// ContactPerson (SAML Metadata 2.3.2.2). Empty members are left out.
struct ContactPerson {
    ContactType type = ContactType::technical;
    std::string company;
    std::string given_name;
    std::string sur_name;
    std::vector<std::string> email_addresses;  ///< without "mailto:"
};

/// IndexedEndpoint is one of several endpoints of a kind. IdPs may keep the index, so it should outlive changes.
struct IndexedEndpoint {
    saml::EndpointUrl location;
    std::uint16_t index = 0;
};

/// AuthnRequests says what our metadata promises of our AuthnRequests. IdPs refuse unsigned ones after the promise.
enum class AuthnRequests { unsaid, signed_always };
/// WantedAssertions says whether assertions must have a signature of their own, also in a signed Response.
enum class WantedAssertions { as_the_idp_signs, signed_themselves };

/// SubjectIdNeed is the entity attribute subject-id:req (SAML V2.0 Subject Identifier Attributes Profile 1.0, 2.1).
enum class SubjectIdNeed { unsaid, subject_id, pairwise_id, any, none };

inline constexpr std::string_view uri_name_format = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";
inline constexpr std::string_view basic_name_format = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";

/// RequestedAttribute (SAML Metadata 2.4.4.2) is an attribute that we ask for. Empty members are left out.
struct RequestedAttribute {
    std::string name;
    std::string name_format;  ///< a URI
    std::string friendly_name;
    enum class Need { wished, required };
    Need need = Need::wished;
};

/// AttributeConsumingService (SAML Metadata 2.4.4.1): the only one, and so the default.
struct AttributeConsumingService {
    std::vector<LocalizedText> names;            ///< of the service, at least one
    std::vector<RequestedAttribute> attributes;  ///< at least one
};

/// SpMetadata is our SPSSODescriptor. The schema demands an AssertionConsumerService, even if a login module of the
/// host owns it.
struct SpMetadata {
    saml::EntityID entity_id;
    saml::EndpointUrl single_logout_soap;
    std::vector<IndexedEndpoint> assertion_consumers;  ///< HTTP-POST; at least one, the first is the default (MD-19)
    std::vector<saml::Certificate> signing;     ///< at least one: the active, then the next, then those that retire
    std::vector<saml::Certificate> encryption;  ///< may be empty: then IdPs encrypt nothing. One turns it on (MD-21)
    std::vector<std::string> name_id_formats;   ///< URIs, may be empty; IdPs take the first as our wish
    std::optional<Instant> valid_until;
    std::optional<std::chrono::seconds> cache_duration = {};
    std::optional<saml::MessageID> id = {};         ///< the root's ID: what a signature refers to
    std::vector<LocalizedText> display_names = {};  ///< mdui:DisplayName, for an IdP's pages
    std::optional<Organization> organization = {};
    std::vector<ContactPerson> contacts = {};
    AuthnRequests authn_requests = AuthnRequests::unsaid;
    WantedAssertions wanted_assertions = WantedAssertions::signed_themselves;
    std::optional<AttributeConsumingService> attribute_needs = {};
    std::vector<IndexedEndpoint> discovery_responses = {};  ///< where a discovery service may send browsers back to
    SubjectIdNeed subject_id = SubjectIdNeed::unsaid;
    /// By HTTP-Redirect and HTTP-POST, after the one for SOAP. Keycloak's import chooses them if they are there.
    std::optional<saml::EndpointUrl> single_logout_browser = {};
};

/// write_sp_metadata writes the EntityDescriptor, schema-valid and with the SOAP SingleLogoutService first. The
/// algorithms in it (alg:DigestMethod, alg:SigningMethod, md:EncryptionMethod) are those that we accept from an IdP
/// without an exception of its own. Errors: metadata::Errc::bad_sp_metadata. Spec: SAML Metadata 2.4.2, 2.4.4, errata
/// E41, E62; SAML Metadata Profile for Algorithm Support 2.3, 2.4; Identity Provider Discovery Service Protocol 2.5.
[[nodiscard]] Result<std::string> write_sp_metadata(const SpMetadata& metadata);

inline constexpr std::string_view media_type = "application/samlmetadata+xml";

}  // namespace slo::metadata
