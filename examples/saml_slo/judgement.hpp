// The settings by which the tool judges a document, and its report on the part that it doesn't show.
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

/// settings_for returns those for a document that is, or shall be, one of `files`. Stops with ExitCode::usage.
[[nodiscard]] OrStop<sp::ConfiguredSource> settings_for(const JudgedBy& wish,
                                                        const std::vector<std::filesystem::path>& files, Instant now);

/// permissive_rules accept everything that any endpoint could believe of a file: as an [[idp]] has it.
[[nodiscard]] metadata::MetadataRules permissive_rules();

/// advice_on says how to have a refused endpoint accepted; empty if `code` is about something else.
[[nodiscard]] std::string advice_on(std::error_code code);

/// others_in counts the entities of a document that are neither taken nor refused.
[[nodiscard]] std::size_t others_in(const metadata::MetadataDocument& document);

/// "41 other entities".
[[nodiscard]] std::string other_entities(std::size_t count);

/// "and 41 other entities, not shown: no IdPs for SAML 2.0", in a line; empty where there is none. `verb` is "shown".
[[nodiscard]] std::string others_text(const metadata::MetadataDocument& document, const metadata::MetadataRules& rules,
                                      std::string_view verb);

/// refused_text has a line for each refused entity of the document, `mark` in front, and the number of unlisted ones.
[[nodiscard]] std::string refused_text(const metadata::MetadataDocument& document, std::string_view mark);

/// refused_json is the same for programs: an array.
[[nodiscard]] std::string refused_json(const metadata::MetadataDocument& document);

}  // namespace slo::tool
