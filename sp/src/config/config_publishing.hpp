// [sp]: our names, our keys, and our published metadata.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config_sections.hpp"
#include "config_table.hpp"
#include "key_files.hpp"
#include "slo/metadata/published_metadata.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/keys.hpp"
#include "slo/saml/time.hpp"
#include "slo/sp/configuration.hpp"

namespace slo::sp {

inline constexpr std::string_view sp_keys[] = {"entity_id",
                                               "former_entity_ids",
                                               "opaque_entity_id",
                                               "slo_url",
                                               "form_url",
                                               "browser_slo_url",
                                               "publish_browser_slo",
                                               "allow_http",
                                               "acs_url",
                                               "discovery_url",
                                               "authn_requests_signed",
                                               "want_assertions_signed",
                                               "subject_id",
                                               "attribute",
                                               "keys",
                                               "publication_record",
                                               "signing_key",
                                               "signing_certificate",
                                               "next_signing_certificate",
                                               "encryption_key",
                                               "encryption_certificate",
                                               "name_id_formats",
                                               "metadata_valid_for",
                                               "metadata_cache_for",
                                               "sign_metadata",
                                               "language",
                                               "display_name",
                                               "organization",
                                               "contact"};

/// NamedKeys are our keys as files that the configuration names one by one.
struct NamedKeys {
    KeyPairFiles signing;
    std::optional<Placed<std::filesystem::path>> next_signing_certificate;
    std::vector<KeyPairFiles> encryption;
};

enum class SignMetadata { yes, no };

/// SpSection is [sp] without the keys: those come last, so that a mistake elsewhere leaves no new key behind.
struct SpSection {
    saml::EntityID entity_id;
    std::vector<saml::EntityID> former_entity_ids;
    Destinations destinations;
    std::vector<saml::EndpointUrl> acs_urls;        ///< the first one is the default
    std::vector<saml::EndpointUrl> discovery_urls;  ///< where a discovery service may send browsers back to
    metadata::AuthnRequests authn_requests = metadata::AuthnRequests::unsaid;
    metadata::WantedAssertions wanted_assertions = metadata::WantedAssertions::signed_themselves;
    metadata::SubjectIdNeed subject_id = metadata::SubjectIdNeed::unsaid;
    std::optional<saml::EndpointUrl> published_browser_slo = {};  ///< the first browser_slo_url
    std::vector<std::string> name_id_formats;
    std::optional<std::chrono::seconds> valid_for;
    std::chrono::seconds cache_for;
    SignMetadata sign_metadata = SignMetadata::yes;
    std::vector<metadata::LocalizedText> display_names;
    std::optional<metadata::Organization> organization;
    std::vector<metadata::ContactPerson> contacts;
    std::optional<metadata::AttributeConsumingService> attribute_needs;
    std::optional<Placed<std::filesystem::path>> key_folder;  ///< else `named_keys`
    std::optional<NamedKeys> named_keys;
    std::optional<std::filesystem::path> publication_record;
};

/// read_sp: relative paths are relative to `folder`.
[[nodiscard]] SpSection read_sp(const ConfigTable& sp, const std::filesystem::path& folder);

/// Keys, and the certificates to publish.
struct Keys {
    saml::SigningKey signing;
    std::vector<saml::DecryptionKey> decryption;
    std::vector<saml::Certificate> signing_certificates;
    std::vector<saml::Certificate> encryption_certificates;
    std::string stages = {};  ///< of a key folder: the stage of each key
    KeyRing ring = {};        ///< of a key folder
    KeysInForce in_force = {};
};

/// record_for returns the place of the publication record: the SQLite store's folder, which outlives our keys' folder;
/// for another store, beside the configuration `file`.
[[nodiscard]] std::filesystem::path record_for(const SpSection& sp, const StoreOptions& store,
                                               const std::filesystem::path& file);

/// KeyLoading decides whether missing keys are made.
struct KeyLoading {
    std::filesystem::path record;
    MissingKeys missing = MissingKeys::made;
    std::string user;  ///< a new folder's owner, where we are root
    Instant now;
};

/// load_keys reads our keys, and makes missing ones: of a key folder, the first signing key. It refuses to
/// make any if the record shows that this service had some, and a folder with other and older keys.
[[nodiscard]] Keys load_keys(const SpSection& sp, const KeyLoading& loading, std::vector<std::string>& notes);

/// read_key_folder reads the keys that the folder's ring names.
[[nodiscard]] Keys read_key_folder(const Placed<std::filesystem::path>& folder, const saml::EntityID& owner,
                                   Instant now, std::vector<std::string>& notes);

[[nodiscard]] metadata::Publication publication_of(const SpSection& sp, const Keys& keys);

}  // namespace slo::sp
