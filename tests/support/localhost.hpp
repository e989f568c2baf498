// The name `localhost`, which not every machine knows.
#pragma once

#include <string>

namespace slo::test {

/// "localhost", once it's known to lead to 127.0.0.1. Throws std::runtime_error where it doesn't, which says how to
/// mend that. For whatever has to be asked by a name.
[[nodiscard]] const std::string& localhost();

}  // namespace slo::test
