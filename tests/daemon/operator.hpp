// An operator of saml-slod: writes its configuration, starts it, reads its output.
#pragma once

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "child_process.hpp"

namespace slo::test {

namespace fs = std::filesystem;

inline constexpr std::chrono::seconds patience{60};  // a sanitizer takes its time, and a busy machine more

class Operator {
public:
    Operator() {
        std::string name = (fs::temp_directory_path() / "slo-endpoint-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
        for (const std::string kind : {".key.pem", ".crt.pem"}) {
            fs::copy_file(fs::path(SLO_FIXTURES) / ("keys/sp-old" + kind), folder / ("sp" + kind));
        }
        fs::permissions(folder / "sp.key.pem", fs::perms::owner_read | fs::perms::owner_write);
        fs::copy_file(fs::path(SLO_FIXTURES) / "lasso/metadata.xml", folder / "idp.xml");
    }
    ~Operator() { fs::remove_all(folder); }
    Operator(const Operator&) = delete;
    Operator& operator=(const Operator&) = delete;

    void configure(const std::string& address, std::uint16_t port, std::uint16_t local_port) const {
        std::ofstream(folder / "slo.toml") << R"([sp]
entity_id = "https://sp.example.org/saml"
slo_url = "http://127.0.0.1/saml/slo"
acs_url = "https://sp.example.org/saml/acs"
signing_key = "sp.key.pem"
signing_certificate = "sp.crt.pem"
[[idp]]
metadata = "idp.xml"
)" << more_of_idp << "[store]\n" << store << R"([server]
listen = ")" << address << ":" << port
                                           << "\"\n[local]\nport = " << local_port << "\n";
    }
    [[nodiscard]] static examples::ChildProcess start(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), SLO_DAEMON);
        auto process = examples::ChildProcess::start(arguments);
        BOOST_REQUIRE(process.has_value());
        return *std::move(process);
    }
    /// Adds to what configure() wrote; it ended in [local].
    void configure_also(std::string_view toml) const { std::ofstream(folder / "slo.toml", std::ios::app) << toml; }
    [[nodiscard]] examples::ChildProcess start_configured() const { return start({"--config", folder / "slo.toml"}); }

    [[nodiscard]] examples::ChildProcess check() const {
        return start({"--check", "--config", (folder / "slo.toml").string()});
    }

    /// What it says next, apart from notes.
    [[nodiscard]] static std::string next_line(examples::ChildProcess& process) {
        std::string line = process.next_line(patience).value_or("nothing");
        while (line.find(": note: ") != std::string::npos) line = process.next_line(patience).value_or("nothing");
        return line;
    }

    /// It must end with 2 after one line (and notes) that says `what` is wrong and then how to `mend` it.
    static void expect_refusal(examples::ChildProcess process, std::string_view what, std::string_view mend) {
        const std::string line = next_line(process);
        BOOST_TEST(!process.next_line(patience).has_value());
        BOOST_TEST(process.wait(patience) == 2);
        BOOST_TEST(line.starts_with("saml-slod: "), line);
        const auto at = line.find(what);
        BOOST_REQUIRE_MESSAGE(at != std::string::npos, line);
        BOOST_TEST((line.find(mend, at) != std::string::npos), line);
    }

    fs::path folder;
    std::string store = "engine = \"memory\"\n";  ///< what configure() writes into [store]
    std::string more_of_idp;                      ///< lines of [[idp]]
};

}  // namespace slo::test
