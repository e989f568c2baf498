// saml-slo explain: what a rule means that the audit names.
#pragma once

#include <string_view>

#include "output.hpp"

namespace slo::tool {

/// explain_rule prints the page of `rule` for a terminal of 80 columns.
[[nodiscard]] ExitCode explain_rule(std::string_view rule, Format format);

/// list_rules prints each rule with its meaning in a sentence.
[[nodiscard]] ExitCode list_rules(Format format);

}  // namespace slo::tool
