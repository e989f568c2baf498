// Why a command ends early, with the exit code that it means.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "output.hpp"
#include "slo/saml/result.hpp"

namespace slo::tool {

struct Stop {
    ExitCode code;
    std::string text;
};
template <class T>
using OrStop = std::variant<T, Stop>;

[[nodiscard]] inline ExitCode complain(const Stop& stop) {
    return complain(stop.text, stop.code);
}

/// `what`, and the rule that was broken.
[[nodiscard]] inline std::string refusal(std::string_view what, const Failure& failure) {
    return std::string(what) + ": " + failure.code.message() +
           (failure.detail.empty() ? "" : " (" + failure.detail + ")");
}

}  // namespace slo::tool
