// saml-slo metadata import: a proven document becomes a file, with exactly the content that was shown.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "judgement.hpp"
#include "output.hpp"
#include "slo/saml/time.hpp"

namespace slo::tool {

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
    JudgedBy judged_by = {};                            ///< the file, once it is there
    Acceptance acceptance = Acceptance::ask;
};
[[nodiscard]] ExitCode import_metadata(const Import& command, Format format, Instant now);

}  // namespace slo::tool
