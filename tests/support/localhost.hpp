// The name `localhost`, which not every machine knows.
#pragma once

#include <string>

namespace slo::test {

/// "localhost", once it's known to lead to 127.0.0.1. Throws std::runtime_error if it doesn't, with the remedy. For
/// requests that must be made by a name.
[[nodiscard]] const std::string& localhost();

}  // namespace slo::test
