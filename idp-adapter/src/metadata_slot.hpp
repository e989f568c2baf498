// One document of a source: where it comes from, what is in force of it, when it's asked for again.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <system_error>

#include "document_cache.hpp"
#include "document_file.hpp"
#include "slo/idp_adapter/metadata_source.hpp"

namespace slo::idp_adapter {

struct MetadataSlot {
    std::string id = "document";                   ///< in the cache
    std::optional<saml::EndpointUrl> url = {};     ///< none: a file
    std::optional<saml::EntityID> entity_id = {};  ///< of a Metadata Query: the one that is asked for
    metadata::MetadataRules rules;                 ///< the source's; of a Metadata Query, for this entity alone
    std::optional<metadata::MetadataDocument> document = {};
    CachedState state = {};             ///< of what is in force
    std::optional<FileMark> seen = {};  ///< of a file: the state that was judged last
    Instant judged = {};                ///< of a file: when that was
    std::error_code last_failure = {};  ///< none: the last time went well
    unsigned failures = 0;              ///< in a row
    Instant next = {};
    std::optional<Instant> warned = {};
};

/// The slots of `options`, none of them asked yet. Errors: SourceErrc::setup.
[[nodiscard]] Result<std::vector<MetadataSlot>> slots_of(const MetadataSourceOptions& options);

/// Reads and judges a document for `slot`: trust, the entity that must be there, and that it isn't older than what was
/// in force (MET-04). Errors: those of read_metadata; metadata::Errc::older_than_known; SourceErrc::entity_missing.
[[nodiscard]] Result<metadata::MetadataDocument> judged(const MetadataSlot& slot, Missing missing,
                                                        const saml::OctetSource& source, Instant now);

/// Whether what was judged last may be judged otherwise at another time, though its octets are the same.
[[nodiscard]] bool depends_on_time(const MetadataSlot& slot);
/// Whether `document` changes what is in force: by its octets, or by an entity whose time has come.
[[nodiscard]] bool is_news(const metadata::MetadataDocument& document, const MetadataSlot& slot);

/// What is remembered once `document` is in force. What a newer document leaves out stays as it was: leaving out
/// PublicationInfo must not make room for older ones.
[[nodiscard]] metadata::Precedent precedent_after(const metadata::MetadataDocument& document,
                                                  const metadata::Precedent& before);

}  // namespace slo::idp_adapter
