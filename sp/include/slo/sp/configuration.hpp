// The configuration of a service provider process: read once, complete, immutable.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "slo/idp_adapter/idp.hpp"
#include "slo/metadata/sp_metadata.hpp"
#include "slo/saml/keys.hpp"
#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/policy.hpp"
#include "slo/sp/store_options.hpp"

namespace slo::sp {

enum class SystemCallFilter { on, off };

/// What a program of its own does to its process before it serves. The library does nothing of it.
struct ProcessOptions {
    std::string user = {};  ///< to become after start-up; empty: stay who we are
    SystemCallFilter seccomp = SystemCallFilter::on;
};

/// Everything that the TOML file said, with every file that it names read, parsed and checked.
struct Configuration {
    saml::EntityID entity_id;
    std::vector<saml::EndpointUrl> destinations;
    saml::SigningKey signing_key;
    std::vector<saml::DecryptionKey> decryption_keys;
    metadata::SpMetadata sp_metadata;
    std::vector<idp_adapter::Idp> idps;
    Policy policy;
    StoreOptions store;
    HttpServerOptions server;
    HttpEndpointOptions endpoint;
    std::uint16_t local_port = 0;  ///< 0: no local listener
    ProcessOptions process;
    std::vector<std::string> notes;  ///< one line each: what the operator should know (keys made, certificates ageing)
};

/// load_configuration reads `file`; relative paths in it are relative to its folder. Signing and encryption keys, and
/// those of a shared store, that it names and that don't exist are generated (mode 0600), and a note says so. Errors:
/// Errc::configuration_invalid with one line: what is wrong, where, and how to mend it. Unknown keys are errors.
[[nodiscard]] Result<Configuration> load_configuration(const std::filesystem::path& file, Instant now);

}  // namespace slo::sp
