// The configuration of a service provider process: read once, complete, immutable.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slo/idp_adapter/idp.hpp"
#include "slo/idp_adapter/idp_directory.hpp"
#include "slo/idp_adapter/metadata_refresher.hpp"
#include "slo/metadata/published_metadata.hpp"
#include "slo/saml/keys.hpp"
#include "slo/sp/front_channel.hpp"
#include "slo/sp/http_endpoint.hpp"
#include "slo/sp/http_server.hpp"
#include "slo/sp/key_folder.hpp"
#include "slo/sp/policy.hpp"
#include "slo/sp/publication_record.hpp"
#include "slo/sp/sign_on.hpp"
#include "slo/sp/sign_on_endpoint.hpp"
#include "slo/sp/store_options.hpp"

namespace slo::sp {

/// OwnSection is a section that the program reads itself (ConfigurationFile). The library refuses other keys in it than
/// these, as it does in its own sections.
struct OwnSection {
    std::string_view name;
    std::span<const std::string_view> keys;
};

/// MetadataOptions says where partners are known from: the files of [[idp]], which are watched, and then [[metadata]].
struct MetadataOptions {
    std::vector<idp_adapter::SourceOfIdps> sources;
    idp_adapter::SharedKeys shared_keys = idp_adapter::SharedKeys::refused;
};

/// SignOnConfiguration is what a SignOn, its FlowStore and its SignOnEndpoint are made of.
struct SignOnConfiguration {
    SignOnOptions options;
    SignOnEndpointOptions endpoint;
    FlowStoreOptions flows;  ///< for open_flow_store
};

/// Configuration is the content of the TOML file, with every file that it names read, parsed and checked.
struct Configuration {
    saml::EntityID entity_id;
    std::vector<saml::EntityID> former_entity_ids;  ///< sessions admitted under these names are still found
    std::vector<saml::EndpointUrl> destinations;    ///< for SOAP, then for forms
    saml::SigningKey signing_key;
    std::vector<saml::DecryptionKey> decryption_keys;
    metadata::Publication publication;         ///< our metadata; a program with a clock sets `endpoint.metadata`
    std::filesystem::path key_folder;          ///< keys = ... in [sp]; empty: our keys are files of their own
    KeyRing key_ring;                          ///< as it was when the folder's keys were loaded
    KeysInForce keys_in_force;                 ///< the keys that `publication` publishes, and our keys' other uses
    std::filesystem::path publication_record;  ///< for a PublicationRecord
    std::vector<idp_adapter::Idp> idps;        ///< of [[idp]], as far as their files were usable at start
    /// Of [[idp]], those whose files aren't usable now: a note says so of each. The refresher takes them in as soon as
    /// their files are mended. A host without one gives them to IdpDirectory::of().
    std::vector<idp_adapter::AbsentPartner> absent;
    MetadataOptions metadata;  ///< for a MetadataRefresher, which knows all of them, and keeps them fresh
    Policy policy;
    StoreOptions store;
    HttpServerOptions server;
    HttpEndpointOptions endpoint;
    std::optional<FrontChannelOptions> front_channel;  ///< std::nullopt: no browser brings an IdP's logout
    std::optional<SignOnConfiguration> sign_on;        ///< std::nullopt: no [sign_on], so users sign on elsewhere
    std::vector<std::string> notes;  ///< one line each: what the operator should know (keys made, certificates ageing)
};

/// MissingKeys says what happens to keys that the configuration names and that don't exist.
enum class MissingKeys {
    made,     ///< for an endpoint
    refused,  ///< for a tool that only reads
};

/// load_configuration reads `file`; relative paths in it are relative to its folder. Signing and encryption keys, and
/// those of a shared store, that it names and that don't exist are generated (mode 0600), and a note says so; not where
/// the publication record shows that this service had some. A partner whose metadata can't be used is no error: the
/// others are served (Configuration::absent). Errors: ConfigurationErrc::configuration_invalid with one line: what is
/// wrong, where, and the remedy. Unknown sections and keys are errors; a program with sections of its own reads the
/// file as a ConfigurationFile.
[[nodiscard]] Result<Configuration> load_configuration(const std::filesystem::path& file, Instant now,
                                                       MissingKeys missing = MissingKeys::made);

/// promise_of returns for how long an IdP that fetches `publication` may keep its copy, HTTP's caches included.
[[nodiscard]] std::chrono::seconds promise_of(const metadata::Publication& publication);

/// OurKeys is our keys at a moment of their roll-over, and the metadata published with them.
struct OurKeys {
    saml::SigningKey signing;
    std::vector<saml::DecryptionKey> decryption;
    metadata::Publication publication;
    KeyRing ring = {};
    KeysInForce in_force = {};
    std::string stages = {};              ///< the stage of each key: "signing-2 active, signing-1 retiring"
    std::vector<std::string> notes = {};  ///< one line each, for the operator, about the files
};

/// reload_keys reads the key folder of `configuration` again: for LogoutService::replace_keys and
/// PublishedMetadata::replace. Errors: ConfigurationErrc::configuration_invalid; then keep the keys that are in force.
[[nodiscard]] Result<OurKeys> reload_keys(const Configuration& configuration, Instant now);

}  // namespace slo::sp
