// saml-slo metadata: generate, show, import and the rest.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "judgement.hpp"
#include "output.hpp"
#include "slo/saml/time.hpp"

namespace slo::tool {

enum class Signature { as_configured, yes, no };

struct Generation {
    std::filesystem::path configuration;
    Signature signature = Signature::as_configured;
};
[[nodiscard]] ExitCode generate_metadata(const Generation& command, Format format, Instant now);

[[nodiscard]] ExitCode show_metadata(const std::filesystem::path& file, const JudgedBy& judged_by, Format format,
                                     Instant now);

}  // namespace slo::tool
