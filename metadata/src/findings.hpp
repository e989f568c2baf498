// The list of a review's findings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "slo/metadata/review.hpp"
#include "slo/saml/result.hpp"

namespace slo::metadata {

class Findings {
public:
    void error(const Failure& failure, std::uint64_t line);
    void warning(std::string_view rule, std::uint64_t line, std::string text);
    void note(std::string_view rule, std::uint64_t line, std::string text);

    [[nodiscard]] bool has_error(std::error_code code) const noexcept;
    [[nodiscard]] std::vector<Finding> take() &&;

private:
    void add(Finding finding);

    std::vector<Finding> findings_;
};

}  // namespace slo::metadata
