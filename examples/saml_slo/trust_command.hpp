// saml-slo metadata validate, diff, import, refresh: what is wrong with a document, and what it would change in trust.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "output.hpp"
#include "slo/saml/time.hpp"

namespace slo::tool {

[[nodiscard]] ExitCode validate_metadata(const std::filesystem::path& file, Format format, Instant now);

[[nodiscard]] ExitCode diff_metadata(const std::filesystem::path& before, const std::filesystem::path& after,
                                     Format format, Instant now);

enum class Acceptance { ask, accepted };

struct Import {
    std::string source;                                 ///< a file, or an https URL
    std::vector<std::filesystem::path> signed_by = {};  ///< certificates; one of them signed it
    std::string sha256 = {};                            ///< or: of the document
    std::vector<std::string> entities = {};             ///< these IdPs alone; empty: all
    std::chrono::days longest_validity{30};             ///< of a URL's document
    std::filesystem::path ca = {};                      ///< of the URL's server; empty: the system's CAs
    std::filesystem::path client_certificate = {};      ///< ours, for that server; empty: none
    std::filesystem::path client_key = {};              ///< with it
    std::filesystem::path into;                         ///< the folder
    std::string name = {};                              ///< of the file in it; empty: made of the entityID
    Acceptance acceptance = Acceptance::ask;
};
[[nodiscard]] ExitCode import_metadata(const Import& command, Format format, Instant now);

/// Asks every source of the configuration once, as the endpoint does at its start; the copies in the cache are renewed.
[[nodiscard]] ExitCode refresh_metadata(const std::filesystem::path& file, Format format, Instant now);

}  // namespace slo::tool
