// What an oracle finds.
#pragma once

#include <string>

namespace slo::sources {

/// What has gone wrong: a rule's name, and the words for a person.
struct Violation {
    std::string rule;
    std::string detail;
};

}  // namespace slo::sources
