// Everything that is wrong or unusual in a metadata document, for the people who have to correct it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "slo/metadata/metadata_document.hpp"
#include "slo/saml/time.hpp"

namespace slo::metadata {

enum class Severity {
    error,    ///< read_metadata refuses the document, or the entity
    warning,  ///< it is read, and may not have the effect that its author intends
    note,
};

struct Finding {
    Severity severity = Severity::note;
    std::string_view rule;   ///< the standard's section, or the setting; stable, for scripts. Static storage
    std::error_code code;    ///< of an error: that of read_metadata
    std::uint64_t line = 0;  ///< 0: the document as a whole
    std::string text;        ///< what is wrong, and the remedy: printable ASCII, one line
};

/// max_findings is the limit: the rest is left out, and the last finding says so.
inline constexpr std::size_t max_findings = 10'000;

/// review checks a document as read_metadata would with the same `rules`, and doesn't stop at the first problem. It
/// finds at least one error whenever read_metadata refuses the document or one of its entities. Of an aggregate above
/// one MiB, lines inside an entity are near the right one: its start tags count as one line each. Pure; in order of
/// lines.
[[nodiscard]] std::vector<Finding> review(std::string_view octets, const MetadataRules& rules, Instant now);

}  // namespace slo::metadata
