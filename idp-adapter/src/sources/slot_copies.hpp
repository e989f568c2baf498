// What a source's slots have of the cache: what they start from, and how a document that came is kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "document_cache.hpp"
#include "metadata_slot.hpp"

namespace slo::idp_adapter {

/// A document that may be in force, and what is remembered with it.
struct JudgedCopy {
    metadata::MetadataDocument document;
    CachedState state;
};

/// A document that is to be kept, after it came into force.
struct Keeping {
    std::optional<CacheLock> lock;
    Failure trouble = {};  ///< why it can't be kept, known before it's tried
    CachedState state = {};
};

/// SlotCopies is the way of slots to their copies. A copy, and that nothing older is taken, hold as long as what
/// vouched for the document still does: the same place, and one of the same keys, or the same hash. Not thread-safe.
class SlotCopies {
public:
    /// Also removes what a crash left behind. `pause` as in SourcePorts. Errors: SourceErrc::cache_failed.
    [[nodiscard]] static Result<SlotCopies> open(const MetadataSourceOptions& options, DocumentCache::Pause pause);

    /// The slot's copy, judged like what comes from the network, and what is remembered of it in the slot, even where
    /// the copy itself isn't used. Says why it isn't, where there is one.
    [[nodiscard]] std::optional<JudgedCopy> start(MetadataSlot& slot, Instant now,
                                                  std::vector<RefreshOutcome>& outcomes) const;
    /// What another process has kept since, where it's newer than what is in force here.
    [[nodiscard]] std::optional<JudgedCopy> newer(const MetadataSlot& slot, Instant now) const;

    [[nodiscard]] ArrivingDocument begin(const MetadataSlot& slot) const { return cache_.begin(slot.id); }
    /// Locks the cache, if that can be, and judges `document` again, by what another process may have put there.
    /// Errors: metadata::Errc::older_than_known.
    [[nodiscard]] Result<Keeping> weigh(const MetadataSlot& slot, const metadata::MetadataDocument& document,
                                        Instant now) const;
    /// Errors: SourceErrc::cache_failed; the copy before stays.
    [[nodiscard]] Result<void> keep(MetadataSlot& slot, const Keeping& keeping, ArrivingDocument& arrived) const;
    /// Remembers that the server stands by what is in force, if that is what is kept. Errors: SourceErrc::cache_failed.
    [[nodiscard]] Result<void> renew(const MetadataSlot& slot) const;

private:
    SlotCopies(const MetadataSourceOptions& options, DocumentCache cache, DocumentCache::Pause pause)
        : voucher_(voucher_of(options)),
          missing_(options.missing),
          cache_(std::move(cache)),
          pause_(std::move(pause)) {}
    [[nodiscard]] std::optional<CachedState> known_state(MetadataSlot& slot, Instant now,
                                                         std::vector<RefreshOutcome>& outcomes) const;
    void start_names(MetadataSlot& slot, std::vector<RefreshOutcome>& outcomes) const;

    Voucher voucher_;
    Missing missing_;
    DocumentCache cache_;
    DocumentCache::Pause pause_;
};

}  // namespace slo::idp_adapter
