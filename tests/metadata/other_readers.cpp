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

namespace {

/// A reader's output: the entityID and the logout endpoint, a line each. Exit status 3 is a refusal.
ReaderVerdict verdict_of(const Run& reader, std::string_view package) {
    if (reader.status == 3)
        return {.accepted = false, .entity_id = {}, .single_logout_soap = {}, .said = reader.output};
    if (reader.status != 0) {
        throw std::runtime_error("the tests need Debian's " + std::string(package) + ": " + reader.output);
    }
    ReaderVerdict verdict{.accepted = true, .entity_id = {}, .single_logout_soap = {}, .said = {}};
    std::istringstream lines(reader.output);
    std::getline(lines, verdict.entity_id);
    std::getline(lines, verdict.single_logout_soap);
    return verdict;
}

constexpr const char* scripts = SLO_SOURCE_DIR "/tests/metadata/";

/// A file below /usr of a package that ./dev unpacks rather than installs, or where it is installed after all.
std::string peer(const std::string& file) {
    const std::string unpacked = SLO_SOURCE_DIR "/build/peers/usr/" + file;
    return std::filesystem::exists(unpacked) ? unpacked : "/usr/" + file;
}

}  // namespace

// The interpreters by their paths: Debian's own have Debian's libraries, others in PATH may not.

ReaderVerdict read_with_lasso(std::string_view document) {
    const TemporaryFile file(document);
    const std::string script = std::string("/usr/bin/python3 ") + scripts + "read_with_lasso.py ";
    return verdict_of(run(script + SLO_FIXTURES "/lasso " + file.path()), "python3-lasso");
}

ReaderVerdict read_with_pysaml2(std::string_view document, std::string_view certificate_pem) {
    const TemporaryFile file(document);
    const TemporaryFile certificate(certificate_pem);
    const std::string script = std::string("/usr/bin/python3 ") + scripts + "read_with_pysaml2.py ";
    return verdict_of(run(script + file.path() + ' ' + certificate.path()), "python3-pysaml2");
}

ReaderVerdict read_with_simplesamlphp(std::string_view document, std::string_view certificate_pem) {
    const TemporaryFile file(document);
    const TemporaryFile certificate(certificate_pem);
    const std::string script = std::string("/usr/bin/php8.2 ") + scripts + "read_with_simplesamlphp.php ";
    return verdict_of(run(script + peer("share/simplesamlphp") + ' ' + file.path() + ' ' + certificate.path()),
                      "simplesamlphp and php8.2-xml");
}

ReaderVerdict read_with_shibboleth(std::string_view document, std::string_view certificate_pem,
                                   std::string_view entity_id) {
    const TemporaryFile file(document);
    const TemporaryFile certificate(certificate_pem);
    const TemporaryFile logger(
        "log4j.rootCategory=ERROR, console\n"
        "log4j.appender.console=org.apache.log4j.ConsoleAppender\n"
        "log4j.appender.console.layout=org.apache.log4j.BasicLayout\n");
    const TemporaryFile configuration(
        R"(<SPConfig xmlns="urn:mace:shibboleth:3.0:native:sp:config" clockSkew="180"><OutOfProcess logger=")" +
        logger.path() + R"("/><InProcess logger=")" + logger.path() +
        R"("/><TCPListener address="127.0.0.1" port="1"/>)"
        R"(<ApplicationDefaults entityID="https://idp.example.org/shibboleth"><Sessions lifetime="60" timeout="60"/>)"
        R"(<MetadataProvider type="XML" validate="true" path=")" +
        file.path() + R"("><MetadataFilter type="Signature" certificate=")" + certificate.path() +
        R"("/></MetadataProvider></ApplicationDefaults>)"
        R"(<SecurityPolicyProvider type="XML" validate="true" path="/etc/shibboleth/security-policy.xml"/></SPConfig>)");
    const Run mdquery = run("SHIBSP_CONFIG=" + configuration.path() + ' ' + peer("bin/mdquery") + " -nostrict -e " +
                            std::string(entity_id));
    const bool found = mdquery.status == 0 && mdquery.output.find("<md:EntityDescriptor") != std::string::npos;
    return {.accepted = found,
            .entity_id = found ? std::string(entity_id) : std::string(),
            .single_logout_soap = {},
            .said = mdquery.output};
}

SchemaVerdict verify_with_samlsign(std::string_view document, std::string_view certificate_pem) {
    const TemporaryFile file(document);
    const TemporaryFile certificate(certificate_pem);
    const Run samlsign = run("samlsign -c " + certificate.path() + " -f " + file.path());
    return {samlsign.status == 0, samlsign.output};
}

}  // namespace slo::test
