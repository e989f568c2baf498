#include "slo/sp/configuration.hpp"

#include <cassert>
#include <exception>
#include <map>
#include <memory>

#include "config_metadata.hpp"
#include "config_publishing.hpp"
#include "config_sections.hpp"
#include "config_sign_on.hpp"
#include "config_store.hpp"
#include "config_table.hpp"
#include "key_files.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "slo/saml/error.hpp"
#include "slo/sp/configuration_error.hpp"
#include "slo/sp/configuration_file.hpp"
#include "slo/sp/configured_source.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t max_configuration_octets = 1024 * 1024;

ConfigMap tree_of(const fs::path& file, const Place& whole) {
    auto tree = parse_toml(read_file(file, max_configuration_octets, whole, "configuration"), file.string());
    if (!tree) throw ConfigurationError{tree.error().detail};
    return *std::move(tree);
}

std::vector<std::string_view> sections_with(std::span<const OwnSection> own) {
    std::vector<std::string_view> names(std::begin(root_keys), std::end(root_keys));
    for (const OwnSection& section : own) names.push_back(section.name);
    return names;
}

std::map<std::string, std::shared_ptr<const ConfigTable>, std::less<>> tables_of(const ConfigTable& root,
                                                                                 std::span<const OwnSection> own) {
    std::map<std::string, std::shared_ptr<const ConfigTable>, std::less<>> tables;
    for (const OwnSection& section : own)
        tables.emplace(section.name, std::make_shared<ConfigTable>(root.table(section.name, section.keys)));
    return tables;
}

}  // namespace

/// Partners' documents and our keys are not read yet.
struct ConfigurationFile::Sections {
    Sections(fs::path the_file, std::span<const OwnSection> own_sections)
        : file(std::move(the_file)),
          folder(file.parent_path()),
          whole{file.string(), 0},
          tree(tree_of(file, whole)),
          root(tree, whole, "the file", sections_with(own_sections)),
          sp(read_sp(root.table("sp", sp_keys), folder)),
          policy(read_policy(root.table("policy", policy_keys))),
          store(read_store(root, folder, policy.relogin)),
          server(read_server(root.table("server", server_keys), folder, sp.destinations,
                             handler_threads_for(store.options), server_notes)),
          sign_on(read_sign_on(root, folder, sp, server, store.options)),
          own(tables_of(root, own_sections)),
          destinations(sp.destinations.all()) {}
    Sections(const Sections&) = delete;
    Sections& operator=(const Sections&) = delete;

    [[nodiscard]] ProfileSurroundings surroundings() const {
        return {.folder = folder,
                .server = server.server,
                .destinations = destinations,
                .policy = policy.policy,
                .browser =
                    server.front_channel ? idp_adapter::BrowserLogouts::taken : idp_adapter::BrowserLogouts::not_taken};
    }

    [[nodiscard]] Configuration load(Instant now, const Loading& loading) const;

    fs::path file;
    fs::path folder;
    Place whole;
    ConfigMap tree;
    ConfigTable root;  ///< borrows from tree
    SpSection sp;
    PolicySection policy;
    StoreSection store;
    std::vector<std::string> server_notes;
    ServerSection server;
    std::optional<SignOnSection> sign_on;
    std::map<std::string, std::shared_ptr<const ConfigTable>, std::less<>> own;
    std::vector<saml::EndpointUrl> destinations;
};

Configuration ConfigurationFile::Sections::load(Instant now, const Loading& loading) const {
    std::vector<std::string> notes = server_notes;
    PartnersSection partners = read_partners(root, surroundings(), policy, now, notes);
    const fs::path record = record_for(sp, store.options, file);
    Keys keys =
        load_keys(sp, {.record = record, .missing = loading.missing, .user = loading.key_owner, .now = now}, notes);
    StoreOptions store_options = load_store(store, loading.missing, notes);
    std::optional<SignOnConfiguration> signs_on;
    if (sign_on) signs_on = load_sign_on(*sign_on, store_options, loading.missing, notes);
    metadata::Publication publication = publication_of(sp, keys);
    if (signs_on) publish_sign_on(*signs_on, publication.content);
    if (auto document = metadata::make_document(publication, now); !document)
        refuse(whole, "our metadata can't be written: " + document.error().detail, "correct [sp]");

    return {.entity_id = sp.entity_id,
            .former_entity_ids = sp.former_entity_ids,
            .destinations = destinations,
            .signing_key = std::move(keys.signing),
            .decryption_keys = std::move(keys.decryption),
            .publication = std::move(publication),
            .key_folder = sp.key_folder ? sp.key_folder->value : fs::path(),
            .key_ring = std::move(keys.ring),
            .keys_in_force = std::move(keys.in_force),
            .publication_record = record,
            .idps = std::move(partners.idps),
            .absent = std::move(partners.absent),
            .metadata = std::move(partners.metadata),
            .policy = policy.policy,
            .store = std::move(store_options),
            .server = server.server,
            .endpoint = server.endpoint,
            .front_channel = server.front_channel,
            .sign_on = std::move(signs_on),
            .notes = std::move(notes)};
}

namespace {

/// The result of `read` for `file`. Errors: ConfigurationErrc::configuration_invalid.
template <class Read>
auto guarded(const fs::path& file, Read read) -> Result<decltype(read())> {
    try {
        return read();
    } catch (ConfigurationError& error) {
        return fail(ConfigurationErrc::configuration_invalid, std::move(error.text));
    } catch (const std::exception& error) {
        return fail(ConfigurationErrc::configuration_invalid, file.string() + ": can't be read: " + error.what() +
                                                                  "; check the file, its folder and the free memory");
    }
}

}  // namespace

Result<OurKeys> reload_keys(const Configuration& configuration, Instant now) {
    try {
        std::vector<std::string> notes;
        const Placed<fs::path> folder{configuration.key_folder, {configuration.key_folder.string(), 0}};
        Keys keys = read_key_folder(folder, configuration.entity_id, now, notes);
        metadata::Publication publication = configuration.publication;
        publication.content.signing = std::move(keys.signing_certificates);
        publication.content.encryption = std::move(keys.encryption_certificates);
        if (publication.signer) publication.signer = keys.signing;
        return OurKeys{.signing = std::move(keys.signing),
                       .decryption = std::move(keys.decryption),
                       .publication = std::move(publication),
                       .ring = std::move(keys.ring),
                       .in_force = std::move(keys.in_force),
                       .stages = std::move(keys.stages),
                       .notes = std::move(notes)};
    } catch (ConfigurationError& error) {
        return fail(ConfigurationErrc::configuration_invalid, std::move(error.text));
    } catch (const std::exception& error) {
        return fail(ConfigurationErrc::configuration_invalid, configuration.key_folder.string() +
                                                                  ": can't be read: " + error.what() +
                                                                  "; check the folder and the free memory");
    }
}

std::chrono::seconds promise_of(const metadata::Publication& publication) {
    // After the ETag has changed, caches ask at the latest after longest_http_caching, IdPs after cacheDuration.
    return publication.content.cache_duration.value_or(0s) + metadata::longest_http_caching;
}

ConfigurationFile::ConfigurationFile(std::unique_ptr<Sections> sections) noexcept : sections_(std::move(sections)) {}
ConfigurationFile::ConfigurationFile(ConfigurationFile&& other) noexcept = default;
ConfigurationFile& ConfigurationFile::operator=(ConfigurationFile&& other) noexcept = default;
ConfigurationFile::~ConfigurationFile() = default;

Result<ConfigurationFile> ConfigurationFile::read(const std::filesystem::path& file, std::span<const OwnSection> own) {
    return guarded(file, [&] { return ConfigurationFile(std::make_unique<Sections>(file, own)); });
}

ConfigurationSection ConfigurationFile::section(std::string_view name) const {
    const auto found = sections_->own.find(name);
    assert(found != sections_->own.end());
    return ConfigurationSection(found->second);
}

const HttpServerOptions& ConfigurationFile::server() const noexcept {
    return sections_->server.server;
}

bool ConfigurationFile::signs_on() const noexcept {
    return sections_->sign_on.has_value();
}

Result<Configuration> ConfigurationFile::load(Instant now, const Loading& loading) const {
    return guarded(sections_->file, [&] { return sections_->load(now, loading); });
}

Result<MetadataOptions> ConfigurationFile::metadata(Instant now) const {
    return guarded(sections_->file, [&] {
        std::vector<std::string> notes;
        return read_partners(sections_->root, sections_->surroundings(), sections_->policy, now, notes).metadata;
    });
}

Result<std::vector<ConfiguredSource>> ConfigurationFile::sources(Instant now) const {
    return guarded(sections_->file, [&] {
        std::vector<std::string> notes;
        return read_sources(sections_->root, sections_->surroundings(), sections_->policy, now, notes);
    });
}

Result<std::optional<std::string>> ConfigurationSection::text(std::string_view key) const {
    return guarded(table_->place().file, [&] {
        auto text = table_->text(key);
        return text ? std::optional<std::string>(std::move(text->value)) : std::nullopt;
    });
}

Result<std::vector<std::string>> ConfigurationSection::texts(std::string_view key) const {
    return guarded(table_->place().file, [&] {
        std::vector<std::string> texts;
        for (auto& text : table_->texts(key)) texts.push_back(std::move(text.value));
        return texts;
    });
}

Result<std::size_t> ConfigurationSection::number(std::string_view key, std::size_t fallback, std::size_t least,
                                                 std::size_t most) const {
    return guarded(table_->place().file, [&] { return table_->number(key, fallback, {least, most}); });
}

Result<std::string> ConfigurationSection::word(std::string_view key, std::span<const std::string_view> words) const {
    return guarded(table_->place().file, [&] { return table_->word(key, words); });
}

Failure ConfigurationSection::refusal(std::string_view key, std::string_view what, std::string_view mend) const {
    return guarded(table_->place().file, [&]() -> Done { refuse(table_->place_of(key), what, mend); }).error();
}

Result<Configuration> load_configuration(const std::filesystem::path& file, Instant now, MissingKeys missing) {
    const auto read = ConfigurationFile::read(file, {});
    return read ? read->load(now, {.missing = missing}) : read.error();
}

Result<MetadataOptions> load_metadata(const std::filesystem::path& file, Instant now) {
    const auto read = ConfigurationFile::read(file, {});
    return read ? read->metadata(now) : read.error();
}

Result<std::vector<ConfiguredSource>> load_sources(const std::filesystem::path& file, Instant now) {
    const auto read = ConfigurationFile::read(file, {});
    return read ? read->sources(now) : read.error();
}

}  // namespace slo::sp
