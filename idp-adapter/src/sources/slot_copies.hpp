// What a source's slots have of the cache: what they start from, and how a document that came is kept.
#pragma once

#include <list>
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

/// A document that is to be kept, after it came into force: with all that needs, so that any thread can do it.
struct Keeping {
    std::size_t slot;  ///< of the source
    std::string id;    ///< in the cache
    ArrivingDocument arrived;
    metadata::MetadataDocument face;  ///< dates and hash of the document, and nothing else of it
    CachedState state;
    std::optional<Names> names = {};    ///< where the disk lacks some
    std::optional<Voucher> found = {};  ///< as MetadataSlot::found
    Failure trouble = source_failure(SourceErrc::cache_failed, "there was no memory to keep it");  ///< none: it's kept
    bool is_older = false;  ///< than what another process has kept meanwhile, by `trouble`
};
using Keepings = std::list<Keeping>;

/// SlotCopies is the way of slots to their copies. A copy, and that nothing older is taken, hold as long as what
/// vouched for the document still does: the same place, and one of the same keys, or the same hash. Not thread-safe,
/// but for keep().
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
    /// Judges `document` again, by what another process may have put there, and says what is remembered once it is in
    /// force. Errors: metadata::Errc::older_than_known.
    [[nodiscard]] Result<CachedState> weigh(const MetadataSlot& slot, const metadata::MetadataDocument& document,
                                            Instant now) const;
    /// What keep() needs of `document`, which comes into force in `slot` with `state`; the number of the slot is the
    /// caller's.
    [[nodiscard]] Keeping keeping_of(const MetadataSlot& slot, const metadata::MetadataDocument& document,
                                     const CachedState& state, ArrivingDocument& arrived) const;
    /// Keeps each of them, and says in it how that went. Blocks as long as the disk does, and waits a second in all for
    /// another process that has the cache locked. One thread may do it while another does all else.
    void keep(Keepings& all) const;

private:
    SlotCopies(const MetadataSourceOptions& options, DocumentCache cache, DocumentCache::Pause pause)
        : voucher_(voucher_of(options)),
          missing_(options.missing),
          cache_(std::move(cache)),
          pause_(std::move(pause)) {}
    [[nodiscard]] std::optional<CachedState> known_state(MetadataSlot& slot, Instant now,
                                                         std::vector<RefreshOutcome>& outcomes) const;
    void start_names(MetadataSlot& slot, std::vector<RefreshOutcome>& outcomes) const;
    [[nodiscard]] Result<OpenedFile> document_of(const MetadataSlot& slot, CachedState& state) const;
    [[nodiscard]] Result<void> keep_one(const CacheLock& lock, Keeping& one) const;

    Voucher voucher_;
    Missing missing_;
    DocumentCache cache_;
    DocumentCache::Pause pause_;
};

}  // namespace slo::idp_adapter
