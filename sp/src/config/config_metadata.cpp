#include "config_metadata.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "config_client.hpp"
#include "config_profile.hpp"
#include "config_proof.hpp"
#include "config_sections.hpp"
#include "key_files.hpp"
#include "partner_conflicts.hpp"
#include "slo/idp_adapter/url_parts.hpp"
#include "slo/metadata/metadata_document.hpp"
#include "slo/metadata/metadata_parser.hpp"
#include "slo/saml/xml.hpp"
#include "slo/sp/configured_source.hpp"

namespace slo::sp {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using idp_adapter::HttpClientOptions;
using idp_adapter::MetadataSourceOptions;
using idp_adapter::SourceOfIdps;

constexpr std::size_t max_idp_octets = saml::xml::metadata_limits.octets;
constexpr std::size_t mebibyte = 1024 * 1024;
constexpr std::chrono::days metadata_ageing{14};

constexpr auto metadata_keys = with_profile_keys({"name",
                                                  "file",
                                                  "url",
                                                  "mdq",
                                                  "mdq_form",
                                                  "signing_certificates",
                                                  "dangerously_accept_sha1_signature",
                                                  "sha256",
                                                  "pinned_tls_keys",
                                                  "accept_unsigned_from_pinned_server",
                                                  "accept_unsigned_from_certified_server",
                                                  "max_age_without_valid_until",
                                                  "entities",
                                                  "max_validity",
                                                  "max_octets",
                                                  "shortest_refresh",
                                                  "longest_refresh",
                                                  "warn_before_expiry",
                                                  "timeout",
                                                  "max_redirects",
                                                  "ca",
                                                  "client_certificate",
                                                  "client_key",
                                                  "allow_http",
                                                  "allow_private_addresses",
                                                  "cache"});

/// Reads one table of either kind.
class SourceReader {
public:
    SourceReader(const ConfigTable& table, const ProfileSurroundings& surroundings, std::chrono::seconds clock_skew,
                 Instant now, std::vector<std::string>& notes)
        : table_(table),
          surroundings_(surroundings),
          folder_(surroundings.folder),
          clock_skew_(clock_skew),
          now_(now),
          notes_(notes) {}

    /// An IdP of its own, or why its file says none now; and the file as a source that is watched.
    struct WatchedIdp {
        std::optional<idp_adapter::Idp> idp = {};
        std::optional<idp_adapter::AbsentPartner> absent = {};
        SourceOfIdps source;
    };
    WatchedIdp read_idp(std::size_t number);
    /// The settings by which its file is judged, without the file itself.
    ConfiguredSource read_idp_source(std::size_t number);
    SourceOfIdps read_metadata();

private:
    [[nodiscard]] idp_adapter::MetadataPlace read_place();
    HttpClientOptions read_http(const Placed<std::string>& url);
    void read_limits(MetadataSourceOptions& source);
    void refuse_keys_of_other_places(const idp_adapter::MetadataPlace& place) const;
    void note_idp(const metadata::EntityDescriptor& idp, const Placed<fs::path>& file);
    void note_profile(const idp_adapter::InteropProfile& profile, const std::string& who);
    [[nodiscard]] Result<metadata::MetadataDocument> read_idp_document(const fs::path& file,
                                                                       ConfiguredSource& source) const;
    void note_absence(const idp_adapter::AbsentPartner& partner, const Place& place);
    [[nodiscard]] ProofReader proof_reader() const { return {table_, folder_, now_, notes_}; }
    [[nodiscard]] bool is_remote() const { return !table_.has("file"); }
    [[nodiscard]] Placed<fs::path> path(const Placed<std::string>& text) const {
        return {folder_ / text.value, text.place};
    }
    /// Its present target, also where nothing is there yet: later a link in its place is refused (MET-19).
    [[nodiscard]] static fs::path resolved(const Placed<fs::path>& file) {
        fs::path path = file.value;
        std::error_code error;
        for (int links_left = 40; links_left > 0; --links_left) {  // as the system's
            auto target = fs::canonical(path, error);
            if (!error) return target;
            const auto link = fs::read_symlink(path, error);
            if (error) return path;
            path = path.parent_path() / link;
        }
        return file.value;
    }
    void note(const Place& place, const std::string& text) {
        notes_.push_back(place.file + ":" + std::to_string(place.line) + ": note: " + text);
    }

    const ConfigTable& table_;
    const ProfileSurroundings& surroundings_;
    const fs::path& folder_;
    std::chrono::seconds clock_skew_;
    Instant now_;
    std::vector<std::string>& notes_;
};

/// Afterwards `source` wants the IdP that the file is for, if that is known: also where the document can't be used
/// only for its age, as it proves itself all the same. The failure says the remedy.
Result<metadata::MetadataDocument> SourceReader::read_idp_document(const fs::path& file,
                                                                   ConfiguredSource& source) const {
    using idp_adapter::SourceErrc;
    const auto octets = octets_of(file, max_idp_octets);
    if (const auto* why = std::get_if<Unreadable>(&octets)) {
        const bool too_large = why->kind == Unreadable::Kind::too_large;
        return Failure{make_error_code(too_large ? SourceErrc::file_too_large : SourceErrc::file_unreadable),
                       why->what + "; " + why->mend};
    }
    const auto judged_at = [&](Instant now) {
        return judge(source, saml::source_of(std::get<std::string>(octets)), now);
    };
    auto document = judged_at(now_);
    const auto for_its_name = document ? Result<metadata::MetadataDocument>(*document) : judged_at(Instant{});
    // A file that becomes another's is refused (MET-06).
    if (for_its_name) source.rules.wanted = {for_its_name->idps.front().entity_id};
    if (!document) return Failure{document.error().code, trouble_with(file, document.error())};
    return document;
}

void SourceReader::note_absence(const idp_adapter::AbsentPartner& partner, const Place& place) {
    const std::string who = partner.names.empty() ? "" : ", the IdP " + shown(partner.names.front().str()) + ",";
    note(place, partner.source + who + " is OUT: its logouts are refused until its metadata is mended, which is " +
                    "noticed without a restart; the others are served. " + partner.why.code.message() + ": " +
                    partner.why.detail);
}

void SourceReader::note_profile(const idp_adapter::InteropProfile& profile, const std::string& who) {
    if (profile.algorithms.sha1 == saml::AlgorithmPolicy::Sha1::refused) return;
    note(table_.place_of("dangerously_accept_sha1"),
         who + " may sign with SHA-1, which can be forged by now; turn it off soon");
}

void SourceReader::note_idp(const metadata::EntityDescriptor& idp, const Placed<fs::path>& file) {
    const std::string who = "the IdP " + shown(idp.entity_id.str());
    if (idp.valid_until && *idp.valid_until <= now_ + metadata_ageing) {
        note(file.place,
             "the metadata of " + who + " ends at " + saml::format_instant(*idp.valid_until) + "; fetch a new copy");
    }
    for (const std::string& why : idp.idp->skipped_keys) note(file.place, "a key of " + who + " isn't used: " + why);
    for (const metadata::KeyDescriptor& key : idp.idp->keys) {
        if (key.use == metadata::KeyUse::encryption || !key.certificate) continue;
        note_certificate_age(*key.certificate, file.place, "a certificate of " + who, now_, notes_);
    }
}

ConfiguredSource SourceReader::read_idp_source(std::size_t number) {
    ConfiguredSource source{
        .name = "idp-" + std::to_string(number),
        .file = path(table_.required_text("metadata", "idp.xml")).value,
        // The operator chose this very file for this very IdP: its endpoints are the operator's choice.
        .rules = {.trust = metadata::TrustedPlace{},
                  .endpoints = {.http = metadata::EndpointRule::Http::accepted,
                                .private_addresses = metadata::EndpointRule::PrivateAddresses::accepted},
                  .clock_skew = clock_skew_},
        .holds = ConfiguredSource::Holds::one_idp};
    source.rules.limits.octets = max_idp_octets;
    source.rules.entity_id_form = entity_id_form(table_);
    if (const auto id = table_.text("entity_id"))
        source.rules.wanted = {parse_id(*id, "entity_id", source.rules.entity_id_form)};
    static_cast<void>(proof_reader().read_trust(source.rules));
    return source;
}

SourceReader::WatchedIdp SourceReader::read_idp(std::size_t number) {
    const auto file = path(table_.required_text("metadata", "idp.xml"));
    ConfiguredSource judged_by = read_idp_source(number);
    auto profile = read_profile(table_, surroundings_, notes_);
    auto document = read_idp_document(file.value, judged_by);
    auto idp =
        document ? idp_adapter::make_idp(document->idps.front(), profile) : Result<idp_adapter::Idp>(document.error());
    const auto& wanted = judged_by.rules.wanted;
    note_profile(profile, wanted.empty() ? judged_by.name : "the IdP " + shown(wanted.front().str()));
    MetadataSourceOptions source{.name = judged_by.name,
                                 .place = idp_adapter::MetadataFile{resolved(file)},
                                 .rules = judged_by.rules,
                                 .missing = idp_adapter::Missing::refused,
                                 .holds = judged_by.holds};
    if (!idp) {
        idp_adapter::AbsentPartner absent{.source = judged_by.name, .names = wanted, .why = std::move(idp).error()};
        note_absence(absent, file.place);
        absent.names.insert(absent.names.end(), profile.issuer_aliases.begin(), profile.issuer_aliases.end());
        return {.absent = std::move(absent), .source = {std::move(source), std::move(profile)}};
    }
    idp->source = judged_by.name;
    note_idp(document->idps.front(), file);
    const idp_adapter::LogoutWays ways = idp_adapter::logout_ways(*idp, surroundings_.browser);
    if (ways.it_sends.empty() || !ways.can_be_asked)
        note(file.place, "the IdP " + shown(idp->entity_id.str()) + ": " + ways.summary);
    source.first = *std::move(document);
    return {.idp = *std::move(idp), .source = {std::move(source), std::move(profile)}};
}

HttpClientOptions SourceReader::read_http(const Placed<std::string>& url) {
    HttpClientOptions http;
    if (table_.is_on("allow_http")) http.http = HttpClientOptions::Http::accepted;
    http.deadline = table_.duration("timeout", {100ms, 10min}).value_or(http.deadline);
    http.max_redirects = static_cast<unsigned>(table_.number("max_redirects", 5, {0, 10}));
    http.max_body = table_.number("max_octets", 16 * mebibyte, {4096, 1024 * mebibyte});
    read_peer(table_, folder_, http, notes_);
    const auto parsed = saml::EndpointUrl::parse(url.value);
    if (parsed && idp_adapter::parts_of(*parsed).scheme == "http" && http.http == HttpClientOptions::Http::refused) {
        refuse(url.place, shown(url.value) + " is plain http: whoever is on the way sees it, and can keep news back",
               "write https://, or allow_http = true in this [[metadata]] if its signature is enough for you");
    }
    return http;
}

idp_adapter::MetadataPlace SourceReader::read_place() {
    const auto file = table_.text("file");
    const auto url = table_.text("url");
    const auto query = table_.text("mdq");
    if (static_cast<int>(file.has_value()) + static_cast<int>(url.has_value()) + static_cast<int>(query.has_value()) !=
        1) {
        refuse(table_.place(), "[[metadata]] needs one place: file, url or mdq",
               "write e.g. url = \"https://metadata.example.org/federation.xml\"");
    }
    if (file) return idp_adapter::MetadataFile{resolved(path(*file))};
    if (url) return idp_adapter::MetadataUrl{.url = parse_url(*url, "url"), .http = read_http(*url)};
    using Form = idp_adapter::MetadataQuery::Form;
    const auto form = table_.choice("mdq_form", Form::url_encoded, {{"url", Form::url_encoded}, {"sha1", Form::sha1}});
    return idp_adapter::MetadataQuery{.base = parse_url(*query, "mdq"), .http = read_http(*query), .form = form};
}

/// A key without effect would mislead its author.
void SourceReader::refuse_keys_of_other_places(const idp_adapter::MetadataPlace& place) const {
    const bool is_file = std::holds_alternative<idp_adapter::MetadataFile>(place);
    const bool is_query = std::holds_alternative<idp_adapter::MetadataQuery>(place);
    if (!is_query && table_.has("mdq_form")) {
        refuse(table_.place_of("mdq_form"), "mdq_form without mdq",
               "remove it, or name a Metadata Query server: mdq = \"...\"");
    }
    if (is_query && !table_.has("entities")) {
        refuse(table_.place_of("mdq"), "mdq without entities",
               "name the IdPs to ask for: entities = [\"https://idp.example.org/saml\"]");
    }
    if (!is_file) return;
    for (const std::string_view key :
         {"pinned_tls_keys", "accept_unsigned_from_pinned_server", "accept_unsigned_from_certified_server",
          "max_age_without_valid_until", "timeout", "max_redirects", "ca", "client_certificate", "client_key", "cache",
          "longest_refresh", "shortest_refresh"}) {
        if (!table_.has(key)) continue;
        refuse(table_.place_of(key), std::string(key) + " means nothing to a file", "remove it, or name a url or mdq");
    }
}

void SourceReader::read_limits(MetadataSourceOptions& source) {
    metadata::MetadataRules& rules = source.rules;
    rules.clock_skew = clock_skew_;
    rules.limits.octets = table_.number("max_octets", 16 * mebibyte, {4096, 1024 * mebibyte});
    if (is_remote() || table_.has("max_validity")) {
        rules.longest_validity = table_.seconds("max_validity", std::chrono::days(14), {1h, 24h * 366});
    }
    if (table_.is_on("allow_http")) rules.endpoints.http = metadata::EndpointRule::Http::accepted;
    if (table_.is_on("allow_private_addresses")) {
        rules.endpoints.private_addresses = metadata::EndpointRule::PrivateAddresses::accepted;
    }
    rules.entity_id_form = entity_id_form(table_);
    for (const auto& text : table_.texts("entities"))
        rules.wanted.push_back(parse_id(text, "entities", rules.entity_id_form));
    source.shortest_refresh = table_.seconds("shortest_refresh", source.shortest_refresh, {1s, 24h});
    source.longest_refresh = table_.seconds("longest_refresh", source.longest_refresh, {1s, 24h * 7});
    source.warn_before_expiry = table_.seconds("warn_before_expiry", source.warn_before_expiry, {0s, 24h * 60});
    if (source.longest_refresh < source.shortest_refresh) {
        refuse(table_.place_of("longest_refresh"), "longest_refresh is shorter than shortest_refresh",
               "make it at least as long");
    }
}

SourceOfIdps SourceReader::read_metadata() {
    const auto name = table_.required_text("name", "federation");
    const bool plain = std::all_of(name.value.begin(), name.value.end(),
                                   [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (!plain || name.value.size() > 64) {
        refuse(name.place, "name can't be " + shown(name.value), "write 1 to 64 of a-z, 0-9 and -");
    }
    MetadataSourceOptions source{
        .name = name.value, .place = read_place(), .rules = {.trust = metadata::TrustedPlace{}}};
    refuse_keys_of_other_places(source.place);
    proof_reader().read(source);
    read_limits(source);
    const auto cache = table_.text("cache");
    if (is_remote()) source.cache = folder_ / (cache ? cache->value : "metadata-cache");
    auto profile = read_profile(table_, surroundings_, notes_);
    // All its IdPs would have these names.
    if (!profile.issuer_aliases.empty() && source.rules.wanted.size() != 1) {
        refuse(table_.place_of("issuer_aliases"), "issuer_aliases for more than one IdP",
               "name that IdP alone: entities = [\"https://idp.example.org/saml\"]");
    }
    if (!profile.accepted_authentication.basic.password.empty() && source.rules.wanted.size() != 1) {
        refuse(table_.place_of("sender_user"), "one password for more than one IdP",
               "name that IdP alone, entities = [\"https://idp.example.org/saml\"], or each could log out the others' "
               "users");
    }
    note_profile(profile, "IdPs of [[metadata]] " + shown(name.value));
    return {std::move(source), std::move(profile)};
}

/// The tables of both kinds: there is at least one.
struct PartnerTables {
    std::vector<ConfigTable> idps;
    std::vector<ConfigTable> others;
};
PartnerTables partner_tables(const ConfigTable& root) {
    PartnerTables tables{root.tables("idp", idp_keys), root.tables("metadata", metadata_keys)};
    if (tables.idps.empty() && tables.others.empty()) {
        refuse(root.place(), "no [[idp]]: nobody could order a logout",
               "add [[idp]] and metadata = \"idp.xml\" below it, or [[metadata]] for a federation");
    }
    return tables;
}

}  // namespace

std::vector<ConfiguredSource> read_sources(const ConfigTable& root, const ProfileSurroundings& surroundings,
                                           const PolicySection& policy, Instant now, std::vector<std::string>& notes) {
    const auto [idps, others] = partner_tables(root);
    const auto reader = [&](const ConfigTable& table) {
        return SourceReader(table, surroundings, policy.policy.clock_skew, now, notes);
    };
    std::vector<ConfiguredSource> sources;
    for (const ConfigTable& table : idps) sources.push_back(reader(table).read_idp_source(sources.size() + 1));
    for (const ConfigTable& table : others) {
        auto [source, profile] = reader(table).read_metadata();
        const auto* const file = std::get_if<idp_adapter::MetadataFile>(&source.place);
        sources.push_back({.name = std::move(source.name),
                           .file = file == nullptr ? fs::path() : file->path,
                           .rules = std::move(source.rules)});
    }
    return sources;
}

PartnersSection read_partners(const ConfigTable& root, const ProfileSurroundings& surroundings,
                              const PolicySection& policy, Instant now, std::vector<std::string>& notes) {
    const auto clock_skew = policy.policy.clock_skew;
    const auto [idps, others] = partner_tables(root);
    PartnersSection section;
    section.metadata.shared_keys = policy.shared_keys;
    std::set<saml::EntityID> seen;
    NamesOfIdps names_of_idps;
    std::vector<idp_adapter::BasicCredentials> passwords;
    for (const ConfigTable& table : idps) {
        const std::size_t number = section.metadata.sources.size() + 1;
        auto watched = SourceReader(table, surroundings, clock_skew, now, notes).read_idp(number);
        for (const saml::EntityID& id : watched.source.source.rules.wanted) {
            if (!seen.insert(id).second) {
                refuse(table.place(), "the IdP " + shown(id.str()) + " is configured twice", "keep one [[idp]] for it");
            }
            names_of_idps.take(id, watched.source.profile, table);
        }
        if (watched.source.source.rules.wanted.empty()) {
            names_of_idps.take_aliases(watched.source.source.name, watched.source.profile, table);
        }
        refuse_shared_password(watched.source.profile, passwords, table);
        section.metadata.sources.push_back(std::move(watched.source));
        if (watched.absent) section.absent.push_back(*std::move(watched.absent));
        if (!watched.idp) continue;
        section.idps.push_back(*std::move(watched.idp));
        if (section.metadata.shared_keys == idp_adapter::SharedKeys::refused) refuse_shared_keys(section.idps, table);
    }
    std::set<std::string> names;
    for (const ConfigTable& table : others) {
        section.metadata.sources.push_back(SourceReader(table, surroundings, clock_skew, now, notes).read_metadata());
        const SourceOfIdps& source = section.metadata.sources.back();
        refuse_shared_password(source.profile, passwords, table);
        for (const auto& id : source.source.rules.wanted) names_of_idps.take(id, source.profile, table);
        const std::string& name = source.source.name;
        if (name.starts_with("idp-") || !names.insert(name).second) {
            refuse(table.place_of("name"), "name = " + shown(name) + " is taken",
                   "give each [[metadata]] a name of its own that doesn't begin with idp-");
        }
    }
    return section;
}

}  // namespace slo::sp
