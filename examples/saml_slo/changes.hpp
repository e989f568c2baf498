// Changes in trust, as the tool shows them.
#pragma once

#include <string>
#include <vector>

#include "slo/metadata/difference.hpp"

namespace slo::tool {

[[nodiscard]] bool adds_trust(const std::vector<metadata::Change>& changes);

/// An array.
[[nodiscard]] std::string json_of(const std::vector<metadata::Change>& changes);
[[nodiscard]] std::string table_of(const std::vector<metadata::Change>& changes);

}  // namespace slo::tool
