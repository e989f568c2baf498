#include "xmlsec1.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <vector>

#include "fixtures.hpp"

extern char** environ;

namespace slo::test {
namespace {

/// A folder of this process, removed with it.
class Folder {
public:
    Folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "slo-test-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("can't make a temporary folder");
        path_ = pattern;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
    std::string write(std::string_view name, std::string_view content) const {
        std::ofstream out(file(name), std::ios::binary | std::ios::trunc);
        out << content;
        if (!out.flush()) throw std::runtime_error("can't write " + file(name));
        return file(name);
    }

private:
    std::string path_;
};

const Folder& folder() {
    static const Folder the_folder;
    return the_folder;
}

/// Runs a program with its output in the file "log". Returns its exit status.
int run(const std::vector<std::string>& arguments) {
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const auto log = folder().file("log");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t child = 0;
    const int failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed) throw std::runtime_error(arguments[0] + " can't be started: the tests need Debian's package xmlsec1");
    int status = 0;
    if (waitpid(child, &status, 0) != child) throw std::runtime_error("waitpid failed");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void append_id_attributes(std::vector<std::string>& arguments) {
    for (const auto* message :
         {"LogoutRequest", "LogoutResponse", "AuthnRequest", "ManageNameIDRequest", "ArtifactResolve", "AttributeQuery",
          "Response", "ManageNameIDResponse", "ArtifactResponse"}) {
        arguments.emplace_back("--id-attr:ID");
        arguments.push_back("urn:oasis:names:tc:SAML:2.0:protocol:" + std::string(message));
    }
    for (const auto* element : {"assertion:Assertion", "metadata:EntityDescriptor", "metadata:EntitiesDescriptor"}) {
        arguments.emplace_back("--id-attr:ID");
        arguments.push_back("urn:oasis:names:tc:SAML:2.0:" + std::string(element));
    }
}

std::string without_declaration(std::string xml) {
    if (xml.starts_with("<?xml")) xml.erase(0, xml.find("?>") + 2);
    while (xml.starts_with('\n')) xml.erase(0, 1);
    while (xml.ends_with('\n')) xml.pop_back();
    return xml;
}

std::string run_xmlsec1(std::vector<std::string> arguments, std::string_view input) {
    const auto output = folder().file("out.xml");
    arguments.insert(arguments.end(), {"--output", output, folder().write("in.xml", input)});
    if (run(arguments) != 0) throw std::runtime_error("xmlsec1: " + read_file(folder().file("log")));
    return without_declaration(read_file(output));
}

}  // namespace

std::string sign_xml(std::string_view xml, std::string_view key, std::string_view node_xpath) {
    static std::map<std::string, std::string> signed_before;
    auto& known = signed_before[std::string(key) + '\n' + std::string(node_xpath) + '\n' + std::string(xml)];
    if (!known.empty()) return known;
    std::vector<std::string> arguments{"xmlsec1", "--sign", "--privkey-pem", fixture_path(key)};
    if (!node_xpath.empty()) arguments.insert(arguments.end(), {"--node-xpath", std::string(node_xpath)});
    append_id_attributes(arguments);
    return known = run_xmlsec1(std::move(arguments), xml);
}

bool verify_xml(std::string_view xml, std::string_view certificate_pem) {
    std::vector<std::string> arguments{
        "xmlsec1",  "--verify",          "--enabled-reference-uris",
        "same-doc", "--pubkey-cert-pem", folder().write("certificate.pem", certificate_pem)};
    append_id_attributes(arguments);
    arguments.push_back(folder().write("in.xml", xml));
    return run(arguments) == 0;
}

std::string encrypt_xml(std::string_view plaintext, std::string_view xenc_template, std::string_view certificate,
                        std::string_view session_key) {
    return run_xmlsec1({"xmlsec1", "--encrypt", "--pubkey-cert-pem", fixture_path(certificate), "--session-key",
                        std::string(session_key), "--xml-data", folder().write("plain.xml", plaintext)},
                       xenc_template);
}

std::string decrypt_xml(std::string_view xml, std::string_view key) {
    return run_xmlsec1({"xmlsec1", "--decrypt", "--privkey-pem", fixture_path(key)}, xml);
}

}  // namespace slo::test
