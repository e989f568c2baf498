// [store]: which engine keeps the sessions, and what it needs.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config_table.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/store_options.hpp"

namespace slo::sp {

/// What [store] says. The files that it names aren't opened yet: keys are made last, so that a mistake elsewhere leaves
/// none behind.
struct StoreSection {
    StoreOptions options;

    // Redis alone:
    std::optional<Placed<std::filesystem::path>> password = {};
    std::optional<Placed<std::filesystem::path>> sentinel_password = {};
    std::optional<Placed<std::filesystem::path>> index_key = {};
    std::vector<Placed<std::filesystem::path>> sealing_keys = {};
    std::vector<Placed<std::filesystem::path>> tls_files = {};
    std::optional<Placed<std::filesystem::path>> tls_key = {};
};

/// Relative paths are relative to `folder`. Keys that the chosen engine doesn't have are refused.
[[nodiscard]] StoreSection read_store(const ConfigTable& root, const std::filesystem::path& folder,
                                      ReloginRule relogin);

/// Reads passwords and keys, and makes keys where none exists and `missing` says so. Appends to `notes` what the
/// operator should know.
[[nodiscard]] StoreOptions load_store(StoreSection section, MissingKeys missing, std::vector<std::string>& notes);

/// How many threads its callers may block unless the configuration says otherwise.
[[nodiscard]] std::size_t handler_threads_for(const StoreOptions& store) noexcept;

}  // namespace slo::sp
