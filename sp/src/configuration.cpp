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
#include "slo/sp/error.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t max_configuration_octets = 1024 * 1024;

class Reader {
public:
    Reader(const fs::path& file, Instant now, MissingKeys missing)
        : file_(file), folder_(file.parent_path()), now_(now), missing_(missing) {}

    Configuration read();

private:
    fs::path file_;
    fs::path folder_;
    Instant now_;
    MissingKeys missing_;
    std::vector<std::string> notes_;
};

Configuration Reader::read() {
    const Place whole{file_.string(), 0};
    const auto tree = parse_toml(read_file(file_, max_configuration_octets, whole, "configuration"), file_.string());
    if (!tree) throw ConfigurationError{tree.error().detail};
    const ConfigTable root(*tree, whole, "the file", root_keys);

    const SpSection sp = read_sp(root.table("sp", sp_keys), folder_);
    const PolicySection policy = read_policy(root.table("policy", policy_keys));
    StoreSection store = read_store(root, folder_, policy.relogin);
    auto server = read_server(root.table("server", server_keys), folder_, sp.destinations,
                              handler_threads_for(store.options), notes_);
    const std::uint16_t local_port = read_local_port(root.table("local", local_keys), server.server);
    ProcessOptions process = read_process(root.table("process", process_keys));
    const std::vector<saml::EndpointUrl> destinations = sp.destinations.all();
    const ProfileSurroundings surroundings{
        .folder = folder_, .server = server.server, .destinations = destinations, .policy = policy.policy};
    PartnersSection partners = read_partners(root, surroundings, policy, now_, notes_);
    const fs::path record = record_for(sp, store.options, file_);
    Keys keys = load_keys(sp, {.record = record, .missing = missing_, .user = process.user, .now = now_}, notes_);
    StoreOptions store_options = load_store(std::move(store), missing_, notes_);
    metadata::Publication publication = publication_of(sp, keys);
    if (auto document = metadata::make_document(publication, now_); !document)
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
            .metadata = std::move(partners.metadata),
            .policy = policy.policy,
            .store = std::move(store_options),
            .server = std::move(server.server),
            .endpoint = std::move(server.endpoint),
            .local_port = local_port,
            .process = std::move(process),
            .notes = std::move(notes_)};
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
    try {
        return Reader(file, now, missing).read();
    } catch (ConfigurationError& error) {
        return fail(Errc::configuration_invalid, std::move(error.text));
    } catch (const std::exception& error) {
        return fail(Errc::configuration_invalid, file.string() + ": can't be read: " + error.what() +
                                                     "; check the file, its folder and the free memory");
    }
}

}  // namespace slo::sp
