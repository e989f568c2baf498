#include "judgement.hpp"

#include <algorithm>

#include "files.hpp"
#include "settings.hpp"
#include "slo/metadata/error.hpp"

namespace slo::tool {
namespace {

namespace fs = std::filesystem;
using metadata::EndpointRule;
using metadata::MetadataDocument;
using sp::ConfiguredSource;

fs::path place_of(const fs::path& file) {
    std::error_code error;
    const fs::path absolute = fs::absolute(file, error);
    fs::path place = fs::weakly_canonical(absolute, error);
    return error ? absolute : place;
}

std::string names_of(const std::vector<ConfiguredSource>& sources) {
    std::string names;
    for (const ConfiguredSource& source : sources) names += (names.empty() ? "" : ", ") + source.name;
    return names;
}

OrStop<ConfiguredSource> settings_in(const JudgedBy& wish, const std::vector<fs::path>& files, Instant now) {
    const auto read = daemon::read_configuration(wish.configuration);
    auto sources = read ? read->sources(now) : read.error();
    if (!sources) return Stop{ExitCode::usage, text_of(sources.error())};
    const auto is_it = [&](const ConfiguredSource& source) {
        if (!wish.source.empty()) return source.name == wish.source;
        if (source.file.empty()) return false;
        const fs::path place = place_of(source.file);
        return std::ranges::any_of(files, [&](const fs::path& file) { return place_of(file) == place; });
    };
    const auto found = std::ranges::find_if(*sources, is_it);
    if (found != sources->end()) return std::move(*found);
    const std::string what = wish.source.empty() ? "no source of it has the file " + files.back().string()
                                                 : "it has no source " + wish.source;
    return Stop{ExitCode::usage, wish.configuration.string() + ": " + what +
                                     "; name with --as the one that is meant: " + names_of(*sources)};
}

}  // namespace

OrStop<ConfiguredSource> settings_for(const JudgedBy& wish, const std::vector<fs::path>& files, Instant now) {
    if (!wish.configuration.empty()) return settings_in(wish, files, now);
    ConfiguredSource settings{.name = {}, .rules = permissive_rules()};
    settings.rules.endpoints = wish.endpoints;
    return settings;
}

metadata::MetadataRules permissive_rules() {
    metadata::MetadataRules rules{.trust = metadata::TrustedPlace{},
                                  .endpoints = {.http = EndpointRule::Http::accepted,
                                                .private_addresses = EndpointRule::PrivateAddresses::accepted}};
    rules.limits.octets = 256U * 1024 * 1024;
    return rules;
}

std::string advice_on(std::error_code code) {
    if (code != make_error_code(metadata::Errc::endpoint_not_allowed)) return "";
    return "; if such an endpoint is meant, write --allow-private-addresses or --allow-http, or --config FILE for what "
           "the endpoint's configuration says";
}

std::size_t others_in(const MetadataDocument& document) {
    return document.entities - document.idps.size() - document.refused_count;
}

std::string other_entities(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " other entity" : " other entities");
}

std::string others_text(const MetadataDocument& document, const metadata::MetadataRules& rules, std::string_view verb) {
    const std::size_t others = others_in(document);
    if (others == 0) return "";
    return "and " + other_entities(others) + ", not " + std::string(verb) + ": " +
           (rules.wanted.empty() ? "no IdPs for SAML 2.0" : "not asked for") + "\n";
}

std::string refused_text(const MetadataDocument& document, std::string_view mark) {
    std::string text;
    for (const auto& entity : document.refused) {
        text += std::string(mark) + "refused, line " + std::to_string(entity.line) + ": " +
                printable(entity.entity_id ? entity.entity_id->str() : "an entity without a usable entityID") + ": " +
                printable(text_of(entity.why)) + "\n";
    }
    if (document.refused_count > document.refused.size()) {
        text += std::string(mark) + "and " + std::to_string(document.refused_count - document.refused.size()) +
                " more refused entities, not listed\n";
    }
    return text;
}

std::string refused_json(const MetadataDocument& document) {
    std::vector<std::string> refused;
    for (const auto& entity : document.refused) {
        refused.push_back(JsonObject()
                              .add("entity_id", entity.entity_id ? entity.entity_id->str() : "")
                              .add("line", static_cast<std::int64_t>(entity.line))
                              .add("rule", entity.why.code.message())
                              .add("detail", entity.why.detail)
                              .str());
    }
    return json_array(refused);
}

}  // namespace slo::tool
