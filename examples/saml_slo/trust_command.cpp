#include "trust_command.hpp"

#include <algorithm>
#include <array>

#include "changes.hpp"
#include "files.hpp"
#include "slo/metadata/difference.hpp"
#include "slo/metadata/review.hpp"

namespace slo::tool {
namespace {

namespace fs = std::filesystem;
using metadata::MetadataDocument;

std::string_view name(metadata::Severity severity) {
    constexpr std::array<std::string_view, 3> names = {"error", "warning", "note"};
    return names[static_cast<std::size_t>(severity)];
}

/// The reader's verdict is among the findings, whatever they are.
std::vector<metadata::Finding> findings_in(std::string_view octets, const sp::ConfiguredSource& source,
                                           const Result<MetadataDocument>& verdict, Instant now) {
    auto findings = metadata::review(octets, source.rules, now);
    const auto says_it = [&](const metadata::Finding& finding) { return finding.code == verdict.error().code; };
    if (!verdict && std::ranges::none_of(findings, says_it)) {
        findings.push_back({.severity = metadata::Severity::error,
                            .rule = "[[idp]]",
                            .code = verdict.error().code,
                            .text = refusal("the endpoint refuses it", verdict.error())});
    }
    return findings;
}

std::string json_of(const std::vector<metadata::Finding>& findings) {
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
    return json_array(values);
}

std::string table_of(const std::vector<metadata::Finding>& findings) {
    if (findings.empty()) return "nothing to complain about\n";
    Table table({"LINE", "SEVERITY", "RULE", "WHAT"});
    for (const metadata::Finding& finding : findings) {
        table.add({finding.line == 0 ? "-" : std::to_string(finding.line), std::string(name(finding.severity)),
                   std::string(finding.rule), finding.text});
    }
    return table.str();
}

/// How much of a document was compared.
std::string json_of(const MetadataDocument& document) {
    return JsonObject()
        .add("idps", static_cast<std::int64_t>(document.idps.size()))
        .add_value("refused", refused_json(document))
        .add("refused_count", static_cast<std::int64_t>(document.refused_count))
        .add("other_entities", static_cast<std::int64_t>(others_in(document)))
        .str();
}

}  // namespace

ExitCode validate_metadata(const fs::path& file, const JudgedBy& judged_by, Format format, Instant now) {
    const auto settings = settings_for(judged_by, {file}, now);
    if (const auto* stop = std::get_if<Stop>(&settings)) return complain(*stop);
    const auto& source = std::get<sp::ConfiguredSource>(settings);
    const auto octets = read_whole(file);
    if (!octets) return complain(text_of(octets.error()), ExitCode::usage);
    const auto verdict = sp::judge(source, saml::source_of(*octets), now);
    const auto findings = findings_in(*octets, source, verdict, now);
    const bool broken = std::ranges::any_of(
        findings, [](const metadata::Finding& finding) { return finding.severity == metadata::Severity::error; });
    const ExitCode code = broken ? ExitCode::found : ExitCode::fine;
    if (format == Format::table)
        return print(table_of(findings) + (verdict ? others_text(*verdict, source.rules, "reviewed") : ""), code);
    JsonObject object;
    object.add_value("findings", json_of(findings));
    if (verdict) object.add("other_entities", static_cast<std::int64_t>(others_in(*verdict)));
    return print(object.str() + "\n", code);
}

ExitCode diff_metadata(const fs::path& before, const fs::path& after, const JudgedBy& judged_by, Format format,
                       Instant now) {
    const auto settings = settings_for(judged_by, {before, after}, now);
    if (const auto* stop = std::get_if<Stop>(&settings)) return complain(*stop);
    const auto& source = std::get<sp::ConfiguredSource>(settings);
    std::vector<MetadataDocument> documents;
    for (const fs::path& file : {before, after}) {
        const auto octets = read_whole(file);
        if (!octets) return complain(text_of(octets.error()), ExitCode::usage);
        auto document = sp::judge(source, saml::source_of(*octets), now);
        if (!document) {
            return complain(refusal(file.string() + " isn't usable as metadata", document.error()) +
                                advice_on(document.error().code) + "; saml-slo metadata validate explains it",
                            ExitCode::refused);
        }
        documents.push_back(*std::move(document));
    }
    const auto changes = metadata::difference(documents.front(), documents.back());
    // A document unusable here may be usable elsewhere, and then it has no review.
    const bool unseen = documents.back().refused_count > 0;
    const ExitCode code = adds_trust(changes) || unseen ? ExitCode::found : ExitCode::fine;
    if (format == Format::json) {
        return print(JsonObject()
                             .add_value("changes", json_of(changes))
                             .add_value("old", json_of(documents.front()))
                             .add_value("new", json_of(documents.back()))
                             .str() +
                         "\n",
                     code);
    }
    std::string text = table_of(changes);
    for (const bool is_new : {false, true}) {
        const MetadataDocument& document = is_new ? documents.back() : documents.front();
        const std::string which = is_new ? "NEW: " : "OLD: ";
        text += refused_text(document, which + "not compared: ");
        if (others_in(document) > 0) text += which + others_text(document, source.rules, "compared");
    }
    return print(text, code);
}

}  // namespace slo::tool
