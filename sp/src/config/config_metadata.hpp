// [[idp]] and [[metadata]]: the partners that are believed, and the sources of their metadata.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config_profile.hpp"
#include "config_sections.hpp"
#include "config_table.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/configured_source.hpp"

namespace slo::sp {

/// The keys of [[idp]].
inline constexpr auto idp_keys = with_profile_keys({"metadata", "entity_id", "sha256", "signing_certificates"});

struct PartnersSection {
    std::vector<idp_adapter::Idp> idps;              ///< of [[idp]], as their files say now
    std::vector<idp_adapter::AbsentPartner> absent;  ///< of [[idp]], whose files aren't usable now
    MetadataOptions metadata;
};

/// Reads the files that [[idp]] names, and what [[metadata]] says of other places, which aren't asked here. At least
/// one of both. What is wrong with a file costs its IdP alone. Appends to `notes` what the operator should know.
[[nodiscard]] PartnersSection read_partners(const ConfigTable& root, const ProfileSurroundings& surroundings,
                                            const PolicySection& policy, Instant now, std::vector<std::string>& notes);

/// read_sources reads the settings of the same sources, and none of their files.
[[nodiscard]] std::vector<ConfiguredSource> read_sources(const ConfigTable& root,
                                                         const ProfileSurroundings& surroundings,
                                                         const PolicySection& policy, Instant now,
                                                         std::vector<std::string>& notes);

}  // namespace slo::sp
