#include "slot_copies.hpp"

#include <thread>

namespace slo::idp_adapter {
namespace {

using Outcomes = std::vector<RefreshOutcome>;

void tell_unused(const MetadataSlot& slot, Failure why, Outcomes& outcomes) {
    outcomes.push_back({.kind = RefreshOutcome::Kind::copy_unused, .entity_id = slot.entity_id, .why = std::move(why)});
}

/// Versions without vouchers also recorded times to come.
void forget_time_to_come(CachedState& state, Instant latest) {
    auto& published = state.precedent.published;
    if (state.voucher.place.empty() && published && *published > latest) published.reset();
}

/// One source, whose entities are all its own by the configuration, needs no list of them.
bool keeps_names(const MetadataSlot& slot) {
    return slot.rules.wanted.empty() || slot.holds == Holds::one_idp;
}

/// A time to come is that of a wrong clock, and would let the document live longer here.
std::optional<Instant> later_fetch(const MetadataSlot& slot, const CachedState& theirs, Instant now) {
    if (!slot.age_end || !theirs.fetched || *theirs.fetched > now + slot.rules.clock_skew) return std::nullopt;
    return slot.state.fetched < theirs.fetched ? theirs.fetched : std::nullopt;
}

}  // namespace

Result<SlotCopies> SlotCopies::open(const MetadataSourceOptions& options, DocumentCache::Pause pause) {
    if (!pause) pause = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); };
    auto voucher = voucher_of(options);
    if (!voucher) return std::move(voucher).error();
    const bool keeps = options.copies == CopiesFor::keeping;
    auto cache = keeps ? DocumentCache::open(options.cache, options.name)
                       : DocumentCache::open_to_read(options.cache, options.name);
    if (!cache) return std::move(cache).error();
    if (keeps) {
        // If another process is stuck, it stays untidy.
        const auto lock = cache->lock(pause);
        if (lock) cache->tidy_up(*lock);
    }
    return SlotCopies(options, *std::move(voucher), *std::move(cache), std::move(pause));
}

std::optional<CachedState> SlotCopies::known_state(MetadataSlot& slot, Instant now, Outcomes& outcomes) const {
    auto known = cache_.state(slot.id);
    if (!known) {
        tell_unused(slot, std::move(known).error(), outcomes);
        return std::nullopt;
    }
    if (!*known) return std::nullopt;
    CachedState state = **std::move(known);
    if (!vouches_for(voucher_, state.voucher)) {
        slot.found = state.voucher;
        tell_unused(slot,
                    fail(SourceErrc::copy_of_another,
                         cache_.path_of_state(slot.id) +
                             " is of another place, or something else vouched for it: it isn't used, "
                             "whatever is newest of this source counts anew, and the next document replaces "
                             "it"),
                    outcomes);
        return std::nullopt;
    }
    forget_time_to_come(state, now + slot.rules.clock_skew);
    return state;
}

/// Whatever vouched for them then: a source that has moved, or has another pinned hash, must not lose its own names to
/// the next source, which might bring back revoked keys.
void SlotCopies::start_names(MetadataSlot& slot, Outcomes& outcomes) const {
    if (!keeps_names(slot)) return;
    const auto mark = cache_.mark_of_names(slot.id);
    auto known = cache_.names(slot.id);
    if (!known) return tell_unused(slot, std::move(known).error(), outcomes);
    if (!*known) return;
    slot.names = std::move((*known)->names);
    slot.names_seen = mark;
    // With another voucher they are written anew.
    slot.names_kept = (*known)->voucher == voucher_ ? slot.names.size() : 0;
}

/// A copy is worth as much as its signature or its pinned hash, checked again here. If the server alone vouched,
/// the hash in the state shows that the copy is whole and the one that came from it; a process that can write to the
/// folder, this user's alone, can write both.
std::optional<JudgedCopy> SlotCopies::start(MetadataSlot& slot, Instant now, Outcomes& outcomes) const {
    slot.remedy = "end this process, remove " + cache_.path_of_state(slot.id) + " and start it again";
    std::optional<CacheLock> lock;
    if (auto locked = cache_.lock(pause_)) lock.emplace(*std::move(locked));
    auto state = known_state(slot, now, outcomes);
    start_names(slot, outcomes);
    if (!state) return std::nullopt;
    slot.state.precedent = state->precedent;  // even if the copy is gone, nothing older is taken
    const auto file = cache_.document(slot.id, *state, slot.rules.limits.octets);
    lock.reset();
    const std::string path = cache_.path_of_document(slot.id, *state);
    constexpr const char* remedy = ": it isn't used; put a whole one back, or wait until the source answers";
    if (!file) {
        tell_unused(slot, file.error(), outcomes);
        return std::nullopt;
    }
    auto document = judged(slot, missing_, source_of(file->descriptor), now);
    if (!document) {
        tell_unused(slot, {document.error().code, path + ": " + document.error().detail + remedy}, outcomes);
        return std::nullopt;
    }
    if (document->sha256 != state->precedent.sha256) {
        tell_unused(slot, fail(SourceErrc::copy_damaged, path + " isn't what was written there" + remedy), outcomes);
        return std::nullopt;
    }
    return JudgedCopy{*std::move(document), *std::move(state)};
}

/// What another process's document left out stays this source's here too, though it was never in force here.
std::optional<Names> SlotCopies::more_names(MetadataSlot& slot) const {
    if (!keeps_names(slot) || slot.names.size() > 2 * slot.rules.max_entities) return std::nullopt;
    const auto mark = cache_.mark_of_names(slot.id);
    if (!mark || mark == slot.names_seen) return std::nullopt;
    auto known = cache_.names(slot.id);
    if (!known || !*known) return std::nullopt;
    Names names = std::move((*known)->names);
    names.insert(slot.names.begin(), slot.names.end());
    slot.names_seen = mark;
    if (names.size() == slot.names.size()) return std::nullopt;
    return names;
}

NewsOfCache SlotCopies::news(const MetadataSlot& slot, Instant now) const {
    auto lock = cache_.lock(pause_);
    if (!lock) return {};
    auto known = cache_.state(slot.id);
    if (!known || !*known || !vouches_for(voucher_, (*known)->voucher)) return {};
    CachedState state = **std::move(known);
    if (state.precedent.sha256 == slot.state.precedent.sha256 && slot.document) {
        return {.fetched = later_fetch(slot, state, now)};
    }
    const auto file = cache_.document(slot.id, state, slot.rules.limits.octets);
    { const CacheLock done = *std::move(lock); }
    if (!file) return {};
    auto document = judged(slot, missing_, source_of(file->descriptor), now);
    if (!document || document->sha256 != state.precedent.sha256) return {};
    state.precedent = merged(state.precedent, slot.state.precedent);
    return {.copy = JudgedCopy{*std::move(document), std::move(state)}};
}

Result<Keeping> SlotCopies::weigh(const MetadataSlot& slot, const metadata::MetadataDocument& document,
                                  Instant now) const {
    Keeping keeping;
    auto last = slot.state.precedent;
    auto lock = cache_.lock(pause_);
    if (lock)
        keeping.lock.emplace(*std::move(lock));
    else
        keeping.trouble = std::move(lock).error();
    const auto known = keeping.lock ? cache_.state(slot.id) : std::optional<CachedState>();
    if (!known && known.error().code != make_error_code(SourceErrc::copy_damaged)) {
        keeping.trouble = known.error();  // what is damaged is replaced, but this may be newer
    } else if (known && *known && vouches_for(voucher_, (*known)->voucher)) {
        // Also where both have the same one in force: what was before it may be known there alone.
        CachedState theirs = **known;
        forget_time_to_come(theirs, now + slot.rules.clock_skew);
        if (auto checked = not_older(slot, document, theirs.precedent); !checked) return checked.error();
        last = merged(last, theirs.precedent);
    } else if (known && *known && slot.found != (*known)->voucher) {
        keeping.trouble = fail(SourceErrc::cache_failed,
                               "another process keeps copies of another place there, or by another trust: "
                               "give it a name or a cache of its "
                               "own, or start this one again if the configuration has changed");
    }
    keeping.state = {.precedent = precedent_of(slot, document, last, now), .voucher = voucher_};
    return keeping;
}

Result<void> SlotCopies::renew(const MetadataSlot& slot) const {
    auto lock = cache_.lock(pause_);
    if (!lock) return std::move(lock).error();
    const auto known = cache_.state(slot.id);
    if (!known || !*known || !vouches_for(voucher_, (*known)->voucher)) return Done{};
    CachedState state = **known;
    if (state.precedent.sha256 != slot.state.precedent.sha256) return Done{};
    state.fetched = slot.state.fetched;
    return cache_.renew(*lock, slot.id, state);
}

Result<void> SlotCopies::keep(MetadataSlot& slot, const Keeping& keeping, ArrivingDocument& arrived) const {
    if (!keeping.lock || keeping.trouble.code) return keeping.trouble;
    if (keeps_names(slot) && slot.names_kept != slot.names.size()) {
        if (auto kept = cache_.keep_names(*keeping.lock, slot.id, {voucher_, slot.names}); !kept) return kept;
        slot.names_kept = slot.names.size();
    }
    return cache_.commit(*keeping.lock, slot.id, arrived, keeping.state);
}

}  // namespace slo::idp_adapter
