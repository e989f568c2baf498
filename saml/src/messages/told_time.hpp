// Times in the details of refusals.
#pragma once

#include <chrono>
#include <string>

namespace slo::saml {

/// seconds writes `duration` in whole seconds: "181 s".
[[nodiscard]] inline std::string seconds(std::chrono::milliseconds duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

}  // namespace slo::saml
