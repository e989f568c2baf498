#include "slo/sp/configuration.hpp"

#include <algorithm>
#include <exception>
#include <set>

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
constexpr std::size_t max_metadata_octets = saml::xml::metadata_limits.octets;
constexpr std::chrono::days metadata_ageing{14};

/// [sp] without the keys: those come last, so that a mistake elsewhere leaves no new key behind.
struct SpSection {
    saml::EntityID entity_id;
    std::vector<saml::EndpointUrl> destinations;
    saml::EndpointUrl acs_url;
    std::vector<std::string> name_id_formats;
    std::optional<Instant> valid_until;
    KeyPairFiles signing;
    std::optional<Placed<fs::path>> next_signing_certificate;
    std::vector<KeyPairFiles> encryption;
};

/// Keys, and the certificates to publish.
struct Keys {
    saml::SigningKey signing;
    std::vector<saml::DecryptionKey> decryption;
    std::vector<saml::Certificate> signing_certificates;
    std::vector<saml::Certificate> encryption_certificates;
};

class Reader {
public:
    Reader(const fs::path& file, Instant now) : file_(file), folder_(file.parent_path()), now_(now) {}

    Configuration read();

private:
    [[nodiscard]] SpSection read_sp(const ConfigTable& sp) const;
    [[nodiscard]] std::vector<KeyPairFiles> encryption_files(const ConfigTable& sp) const;
    idp_adapter::Idp read_idp(const ConfigTable& table, std::chrono::seconds clock_skew);
    std::vector<idp_adapter::Idp> read_idps(const ConfigTable& root, std::chrono::seconds clock_skew);
    Keys load_keys(const SpSection& sp);
    [[nodiscard]] Placed<fs::path> path(const Placed<std::string>& text) const {
        return {folder_ / text.value, text.place};
    }
    void note(const Place& place, const std::string& text) {
        notes_.push_back(place.file + ":" + std::to_string(place.line) + ": note: " + text);
    }

    fs::path file_;
    fs::path folder_;
    Instant now_;
    std::vector<std::string> notes_;
};

SpSection Reader::read_sp(const ConfigTable& sp) const {
    auto entity_id = parse_id(sp.required_text("entity_id", "https://sp.example.org/saml"));
    auto destinations = read_destinations(sp);
    auto acs_url = parse_url(sp.required_text("acs_url", "https://sp.example.org/saml/acs"), "acs_url");
    std::vector<std::string> formats;
    for (const auto& format : sp.texts("name_id_formats")) {
        if (!saml::is_absolute_uri(format.value)) {
            refuse(format.place, "name_id_formats: " + shown(format.value) + " is no URI",
                   "write e.g. \"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\"");
        }
        formats.push_back(format.value);
    }
    std::optional<Instant> valid_until;
    if (const auto valid_for = sp.duration("metadata_valid_for", {24h, 24h * 3660})) valid_until = now_ + *valid_for;
    std::optional<Placed<fs::path>> next;
    if (const auto file = sp.text("next_signing_certificate")) next = path(*file);
    return {.entity_id = std::move(entity_id),
            .destinations = std::move(destinations),
            .acs_url = std::move(acs_url),
            .name_id_formats = std::move(formats),
            .valid_until = valid_until,
            .signing = {.key = path(sp.required_text("signing_key", "signing.key.pem")),
                        .certificate = path(sp.required_text("signing_certificate", "signing.crt.pem")),
                        .purpose = "signing"},
            .next_signing_certificate = std::move(next),
            .encryption = encryption_files(sp)};
}

std::vector<KeyPairFiles> Reader::encryption_files(const ConfigTable& sp) const {
    const auto keys = sp.texts("encryption_key");
    const auto certificates = sp.texts("encryption_certificate");
    if (keys.size() != certificates.size()) {
        refuse(sp.place_of(keys.size() > certificates.size() ? "encryption_key" : "encryption_certificate"),
               "encryption_key and encryption_certificate don't pair up",
               "name as many certificates as keys, in the same order, or none of both");
    }
    std::vector<KeyPairFiles> files;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        files.push_back({.key = path(keys[i]), .certificate = path(certificates[i]), .purpose = "encryption"});
    }
    return files;
}

idp_adapter::Idp Reader::read_idp(const ConfigTable& table, std::chrono::seconds clock_skew) {
    const auto file = path(table.required_text("metadata", "idp.xml"));
    const std::string octets = read_file(file.value, max_metadata_octets, file.place, "metadata");
    const auto descriptor = metadata::parse_entity_descriptor(octets, now_, clock_skew);
    if (!descriptor) refuse_idp_metadata(file.place, file.value, descriptor.error());
    auto idp = idp_adapter::make_idp(*descriptor, read_profile(table));
    if (!idp) refuse_idp_metadata(file.place, file.value, idp.error());

    const std::string who = "the IdP " + shown(idp->entity_id.str());
    if (idp->profile.algorithms.sha1 != saml::AlgorithmPolicy::Sha1::refused) {
        note(table.place_of("dangerously_accept_sha1"),
             who + " may sign with SHA-1, which can be forged by now; turn it off soon");
    }
    if (idp->valid_until && *idp->valid_until <= now_ + metadata_ageing) {
        note(file.place,
             "the metadata of " + who + " ends at " + saml::format_instant(*idp->valid_until) + "; fetch a new copy");
    }
    for (const std::string& why : descriptor->idp->skipped_keys)
        note(file.place, "a key of " + who + " isn't used: " + why);
    for (const metadata::KeyDescriptor& key : descriptor->idp->keys) {
        if (key.use == metadata::KeyUse::encryption || !key.certificate) continue;
        note_certificate_age(*key.certificate, file.place, "a certificate of " + who, now_, notes_);
    }
    return *std::move(idp);
}

std::vector<idp_adapter::Idp> Reader::read_idps(const ConfigTable& root, std::chrono::seconds clock_skew) {
    const auto tables = root.tables("idp", idp_keys);
    if (tables.empty()) {
        refuse(root.place(), "no [[idp]]: nobody could order a logout",
               "add [[idp]] and metadata = \"idp.xml\" below it");
    }
    std::vector<idp_adapter::Idp> idps;
    std::set<saml::EntityID> seen;
    for (const ConfigTable& table : tables) {
        idps.push_back(read_idp(table, clock_skew));
        const saml::EntityID& id = idps.back().entity_id;
        if (seen.insert(id).second) continue;
        refuse(table.place(), "the IdP " + shown(id.str()) + " is configured twice", "keep one [[idp]] for it");
    }
    return idps;
}

Keys Reader::load_keys(const SpSection& sp) {
    KeyPair signing = load_key_pair(sp.signing, sp.entity_id, now_, notes_);
    Keys keys{.signing = signing.parsed,
              .decryption = {},
              .signing_certificates = {signing.parsed.certificate()},
              .encryption_certificates = {}};
    if (sp.next_signing_certificate) {
        keys.signing_certificates.push_back(
            load_certificate(*sp.next_signing_certificate, "next_signing_certificate", now_, notes_));
    }
    for (const KeyPairFiles& files : sp.encryption) {
        const KeyPair pair = load_key_pair(files, sp.entity_id, now_, notes_);
        auto key = saml::DecryptionKey::parse(pair.private_key_pem);
        if (!key) {
            refuse(files.key.place, shown(files.key.value.string()) + " can't decrypt",
                   "use an RSA key of 2048 to 8192 bits for encryption");
        }
        keys.decryption.push_back(*std::move(key));
        keys.encryption_certificates.push_back(pair.parsed.certificate());
    }
    return keys;
}

Configuration Reader::read() {
    const Place whole{file_.string(), 0};
    const auto tree = parse_toml(read_file(file_, max_configuration_octets, whole, "configuration"), file_.string());
    if (!tree) throw ConfigurationError{tree.error().detail};
    const ConfigTable root(*tree, whole, "the file", root_keys);

    const SpSection sp = read_sp(root.table("sp", sp_keys));
    const PolicySection policy = read_policy(root.table("policy", policy_keys));
    const auto skew = policy.policy.clock_skew;
    StoreSection store = read_store(root, folder_, policy.relogin);
    auto server = read_server(root.table("server", server_keys), folder_, sp.destinations,
                              handler_threads_for(store.options), notes_);
    const std::uint16_t local_port = read_local_port(root.table("local", local_keys), server.server);
    ProcessOptions process = read_process(root.table("process", process_keys));
    auto idps = read_idps(root, skew);
    Keys keys = load_keys(sp);
    StoreOptions store_options = load_store(std::move(store), notes_);

    metadata::SpMetadata published{.entity_id = sp.entity_id,
                                   .single_logout_soap = sp.destinations.front(),
                                   .assertion_consumer_post = sp.acs_url,
                                   .signing = std::move(keys.signing_certificates),
                                   .encryption = std::move(keys.encryption_certificates),
                                   .name_id_formats = sp.name_id_formats,
                                   .valid_until = sp.valid_until};
    auto document = metadata::write_sp_metadata(published);
    if (!document) refuse(whole, "our metadata can't be written: " + document.error().detail, "correct [sp]");
    server.endpoint.metadata = *std::move(document);

    return {.entity_id = sp.entity_id,
            .destinations = sp.destinations,
            .signing_key = std::move(keys.signing),
            .decryption_keys = std::move(keys.decryption),
            .sp_metadata = std::move(published),
            .idps = std::move(idps),
            .policy = policy.policy,
            .store = std::move(store_options),
            .server = std::move(server.server),
            .endpoint = std::move(server.endpoint),
            .local_port = local_port,
            .process = std::move(process),
            .notes = std::move(notes_)};
}

}  // namespace

Result<Configuration> load_configuration(const std::filesystem::path& file, Instant now) {
    try {
        return Reader(file, now).read();
    } catch (ConfigurationError& error) {
        return fail(Errc::configuration_invalid, std::move(error.text));
    } catch (const std::exception& error) {
        return fail(Errc::configuration_invalid, file.string() + ": can't be read: " + error.what() +
                                                     "; check the file, its folder and the free memory");
    }
}

}  // namespace slo::sp
