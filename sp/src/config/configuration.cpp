#include "slo/sp/configuration.hpp"

#include <exception>

#include "config_metadata.hpp"
#include "config_publishing.hpp"
#include "config_sections.hpp"
#include "config_store.hpp"
#include "config_table.hpp"
#include "key_files.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "slo/saml/error.hpp"
#include "slo/sp/configured_source.hpp"
#include "slo/sp/error.hpp"

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

/// Sections is what a configuration says by itself: partners' documents and our keys are not looked at yet.
struct Sections {
    Sections(const fs::path& file, std::vector<std::string>& notes)
        : folder(file.parent_path()),
          whole{file.string(), 0},
          tree(tree_of(file, whole)),
          root(tree, whole, "the file", root_keys),
          sp(read_sp(root.table("sp", sp_keys), folder)),
          policy(read_policy(root.table("policy", policy_keys))),
          store(read_store(root, folder, policy.relogin)),
          server(read_server(root.table("server", server_keys), folder, sp.destinations,
                             handler_threads_for(store.options), notes)),
          local_port(read_local_port(root.table("local", local_keys), server.server)),
          process(read_process(root.table("process", process_keys))),
          destinations(sp.destinations.all()) {}
    Sections(const Sections&) = delete;
    Sections& operator=(const Sections&) = delete;

    [[nodiscard]] ProfileSurroundings surroundings() const {
        return {.folder = folder, .server = server.server, .destinations = destinations, .policy = policy.policy};
    }

    fs::path folder;
    Place whole;
    ConfigMap tree;
    ConfigTable root;  ///< borrows from tree
    SpSection sp;
    PolicySection policy;
    StoreSection store;
    ServerSection server;
    std::uint16_t local_port;
    ProcessOptions process;
    std::vector<saml::EndpointUrl> destinations;
};

Configuration read_configuration(const fs::path& file, Instant now, MissingKeys missing) {
    std::vector<std::string> notes;
    Sections sections(file, notes);
    const SpSection& sp = sections.sp;
    PartnersSection partners = read_partners(sections.root, sections.surroundings(), sections.policy, now, notes);
    const fs::path record = record_for(sp, sections.store.options, file);
    Keys keys = load_keys(sp, {.record = record, .missing = missing, .user = sections.process.user, .now = now}, notes);
    StoreOptions store_options = load_store(std::move(sections.store), missing, notes);
    metadata::Publication publication = publication_of(sp, keys);
    if (auto document = metadata::make_document(publication, now); !document)
        refuse(sections.whole, "our metadata can't be written: " + document.error().detail, "correct [sp]");

    return {.entity_id = sp.entity_id,
            .former_entity_ids = sp.former_entity_ids,
            .destinations = std::move(sections.destinations),
            .signing_key = std::move(keys.signing),
            .decryption_keys = std::move(keys.decryption),
            .publication = std::move(publication),
            .key_folder = sp.key_folder ? sp.key_folder->value : fs::path(),
            .key_ring = std::move(keys.ring),
            .keys_in_force = std::move(keys.in_force),
            .publication_record = record,
            .idps = std::move(partners.idps),
            .metadata = std::move(partners.metadata),
            .policy = sections.policy.policy,
            .store = std::move(store_options),
            .server = std::move(sections.server.server),
            .endpoint = std::move(sections.server.endpoint),
            .local_port = sections.local_port,
            .process = std::move(sections.process),
            .notes = std::move(notes)};
}

/// What `read` makes of `file`. Errors: Errc::configuration_invalid.
template <class Read>
auto guarded(const fs::path& file, Read read) -> Result<decltype(read())> {
    try {
        return read();
    } catch (ConfigurationError& error) {
        return fail(Errc::configuration_invalid, std::move(error.text));
    } catch (const std::exception& error) {
        return fail(Errc::configuration_invalid, file.string() + ": can't be read: " + error.what() +
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
        return fail(Errc::configuration_invalid, std::move(error.text));
    } catch (const std::exception& error) {
        return fail(Errc::configuration_invalid, configuration.key_folder.string() + ": can't be read: " +
                                                     error.what() + "; check the folder and the free memory");
    }
}

std::chrono::seconds promise_of(const metadata::Publication& publication) {
    // After the ETag says otherwise, caches ask at the latest after longest_http_caching, IdPs after cacheDuration.
    return publication.content.cache_duration.value_or(0s) + metadata::longest_http_caching;
}

Result<Configuration> load_configuration(const std::filesystem::path& file, Instant now, MissingKeys missing) {
    return guarded(file, [&] { return read_configuration(file, now, missing); });
}

Result<MetadataOptions> load_metadata(const std::filesystem::path& file, Instant now) {
    return guarded(file, [&] {
        std::vector<std::string> notes;
        const Sections sections(file, notes);
        return read_partners(sections.root, sections.surroundings(), sections.policy, now, notes).metadata;
    });
}

Result<std::vector<ConfiguredSource>> load_sources(const std::filesystem::path& file, Instant now) {
    return guarded(file, [&] {
        std::vector<std::string> notes;
        const Sections sections(file, notes);
        return read_sources(sections.root, sections.surroundings(), sections.policy, now, notes);
    });
}

}  // namespace slo::sp
