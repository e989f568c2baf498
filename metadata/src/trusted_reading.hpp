// Why a document is believed, apart from its content.
#pragma once

#include <string>
#include <string_view>

#include "slo/metadata/metadata_document.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/signed_stream.hpp"
#include "validity.hpp"

namespace slo::metadata {

/// at names an element that was compared with a known name, and its line.
[[nodiscard]] std::string at(const saml::StreamElement& element);

/// validity_of reads it. Errors: Errc::schema_violation.
[[nodiscard]] Result<Validity> validity_of(const saml::StreamElement& element);

enum class Root { entity, aggregate };

/// check_root_validity compares the root's validity with `rules`. Errors: Errc::expired, valid_until_missing,
/// valid_until_too_far.
[[nodiscard]] Result<void> check_root_validity(const Validity& validity, const std::string& where,
                                               const MetadataRules& rules, Root root, Instant now);

/// How a refusal begins that says itself what to remove.
inline constexpr std::string_view late_declaration =
    "line 1: an XML declaration stands at the very beginning, or nowhere: ";

/// So many of a document's first octets tell what it is.
inline constexpr std::size_t front_octets = 512;

/// What `why` is about where the first of the document's octets tell more than the parser did: a page or JSON is no
/// metadata, and what stands before an XML declaration makes all of it malformed.
[[nodiscard]] Failure told_by_the_front(Failure why, std::string_view front);

/// read_trusted shows the document to `visitor`, and returns a verdict if `rules.trust` is satisfied.
/// Errors: Errc::hash_mismatch; Errc::not_metadata of a page or JSON; saml::Errc of read_signed_stream; those of
/// `source` and `visitor`.
[[nodiscard]] Result<saml::StreamVerdict> read_trusted(const saml::OctetSource& source, const MetadataRules& rules,
                                                       saml::StreamVisitor& visitor);

}  // namespace slo::metadata
