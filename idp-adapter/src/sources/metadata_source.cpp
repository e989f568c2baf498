#include "slo/idp_adapter/metadata_source.hpp"

#include <fcntl.h>

#include <algorithm>
#include <random>
#include <type_traits>
#include <utility>

#include "metadata_exchange.hpp"
#include "metadata_question.hpp"
#include "metadata_slot.hpp"
#include "refresh_schedule.hpp"
#include "slo/metadata/sp_metadata.hpp"
#include "slot_copies.hpp"
#include "source_telling.hpp"

namespace slo::idp_adapter {
namespace {

using std::chrono::seconds;
using Kind = RefreshOutcome::Kind;
using Outcomes = std::vector<RefreshOutcome>;

/// How often a file is checked. That costs two system calls.
constexpr seconds between_looks{1};
/// A file that was changed so shortly before it was read may be changed again without a visible difference.
constexpr seconds unsettled{2};

std::function<double()> system_chance() {
    return [generator = std::mt19937_64(std::random_device{}())]() mutable {
        return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
    };
}

}  // namespace

struct MetadataSource::Impl {
    Impl(MetadataSourceOptions given, SourcePorts given_ports)
        : options(std::move(given)), ports(std::move(given_ports)) {}

    Result<void> open(Instant now);
    void notice_time(Instant now) noexcept;
    Result<void> open_file_slot(MetadataSlot& slot, Instant now);
    void start_from_copy(MetadataSlot& slot, Instant now);

    [[nodiscard]] std::unique_ptr<MetadataQuestion> begin(Instant now, Outcomes& outcomes);
    void take_over(MetadataSlot& slot, Instant now, Outcomes& outcomes);
    void take_over_names(MetadataSlot& slot);
    void finish(MetadataQuestion& question, Instant now, Outcomes& outcomes);
    [[nodiscard]] bool is_time_to_judge_again(const MetadataSlot& slot, Instant now) const;
    void look_at_file(MetadataSlot& slot, Instant now, Outcomes& outcomes);
    Result<metadata::MetadataDocument> read_file(MetadataSlot& slot, const OpenedFile& file, Instant now) const;
    Result<void> take_reply(MetadataSlot& slot, const HttpHead& head, ArrivingDocument& arrived, Instant now,
                            Outcomes& outcomes);
    Result<void> take_document(MetadataSlot& slot, const HttpHead& head, ArrivingDocument& arrived, Instant now,
                               Outcomes& outcomes);
    void accept(MetadataSlot& slot, metadata::MetadataDocument document, CachedState state, Outcomes& outcomes);
    void stand_by(MetadataSlot& slot, Instant now, Outcomes& outcomes);
    void stand_by_since(MetadataSlot& slot, Instant fetched, Instant now);
    void accept_file(MetadataSlot& slot, metadata::MetadataDocument document, Instant now, Outcomes& outcomes);
    [[nodiscard]] Instant after_success(const MetadataSlot& slot, const HttpHead& head, Instant now) const;
    void note_failure(MetadataSlot& slot, Kind kind, const Failure& why, Instant now, Outcomes& outcomes);
    void note_absence(MetadataSlot& slot, RefreshOutcome told_last);
    void fail(MetadataSlot& slot, Kind kind, const Failure& why, Instant now, Outcomes& outcomes);
    void note_silence(Instant now);
    void warn(MetadataSlot& slot, Instant now, Outcomes& outcomes) const;

    [[nodiscard]] bool is_remote() const { return slots.front().url.has_value(); }
    [[nodiscard]] Instant due_at(const MetadataSlot& slot) const {
        return slot.url && options.copies == CopiesFor::reading ? Instant::max() : std::max(slot.next, rest_until);
    }
    [[nodiscard]] RefreshBounds bounds() const { return {options.shortest_refresh, options.longest_refresh}; }

    MetadataSourceOptions options;
    SourcePorts ports;
    std::optional<SlotCopies> copies;
    std::vector<MetadataSlot> slots;
    std::uint64_t version = 0;
    Instant latest = {};      ///< seen since the clock was set back
    unsigned silences = 0;    ///< of the server, in a row
    Instant rest_until = {};  ///< until then it isn't asked for anything
    Outcomes told;            ///< with the first request: the findings at the start
};

void MetadataSource::Impl::notice_time(Instant now) noexcept {
    const seconds tolerated = is_remote() ? options.shortest_refresh : between_looks;
    if (latest - now >= tolerated) {
        for (MetadataSlot& slot : slots) slot.next = std::min(slot.next, now);
        rest_until = std::min(rest_until, now);
        latest = now;
    }
    latest = std::max(latest, now);
    for (MetadataSlot& slot : slots) {
        if (limit_age(slot, now)) ++version;
    }
}

Result<void> MetadataSource::Impl::open(Instant now) {
    latest = now;
    auto made = slots_of(options);
    if (!made) return std::move(made).error();
    slots = *std::move(made);
    if (!ports.chance) ports.chance = system_chance();
    if (std::holds_alternative<MetadataFile>(options.place)) return open_file_slot(slots.front(), now);

    auto opened = SlotCopies::open(options, ports.pause);
    if (!opened) return std::move(opened).error();
    copies.emplace(*std::move(opened));
    if (!ports.exchange && options.copies == CopiesFor::keeping) {
        const auto* url = std::get_if<MetadataUrl>(&options.place);
        auto client = HttpClient::open(url != nullptr ? url->http : std::get<MetadataQuery>(options.place).http);
        if (!client) return std::move(client).error();
        ports.exchange = [shared = std::make_shared<HttpClient>(*std::move(client))](
                             const HttpCall& call, const BodySink& sink, const std::stop_token& stop) {
            return shared->call(call, sink, stop);
        };
    }
    for (MetadataSlot& slot : slots) start_from_copy(slot, now);
    return Done{};
}

Result<void> MetadataSource::Impl::open_file_slot(MetadataSlot& slot, Instant now) {
    slot.next = slot.judged = now;
    slot.remedy = "end this process and start it again";
    Outcomes ignored;
    if (options.first) {
        accept_file(slot, *std::move(options.first), now, ignored);
        options.first.reset();
        return Done{};
    }
    look_at_file(slot, now, told);
    if (slot.document) told.clear();  // only what happens from now on is news
    return Done{};
}

void MetadataSource::Impl::start_from_copy(MetadataSlot& slot, Instant now) {
    slot.next = now;
    const std::size_t told_before = told.size();
    auto copy = copies->start(slot, now, told);
    if (!copy && told.size() != told_before) note_absence(slot, told.back());
    if (!copy) return;
    Outcomes ignored;
    accept(slot, std::move(copy->document), std::move(copy->state), ignored);
    static_cast<void>(limit_age(slot, now));
}

/// The same failure is told once: a file that stays broken is looked at each second.
void MetadataSource::Impl::note_failure(MetadataSlot& slot, Kind kind, const Failure& why, Instant now,
                                        Outcomes& outcomes) {
    const bool is_news = slot.url || why.code != slot.last_failure || kind == Kind::refused;
    slot.last_failure = why.code;  // first: without memory for the rest it is judged again all the same
    RefreshOutcome outcome{.kind = kind, .entity_id = slot.entity_id, .why = why};
    if (!slot.document) {
        if (!slot.url) outcome = absence_of_file(slot, std::get<MetadataFile>(options.place).path, std::move(outcome));
        if (is_news) slot.warned = now;
        note_absence(slot, outcome);
    }
    ++slot.failures;
    if (is_news) outcomes.push_back(std::move(outcome));
}

void MetadataSource::Impl::note_absence(MetadataSlot& slot, RefreshOutcome told_last) {
    const bool is_news = !slot.absence || slot.absence->why.code != told_last.why.code;
    slot.absence = std::move(told_last);
    if (is_news) ++version;
}

Result<metadata::MetadataDocument> MetadataSource::Impl::read_file(MetadataSlot& slot, const OpenedFile& file,
                                                                   Instant now) const {
    slot.judged = now;
    auto document = judged(slot, options.missing, source_of(file.descriptor), now);
    const auto after = mark_of(file.descriptor);
    if (!after || *after != file.mark) {
        return slo::fail(SourceErrc::file_changing, "it changed while it was read; write a new file and rename it");
    }
    const Instant modified(
        std::chrono::duration_cast<Instant::duration>(std::chrono::nanoseconds(file.mark.modified_ns)));
    const bool is_settled = now - modified > unsettled || modified - now > unsettled;
    slot.seen = is_settled ? std::optional(file.mark) : std::nullopt;
    return document;
}

/// A refusal doesn't last as long as the file: the clock, or time itself, has moved on, or there was too little memory.
bool MetadataSource::Impl::is_time_to_judge_again(const MetadataSlot& slot, Instant now) const {
    const bool has_moved = now < slot.judged || now - slot.judged >= options.shortest_refresh;
    return has_moved && (slot.last_failure || depends_on_time(slot));
}

void MetadataSource::Impl::look_at_file(MetadataSlot& slot, Instant now, Outcomes& outcomes) {
    const auto file = open_file(AT_FDCWD, std::get<MetadataFile>(options.place).path, slot.rules.limits.octets);
    if (!file) {
        slot.seen.reset();
        return note_failure(slot, Kind::unreachable, file.error(), now, outcomes);
    }
    const bool is_same = slot.seen == file->mark;
    if (is_same && !is_time_to_judge_again(slot, now)) return;
    const std::error_code before = slot.last_failure;
    auto document = read_file(slot, *file, now);
    if (!document) {
        // While it's unsettled the same complaint would come each second.
        if ((!slot.seen || is_same) && document.error().code == before) return;
        const bool is_changing = document.error().code == make_error_code(SourceErrc::file_changing);
        return note_failure(slot, is_changing ? Kind::unreachable : Kind::refused, document.error(), now, outcomes);
    }
    const bool is_new = is_news(*document, slot);
    slot.failures = 0;
    slot.last_failure.clear();
    const auto seen = std::exchange(slot.seen, std::nullopt);  // if memory ends here, the file is checked again
    if (is_new) accept_file(slot, *std::move(document), now, outcomes);
    slot.seen = seen;
}

/// Statements that may find no memory come first: then nothing has happened yet, or all of it.
void MetadataSource::Impl::accept(MetadataSlot& slot, metadata::MetadataDocument document, CachedState state,
                                  Outcomes& outcomes) {
    static_assert(std::is_nothrow_move_assignable_v<metadata::MetadataDocument> &&
                  std::is_nothrow_move_assignable_v<CachedState>);
    Names names = names_with(slot, document);
    // Whose the place is was open until now: from here on a document that becomes another's is refused (MET-06).
    std::vector<saml::EntityID> wanted = slot.rules.wanted;
    if (slot.holds == Holds::one_idp && wanted.empty()) wanted.push_back(document.idps.front().entity_id);
    outcomes.push_back({.kind = Kind::updated, .entity_id = slot.entity_id});
    tell_refused(document, outcomes);
    slot.names.swap(names);
    slot.state = std::move(state);
    slot.document = std::move(document);
    slot.said_end = slot.document->idps.empty() ? std::nullopt : slot.document->idps.front().valid_until;
    slot.age_end.reset();
    slot.rules.wanted.swap(wanted);
    slot.absence.reset();
    slot.warned.reset();
    ++version;
}

void MetadataSource::Impl::accept_file(MetadataSlot& slot, metadata::MetadataDocument document, Instant now,
                                       Outcomes& outcomes) {
    CachedState state{.precedent = precedent_of(slot, document, slot.state.precedent, now)};
    accept(slot, std::move(document), std::move(state), outcomes);
}

void MetadataSource::Impl::fail(MetadataSlot& slot, Kind kind, const Failure& why, Instant now, Outcomes& outcomes) {
    note_failure(slot, kind, why, now, outcomes);
    slot.next = after_failure(now, bounds(), slot.failures, ports.chance());
}

/// A server's fault with one entity concerns that entity alone; after two in a row the server is paused, so that
/// it costs one time-out per pause and not one for each entity.
void MetadataSource::Impl::note_silence(Instant now) {
    if (++silences > 1) rest_until = after_failure(now, bounds(), silences - 1, ports.chance());
}

/// What another process has kept since: before a request, and with its answer, which may be late, or older.
void MetadataSource::Impl::take_over(MetadataSlot& slot, Instant now, Outcomes& outcomes) {
    auto news = copies->news(slot, now);
    take_over_names(slot);  // they are kept before their document
    if (news.fetched) stand_by_since(slot, *news.fetched, now);
    if (!news.copy) return;
    accept(slot, std::move(news.copy->document), std::move(news.copy->state), outcomes);
    static_cast<void>(limit_age(slot, now));
    slot.unkept = 0;
}

void MetadataSource::Impl::take_over_names(MetadataSlot& slot) {
    auto names = copies->more_names(slot);
    if (!names) return;
    slot.names.swap(*names);
    ++version;
}

/// A file is done with that; of a remote place, the slot that has waited longest is asked, if it's due.
std::unique_ptr<MetadataQuestion> MetadataSource::Impl::begin(Instant now, Outcomes& outcomes) {
    outcomes.insert(outcomes.end(), told.begin(), told.end());
    told.clear();
    MetadataSlot& slot = *std::ranges::min_element(slots, {}, &MetadataSlot::next);
    if (due_at(slot) > now) return nullptr;
    if (!slot.url) {
        look_at_file(slot, now, outcomes);
        slot.next = now + between_looks;
        return nullptr;
    }
    take_over(slot, now, outcomes);
    return std::make_unique<MetadataQuestion>(MetadataQuestion{.slot = static_cast<std::size_t>(&slot - slots.data()),
                                                               .call = call_for(slot),
                                                               .exchange = ports.exchange,
                                                               .arrived = copies->begin(slot)});
}

void MetadataSource::Impl::finish(MetadataQuestion& asked, Instant now, Outcomes& outcomes) {
    MetadataSlot& slot = slots.at(asked.slot);
    const Result<HttpHead>& head = asked.reply;
    if (!head) {
        if (head.error().code == make_error_code(HttpErrc::stopped)) return;
        take_over(slot, now, outcomes);
        if (rule_as<HttpErrc>(head.error())) note_silence(now);
        return fail(slot, Kind::unreachable, head.error(), now, outcomes);
    }
    if (is_troubled(*head)) {
        note_silence(now);
    } else {
        silences = 0;
        rest_until = {};
    }
    take_over(slot, now, outcomes);
    const auto taken = take_reply(slot, *head, asked.arrived, now, outcomes);
    if (!taken) {
        return fail(slot, head->status == 200 ? Kind::refused : Kind::unreachable, taken.error(), now, outcomes);
    }
    slot.failures = 0;
    slot.last_failure.clear();
    slot.next = after_success(slot, *head, now);
}

/// A copy that can't be kept is tried again like a source that doesn't answer.
Instant MetadataSource::Impl::after_success(const MetadataSlot& slot, const HttpHead& head, Instant now) const {
    const Instant next = after_answer(now, bounds(), slot.document->cache_duration, freshness_of(head), ports.chance());
    if (slot.unkept == 0) return next;
    return std::min(next, after_failure(now, bounds(), slot.unkept, ports.chance()));
}

Result<void> MetadataSource::Impl::take_reply(MetadataSlot& slot, const HttpHead& head, ArrivingDocument& arrived,
                                              Instant now, Outcomes& outcomes) {
    if (head.status == 304 && slot.document) {
        outcomes.push_back({.kind = Kind::unchanged, .entity_id = slot.entity_id});
        stand_by(slot, now, outcomes);
        return Done{};
    }
    if (head.status != 200) {
        return slo::fail(SourceErrc::status_refused, "the server answered " + std::to_string(head.status));
    }
    if (slot.entity_id && !is_samlmetadata(head)) {
        return slo::fail(SourceErrc::media_type, "the answer isn't " + std::string(metadata::media_type));
    }
    return take_document(slot, head, arrived, now, outcomes);
}

void MetadataSource::Impl::stand_by_since(MetadataSlot& slot, Instant fetched, Instant now) {
    slot.state.fetched = fetched;
    if (limit_age(slot, now)) ++version;
    slot.warned.reset();
}

/// The server confirms a document without validUntil: its age begins anew, and a restart must know that.
void MetadataSource::Impl::stand_by(MetadataSlot& slot, Instant now, Outcomes& outcomes) {
    if (!slot.age_end) return;
    stand_by_since(slot, now, now);
    if (const auto kept = copies->renew(slot); !kept) {
        outcomes.push_back({.kind = Kind::not_kept, .entity_id = slot.entity_id, .why = kept.error()});
    }
}

/// In force first, then kept: a key that the document drops mustn't count because of a full disk.
Result<void> MetadataSource::Impl::take_document(MetadataSlot& slot, const HttpHead& head, ArrivingDocument& arrived,
                                                 Instant now, Outcomes& outcomes) {
    auto document = judged(slot, options.missing, arrived.source(), now);
    if (!document) return document.error();
    auto keeping = copies->weigh(slot, *document, now);
    if (!keeping) return keeping.error();
    take_over_names(slot);  // while nothing else changes them
    keeping->state.etag = keepable(head, "ETag");
    keeping->state.last_modified = keepable(head, "Last-Modified");
    if (slot.rules.max_age_without_valid_until && !document->valid_until) keeping->state.fetched = now;
    if (!is_news(*document, slot)) {
        outcomes.push_back({.kind = Kind::unchanged, .entity_id = slot.entity_id});
        slot.state = keeping->state;
        slot.warned.reset();
    } else {
        accept(slot, *std::move(document), keeping->state, outcomes);
    }
    if (limit_age(slot, now)) ++version;
    ++slot.unkept;
    const auto kept = copies->keep(slot, *keeping, arrived);
    if (kept)
        slot.unkept = 0;
    else
        outcomes.push_back({.kind = Kind::not_kept, .entity_id = slot.entity_id, .why = kept.error()});
    return Done{};
}

void MetadataSource::Impl::warn(MetadataSlot& slot, Instant now, Outcomes& outcomes) const {
    const bool was_warned_lately = slot.warned && now >= *slot.warned && now - *slot.warned < between_warnings;
    if (was_warned_lately) return;
    if (!slot.document) {
        if (slot.url || !slot.absence) return;  // what is remote is told at each attempt
        outcomes.push_back(*slot.absence);
        slot.warned = now;
        return;
    }
    const auto expiry_of = [&](const std::optional<Instant>& end) {
        return expiry_at(end, now, options.warn_before_expiry, slot.rules.clock_skew);
    };
    const std::size_t before = outcomes.size();
    if (ends_by_age(slot)) {
        tell_ageing(slot, now, options.warn_before_expiry, outcomes);
    } else {
        tell_ending(slot, expiry_of, outcomes);
    }
    if (outcomes.size() != before) slot.warned = now;
}

MetadataSource::MetadataSource(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
MetadataSource::~MetadataSource() = default;
MetadataSource::MetadataSource(MetadataSource&&) noexcept = default;
MetadataSource& MetadataSource::operator=(MetadataSource&&) noexcept = default;

Result<MetadataSource> MetadataSource::open(MetadataSourceOptions options, Instant now, SourcePorts ports) {
    auto impl = std::make_unique<Impl>(std::move(options), std::move(ports));
    if (auto opened = impl->open(now); !opened) {
        return Failure{opened.error().code, "[[metadata]] " + impl->options.name + ": " + opened.error().detail};
    }
    return MetadataSource(std::move(impl));
}

Outcomes MetadataSource::refresh(Instant now, const std::stop_token& stop) {
    Outcomes outcomes;
    notice_time(now);
    if (const auto question = begin(now, outcomes)) {
        question->run(stop);
        finish(*question, now, outcomes);
    }
    warn(now, outcomes);
    return outcomes;
}

std::unique_ptr<MetadataQuestion> MetadataSource::begin(Instant now, Outcomes& outcomes) {
    return impl_->begin(now, outcomes);
}

void MetadataSource::finish(MetadataQuestion& question, Instant now, Outcomes& outcomes) {
    impl_->finish(question, now, outcomes);
}

/// Slots that are due aren't reported yet: news may be on the way.
void MetadataSource::warn(Instant now, Outcomes& outcomes) {
    for (MetadataSlot& slot : impl_->slots) {
        if (impl_->due_at(slot) > now) impl_->warn(slot, now, outcomes);
    }
}

void MetadataSource::notice_time(Instant now) noexcept {
    impl_->notice_time(now);
}

void MetadataSource::put_off(Instant now) noexcept {
    impl_->rest_until = now + impl_->options.shortest_refresh;
}

Instant MetadataSource::next_refresh() const noexcept {
    return impl_->due_at(*std::ranges::min_element(impl_->slots, {}, &MetadataSlot::next));
}

std::vector<saml::EntityID> MetadataSource::claims() const {
    const auto& wanted = impl_->options.rules.wanted;
    std::vector<saml::EntityID> claims(wanted.begin(), wanted.end());
    for (const MetadataSlot& slot : impl_->slots) claims.insert(claims.end(), slot.names.begin(), slot.names.end());
    return claims;
}

const std::string& MetadataSource::name() const noexcept {
    return impl_->options.name;
}

std::uint64_t MetadataSource::version() const noexcept {
    return impl_->version;
}

std::vector<const metadata::MetadataDocument*> MetadataSource::documents() const {
    std::vector<const metadata::MetadataDocument*> documents;
    for (const MetadataSlot& slot : impl_->slots) {
        if (slot.document) documents.push_back(&*slot.document);
    }
    return documents;
}

std::vector<AbsentPartner> MetadataSource::absent() const {
    std::vector<AbsentPartner> absent;
    for (const MetadataSlot& slot : impl_->slots) tell_absent(slot, impl_->options.name, absent);
    return absent;
}

}  // namespace slo::idp_adapter
