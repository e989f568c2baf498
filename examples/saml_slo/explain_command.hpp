// saml-slo explain: what a rule means that the audit names.
#pragma once

#include <string>
#include <string_view>

#include "output.hpp"

namespace slo::tool {

/// explain_rule prints the page of `rule` for a terminal of 80 columns.
[[nodiscard]] ExitCode explain_rule(std::string_view rule, Format format);

/// meaning_of_rule returns the sentence below the title of the rule's page; empty if there is none.
[[nodiscard]] std::string meaning_of_rule(std::string_view rule);

/// list_rules prints each rule with its meaning in a sentence.
[[nodiscard]] ExitCode list_rules(Format format);

}  // namespace slo::tool
