// One script, played from beginning to end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "key_site.hpp"
#include "site.hpp"

namespace slo::sources {

struct Outcome {
    std::uint64_t steps = 0;
    std::optional<Violation> violation;
    std::vector<std::string> trace;
};

enum class Tracing { off, on };

/// The common part of all episodes.
struct Cast {
    Material material;
    Kinds kinds = Kinds::all();
};

[[nodiscard]] Outcome play(const Cast& cast, const Script& script, Plant plant, Tracing tracing);

/// The script with as little in it as still breaks the same rule.
[[nodiscard]] Script shrunk(const Cast& cast, Script script, Plant plant, const std::string& rule);

}  // namespace slo::sources
