#include "trust_command.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "files.hpp"
#include "slo/idp_adapter/http_client.hpp"
#include "slo/metadata/difference.hpp"
#include "slo/metadata/metadata_document.hpp"
#include "slo/metadata/review.hpp"

namespace slo::tool {
namespace {

namespace fs = std::filesystem;
using metadata::Change;
using metadata::MetadataDocument;

/// A document from elsewhere, with the octets that its file shall have.
struct Candidate {
    std::string octets;
    MetadataDocument document;
};

metadata::MetadataRules local_rules() {
    metadata::MetadataRules rules{.trust = metadata::TrustedPlace{}};
    rules.limits.octets = 256U * 1024 * 1024;
    return rules;
}

Result<MetadataDocument> read_document(std::string_view octets, const metadata::MetadataRules& rules, Instant now) {
    return metadata::read_metadata(saml::source_of(octets), rules, now);
}

std::string refusal(std::string_view what, const Failure& failure) {
    return std::string(what) + ": " + failure.code.message() +
           (failure.detail.empty() ? "" : " (" + failure.detail + ")");
}

std::string_view name(metadata::Severity severity) {
    constexpr std::array<std::string_view, 3> names = {"error", "warning", "note"};
    return names[static_cast<std::size_t>(severity)];
}

std::string_view name(Change::What what) {
    constexpr std::array<std::string_view, 10> names = {
        "entity added",   "entity removed",   "key added",        "key removed",      "certificate changed",
        "endpoint added", "endpoint removed", "endpoint changed", "validity changed", "algorithms changed"};
    return names[static_cast<std::size_t>(what)];
}

std::string_view name(Change::Trust trust) {
    constexpr std::array<std::string_view, 3> names = {"adds", "takes away", "neither"};
    return names[static_cast<std::size_t>(trust)];
}

bool adds_trust(const std::vector<Change>& changes) {
    return std::ranges::any_of(changes, [](const Change& change) { return change.trust == Change::Trust::adds; });
}

std::string json_of(const std::vector<Change>& changes) {
    std::vector<std::string> values;
    values.reserve(changes.size());
    for (const Change& change : changes) {
        values.push_back(JsonObject()
                             .add("change", name(change.what))
                             .add("trust", name(change.trust))
                             .add("entity_id", change.entity_id ? change.entity_id->str() : "")
                             .add("text", change.text)
                             .str());
    }
    return json_array(values);
}

std::string table_of(const std::vector<Change>& changes) {
    if (changes.empty()) return "nothing changes in trust\n";
    Table table({"TRUST", "CHANGE", "IDP", "WHAT"});
    for (const Change& change : changes) {
        table.add({std::string(name(change.trust)), std::string(name(change.what)),
                   change.entity_id ? change.entity_id->str() : "the document", change.text});
    }
    return table.str();
}

/// Fails with the exit code that it means.
struct Stop {
    ExitCode code;
    std::string text;
};
template <class T>
using OrStop = std::variant<T, Stop>;

OrStop<std::string> fetch(const Import& command) {
    auto url = saml::EndpointUrl::parse(command.source);
    if (!url) return Stop{ExitCode::usage, "no URL that can be asked; write https://..., without user or fragment"};
    idp_adapter::HttpClientOptions options;
    options.max_body = 256U * 1024 * 1024;
    options.max_redirects = 5;
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

OrStop<metadata::MetadataRules> rules_of(const Import& command, bool remote) {
    auto trust = trust_of(command);
    if (auto* stop = std::get_if<Stop>(&trust)) return std::move(*stop);
    metadata::MetadataRules rules = local_rules();
    rules.trust = std::get<metadata::MetadataTrust>(std::move(trust));
    if (remote && command.sha256.empty()) rules.longest_validity = command.longest_validity;
    for (const std::string& text : command.entities) {
        auto entity = saml::EntityID::parse(text);
        if (!entity) return Stop{ExitCode::usage, "--entity is no absolute URI; write the entityID as it stands"};
        rules.wanted.push_back(*std::move(entity));
    }
    return rules;
}

OrStop<Candidate> take(const Import& command, Instant now) {
    const bool remote = command.source.starts_with("https://") || command.source.starts_with("http://");
    auto rules = rules_of(command, remote);
    if (auto* stop = std::get_if<Stop>(&rules)) return std::move(*stop);
    std::string octets;
    if (remote) {
        auto fetched = fetch(command);
        if (auto* stop = std::get_if<Stop>(&fetched)) return std::move(*stop);
        octets = std::get<std::string>(std::move(fetched));
    } else if (!command.ca.empty() || !command.client_certificate.empty()) {
        return Stop{ExitCode::usage, "--ca and --client-certificate mean nothing to a file; remove them"};
    } else {
        auto read = read_whole(command.source);
        if (!read) return Stop{ExitCode::usage, text_of(read.error())};
        octets = *std::move(read);
    }
    auto document = read_document(octets, std::get<metadata::MetadataRules>(rules), now);
    if (!document) {
        return Stop{ExitCode::refused, refusal("the document isn't believed", document.error()) +
                                           "; nothing was changed; ask its publisher for the right document or key"};
    }
    if (document->idps.empty()) {
        return Stop{ExitCode::refused, "no usable IdP in it; saml-slo metadata validate explains the document"};
    }
    return Candidate{std::move(octets), *std::move(document)};
}

/// The entityID as a file's name: what isn't a letter, digit or dot becomes '-'.
std::string file_name(const Import& command, const MetadataDocument& document) {
    if (!command.name.empty()) return command.name;
    std::string_view id = document.idps.front().entity_id.str();
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

/// What is there already; nothing where the file doesn't exist.
OrStop<std::optional<MetadataDocument>> present(const fs::path& file, Instant now) {
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return std::optional<MetadataDocument>();
    const auto octets = read_whole(file);
    if (!octets) return Stop{ExitCode::usage, text_of(octets.error())};
    auto document = read_document(*octets, local_rules(), now);
    // An expired copy is nothing to compare with, and nothing to keep.
    if (!document && document.error().code == metadata::make_error_code(metadata::Errc::expired))
        return std::optional<MetadataDocument>();
    if (!document) {
        return Stop{ExitCode::usage,
                    refusal(file.string() + " is there and can't be read", document.error()) + "; move it away"};
    }
    return std::optional<MetadataDocument>(*std::move(document));
}

ExitCode report(const std::vector<Change>& changes, const fs::path& file, bool written, Format format) {
    const ExitCode code = written ? ExitCode::fine : ExitCode::found;
    if (format == Format::json) {
        return print(JsonObject()
                             .add("file", file.string())
                             .add_value("written", written ? "true" : "false")
                             .add_value("changes", json_of(changes))
                             .str() +
                         "\n",
                     code);
    }
    return print(table_of(changes) +
                     (written ? "written: "
                              : "not written, because it adds trust: look at it, then "
                                "write --accept as well: ") +
                     printable(file.string()) + "\n",
                 code);
}

}  // namespace

ExitCode validate_metadata(const fs::path& file, Format format, Instant now) {
    const auto octets = read_whole(file);
    if (!octets) return complain(text_of(octets.error()), ExitCode::usage);
    const auto findings = metadata::review(*octets, local_rules(), now);
    const bool broken = std::ranges::any_of(
        findings, [](const metadata::Finding& finding) { return finding.severity == metadata::Severity::error; });
    const ExitCode code = broken ? ExitCode::found : ExitCode::fine;
    if (format == Format::json) {
        std::vector<std::string> values;
        values.reserve(findings.size());
        for (const metadata::Finding& finding : findings) {
            values.push_back(JsonObject()
                                 .add("severity", name(finding.severity))
                                 .add("rule", finding.rule)
                                 .add("code", finding.code ? finding.code.message() : "")
                                 .add("line", static_cast<std::int64_t>(finding.line))
                                 .add("text", finding.text)
                                 .str());
        }
        return print(JsonObject().add_value("findings", json_array(values)).str() + "\n", code);
    }
    if (findings.empty()) return print("nothing to complain about\n", code);
    Table table({"LINE", "SEVERITY", "RULE", "WHAT"});
    for (const metadata::Finding& finding : findings) {
        table.add({finding.line == 0 ? "-" : std::to_string(finding.line), std::string(name(finding.severity)),
                   std::string(finding.rule), finding.text});
    }
    return print(table.str(), code);
}

ExitCode diff_metadata(const fs::path& before, const fs::path& after, Format format, Instant now) {
    std::vector<MetadataDocument> documents;
    for (const fs::path& file : {before, after}) {
        const auto octets = read_whole(file);
        if (!octets) return complain(text_of(octets.error()), ExitCode::usage);
        auto document = read_document(*octets, local_rules(), now);
        if (!document) {
            return complain(refusal(file.string() + " isn't usable as metadata", document.error()) +
                                "; saml-slo metadata validate explains it",
                            ExitCode::refused);
        }
        documents.push_back(*std::move(document));
    }
    const auto changes = metadata::difference(documents.front(), documents.back());
    const ExitCode code = adds_trust(changes) ? ExitCode::found : ExitCode::fine;
    if (format == Format::json) return print(JsonObject().add_value("changes", json_of(changes)).str() + "\n", code);
    return print(table_of(changes), code);
}

ExitCode import_metadata(const Import& command, Format format, Instant now) {
    auto taken = take(command, now);
    if (const auto* stop = std::get_if<Stop>(&taken)) return complain(stop->text, stop->code);
    const auto& candidate = std::get<Candidate>(taken);
    const fs::path file = command.into / file_name(command, candidate.document);
    auto there = present(file, now);
    if (const auto* stop = std::get_if<Stop>(&there)) return complain(stop->text, stop->code);
    const auto& before = std::get<std::optional<MetadataDocument>>(there);
    if (before) {
        const metadata::Precedent last{
            .published = before->published, .valid_until = before->valid_until, .sha256 = before->sha256};
        if (const auto newer = metadata::check_not_older(candidate.document, last); !newer) {
            return complain(refusal("the document is refused", newer.error()) + "; nothing was changed",
                            ExitCode::refused);
        }
    }
    const auto changes = metadata::difference(before.value_or(MetadataDocument{}), candidate.document);
    if (adds_trust(changes) && command.acceptance == Acceptance::ask) return report(changes, file, false, format);
    if (const auto written = replace_whole(file, candidate.octets); !written)
        return complain(text_of(written.error()), ExitCode::usage);
    return report(changes, file, true, format);
}

}  // namespace slo::tool
