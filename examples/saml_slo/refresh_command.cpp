#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "files.hpp"
#include "settings.hpp"
#include "slo/idp_adapter/metadata_source.hpp"
#include "slo/sp/configured_source.hpp"
#include "trust_command.hpp"

namespace slo::tool {
namespace {

using idp_adapter::MetadataSource;
using idp_adapter::RefreshOutcome;
using Kind = RefreshOutcome::Kind;

/// One line of the result.
struct Row {
    std::string source;
    std::string outcome;
    std::string entity_id;
    std::string why;
    std::size_t idps = 0;
};

ExitCode worse(ExitCode a, ExitCode b) {
    return static_cast<int>(a) > static_cast<int>(b) ? a : b;
}

ExitCode code_of(Kind kind) {
    switch (kind) {
        case Kind::updated:
        case Kind::unchanged:
            return ExitCode::fine;
        case Kind::expiring:
        case Kind::expired:
        case Kind::not_kept:
        case Kind::copy_unused:
            return ExitCode::found;
        case Kind::refused:
            return ExitCode::refused;
        case Kind::unreachable:
            return ExitCode::unreachable;
    }
    return ExitCode::usage;
}

/// The meaning of a failure, whichever way it was met. std::nullopt: the way says it.
std::optional<ExitCode> code_of(std::error_code why) {
    using idp_adapter::HttpErrc;
    using idp_adapter::SourceErrc;
    for (const SourceErrc ours :
         {SourceErrc::setup, SourceErrc::file_unreadable, SourceErrc::file_too_large, SourceErrc::cache_failed}) {
        if (why == make_error_code(ours)) return ExitCode::usage;
    }
    if (why == make_error_code(HttpErrc::client_setup)) return ExitCode::usage;
    if (why == make_error_code(SourceErrc::file_changing)) return ExitCode::unreachable;
    return std::nullopt;
}

std::size_t idps_in(const MetadataSource& source) {
    std::size_t count = 0;
    for (const auto* document : source.documents()) count += document->idps.size();
    return count;
}

std::string why_of(const Failure& failure) {
    if (!failure.code) return "";
    return failure.code.message() + (failure.detail.empty() ? "" : ": " + failure.detail);
}

/// A source of many documents asks for one at a time: until nothing is due any more, each once.
ExitCode ask(MetadataSource& source, Instant now, std::vector<Row>& rows) {
    constexpr int most = 100'000;
    ExitCode code = ExitCode::fine;
    bool any = false;
    for (int i = 0; i < most && (i == 0 || source.next_refresh() <= now); ++i) {
        for (const RefreshOutcome& outcome : source.refresh(now)) {
            any = true;
            code = worse(code, code_of(outcome.why.code).value_or(code_of(outcome.kind)));
            rows.push_back({.source = source.name(),
                            .outcome = std::string(name(outcome.kind)),
                            .entity_id = outcome.entity_id ? outcome.entity_id->str() : "",
                            .why = why_of(outcome.why),
                            .idps = 0});
        }
    }
    if (!any) rows.push_back({.source = source.name(), .outcome = "unchanged", .entity_id = {}, .why = {}, .idps = 0});
    for (Row& row : rows) {
        if (row.source == source.name()) row.idps = idps_in(source);
    }
    return code;
}

std::string json_of(const std::vector<Row>& rows) {
    std::vector<std::string> values;
    values.reserve(rows.size());
    for (const Row& row : rows) {
        values.push_back(JsonObject()
                             .add("source", row.source)
                             .add("outcome", row.outcome)
                             .add("entity_id", row.entity_id)
                             .add("idps", static_cast<std::int64_t>(row.idps))
                             .add("why", row.why)
                             .str());
    }
    return JsonObject().add_value("sources", json_array(values)).str() + "\n";
}

std::string table_of(const std::vector<Row>& rows) {
    Table table({"SOURCE", "OUTCOME", "IDPS", "IDP", "WHY"});
    for (const Row& row : rows) table.add({row.source, row.outcome, std::to_string(row.idps), row.entity_id, row.why});
    return table.str();
}

}  // namespace

ExitCode refresh_metadata(const std::filesystem::path& file, Format format, Instant now) {
    const auto read = daemon::read_configuration(file);
    auto metadata = read ? read->metadata(now) : read.error();  // a refresh needs no key of ours, and makes none
    if (!metadata) return complain(text_of(metadata.error()), ExitCode::usage);
    std::vector<Row> rows;
    ExitCode code = ExitCode::fine;
    for (auto& [options, profile] : metadata->sources) {
        const std::string source_name = options.name;
        auto source = MetadataSource::open(std::move(options), now);
        if (!source) {
            rows.push_back({.source = source_name,
                            .outcome = "can't be opened",
                            .entity_id = {},
                            .why = why_of(source.error()),
                            .idps = 0});
            code = worse(code, code_of(source.error().code).value_or(ExitCode::refused));
            continue;
        }
        code = worse(code, ask(*source, now, rows));
    }
    return print(format == Format::json ? json_of(rows) : table_of(rows), code);
}

}  // namespace slo::tool
