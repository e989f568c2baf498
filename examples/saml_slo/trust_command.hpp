// saml-slo metadata validate, diff, refresh: the faults of a document, and the changes that it would make in trust.
#pragma once

#include <filesystem>

#include "judgement.hpp"
#include "output.hpp"
#include "slo/saml/time.hpp"

namespace slo::tool {

[[nodiscard]] ExitCode validate_metadata(const std::filesystem::path& file, const JudgedBy& judged_by, Format format,
                                         Instant now);

[[nodiscard]] ExitCode diff_metadata(const std::filesystem::path& before, const std::filesystem::path& after,
                                     const JudgedBy& judged_by, Format format, Instant now);

/// Asks every source of the configuration once, as the endpoint does at its start; the copies in the cache are renewed.
[[nodiscard]] ExitCode refresh_metadata(const std::filesystem::path& file, Format format, Instant now);

}  // namespace slo::tool
