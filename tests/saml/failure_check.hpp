// One way to say in a test which rule a Failure must name.
#pragma once

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

#include "slo/saml/error.hpp"
#include "slo/saml/result.hpp"

namespace slo::saml::test {

/// The rule that `result` was refused for, e.g. "saml.time", or "accepted".
template <class T>
std::string rule_of(const Result<T>& result) {
    return result ? "accepted" : result.error().code.message();
}

template <class Code>
std::string rule(Code code) {
    return std::string(name(code));
}

}  // namespace slo::saml::test
