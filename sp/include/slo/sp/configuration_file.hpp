// A configuration in two steps, for a program that has sections of its own in the file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/configuration.hpp"

namespace slo::sp {

class ConfigTable;
struct ConfiguredSource;

/// ConfigurationSection reads one section. It borrows from its ConfigurationFile. Errors of each function:
/// ConfigurationErrc::configuration_invalid with one line: what is wrong, where, and the remedy.
class ConfigurationSection {
public:
    explicit ConfigurationSection(std::shared_ptr<const ConfigTable> table) noexcept : table_(std::move(table)) {}

    /// text reads a text; std::nullopt if the key is absent.
    [[nodiscard]] Result<std::optional<std::string>> text(std::string_view key) const;
    /// texts reads a text or a list of texts; none if the key is absent.
    [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key) const;
    /// number reads a whole number from `least` to `most`; `fallback` if the key is absent.
    [[nodiscard]] Result<std::size_t> number(std::string_view key, std::size_t fallback, std::size_t least,
                                             std::size_t most) const;
    /// word reads one of `words`; the first of them if the key is absent.
    [[nodiscard]] Result<std::string> word(std::string_view key, std::span<const std::string_view> words) const;
    /// refusal makes the Failure for the value of `key`, for a rule of the program's own.
    [[nodiscard]] Failure refusal(std::string_view key, std::string_view what, std::string_view mend) const;

private:
    std::shared_ptr<const ConfigTable> table_;
};

/// Loading is the program's decision about files that load() may make.
struct Loading {
    MissingKeys missing = MissingKeys::made;
    std::string key_owner = {};  ///< the user to whom root gives a key folder that it makes; empty: the parent's
};

/// ConfigurationFile is the content of a file alone: each section is checked, and no key or document that it names has
/// been read. Movable; one thread at a time.
class ConfigurationFile {
public:
    /// read reads `file`, which may have the sections `own` beside the library's. Errors: those of load_configuration;
    /// any other section, and a key that its section doesn't have, are refused.
    [[nodiscard]] static Result<ConfigurationFile> read(const std::filesystem::path& file,
                                                        std::span<const OwnSection> own);
    ConfigurationFile(ConfigurationFile&& other) noexcept;
    ConfigurationFile& operator=(ConfigurationFile&& other) noexcept;
    ~ConfigurationFile();

    /// section returns the section `name`, one of `own`; an empty one if the file doesn't have it.
    [[nodiscard]] ConfigurationSection section(std::string_view name) const;
    [[nodiscard]] const HttpServerOptions& server() const noexcept;
    /// signs_on says whether the file has [sign_on].
    [[nodiscard]] bool signs_on() const noexcept;

    /// load reads all that the file names, as load_configuration does.
    [[nodiscard]] Result<Configuration> load(Instant now, const Loading& loading) const;
    /// metadata and sources do what load_metadata and load_sources do.
    [[nodiscard]] Result<MetadataOptions> metadata(Instant now) const;
    [[nodiscard]] Result<std::vector<ConfiguredSource>> sources(Instant now) const;

private:
    struct Sections;
    explicit ConfigurationFile(std::unique_ptr<Sections> sections) noexcept;
    std::unique_ptr<Sections> sections_;
};

}  // namespace slo::sp
