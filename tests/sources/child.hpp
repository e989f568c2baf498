// A process of its own for what may be killed.
#pragma once

#include <functional>
#include <optional>

namespace slo::sources {

/// Runs `work` in a child that is killed before its operation `dies_at` on files (0: it isn't). Its exit code, which is
/// what `work` returns; nothing where it was killed. Throws std::runtime_error where it ended in another way.
[[nodiscard]] std::optional<int> in_child(int dies_at, const std::function<int()>& work);

}  // namespace slo::sources
