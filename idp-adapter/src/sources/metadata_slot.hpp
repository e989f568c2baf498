// One document of a source: its place, its state in force, the time of its next request.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <system_error>

#include "cached_state.hpp"
#include "document_file.hpp"
#include "slo/idp_adapter/metadata_source.hpp"

namespace slo::idp_adapter {

struct MetadataSlot {
    std::string id = "document";                   ///< in the cache
    std::optional<saml::EndpointUrl> url = {};     ///< none: a file
    std::optional<saml::EntityID> entity_id = {};  ///< of a Metadata Query: the requested one
    metadata::MetadataRules rules;                 ///< the source's; of a Metadata Query, for this entity alone
    Holds holds = Holds::any_idps;
    std::optional<metadata::MetadataDocument> document = {};
    CachedState state = {};                      ///< of what is in force
    std::string remedy = {};                     ///< what to do where an older document is meant
    Names names = {};                            ///< entityIDs that it has had in force
    std::size_t names_kept = 0;                  ///< how many of them are on the disk
    std::optional<FileMark> names_seen = {};     ///< of the file with them: the state that was read last
    unsigned unkept = 0;                         ///< times in a row that the copy of what is in force couldn't be kept
    std::optional<Voucher> found = {};           ///< what proved another process's copy that was there at the start
    std::optional<FileMark> seen = {};           ///< of a file: the state that was judged last
    Instant judged = {};                         ///< of a file: when that was
    std::error_code last_failure = {};           ///< none: the last time went well
    std::optional<RefreshOutcome> absence = {};  ///< while no document is in force: why, as it was told last
    std::optional<Instant> said_end = {};        ///< of a document without validUntil: the end inside it, if any
    std::optional<Instant> age_end = {};         ///< of such a document: when it's too old, or age_unknown
    unsigned failures = 0;                       ///< in a row
    Instant next = {};
    std::optional<Instant> warned = {};
};

/// The slots of `options`, none of them asked yet. Errors: SourceErrc::setup.
[[nodiscard]] Result<std::vector<MetadataSlot>> slots_of(const MetadataSourceOptions& options);

/// judged reads and judges a document for `slot`: trust, the required entity, and that it isn't older than the one
/// in force (MET-04). Errors: those of read_metadata; metadata::Errc::older_than_known; SourceErrc::entity_missing.
[[nodiscard]] Result<metadata::MetadataDocument> judged(const MetadataSlot& slot, Missing missing,
                                                        const saml::OctetSource& source, Instant now);

/// depends_on_time says whether the last document may be judged otherwise at another time, with the same octets.
[[nodiscard]] bool depends_on_time(const MetadataSlot& slot);
/// limit_age ends a document without validUntil by its age (MetadataSource). Returns whether its end has changed.
[[nodiscard]] bool limit_age(MetadataSlot& slot, Instant now) noexcept;
/// is_news says whether `document` changes the one in force: by its octets, or by an entity whose time has come.
[[nodiscard]] bool is_news(const metadata::MetadataDocument& document, const MetadataSlot& slot);

/// not_older is check_not_older, with the remedy if an older one is meant. Errors: metadata::Errc::older_than_known.
[[nodiscard]] Result<void> not_older(const MetadataSlot& slot, const metadata::MetadataDocument& document,
                                     const metadata::Precedent& last);

/// precedent_of returns the record once `document` is in force after `last`.
[[nodiscard]] metadata::Precedent precedent_of(const MetadataSlot& slot, const metadata::MetadataDocument& document,
                                               const metadata::Precedent& last, Instant now);

/// names_with returns the slot's names with those of `document`, up to far more than a document can have.
[[nodiscard]] Names names_with(const MetadataSlot& slot, const metadata::MetadataDocument& document);

}  // namespace slo::idp_adapter
