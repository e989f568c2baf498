#include "config_publishing.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "config_sections.hpp"
#include "owned_files.hpp"
#include "slo/sp/key_folder.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::string_view organization_keys[] = {"name", "display_name", "url"};
constexpr std::string_view contact_keys[] = {"type", "company", "given_name", "surname", "mail"};
constexpr std::string_view attribute_keys[] = {"name", "name_format", "friendly_name", "required"};
constexpr std::string_view named_key_keys[] = {"signing_key", "signing_certificate", "next_signing_certificate",
                                               "encryption_key", "encryption_certificate"};
constexpr std::chrono::seconds default_cache_duration = 6h;
constexpr std::chrono::days first_key_lifetime{3652};

std::optional<std::chrono::seconds> seconds(const ConfigTable& table, std::string_view key,
                                            Range<std::chrono::milliseconds> range) {
    const auto time = table.duration(key, range);
    if (!time) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::seconds>(*time);
}

std::string clean_text(const Placed<std::string>& text, std::string_view key) {
    if (!saml::is_clean_value(text.value, 1024)) {
        refuse(text.place, std::string(key) + " can't be " + shown(text.value), "write a text of at most 1024 bytes");
    }
    return text.value;
}

std::string optional_text(const ConfigTable& table, std::string_view key) {
    const auto text = table.text(key);
    return text ? clean_text(*text, key) : std::string();
}

std::string read_language(const ConfigTable& sp) {
    const auto language = sp.text("language");
    if (!language) return "en";
    if (!metadata::is_language_tag(language->value)) {
        refuse(language->place, "language can't be " + shown(language->value), "write e.g. \"en\" or \"de-CH\"");
    }
    return language->value;
}

metadata::Organization read_organization(const ConfigTable& table, const std::string& language) {
    const auto organization_name = clean_text(table.required_text("name", "Example Ltd"), "name");
    const auto url = table.required_text("url", "https://www.example.org/");
    if (!saml::is_absolute_uri(url.value)) {
        refuse(url.place, "url can't be " + shown(url.value), "write a full URL, e.g. \"https://www.example.org/\"");
    }
    std::string display_name = optional_text(table, "display_name");
    if (display_name.empty()) display_name = organization_name;
    return {.names = {{language, organization_name}},
            .display_names = {{language, std::move(display_name)}},
            .urls = {{language, url.value}}};
}

metadata::ContactPerson read_contact(const ConfigTable& table) {
    using metadata::ContactType;
    static_cast<void>(table.required_text("type", "technical"));
    metadata::ContactPerson person{.type = table.choice("type", ContactType::technical,
                                                        {{"technical", ContactType::technical},
                                                         {"support", ContactType::support},
                                                         {"administrative", ContactType::administrative},
                                                         {"billing", ContactType::billing},
                                                         {"other", ContactType::other}}),
                                   .company = optional_text(table, "company"),
                                   .given_name = optional_text(table, "given_name"),
                                   .sur_name = optional_text(table, "surname"),
                                   .email_addresses = {}};
    for (const auto& mail : table.texts("mail")) {
        if (!metadata::is_email_address(mail.value)) {
            refuse(mail.place, "mail can't be " + shown(mail.value),
                   "write e.g. \"saml@example.org\", without mailto:");
        }
        person.email_addresses.push_back(mail.value);
    }
    return person;
}

metadata::RequestedAttribute read_attribute(const ConfigTable& table) {
    metadata::RequestedAttribute attribute;
    attribute.name = clean_text(table.required_text("name", "urn:oid:0.9.2342.19200300.100.1.3"), "name");
    attribute.name_format =
        saml::is_absolute_uri(attribute.name) ? metadata::uri_name_format : metadata::basic_name_format;
    if (const auto format = table.text("name_format")) {
        if (!saml::is_absolute_uri(format->value)) {
            refuse(format->place, "name_format can't be " + shown(format->value),
                   "write a URI, e.g. \"" + std::string(metadata::basic_name_format) + "\"");
        }
        attribute.name_format = format->value;
    }
    attribute.friendly_name = optional_text(table, "friendly_name");
    if (table.is_on("required")) attribute.need = metadata::RequestedAttribute::Need::required;
    return attribute;
}

std::optional<metadata::AttributeConsumingService> read_attribute_needs(
    const ConfigTable& sp, const std::vector<metadata::LocalizedText>& display_names) {
    metadata::AttributeConsumingService needs{.names = display_names, .attributes = {}};
    for (const ConfigTable& table : sp.tables("attribute", attribute_keys)) {
        auto attribute = read_attribute(table);
        const bool repeats = std::ranges::any_of(needs.attributes, [&](const metadata::RequestedAttribute& other) {
            return other.name == attribute.name && other.name_format == attribute.name_format;
        });
        if (repeats) refuse(table.place_of("name"), "the attribute is requested twice", "remove one of the two");
        needs.attributes.push_back(std::move(attribute));
    }
    if (needs.attributes.empty()) return std::nullopt;
    if (display_names.empty()) {
        refuse(sp.place_of("attribute"), "requested attributes, and no display_name in [sp]",
               "write display_name: metadata must name the service that needs them");
    }
    return needs;
}

std::vector<saml::EndpointUrl> read_urls(const ConfigTable& sp, std::string_view key) {
    std::vector<saml::EndpointUrl> urls;
    for (const auto& text : sp.texts(key)) {
        urls.push_back(parse_url(text, key));
        if (std::ranges::count(urls, urls.back()) > 1)
            refuse(text.place, std::string(key) + ": " + shown(text.value) + " stands there twice", "remove one");
    }
    return urls;
}

std::vector<saml::EndpointUrl> read_acs_urls(const ConfigTable& sp) {
    // A list without elements is refused as an absent one is.
    if (sp.texts("acs_url").empty()) static_cast<void>(sp.required_text("acs_url", "https://sp.example.org/saml/acs"));
    return read_urls(sp, "acs_url");
}

void read_sign_on_metadata(const ConfigTable& sp, SpSection& section) {
    using metadata::SubjectIdNeed;
    section.discovery_urls = read_urls(sp, "discovery_url");
    const auto published = sp.flag("publish_browser_slo");
    if (published && section.destinations.browser.empty())
        refuse(published->place, "publish_browser_slo without browser_slo_url", "write the URL, or remove it");
    if (!section.destinations.browser.empty() && !(published && !published->value))
        section.published_browser_slo = section.destinations.browser.front();
    if (sp.is_on("authn_requests_signed")) section.authn_requests = metadata::AuthnRequests::signed_always;
    if (const auto wanted = sp.flag("want_assertions_signed"); wanted && !wanted->value)
        section.wanted_assertions = metadata::WantedAssertions::as_the_idp_signs;
    section.subject_id = sp.choice("subject_id", SubjectIdNeed::unsaid,
                                   {{"subject-id", SubjectIdNeed::subject_id},
                                    {"pairwise-id", SubjectIdNeed::pairwise_id},
                                    {"any", SubjectIdNeed::any},
                                    {"none", SubjectIdNeed::none}});
    section.attribute_needs = read_attribute_needs(sp, section.display_names);
}

std::vector<metadata::IndexedEndpoint> indexed(const std::vector<saml::EndpointUrl>& urls) {
    std::vector<metadata::IndexedEndpoint> endpoints;
    for (const saml::EndpointUrl& url : urls) endpoints.push_back({url, static_cast<std::uint16_t>(endpoints.size())});
    return endpoints;
}

std::vector<KeyPairFiles> encryption_files(const ConfigTable& sp, const fs::path& folder) {
    const auto keys = sp.texts("encryption_key");
    const auto certificates = sp.texts("encryption_certificate");
    if (keys.size() != certificates.size()) {
        refuse(sp.place_of(keys.size() > certificates.size() ? "encryption_key" : "encryption_certificate"),
               "encryption_key and encryption_certificate don't pair up",
               "name as many certificates as keys, in the same order, or none of both");
    }
    std::vector<KeyPairFiles> files;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        files.push_back({.key = {folder / keys[i].value, keys[i].place},
                         .certificate = {folder / certificates[i].value, certificates[i].place},
                         .purpose = "encryption"});
    }
    return files;
}

NamedKeys read_named_keys(const ConfigTable& sp, const fs::path& folder) {
    const auto path = [&](const Placed<std::string>& text) {
        return Placed<fs::path>{folder / text.value, text.place};
    };
    std::optional<Placed<fs::path>> next;
    if (const auto file = sp.text("next_signing_certificate")) next = path(*file);
    return {.signing = {.key = path(sp.required_text("signing_key", "signing.key.pem")),
                        .certificate = path(sp.required_text("signing_certificate", "signing.crt.pem")),
                        .purpose = "signing"},
            .next_signing_certificate = std::move(next),
            .encryption = encryption_files(sp, folder)};
}

Placed<fs::path> read_key_folder_name(const ConfigTable& sp, const Placed<std::string>& text, const fs::path& folder) {
    for (const std::string_view key : named_key_keys) {
        if (!sp.has(key)) continue;
        refuse(sp.place_of(key), std::string(key) + " beside keys: the folder says which keys there are",
               "keep one of the two");
    }
    return {folder / text.value, text.place};
}

KeyPairFiles files_of(const Placed<fs::path>& folder, const KeptKey& key) {
    const Place place{ring_file(folder.value).string(), 0};
    return {.key = {folder.value / (key.name + ".key.pem"), place},
            .certificate = {folder.value / (key.name + ".crt.pem"), place},
            .purpose = name(key.purpose)};
}

/// load_key_pair would make a missing one; here that means that a key was lost.
KeyPair load_kept_pair(const Placed<fs::path>& folder, const KeptKey& key, const saml::EntityID& owner, Instant now,
                       std::vector<std::string>& notes) {
    const KeyPairFiles files = files_of(folder, key);
    if (!exist(files)) {
        refuse(files.key.place, "the key " + shown(key.name) + " isn't there",
               "restore " + shown(files.key.value.string()) + " and its certificate");
    }
    return load_key_pair(files, owner, now, notes);
}

void make_first_key(const Placed<fs::path>& folder, const saml::EntityID& owner, const KeyLoading& loading,
                    std::vector<std::string>& notes) {
    if (const auto made = make_key_folder(folder.value, loading.user); !made)
        throw ConfigurationError{made.error().detail};
    const auto must = [&](const auto& result) {
        if (!result) refuse(folder.place, "can't make a key: " + result.error().detail, "see the folder");
    };
    // RSA-2048: Lasso and what is built on it can't verify ECDSA.
    const auto pair =
        saml::generate_key(saml::KeyKind::rsa_2048, default_common_name(owner), loading.now, first_key_lifetime);
    must(pair);
    const std::string key = unused_name(folder.value, KeyPurpose::signing);
    must(write_key_pair(folder.value, key, *pair));
    must(write_key_ring(folder.value, {.keys = {{key, KeyPurpose::signing, KeyStage::active, loading.now}}}));
    notes.push_back(folder.place.file + ":" + std::to_string(folder.place.line) +
                    ": note: made the first signing key (RSA-2048, mode 0600) in " + shown(folder.value.string()) +
                    "; give every IdP our metadata, keep a copy of the folder");
}

/// The state that this service published last; std::nullopt if it's new.
std::optional<PublishedState> last_published(const fs::path& record) {
    auto states = read_publication_record(record);
    if (!states) throw ConfigurationError{states.error().detail};
    if (states->empty()) return std::nullopt;
    return std::move(states->back());
}

/// Refuses to make keys by accident: in the place of a volume that isn't mounted, above all.
void check_making(const Placed<fs::path>& place, KeyPurpose purpose, std::string_view make, const KeyLoading& loading) {
    if (loading.missing == MissingKeys::refused) {
        refuse(place.place, "there is no " + std::string(name(purpose)) + " key yet in " + shown(place.value.string()),
               "start the endpoint once, or make one with " + std::string(make));
    }
    const auto last = last_published(loading.record);
    if (!last) return;
    const auto& had = purpose == KeyPurpose::signing ? last->keys.signing : last->keys.encryption;
    if (had.empty()) return;
    refuse(place.place,
           "there is no " + std::string(name(purpose)) + " key in " + shown(place.value.string()) +
               ", but this service published one (SHA-256 " + had.front() + ", says " + shown(loading.record.string()) +
               ")",
           "mount or restore what holds our keys; or make another with " + std::string(make) +
               ", which no IdP believes before it has our metadata anew");
}

bool have_common(const std::vector<std::string>& some, const std::vector<std::string>& others) {
    return std::ranges::find_first_of(some, others) != some.end();
}

/// Another folder than the one that served, or an old copy of it, has none of the keys that IdPs know. Keys made since
/// then are intended.
void check_identity(const Placed<fs::path>& folder, const Keys& keys, const KeyLoading& loading,
                    std::vector<std::string>& notes) {
    const auto last = last_published(loading.record);
    if (!last || have_common(keys.in_force.signing, last->keys.signing)) return;
    const std::string what = shown(folder.value.string()) + " has no key that this service published last (SHA-256 " +
                             last->keys.signs + ", says " + shown(loading.record.string()) + ")";
    if (keys.ring.find(KeyPurpose::signing, KeyStage::active)->since <= last->since) {
        refuse(folder.place, what,
               "mount or restore the folder that served; or, if these are to be our keys from now on, move the record "
               "away and give every IdP our metadata");
    }
    notes.push_back(folder.place.file + ":" + std::to_string(folder.place.line) + ": note: " + what +
                    ": no IdP believes us before it has our metadata anew");
}

saml::DecryptionKey decryption_key(const KeyPair& pair, const KeyPairFiles& files) {
    auto key = saml::DecryptionKey::parse(pair.private_key_pem.text);
    if (!key) {
        refuse(files.key.place, shown(files.key.value.string()) + " can't decrypt",
               "use an RSA key of 2048 to 8192 bits for encryption");
    }
    return *std::move(key);
}

std::string make_command(const KeyPairFiles& files) {
    const std::string key = files.key.value.string();
    return "saml-slo keys new " + key.substr(0, key.size() - (key.ends_with(".key.pem") ? 8 : 0));
}

Keys load_named_keys(const SpSection& sp, const NamedKeys& named, const KeyLoading& loading,
                     std::vector<std::string>& notes) {
    const auto lacks = [](const KeyPairFiles& files) { return !exist(files); };
    if (lacks(named.signing))
        check_making(named.signing.key, KeyPurpose::signing, make_command(named.signing), loading);
    // One of several is one to come.
    const bool makes_encryption_key = loading.missing == MissingKeys::refused
                                          ? std::ranges::any_of(named.encryption, lacks)
                                          : std::ranges::all_of(named.encryption, lacks);
    if (makes_encryption_key && !named.encryption.empty()) {
        const KeyPairFiles& files = *std::ranges::find_if(named.encryption, lacks);
        check_making(files.key, KeyPurpose::encryption, make_command(files), loading);
    }
    KeyPair signing = load_key_pair(named.signing, sp.entity_id, loading.now, notes);
    Keys keys{.signing = signing.parsed,
              .decryption = {},
              .signing_certificates = {signing.parsed.certificate()},
              .encryption_certificates = {}};
    if (named.next_signing_certificate) {
        keys.signing_certificates.push_back(
            load_certificate(*named.next_signing_certificate, "next_signing_certificate", loading.now, notes));
    }
    for (const KeyPairFiles& files : named.encryption) {
        const KeyPair pair = load_key_pair(files, sp.entity_id, loading.now, notes);
        keys.decryption.push_back(decryption_key(pair, files));
        keys.encryption_certificates.push_back(pair.parsed.certificate());
        keys.in_force.opens.push_back(pair.parsed.certificate().fingerprint());
    }
    return keys;
}

void name_keys_in_force(Keys& keys) {
    const auto name_all = [](const std::vector<saml::Certificate>& certificates) {
        std::vector<std::string> fingerprints;
        for (const auto& certificate : certificates) fingerprints.push_back(certificate.fingerprint());
        return fingerprints;
    };
    keys.in_force.signs = keys.signing.certificate().fingerprint();
    keys.in_force.signing = name_all(keys.signing_certificates);
    keys.in_force.encryption = name_all(keys.encryption_certificates);
}

}  // namespace

SpSection read_sp(const ConfigTable& sp, const fs::path& folder) {
    std::vector<std::string> formats;
    for (const auto& format : sp.texts("name_id_formats")) {
        if (!saml::is_absolute_uri(format.value)) {
            refuse(format.place, "name_id_formats: " + shown(format.value) + " is no URI",
                   "write e.g. \"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\"");
        }
        formats.push_back(format.value);
    }
    const std::string language = read_language(sp);
    const saml::EntityIDForm form = entity_id_form(sp);
    std::vector<saml::EntityID> former;
    for (const auto& text : sp.texts("former_entity_ids")) former.push_back(parse_id(text, "former_entity_ids", form));
    SpSection section{
        .entity_id = parse_id(sp.required_text("entity_id", "https://sp.example.org/saml"), "entity_id", form),
        .former_entity_ids = std::move(former),
        .destinations = read_destinations(sp),
        .acs_urls = read_acs_urls(sp),
        .discovery_urls = {},
        .name_id_formats = std::move(formats),
        .valid_for = seconds(sp, "metadata_valid_for", {24h, 24h * 3660}),
        .cache_for = seconds(sp, "metadata_cache_for", {1min, 24h * 30}).value_or(default_cache_duration),
        .sign_metadata = !sp.has("sign_metadata") || sp.is_on("sign_metadata") ? SignMetadata::yes : SignMetadata::no,
        .display_names = {},
        .organization = {},
        .contacts = {},
        .attribute_needs = {},
        .key_folder = {},
        .named_keys = {},
        .publication_record = {}};
    if (const auto record = sp.text("publication_record")) section.publication_record = folder / record->value;
    if (section.valid_for && section.cache_for > *section.valid_for / 2) {
        refuse(sp.place_of(sp.has("metadata_cache_for") ? "metadata_cache_for" : "metadata_valid_for"),
               "metadata_cache_for is more than half of metadata_valid_for",
               "shorten it: an IdP must ask again before its copy ends");
    }
    if (auto display_name = optional_text(sp, "display_name"); !display_name.empty())
        section.display_names.push_back({language, std::move(display_name)});
    if (sp.has("organization")) {
        section.organization = read_organization(sp.table("organization", organization_keys), language);
    }
    for (const ConfigTable& contact : sp.tables("contact", contact_keys))
        section.contacts.push_back(read_contact(contact));
    read_sign_on_metadata(sp, section);
    if (const auto keys = sp.text("keys")) {
        section.key_folder = read_key_folder_name(sp, *keys, folder);
    } else {
        section.named_keys = read_named_keys(sp, folder);
    }
    return section;
}

Keys read_key_folder(const Placed<fs::path>& folder, const saml::EntityID& owner, Instant now,
                     std::vector<std::string>& notes) {
    auto ring = read_key_ring(folder.value);
    if (!ring) throw ConfigurationError{ring.error().detail};
    const auto load = [&](const KeptKey& key) { return load_kept_pair(folder, key, owner, now, notes); };
    const KeyPair active = load(*ring->find(KeyPurpose::signing, KeyStage::active));
    Keys keys{.signing = active.parsed,
              .decryption = {},
              .signing_certificates = {active.parsed.certificate()},
              .encryption_certificates = {}};
    for (const KeyStage stage : {KeyStage::active, KeyStage::next, KeyStage::retiring}) {
        for (const KeptKey& key : ring->keys) {
            if (key.stage != stage) continue;
            keys.stages += (keys.stages.empty() ? "" : ", ") + key.name + " " + std::string(name(stage));
            if (key.purpose == KeyPurpose::signing) {
                if (stage != KeyStage::active) keys.signing_certificates.push_back(load(key).parsed.certificate());
                continue;
            }
            const KeyPair pair = load(key);
            keys.decryption.push_back(decryption_key(pair, files_of(folder, key)));
            keys.in_force.opens.push_back(pair.parsed.certificate().fingerprint());
            if (stage == KeyStage::active) keys.encryption_certificates.push_back(pair.parsed.certificate());
        }
    }
    keys.ring = *std::move(ring);
    name_keys_in_force(keys);
    return keys;
}

fs::path record_for(const SpSection& sp, const StoreOptions& store, const fs::path& file) {
    if (sp.publication_record) return *sp.publication_record;
    if (const auto* sqlite = std::get_if<SqliteSessionStoreOptions>(&store)) return sqlite->folder / "published.log";
    return folder_of(file) / (file.stem().string() + ".published.log");
}

Keys load_keys(const SpSection& sp, const KeyLoading& loading, std::vector<std::string>& notes) {
    if (!sp.key_folder) {
        Keys keys = load_named_keys(sp, *sp.named_keys, loading, notes);
        name_keys_in_force(keys);
        return keys;
    }
    const Placed<fs::path>& folder = *sp.key_folder;
    std::error_code error;
    const bool is_empty = !fs::exists(folder.value, error) || fs::is_empty(folder.value, error);
    if (is_empty && !error) {
        check_making(folder, KeyPurpose::signing, "saml-slo keys new --folder " + folder.value.string(), loading);
        make_first_key(folder, sp.entity_id, loading, notes);
    }
    Keys keys = read_key_folder(folder, sp.entity_id, loading.now, notes);
    check_identity(folder, keys, loading, notes);
    return keys;
}

metadata::Publication publication_of(const SpSection& sp, const Keys& keys) {
    metadata::SpMetadata content{.entity_id = sp.entity_id,
                                 .single_logout_soap = sp.destinations.soap.front(),
                                 .assertion_consumers = indexed(sp.acs_urls),
                                 .signing = keys.signing_certificates,
                                 .encryption = keys.encryption_certificates,
                                 .name_id_formats = sp.name_id_formats,
                                 .valid_until = {},
                                 .cache_duration = sp.cache_for,
                                 .id = {},
                                 .display_names = sp.display_names,
                                 .organization = sp.organization,
                                 .contacts = sp.contacts,
                                 .authn_requests = sp.authn_requests,
                                 .wanted_assertions = sp.wanted_assertions,
                                 .attribute_needs = sp.attribute_needs,
                                 .discovery_responses = indexed(sp.discovery_urls),
                                 .subject_id = sp.subject_id,
                                 .single_logout_browser = sp.published_browser_slo};
    std::optional<saml::SigningKey> signer;
    if (sp.sign_metadata == SignMetadata::yes) signer = keys.signing;
    return {.content = std::move(content), .valid_for = sp.valid_for, .signer = std::move(signer)};
}

}  // namespace slo::sp
