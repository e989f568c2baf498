// Our own metadata: what an IdP's administrator imports.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"

namespace slo::metadata {

/// What our SPSSODescriptor says. The schema demands an AssertionConsumerService: the host's login module owns it.
struct SpMetadata {
    saml::EntityID entity_id;
    saml::EndpointUrl single_logout_soap;
    saml::EndpointUrl assertion_consumer_post;
    std::vector<saml::Certificate> signing;     ///< at least one; active first, then the next one during a roll-over
    std::vector<saml::Certificate> encryption;  ///< may be empty: then IdPs send NameIDs in the clear
    std::vector<std::string> name_id_formats;   ///< URIs, may be empty
    std::optional<Instant> valid_until;
};

/// write_sp_metadata writes the EntityDescriptor, schema-valid and with the SOAP SingleLogoutService first. It doesn't
/// say AuthnRequestsSigned: that is for the host's login module to promise. Errors: metadata::Errc::bad_sp_metadata.
/// Spec: SAML Metadata 2.4.2, errata E41, E62.
[[nodiscard]] Result<std::string> write_sp_metadata(const SpMetadata& metadata);

inline constexpr std::string_view media_type = "application/samlmetadata+xml";

}  // namespace slo::metadata
