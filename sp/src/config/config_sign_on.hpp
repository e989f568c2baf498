// [sign_on]: how this service sends its users to their IdPs, and what it keeps of that.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config_publishing.hpp"
#include "config_sections.hpp"
#include "config_table.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/store_options.hpp"

namespace slo::sp {

inline constexpr std::string_view sign_on_keys[] = {"login_url",
                                                    "discovery_service",
                                                    "landing",
                                                    "target_prefix",
                                                    "targets",
                                                    "flow_lifetime",
                                                    "session_lifetime",
                                                    "max_flows",
                                                    "max_claims",
                                                    "starts_per_second_per_address",
                                                    "key"};

/// SignOnSection is the content of [sign_on]. Its key isn't read yet.
struct SignOnSection {
    SignOnOptions options;
    SignOnEndpointOptions endpoint;
    std::size_t max_flows;
    std::size_t max_claims;
    Placed<std::filesystem::path> key;
};

/// read_sign_on returns std::nullopt if the file has no such section. The section takes the store's engine, the
/// first acs_url of `sp`, and paths that are none of `server`'s.
[[nodiscard]] std::optional<SignOnSection> read_sign_on(const ConfigTable& root, const std::filesystem::path& folder,
                                                        const SpSection& sp, const ServerSection& server,
                                                        const StoreOptions& store);

/// load_sign_on reads the key, and makes a missing one if `missing` says so. `store` is load_store()'s.
[[nodiscard]] SignOnConfiguration load_sign_on(const SignOnSection& section, const StoreOptions& store,
                                               MissingKeys missing, std::vector<std::string>& notes);

/// publish_sign_on writes into our metadata that requests are signed, and where a discovery service sends users back
/// to.
void publish_sign_on(const SignOnConfiguration& sign_on, metadata::SpMetadata& content);

}  // namespace slo::sp
