// One script, played from beginning to end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cast.hpp"
#include "oracle.hpp"
#include "plant.hpp"

namespace slo::simulate {

struct Outcome {
    std::uint64_t steps = 0;
    std::optional<Violation> violation;
    std::vector<std::string> trace;
};

enum class Tracing { off, on };
[[nodiscard]] Outcome play(const Cast& cast, const Script& script, Plant plant, Tracing tracing);

/// The smallest part of the script that still breaks the same rule.
[[nodiscard]] Script shrunk(const Cast& cast, Script script, Plant plant, const std::string& rule);

}  // namespace slo::simulate
