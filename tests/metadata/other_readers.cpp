#include "other_readers.hpp"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace slo::test {
namespace {

/// A file of this process, removed with the object.
class TemporaryFile {
public:
    explicit TemporaryFile(std::string_view content) {
        path_ = (std::filesystem::temp_directory_path() / "slo-metadata-XXXXXX").string();
        const int descriptor = ::mkstemp(path_.data());
        if (descriptor < 0) throw std::runtime_error("can't make a temporary file");
        ::close(descriptor);
        std::ofstream out(path_, std::ios::binary | std::ios::trunc);
        out << content;
        if (!out.flush()) throw std::runtime_error("can't write a temporary file");
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

struct Run {
    int status = -1;
    std::string output;
};

/// Runs `command` in a shell; its parts are ours alone.
Run run(const std::string& command) {
    std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (!pipe) throw std::runtime_error("can't run a command");
    Run result;
    char buffer[4096];
    for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
        result.output.append(buffer, got);
    const int status = ::pclose(pipe);
    if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
    if (result.status == 126 || result.status == 127) throw std::runtime_error(result.output);
    return result;
}

}  // namespace

SchemaVerdict validate_metadata(std::string_view document) {
    const TemporaryFile file(document);
    const Run xmllint =
        run("xmllint --nonet --noout --schema " SLO_SOURCE_DIR "/tests/support/saml-metadata.xsd " + file.path());
    return {xmllint.status == 0, xmllint.output};
}

LassoVerdict read_with_lasso(std::string_view document) {
    const TemporaryFile file(document);
    // The interpreter by its path: Debian's own has Debian's Lasso, another one in PATH may not.
    const Run lasso = run(
        "/usr/bin/python3 " SLO_SOURCE_DIR "/tests/metadata/read_with_lasso.py " SLO_FIXTURES "/lasso " + file.path());
    if (lasso.status == 3) return {};
    if (lasso.status != 0) throw std::runtime_error("the tests need Debian's python3-lasso: " + lasso.output);
    LassoVerdict verdict{.accepted = true, .entity_id = {}, .single_logout_soap = {}};
    std::istringstream lines(lasso.output);
    std::getline(lines, verdict.entity_id);
    std::getline(lines, verdict.single_logout_soap);
    return verdict;
}

}  // namespace slo::test
