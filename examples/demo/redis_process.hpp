// A Redis or Valkey server of the demo's own, at a Unix socket in the demo's folder.
#pragma once

#include <filesystem>
#include <optional>

#include "child_process.hpp"

namespace slo::examples {

/// Where it listens.
[[nodiscard]] std::filesystem::path redis_socket(const std::filesystem::path& folder);

/// start_redis starts it as a store of sessions needs it: each write on the disk before it is acknowledged, nothing
/// evicted. It keeps the data of an earlier one in `folder`. std::nullopt: there's no such program, or it isn't ready.
[[nodiscard]] std::optional<ChildProcess> start_redis(const std::filesystem::path& folder);

}  // namespace slo::examples
