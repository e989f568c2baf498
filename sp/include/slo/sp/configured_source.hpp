// A source of metadata as the configuration defines it: one judgement for the endpoint and for tools beside it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "slo/metadata/metadata_document.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/configuration.hpp"

namespace slo::sp {

/// ConfiguredSource decides whether a document of one [[idp]] or [[metadata]] is believed.
struct ConfiguredSource {
    using Holds = idp_adapter::Holds;  ///< one_idp: [[idp]]; any_idps: [[metadata]]
    std::string name;                  ///< "idp-1" of the first [[idp]]; of a [[metadata]], its name
    std::filesystem::path file = {};   ///< empty: remote
    metadata::MetadataRules rules;
    Holds holds = Holds::any_idps;
};

/// load_sources reads the settings of every [[idp]] and [[metadata]] in the configuration `file`, in their order, and
/// none of their documents. Our keys are neither read nor made. Errors: as load_configuration.
[[nodiscard]] Result<std::vector<ConfiguredSource>> load_sources(const std::filesystem::path& file, Instant now);

/// load_metadata reads `file` as load_configuration does, for the sources alone: our keys are neither read nor made.
/// Errors: as load_configuration.
[[nodiscard]] Result<MetadataOptions> load_metadata(const std::filesystem::path& file, Instant now);

/// judge reads a document of `source` as the endpoint does when it starts. Errors: those of read_metadata; if one IdP
/// is expected, Errc::not_metadata for anything else, and the reason if the IdP isn't usable. Blocks as long as
/// `octets` does.
[[nodiscard]] Result<metadata::MetadataDocument> judge(const ConfiguredSource& source, const saml::OctetSource& octets,
                                                       Instant now);

}  // namespace slo::sp
