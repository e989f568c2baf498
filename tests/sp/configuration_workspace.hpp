// A folder with a configuration and what it names; and how its refusals are read.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

#include "slo/saml/time.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/configuration_error.hpp"
#include "temporary_folder.hpp"

namespace slo::test {

namespace fs = std::filesystem;

/// Every fixture's certificate is valid then.
inline const Instant some_day = *saml::parse_instant("2027-01-01T00:00:00Z");

inline const std::string fixtures = SLO_FIXTURES;

inline std::string read(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A user's file; line numbers in the tests below count here.
inline const std::string good = R"([sp]
entity_id = "https://sp.example.org/saml"
slo_url = "https://sp.example.org/saml/slo"
acs_url = "https://sp.example.org/saml/acs"
signing_key = "sp.key.pem"
signing_certificate = "sp.crt.pem"
[[idp]]
metadata = "idp.xml"
[server]
listen = "127.0.0.1:8080"
)";

/// `good` with one part replaced.
inline std::string with(std::string_view part, std::string_view replacement) {
    std::string text = good;
    const auto at = text.find(part);
    BOOST_REQUIRE(at != std::string::npos);
    return text.replace(at, part.size(), replacement);
}

/// A folder with an IdP's metadata and our keys, as the fixtures have them.
class Workspace {
public:
    Workspace() {
        write("idp.xml", read(fixtures + "/lasso/metadata.xml"));
        copy_key("keys/sp-old", "sp");
    }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder / name, std::ios::binary) << text;
        fs::permissions(folder / name, fs::perms::owner_read | fs::perms::owner_write);
    }
    void copy_key(const std::string& fixture, const std::string& name) const {
        write(name + ".key.pem", read(fixtures + "/" + fixture + ".key.pem"));
        write(name + ".crt.pem", read(fixtures + "/" + fixture + ".crt.pem"));
    }
    void remove_keys() const {
        fs::remove(folder / "sp.key.pem");
        fs::remove(folder / "sp.crt.pem");
    }
    [[nodiscard]] Result<sp::Configuration> load(const std::string& text, Instant now = some_day) const {
        write("slo.toml", text);
        return sp::load_configuration(folder / "slo.toml", now);
    }
    [[nodiscard]] sp::Configuration accept(const std::string& text, Instant now = some_day) const {
        auto configuration = load(text, now);
        if (!configuration) BOOST_TEST_MESSAGE(configuration.error().detail);
        BOOST_REQUIRE(configuration.has_value());
        return *std::move(configuration);
    }
    /// The refusal must be one line, name the file and `line` (0: the whole file), and say `what` and how to mend it.
    void refuse(const std::string& text, unsigned line, std::string_view what, std::string_view mend) const {
        expect_refusal(text, load(text), line, what, mend);
    }
    /// The same of what another reader made of `text`.
    template <class T>
    void expect_refusal(const std::string& text, const Result<T>& configuration, unsigned line, std::string_view what,
                        std::string_view mend) const {
        BOOST_TEST_CONTEXT(text) {
            BOOST_REQUIRE(!configuration);
            const std::string& said = configuration.error().detail;
            BOOST_TEST(configuration.error().code == sp::ConfigurationErrc::configuration_invalid);
            const std::string place =
                (folder / "slo.toml").string() + ":" + (line == 0 ? "" : std::to_string(line) + ":");
            BOOST_TEST(said.starts_with(place + " "), said);
            BOOST_TEST((said.find(what) != std::string::npos), said << " lacks " << what);
            const auto semicolon = said.rfind(';');
            BOOST_REQUIRE(semicolon != std::string::npos);
            BOOST_TEST((said.find(mend, semicolon) != std::string::npos), said << " lacks " << mend);
            BOOST_TEST((said.find('\n') == std::string::npos));
        }
    }

private:
    TemporaryFolder own_;

public:
    const fs::path folder = own_.path();
};

inline bool has_note(const sp::Configuration& configuration, std::string_view part) {
    return std::any_of(configuration.notes.begin(), configuration.notes.end(),
                       [part](const std::string& note) { return note.find(part) != std::string::npos; });
}

/// With the sections that saml-slod reads itself.
inline std::string daemon_s_example() {
    return read(SLO_SOURCE_DIR "/sp/daemon/saml-slod.toml");
}

inline std::string documented_example() {
    const std::string whole = daemon_s_example();
    const auto daemon_s = whole.find("# The interface for your application");
    BOOST_REQUIRE(daemon_s != std::string::npos);
    return whole.substr(0, daemon_s);
}

/// `text` without the part from `from` up to `to`.
inline std::string cut(std::string text, std::string_view from, std::string_view to) {
    const auto begin = text.find(from);
    BOOST_REQUIRE(begin != std::string::npos);
    const auto end = text.find(to, begin);
    BOOST_REQUIRE(end != std::string::npos);
    return text.erase(begin, end - begin);
}

/// The example's [store.redis] has no place beside the default engine.
inline std::string without_redis(std::string example) {
    return cut(std::move(example), "#[store.redis]", "# The HTTP server");
}

/// The example with each commented default switched on.
inline std::string with_defaults_written_out(const std::string& example) {
    std::istringstream lines(example);
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        const bool is_default = line.size() > 1 && line[0] == '#' && line[1] != ' ';
        text += (is_default ? line.substr(1) : line) + "\n";
    }
    return text;
}

}  // namespace slo::test
