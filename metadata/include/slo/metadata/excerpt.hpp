// The wanted IdPs of a believed document, as a document of their own.
#pragma once

#include <string>

#include "slo/metadata/metadata_document.hpp"

namespace slo::metadata {

/// Excerpt is a document as read_metadata reads it, and the taken part as a document of its own.
struct Excerpt {
    MetadataDocument document;
    /// An EntitiesDescriptor without signature: it is believed for its place or its hash. It has validUntil,
    /// cacheDuration and PublicationInfo of the root, and each of `document.idps` in the very octets that were hashed,
    /// within the validity that the groups around it granted (erratum E76). Empty if no IdP was taken, and if the
    /// root is an EntityDescriptor: there is nothing to leave out.
    std::string octets;
};

/// read_excerpt reads a document as read_metadata does, and copies what it takes. Memory: as much again as the IdPs
/// that are kept have octets. Errors, blocking: as read_metadata.
[[nodiscard]] Result<Excerpt> read_excerpt(const saml::OctetSource& source, const MetadataRules& rules, Instant now);

}  // namespace slo::metadata
