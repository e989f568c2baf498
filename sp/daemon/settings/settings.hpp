// saml-slod's own sections of its configuration, [local] and [process]; all others are the library's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// IdentityHeader hands the values of an attribute to the application, at the local interface.
struct IdentityHeader {
    std::string name;       ///< of the field
    std::string attribute;  ///< the Name of the SAML Attribute
};

/// LocalOptions is what the local interface is.
struct LocalOptions {
    std::uint16_t port = 0;  ///< 0: there is none
    std::vector<IdentityHeader> identity_headers;
};

/// ConfigurationFile is the content of the file by itself, our sections included: a tool beside the daemon needs no
/// more.
struct ConfigurationFile : sp::ConfigurationFile {
    LocalOptions local;
    ProcessOptions process;
};

/// Configuration is the whole content of the file.
struct Configuration : sp::Configuration {
    LocalOptions local;
    ProcessOptions process;
};

/// local_keys and process_keys are the keys of each section. saml-slod.toml explains them.
inline constexpr std::string_view local_keys[] = {"port", "identity_headers"};
inline constexpr std::string_view process_keys[] = {"user", "seccomp"};

/// own_sections are those that the library leaves to us.
inline constexpr sp::OwnSection own_sections[] = {{"local", local_keys}, {"process", process_keys}};

/// UsersSignOn says whether the file has [sign_on].
enum class UsersSignOn { here, elsewhere };

/// read_local: its port can't be the public server's. A header of the identity is "NAME: ATTRIBUTE", and its name
/// begins with "X-" or "Remote-". [sign_on] needs a local interface, and headers of the identity need [sign_on].
/// Errors: as sp::load_configuration.
[[nodiscard]] Result<LocalOptions> read_local(const sp::ConfigurationSection& local,
                                              const sp::HttpServerOptions& server, UsersSignOn where);

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
