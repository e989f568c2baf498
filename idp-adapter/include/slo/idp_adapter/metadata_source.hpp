// One place that metadata comes from: asked again and again, believed only when it proves itself, remembered on disk.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slo/idp_adapter/http_client.hpp"
#include "slo/metadata/metadata_document.hpp"
#include "slo/saml/identifiers.hpp"
#include "slo/saml/result.hpp"
#include "slo/saml/time.hpp"

namespace slo::idp_adapter {

/// A local file, read again when it changes.
struct MetadataFile {
    std::filesystem::path path;
};
/// A document at a URL.
struct MetadataUrl {
    saml::EndpointUrl url;
    HttpClientOptions http;
};
/// A Metadata Query Protocol server: one document for each entity that `rules.wanted` names.
struct MetadataQuery {
    enum class Form { url_encoded, sha1 };  ///< how the entityID is written in the path
    saml::EndpointUrl base;
    HttpClientOptions http;
    Form form = Form::url_encoded;
};
using MetadataPlace = std::variant<MetadataFile, MetadataUrl, MetadataQuery>;

struct MetadataSourceOptions {
    std::string name;  ///< for people: in audit lines, and as the folder's name in the cache; [a-z0-9-]
    MetadataPlace place;
    metadata::MetadataRules rules;
    std::filesystem::path cache;              ///< folder for the last good copies; empty: none (a file is its own)
    std::chrono::seconds shortest_refresh{300};
    std::chrono::seconds longest_refresh{6 * 3600};  ///< cacheDuration and Cache-Control only shorten it
    std::chrono::seconds warn_before_expiry{2 * 24 * 3600};
};

/// What a refresh came to.
struct RefreshOutcome {
    enum class Kind {
        updated,    ///< a new document is in force
        unchanged,  ///< asked, and nothing new
        refused,    ///< a document came and isn't believed; the one before stays in force
        unreachable,  ///< no document came; the one before stays in force
        expiring,   ///< what is in force ends soon, and there is nothing newer
        expired,    ///< what was in force has ended: its IdPs aren't believed any more
    };
    Kind kind = Kind::unchanged;
    std::optional<saml::EntityID> entity_id;  ///< of a Metadata Query, which entity
    Failure why;                              ///< of refused and unreachable
};

}  // namespace slo::idp_adapter
