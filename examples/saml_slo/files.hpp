// Files of the tool: read whole, replaced in one step.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "slo/saml/result.hpp"

namespace slo::tool {

/// What went wrong, with the detail where there is one: printable.
[[nodiscard]] std::string text_of(const Failure& failure);

/// The whole of `file`, at most 256 MiB: a federation's aggregate. Errors: detail says what and how to mend it.
[[nodiscard]] Result<std::string> read_whole(const std::filesystem::path& file);

/// Puts `octets` in the place of `file`: whoever reads sees the old or the new ones. Errors: as read_whole.
[[nodiscard]] Result<void> replace_whole(const std::filesystem::path& file, std::string_view octets);

}  // namespace slo::tool
