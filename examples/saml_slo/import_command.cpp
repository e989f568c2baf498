#include "import_command.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "changes.hpp"
#include "files.hpp"
#include "slo/idp_adapter/http_client.hpp"
#include "slo/metadata/difference.hpp"
#include "slo/metadata/error.hpp"
#include "slo/metadata/excerpt.hpp"

namespace slo::tool {
namespace {

namespace fs = std::filesystem;
using metadata::Change;
using metadata::MetadataDocument;

constexpr std::string_view nothing_changed = "; nothing was changed";

bool is_remote(const Import& command) {
    return command.source.starts_with("https://") || command.source.starts_with("http://");
}

OrStop<std::string> fetch(const Import& command) {
    auto url = saml::EndpointUrl::parse(command.source);
    if (!url) return Stop{ExitCode::usage, "no URL that can be asked; write https://..., without user or fragment"};
    const bool takes_http = command.judged_by.endpoints.http == metadata::EndpointRule::Http::accepted;
    if (command.source.starts_with("http:") && !takes_http) {
        return Stop{ExitCode::usage,
                    "plain http: whoever is on the way could answer instead; write https://, or "
                    "--allow-http if what it proves itself with is enough for you"};
    }
    idp_adapter::HttpClientOptions options;
    options.max_body = 256U * 1024 * 1024;
    options.max_redirects = 5;
    if (takes_http) options.http = idp_adapter::HttpClientOptions::Http::accepted;
    if (!command.ca.empty()) options.peer = idp_adapter::CertificatesOf{command.ca};
    options.client_certificate = command.client_certificate;
    options.client_key = command.client_key;
    auto client = idp_adapter::HttpClient::open(options);
    if (!client) return Stop{ExitCode::usage, text_of(client.error())};
    std::string body;
    const auto head = client->call(
        {.url = *std::move(url), .method = "GET", .headers = {{"Accept", "application/samlmetadata+xml"}}, .body = {}},
        [&body](std::string_view octets) -> Result<void> {
            body += octets;
            return Done{};
        });
    if (!head) {
        return Stop{ExitCode::unreachable,
                    refusal("no document came", head.error()) + "; check the URL and the way there"};
    }
    if (head->status != 200) {
        return Stop{ExitCode::unreachable,
                    "the server says " + std::to_string(head->status) + " and sends no document; check the URL"};
    }
    return body;
}

OrStop<metadata::MetadataTrust> trust_of(const Import& command) {
    if (!command.sha256.empty()) return metadata::MetadataTrust(metadata::PinnedHash{command.sha256});
    metadata::SignedBy signers;
    for (const fs::path& file : command.signed_by) {
        const auto octets = read_whole(file);
        if (!octets) return Stop{ExitCode::usage, text_of(octets.error())};
        const auto certificate = saml::Certificate::parse(*octets);
        if (!certificate) return Stop{ExitCode::usage, file.string() + " holds no certificate; name a PEM or DER file"};
        auto key = saml::VerificationKey::from(*certificate);
        if (!key)
            return Stop{ExitCode::usage, file.string() + ": its key is too weak; ask for metadata signed with another"};
        signers.keys.push_back(*std::move(key));
    }
    return metadata::MetadataTrust(std::move(signers));
}

/// The proof that the document needs; the endpoints that an IdP may have are checked later.
OrStop<metadata::MetadataRules> rules_of(const Import& command) {
    auto trust = trust_of(command);
    if (auto* stop = std::get_if<Stop>(&trust)) return std::move(*stop);
    metadata::MetadataRules rules = permissive_rules();
    rules.trust = std::get<metadata::MetadataTrust>(std::move(trust));
    if (is_remote(command) && command.sha256.empty()) rules.longest_validity = command.longest_validity;
    for (const std::string& text : command.entities) {
        auto entity = saml::EntityID::parse(text);
        if (!entity) {
            return Stop{ExitCode::usage,
                        "--entity is no absolute URI; write the entityID as it stands. An IdP whose name is none isn't "
                        "imported: put its file in place, and write opaque_entity_id = true in its [[idp]]"};
        }
        rules.wanted.push_back(*std::move(entity));
    }
    return rules;
}

/// The octets of the source, from one reading.
OrStop<std::string> octets_of(const Import& command) {
    if (is_remote(command)) return fetch(command);
    if (!command.ca.empty() || !command.client_certificate.empty())
        return Stop{ExitCode::usage, "--ca and --client-certificate mean nothing to a file; remove them"};
    auto read = read_whole(command.source);
    if (!read) return Stop{ExitCode::usage, text_of(read.error())};
    return *std::move(read);
}

Stop not_believed(const Failure& why) {
    std::string advice = advice_on(why.code);
    if (why.code == make_error_code(metadata::Errc::valid_until_missing)) {
        advice =
            "; to pin this one document by hand, compare its keys over another channel, and write --sha256 with the "
            "hash of its octets instead of --signed-by: then it needs no validUntil";
    }
    return {ExitCode::refused, refusal("the document isn't believed", why) + std::string(nothing_changed) +
                                   (advice.empty() ? "; ask its publisher for the right document or key" : advice)};
}

/// The entityID as a file's name: every character but letters, digits and dots becomes '-'.
std::string file_name_of(std::string_view id) {
    if (const auto scheme = id.find("://"); scheme != std::string_view::npos) id.remove_prefix(scheme + 3);
    std::string file(id.substr(0, 100));
    std::replace_if(
        file.begin(), file.end(),
        [](char c) {
            return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.');
        },
        '-');
    return file + ".xml";
}

/// The same for every version of a document: an IdP that was dropped must be missed in the file that had it.
OrStop<std::string> name_of(const Import& command, const MetadataDocument& document) {
    if (!command.name.empty()) return command.name;
    if (!command.entities.empty()) return file_name_of(command.entities.front());
    if (document.idps.size() == 1) return file_name_of(document.idps.front().entity_id.str());
    if (document.idps.empty())
        return Stop{ExitCode::refused, "no usable IdP in it; saml-slo metadata validate explains the document"};
    return Stop{ExitCode::usage, "the document has " + std::to_string(document.idps.size()) +
                                     " IdPs; say how its file is called: --name, or which IdP you want: --entity"};
}

/// The document to be written, and its content.
struct Candidate {
    std::string octets;
    MetadataDocument content;                  ///< all that any endpoint could believe of these octets
    std::vector<saml::EntityID> missing = {};  ///< wanted, and not in the source's document
    std::size_t left_out = 0;                  ///< entities of the source's document that aren't in the octets
};

/// An entity unusable here may be usable for an endpoint, or later: it is never written unseen.
std::optional<Stop> refuse_unusable(const MetadataDocument& document, const metadata::MetadataRules& rules) {
    if (document.refused.empty()) return std::nullopt;
    const auto& first = document.refused.front();
    std::string text = std::to_string(document.refused_count) + " of its IdPs can't be used, and so not be shown: " +
                       refusal(first.entity_id ? first.entity_id->str() : "one without a usable entityID", first.why) +
                       std::string(nothing_changed);
    const std::string advice = advice_on(first.why.code);
    if (!advice.empty()) return Stop{ExitCode::refused, text + advice};
    return Stop{ExitCode::refused, text + (rules.wanted.empty() ? "; name with --entity the IdPs that you want"
                                                                : "; ask its publisher, or leave it out of --entity")};
}

std::string list_of(const std::vector<saml::EntityID>& entities) {
    std::string text;
    for (const saml::EntityID& entity : entities) text += (text.empty() ? "" : ", ") + entity.str();
    return text;
}

Stop refuse_empty(const std::vector<saml::EntityID>& missing, const fs::path& file) {
    return {ExitCode::refused, "the document is genuine and doesn't have " + list_of(missing) +
                                   ": its publisher doesn't vouch for it, or no longer; nothing was changed; if " +
                                   file.string() +
                                   " has it, take that out of the configuration and restart the endpoint"};
}

/// The part that was asked for, or the whole where nothing else is in it: then its signature stays good.
OrStop<Candidate> chosen_of(std::string octets, const metadata::MetadataRules& rules, const fs::path& file,
                            Instant now) {
    auto excerpt = metadata::read_excerpt(saml::source_of(octets), rules, now);
    if (!excerpt) return not_believed(excerpt.error());
    const MetadataDocument& document = excerpt->document;
    if (auto stop = refuse_unusable(document, rules)) return *std::move(stop);
    Candidate candidate;
    for (const saml::EntityID& wanted : rules.wanted) {
        if (std::ranges::find(document.idps, wanted, &metadata::EntityDescriptor::entity_id) == document.idps.end())
            candidate.missing.push_back(wanted);
    }
    if (document.idps.empty()) return refuse_empty(candidate.missing, file);
    const std::size_t others = others_in(document);
    candidate.left_out = rules.wanted.empty() ? 0 : others;
    candidate.octets = candidate.left_out > 0 ? std::move(excerpt->octets) : std::move(octets);
    return candidate;
}

/// From here on only the octets to be written are read.
std::optional<Stop> read_as_written(Candidate& candidate, const sp::ConfiguredSource& settings, Instant now) {
    const auto as_written = sp::judge(settings, saml::source_of(candidate.octets), now);
    if (!as_written) {
        return Stop{ExitCode::refused,
                    refusal("what would be written isn't believed" +
                                (settings.name.empty() ? "" : " by " + settings.name + " of the configuration"),
                            as_written.error()) +
                        std::string(nothing_changed) + advice_on(as_written.error().code) +
                        (candidate.left_out > 0 ? "; an excerpt has no signature: import the whole document without "
                                                  "--entity, or have the configuration pin the excerpt's sha256"
                                                : "")};
    }
    auto content = metadata::read_metadata(saml::source_of(candidate.octets), permissive_rules(), now);
    if (!content) return not_believed(content.error());
    candidate.content = *std::move(content);
    return refuse_unusable(candidate.content, permissive_rules());
}

/// The present document; std::nullopt if the file doesn't exist.
OrStop<std::optional<MetadataDocument>> present(const LockedFolder& folder, const std::string& name,
                                                const fs::path& file, Instant now) {
    const auto octets = folder.read(name);
    if (!octets) return Stop{ExitCode::usage, text_of(octets.error())};
    if (!*octets) return std::optional<MetadataDocument>();
    auto document = metadata::read_metadata(saml::source_of(**octets), permissive_rules(), now);
    // An expired copy is nothing to compare with, and nothing to keep.
    if (!document && document.error().code == metadata::make_error_code(metadata::Errc::expired))
        return std::optional<MetadataDocument>();
    if (!document) {
        return Stop{ExitCode::usage,
                    refusal(file.string() + " is there and can't be read", document.error()) + "; move it away"};
    }
    return std::optional<MetadataDocument>(*std::move(document));
}

/// Whether it needs a review: a new IdP is believed, or one that the operator named isn't any more.
bool needs_acceptance(const std::vector<Change>& changes, const Candidate& candidate, const Import& command) {
    const auto removes = [](const Change& change) { return change.what == Change::What::entity_removed; };
    return adds_trust(changes) || !candidate.missing.empty() ||
           (!command.entities.empty() && std::ranges::any_of(changes, removes));
}

std::string words_for(const std::vector<Change>& changes, const Candidate& candidate, const fs::path& file,
                      bool written) {
    std::string text = table_of(changes);
    for (const saml::EntityID& entity : candidate.missing)
        text += "wanted, and not in the document: " + printable(entity.str()) + "\n";
    if (candidate.left_out > 0) {
        text += "and " + other_entities(candidate.left_out) +
                ", not shown and not written; no signature is good for the rest alone: the file is "
                "believed for its place, or for its SHA-256 " +
                candidate.content.sha256 + "\n";
    }
    text += others_text(candidate.content, {.trust = metadata::TrustedPlace{}}, "shown");
    return text +
           (written ? "written: "
                    : "not written, because it changes trust: look at it, then write --accept as well: ") +
           printable(file.string()) + "\n";
}

ExitCode report(const std::vector<Change>& changes, const Candidate& candidate, const fs::path& file, bool written,
                Format format) {
    const ExitCode code = written ? ExitCode::fine : ExitCode::found;
    if (format == Format::table) return print(words_for(changes, candidate, file, written), code);
    std::vector<std::string> missing;
    for (const saml::EntityID& entity : candidate.missing) missing.push_back(json_text(entity.str()));
    return print(JsonObject()
                         .add("file", file.string())
                         .add_value("written", written ? "true" : "false")
                         .add("sha256", candidate.content.sha256)
                         .add_value("changes", json_of(changes))
                         .add_value("missing", json_array(missing))
                         .add("left_out", static_cast<std::int64_t>(candidate.left_out))
                         .add("other_entities", static_cast<std::int64_t>(others_in(candidate.content)))
                         .str() +
                     "\n",
                 code);
}

/// Compares with the present document, and puts the candidate in its place.
ExitCode put(const Import& command, const Candidate& candidate, const std::string& name, Format format, Instant now) {
    const fs::path file = command.into / name;
    const auto folder = LockedFolder::open(command.into);
    if (!folder) return complain(text_of(folder.error()), ExitCode::usage);
    const auto there = present(*folder, name, file, now);
    if (const auto* stop = std::get_if<Stop>(&there)) return complain(*stop);
    const auto& before = std::get<std::optional<MetadataDocument>>(there);
    if (before) {
        const metadata::Precedent last{
            .published = before->published, .valid_until = before->valid_until, .sha256 = before->sha256};
        if (const auto newer = metadata::check_not_older(candidate.content, last); !newer) {
            return complain(refusal("the document is refused", newer.error()) + std::string(nothing_changed),
                            ExitCode::refused);
        }
    }
    const auto changes = metadata::difference(before.value_or(MetadataDocument{}), candidate.content);
    if (needs_acceptance(changes, candidate, command) && command.acceptance == Acceptance::ask)
        return report(changes, candidate, file, false, format);
    if (const auto written = folder->replace(name, candidate.octets); !written)
        return complain(text_of(written.error()), ExitCode::usage);
    return report(changes, candidate, file, true, format);
}

}  // namespace

ExitCode import_metadata(const Import& command, Format format, Instant now) {
    auto rules = rules_of(command);
    if (const auto* stop = std::get_if<Stop>(&rules)) return complain(*stop);
    auto& judged = std::get<metadata::MetadataRules>(rules);
    auto octets = octets_of(command);
    if (const auto* stop = std::get_if<Stop>(&octets)) return complain(*stop);
    // The file's name, and with it the settings, may depend on the document's content: once it is believed.
    const auto named = metadata::read_metadata(saml::source_of(std::get<std::string>(octets)), judged, now);
    if (!named) return complain(not_believed(named.error()));
    const auto name = name_of(command, *named);
    if (const auto* stop = std::get_if<Stop>(&name)) return complain(*stop);
    const fs::path file = command.into / std::get<std::string>(name);
    const auto settings = settings_for(command.judged_by, {file}, now);
    if (const auto* stop = std::get_if<Stop>(&settings)) return complain(*stop);
    const auto& source = std::get<sp::ConfiguredSource>(settings);
    judged.endpoints = source.rules.endpoints;
    judged.clock_skew = source.rules.clock_skew;
    auto chosen = chosen_of(std::get<std::string>(std::move(octets)), judged, file, now);
    if (const auto* stop = std::get_if<Stop>(&chosen)) return complain(*stop);
    auto& candidate = std::get<Candidate>(chosen);
    if (const auto stop = read_as_written(candidate, source, now)) return complain(*stop);
    return put(command, candidate, std::get<std::string>(name), format, now);
}

}  // namespace slo::tool
