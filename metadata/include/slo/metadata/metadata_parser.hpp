// Reads the octets of a metadata document into an EntityDescriptor.
#pragma once

#include <chrono>
#include <string_view>

#include "slo/metadata/entity_descriptor.hpp"
#include "slo/metadata/error.hpp"
#include "slo/saml/result.hpp"

namespace slo::metadata {

/// parse_entity_descriptor reads the metadata of one entity, from a source that the caller trusts (a local file): a
/// ds:Signature in it is tolerated and proves nothing. A leading byte order mark, comments, unknown roles, extensions
/// and attributes are tolerated; DOCTYPE isn't. An EntitiesDescriptor is read if it holds exactly one entity.
/// Certificates count as bare keys: their dates are ignored (SAML metadata interoperability profile). The earliest
/// `validUntil` of the entity, its IdP role and the groups around them counts (erratum E76), and is compared with
/// `now` - `clock_skew`. Errors: metadata::Errc; saml::Errc of xml::Document::parse.
[[nodiscard]] Result<EntityDescriptor> parse_entity_descriptor(std::string_view octets, Instant now,
                                                               std::chrono::seconds clock_skew);

}  // namespace slo::metadata
