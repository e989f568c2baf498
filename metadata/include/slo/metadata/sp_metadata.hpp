// Our own metadata, which an IdP's administrator imports.
#pragma once

#include <chrono>
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

/// SpMetadata is our SPSSODescriptor. The schema demands an AssertionConsumerService: the host's login module owns it.
struct SpMetadata {
    saml::EntityID entity_id;
    saml::EndpointUrl single_logout_soap;
    saml::EndpointUrl assertion_consumer_post;
    std::vector<saml::Certificate> signing;     ///< at least one: the active, then the next, then those that retire
    std::vector<saml::Certificate> encryption;  ///< may be empty: then IdPs send NameIDs in plain text
    std::vector<std::string> name_id_formats;   ///< URIs, may be empty
    std::optional<Instant> valid_until;
    std::optional<std::chrono::seconds> cache_duration = {};
    std::optional<saml::MessageID> id = {};         ///< the root's ID: what a signature refers to
    std::vector<LocalizedText> display_names = {};  ///< mdui:DisplayName, for an IdP's pages
    std::optional<Organization> organization = {};
    std::vector<ContactPerson> contacts = {};
};

/// write_sp_metadata writes the EntityDescriptor, schema-valid and with the SOAP SingleLogoutService first. The
/// algorithms in it (alg:DigestMethod, alg:SigningMethod, md:EncryptionMethod) are those that we accept from an IdP
/// without an exception of its own. It has no AuthnRequestsSigned: that is for the host's login module to promise.
/// Errors: metadata::Errc::bad_sp_metadata. Spec: SAML Metadata 2.4.2, errata E41, E62; SAML Metadata Profile for
/// Algorithm Support 2.3, 2.4.
[[nodiscard]] Result<std::string> write_sp_metadata(const SpMetadata& metadata);

inline constexpr std::string_view media_type = "application/samlmetadata+xml";

}  // namespace slo::metadata
