// The cache's part for a source's slots: what they start from, and how a received document is kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "document_cache.hpp"
#include "metadata_slot.hpp"

namespace slo::idp_adapter {

/// JudgedCopy is a document that may be in force, and the record with it.
struct JudgedCopy {
    metadata::MetadataDocument document;
    CachedState state;
};

/// NewsOfCache is what another process of the cache has learnt since.
struct NewsOfCache {
    std::optional<JudgedCopy> copy = {};  ///< a document newer than the one in force here
    /// Of the very document in force here, which ends by its age: when its server last stood by it, if it has done so
    /// since the time that is known here.
    std::optional<Instant> fetched = {};
};

/// Keeping is a document that is to be kept, after it came into force.
struct Keeping {
    std::optional<CacheLock> lock;
    Failure trouble = {};  ///< why it can't be kept, known before it's tried
    CachedState state = {};
};

/// SlotCopies connects slots to their copies. A copy, and that nothing older is taken, are valid as long as the
/// document's proof is: the same place, and one of the same keys, or the same hash. Not thread-safe.
class SlotCopies {
public:
    /// open also removes the files of a crash, unless the copies are only for reading. `pause` as in SourcePorts.
    /// Errors: SourceErrc::cache_failed; those of voucher_of.
    [[nodiscard]] static Result<SlotCopies> open(const MetadataSourceOptions& options, DocumentCache::Pause pause);

    /// start returns the slot's copy, judged like a document from the network, with its record in the slot, even if the
    /// copy itself isn't used. Reports why it isn't, if there is one.
    [[nodiscard]] std::optional<JudgedCopy> start(MetadataSlot& slot, Instant now,
                                                  std::vector<RefreshOutcome>& outcomes) const;
    /// news returns what another process has kept since.
    [[nodiscard]] NewsOfCache news(const MetadataSlot& slot, Instant now) const;

    /// The slot's names with those that another process has kept since. Nothing: there are no others.
    [[nodiscard]] std::optional<Names> more_names(MetadataSlot& slot) const;

    [[nodiscard]] ArrivingDocument begin(const MetadataSlot& slot) const { return cache_.begin(slot.id); }
    /// weigh locks the cache, if that can be, and judges `document` again, by a copy that another process may keep.
    /// Errors: metadata::Errc::older_than_known.
    [[nodiscard]] Result<Keeping> weigh(const MetadataSlot& slot, const metadata::MetadataDocument& document,
                                        Instant now) const;
    /// keep: SourceErrc::cache_failed; the copy before stays.
    [[nodiscard]] Result<void> keep(MetadataSlot& slot, const Keeping& keeping, ArrivingDocument& arrived) const;
    /// renew notes that the server confirms the document in force, if it is kept. Errors: SourceErrc::cache_failed.
    [[nodiscard]] Result<void> renew(const MetadataSlot& slot) const;

private:
    SlotCopies(const MetadataSourceOptions& options, Voucher voucher, DocumentCache cache, DocumentCache::Pause pause)
        : voucher_(std::move(voucher)), missing_(options.missing), cache_(std::move(cache)), pause_(std::move(pause)) {}
    [[nodiscard]] std::optional<CachedState> known_state(MetadataSlot& slot, Instant now,
                                                         std::vector<RefreshOutcome>& outcomes) const;
    void start_names(MetadataSlot& slot, std::vector<RefreshOutcome>& outcomes) const;

    Voucher voucher_;
    Missing missing_;
    DocumentCache cache_;
    DocumentCache::Pause pause_;
};

}  // namespace slo::idp_adapter
