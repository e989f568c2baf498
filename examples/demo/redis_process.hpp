// A Redis or Valkey server of the demo's own, at a Unix socket in the demo's folder.
#pragma once

#include <filesystem>
#include <optional>

#include "child_process.hpp"

namespace slo::examples {

/// Where it listens.
[[nodiscard]] std::filesystem::path redis_socket(const std::filesystem::path& folder);

/// Starts it with what a store of sessions needs: each write on the disk before it is acknowledged, nothing evicted. It
/// finds again what an earlier one left in `folder`. Nothing: there is no such program, or it doesn't get ready.
[[nodiscard]] std::optional<ChildProcess> start_redis(const std::filesystem::path& folder);

}  // namespace slo::examples
