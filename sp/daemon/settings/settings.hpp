// saml-slod's own sections of its configuration, [local] and [process]; all others are the library's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/configuration.hpp"
#include "slo/sp/configuration_file.hpp"

namespace slo::daemon {

enum class SystemCallFilter { on, off };

/// ProcessOptions is what is done to the process before it serves.
struct ProcessOptions {
    std::string user = {};  ///< to become after start-up; empty: stay who we are
    SystemCallFilter seccomp = SystemCallFilter::on;
};

/// ConfigurationFile is the content of the file by itself, our sections included: a tool beside the daemon needs no
/// more.
struct ConfigurationFile : sp::ConfigurationFile {
    std::uint16_t local_port = 0;  ///< of the local interface; 0: none
    ProcessOptions process;
};

/// Configuration is the whole content of the file.
struct Configuration : sp::Configuration {
    std::uint16_t local_port = 0;  ///< of the local interface; 0: none
    ProcessOptions process;
};

/// local_keys and process_keys are the keys of each section. saml-slod.toml explains them.
inline constexpr std::string_view local_keys[] = {"port"};
inline constexpr std::string_view process_keys[] = {"user", "seccomp"};

/// own_sections are those that the library leaves to us.
inline constexpr sp::OwnSection own_sections[] = {{"local", local_keys}, {"process", process_keys}};

/// read_local_port: 0 means none. It can't be the public server's port. Errors: as sp::load_configuration.
[[nodiscard]] Result<std::uint16_t> read_local_port(const sp::ConfigurationSection& local,
                                                    const sp::HttpServerOptions& server);

/// read_process: errors as sp::load_configuration.
[[nodiscard]] Result<ProcessOptions> read_process(const sp::ConfigurationSection& process);

/// read_configuration does what sp::ConfigurationFile::read does, and reads our sections: for all programs that read
/// the same file, saml-slo too, so that each of them refuses what the daemon refuses. Errors: as
/// sp::load_configuration.
[[nodiscard]] Result<ConfigurationFile> read_configuration(const std::filesystem::path& file);

/// load_configuration does what sp::load_configuration does, and reads our sections. A key folder that root makes is
/// given to the user of [process].
[[nodiscard]] Result<Configuration> load_configuration(const std::filesystem::path& file, Instant now,
                                                       sp::MissingKeys missing = sp::MissingKeys::made);

}  // namespace slo::daemon
