// [store]: the engine that keeps the sessions, and its settings.
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

/// StoreSection is the content of [store]. The files that it names aren't opened yet: keys are made last, so that a
/// mistake elsewhere leaves none behind.
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

/// read_store: relative paths are relative to `folder`. Keys that the chosen engine doesn't have are refused.
[[nodiscard]] StoreSection read_store(const ConfigTable& root, const std::filesystem::path& folder,
                                      ReloginRule relogin);

/// load_store reads passwords and keys, and makes missing keys if `missing` says so. Appends notes for the operator to
/// `notes`.
[[nodiscard]] StoreOptions load_store(StoreSection section, MissingKeys missing, std::vector<std::string>& notes);

/// handler_threads_for returns how many threads its callers may block unless the configuration says otherwise.
[[nodiscard]] std::size_t handler_threads_for(const StoreOptions& store) noexcept;

}  // namespace slo::sp
