// An oracle's findings.
#pragma once

#include <string>

namespace slo::sources {

/// A rule's name, and the text for a person.
struct Violation {
    std::string rule;
    std::string detail;
};

}  // namespace slo::sources
