// By which settings the tool judges a document, and what it tells of the part that it doesn't show.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "slo/metadata/metadata_document.hpp"
#include "slo/sp/configured_source.hpp"
#include "stop.hpp"

namespace slo::tool {

struct JudgedBy {
    std::filesystem::path configuration = {};  ///< the endpoint's; empty: `endpoints` alone
    std::string source = {};                   ///< one of its sources; empty: the one that has the file
    metadata::EndpointRule endpoints = {};
};

/// The settings for a document that is, or shall be, one of `files`. Stops with ExitCode::usage.
[[nodiscard]] OrStop<sp::ConfiguredSource> settings_for(const JudgedBy& wish,
                                                        const std::vector<std::filesystem::path>& files, Instant now);

/// Everything that any endpoint could believe of a file: as an [[idp]] has it.
[[nodiscard]] metadata::MetadataRules permissive_rules();

/// How to have an endpoint taken that is refused; empty where `code` is about something else.
[[nodiscard]] std::string advice_on(std::error_code code);

/// The entities of a document that are neither taken nor refused.
[[nodiscard]] std::size_t others_in(const metadata::MetadataDocument& document);

/// "41 other entities".
[[nodiscard]] std::string other_entities(std::size_t count);

/// "and 41 other entities, not shown: no IdPs for SAML 2.0", in a line; empty where there is none. `verb` is "shown".
[[nodiscard]] std::string others_text(const metadata::MetadataDocument& document, const metadata::MetadataRules& rules,
                                      std::string_view verb);

/// A line for each refused entity of the document, `mark` in front; what isn't listed is counted.
[[nodiscard]] std::string refused_text(const metadata::MetadataDocument& document, std::string_view mark);

/// The same for programs: an array.
[[nodiscard]] std::string refused_json(const metadata::MetadataDocument& document);

}  // namespace slo::tool
