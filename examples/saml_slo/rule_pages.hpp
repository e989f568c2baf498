// The pages of docs/rules, as the build put them into the tool.
#pragma once

#include <span>
#include <string_view>

namespace slo::tool {

struct RulePage {
    std::string_view rule;
    std::string_view text;  ///< Markdown, as in docs/rules/<rule>.md
};

/// rule_pages returns all of them, in the order of their rules. Static storage.
[[nodiscard]] std::span<const RulePage> rule_pages() noexcept;

}  // namespace slo::tool
