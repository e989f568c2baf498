#include "metadata_command.hpp"

#include <optional>
#include <utility>

#include "files.hpp"
#include "settings.hpp"
#include "slo/metadata/metadata_document.hpp"
#include "slo/metadata/published_metadata.hpp"

namespace slo::tool {
namespace {

namespace fs = std::filesystem;
using saml::format_instant;

std::string_view name(metadata::KeyUse use) {
    switch (use) {
        case metadata::KeyUse::signing:
            return "signing";
        case metadata::KeyUse::encryption:
            return "encryption";
        case metadata::KeyUse::both:
            return "both";
    }
    return {};
}

std::string last_part(const std::string& uri) {
    return uri.substr(uri.rfind(':') + 1);
}

std::string json_of(const metadata::KeyDescriptor& key) {
    JsonObject object;
    object.add("use", name(key.use));
    if (key.certificate) {
        object.add("sha256", key.certificate->fingerprint())
            .add("not_before", format_instant(key.certificate->not_before()))
            .add("not_after", format_instant(key.certificate->not_after()));
    }
    return object.str();
}

std::vector<std::string> json_texts(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    for (const std::string& text : texts) quoted.push_back(json_text(text));
    return quoted;
}

std::string json_of(const metadata::SignOnRole& sign_on) {
    std::vector<std::string> endpoints;
    for (const auto& endpoint : sign_on.endpoints) {
        endpoints.push_back(JsonObject()
                                .add("binding", metadata::name(endpoint.binding))
                                .add("location", endpoint.location.str())
                                .str());
    }
    JsonObject object;
    const std::string obstacle = metadata::sign_on_obstacle(sign_on);
    object.add_value("usable", obstacle.empty() ? "true" : "false");
    if (!obstacle.empty()) object.add("why_not", obstacle);
    return object.add_value("endpoints", json_array(endpoints))
        .add_value("not_used", json_array(json_texts(sign_on.skipped_services)))
        .add_value("wants_signed_requests", sign_on.wants_signed_requests ? "true" : "false")
        .add_value("name_id_formats", json_array(json_texts(sign_on.name_id_formats)))
        .add_value("scopes", json_array(json_texts(sign_on.scopes)))
        .add("scope_patterns", static_cast<std::int64_t>(sign_on.regexp_scopes))
        .str();
}

std::string text_of(const metadata::SignOnRole& sign_on) {
    std::string text;
    const std::string obstacle = metadata::sign_on_obstacle(sign_on);
    text += obstacle.empty() ? "  users can sign on" : "  users can't sign on: " + printable(obstacle);
    if (obstacle.empty() && sign_on.wants_signed_requests) text += "; it wants signed requests";
    text += "\n";
    for (const std::string& why : sign_on.skipped_services) text += "  not used: " + printable(why) + "\n";
    for (const std::string& scope : sign_on.scopes) text += "  scope " + printable(scope) + "\n";
    if (sign_on.regexp_scopes > 0) {
        text +=
            "  " + std::to_string(sign_on.regexp_scopes) + " scope(s) are regular expressions, which match nothing\n";
    }
    return text;
}

std::string json_of(const metadata::EntityDescriptor& entity) {
    std::vector<std::string> keys;
    std::vector<std::string> endpoints;
    for (const auto& key : entity.idp->keys) keys.push_back(json_of(key));
    for (const auto& endpoint : entity.idp->single_logout_services) {
        JsonObject object;
        object.add("binding", endpoint.binding).add("location", endpoint.location.str());
        if (endpoint.response_location) object.add("response_location", endpoint.response_location->str());
        endpoints.push_back(object.str());
    }
    JsonObject object;
    object.add("entity_id", entity.entity_id.str());
    if (entity.valid_until) object.add("valid_until", format_instant(*entity.valid_until));
    return object.add_value("keys", json_array(keys))
        .add_value("single_logout_services", json_array(endpoints))
        .add_value("sign_on", json_of(entity.idp->sign_on))
        .str();
}

std::string json_of(const metadata::MetadataDocument& document) {
    std::vector<std::string> idps;
    for (const auto& idp : document.idps) idps.push_back(json_of(idp));
    JsonObject whole;
    whole.add("sha256", document.sha256).add("entities", static_cast<std::int64_t>(document.entities));
    if (document.valid_until) whole.add("valid_until", format_instant(*document.valid_until));
    if (document.cache_duration) whole.add("cache_duration_seconds", std::int64_t{document.cache_duration->count()});
    if (document.published) whole.add("published", format_instant(*document.published));
    return whole.add_value("idps", json_array(idps))
               .add_value("refused", refused_json(document))
               .add("refused_count", static_cast<std::int64_t>(document.refused_count))
               .add("other_entities", static_cast<std::int64_t>(others_in(document)))
               .str() +
           "\n";
}

std::string table_of(const metadata::MetadataDocument& document, const metadata::MetadataRules& rules) {
    std::string text = "SHA-256      " + document.sha256 + "\nentities     " + std::to_string(document.entities) +
                       "\nvalid until  " + (document.valid_until ? format_instant(*document.valid_until) : "not said");
    text += "\nask again    ";
    text += document.cache_duration ? "after " + std::to_string(document.cache_duration->count()) + " seconds\n"
                                    : std::string("not said\n");
    for (const auto& idp : document.idps) {
        text += "\nIdP " + printable(idp.entity_id.str());
        text += idp.valid_until ? ", valid until " + format_instant(*idp.valid_until) + "\n" : "\n";
        Table table({"  KEY OR ENDPOINT", "", ""});
        for (const auto& key : idp.idp->keys) {
            table.add(
                {"  key for " + std::string(name(key.use)),
                 key.certificate ? "until " + format_instant(key.certificate->not_after()) : "without certificate",
                 key.certificate ? "SHA-256 " + key.certificate->fingerprint() : ""});
        }
        for (const auto& endpoint : idp.idp->single_logout_services)
            table.add({"  logout by " + last_part(endpoint.binding), endpoint.location.str(), ""});
        for (const auto& endpoint : idp.idp->sign_on.endpoints)
            table.add({"  sign-on by " + std::string(metadata::name(endpoint.binding)), endpoint.location.str(), ""});
        text += table.str();
        text += text_of(idp.idp->sign_on);
        for (const std::string& why : idp.idp->skipped_keys) text += "  a key isn't usable: " + printable(why) + "\n";
    }
    if (document.refused_count > 0) text += "\n" + refused_text(document, "");
    if (others_in(document) > 0) text += "\n" + others_text(document, rules, "shown");
    return text;
}

}  // namespace

ExitCode generate_metadata(const Generation& command, Format format, Instant now) {
    auto configuration = daemon::load_configuration(command.configuration, now);
    if (!configuration) return complain(text_of(configuration.error()), ExitCode::usage);
    metadata::Publication publication = configuration->publication;
    if (command.signature == Signature::no) publication.signer.reset();
    if (command.signature == Signature::yes) publication.signer = configuration->signing_key;
    const auto document = metadata::make_document(publication, now);
    if (!document) return complain(text_of(document.error()), ExitCode::usage);
    if (format == Format::table) return print(document->octets, ExitCode::fine);
    JsonObject object;
    object.add("entity_id", configuration->entity_id.str()).add("document", document->octets);
    if (document->valid_until) object.add("valid_until", format_instant(*document->valid_until));
    return print(object.str() + "\n", ExitCode::fine);
}

ExitCode show_metadata(const fs::path& file, const JudgedBy& judged_by, Format format, Instant now) {
    const auto settings = settings_for(judged_by, {file}, now);
    if (const auto* stop = std::get_if<Stop>(&settings)) return complain(*stop);
    const auto& source = std::get<sp::ConfiguredSource>(settings);
    const auto octets = read_whole(file);
    if (!octets) return complain(text_of(octets.error()), ExitCode::usage);
    const auto document = sp::judge(source, saml::source_of(*octets), now);
    if (!document) {
        return complain(refusal(file.string() + " isn't usable as metadata", document.error()) +
                            advice_on(document.error().code) + "; saml-slo metadata validate explains it",
                        ExitCode::found);
    }
    return print(format == Format::json ? json_of(*document) : table_of(*document, source.rules), ExitCode::fine);
}

}  // namespace slo::tool
