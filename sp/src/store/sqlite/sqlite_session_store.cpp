#include "slo/sp/sqlite_session_store.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <new>
#include <span>
#include <utility>

#include "disk_reserve.hpp"
#include "group_commit.hpp"
#include "opening.hpp"
#include "page_place.hpp"
#include "read_pool.hpp"
#include "round_table.hpp"
#include "schema.hpp"
#include "session_tables.hpp"
#include "slo/sp/store_error.hpp"
#include "store_folder.hpp"
#include "store_guard.hpp"
#include "store_rules.hpp"
#include "stored_values.hpp"

namespace slo::sp {
namespace {

/// More than processors serve no purpose, as a reader waits for no disk that it could share.
constexpr std::size_t reader_count = 8;

/// For a program that reads the file meanwhile, such as sqlite3 making a copy.
constexpr std::chrono::milliseconds patience{1000};

/// For logouts that start here, and reports of those that have begun, when the disk is full.
constexpr std::uint64_t reserved_octets = std::uint64_t{16} << 20;

Failure disk_is_full() {
    return fail(StoreErrc::store_full, "the disk is full: make room; until " +
                                           std::to_string(2 * reserved_octets >> 20) +
                                           " MiB are free, only logouts that start here are recorded");
}

/// More would keep the log from being emptied for too long.
constexpr std::size_t largest_page = 10'000;

}  // namespace

struct SqliteSessionStore::Impl {
    Impl(const Clock& its_clock, SqliteSessionStoreOptions its_options, StoreFolder its_folder,
         std::unique_ptr<Database> its_writer)
        : clock(its_clock),
          options(std::move(its_options)),
          folder(std::move(its_folder)),
          writer(std::move(its_writer)) {}

    /// Opens everything that serving needs, so that the process may give up opening files. Only headers are read here:
    /// a check of every page would add half a second for each million sessions, and a damaged page is an error when it
    /// is met.
    Result<void> open_all();
    void publish_size() noexcept;
    /// Returns those of `some` that the round holds.
    std::vector<LocalSessionID> those_of(const RoundID& round, std::span<const LocalSessionID> some) const;

    /// Runs operation(SessionTables&), which returns a Result<T>, and makes it durable.
    template <class T, class Operation>
    Result<T> write(Operation operation) {
        std::optional<Result<T>> result;
        auto failure = commits.run([&] { result.emplace(operation(tables)); });
        if (failure) return *std::move(failure);
        return *std::move(result);
    }
    /// The same for operations that have to be written on a full disk too.
    template <class T, class Operation>
    Result<T> write_in_any_room(Operation operation) {
        auto written = write<T>(operation);
        const bool is_disk = !written && written.error().code == make_error_code(StoreErrc::store_full);
        if (!is_disk) return written;
        reserve.release();
        return write<T>(std::move(operation));
    }
    /// Runs operation(SessionTables&) on the state that is committed at one instant.
    template <class T, class Operation>
    Result<T> read(Operation operation) {
        auto found = readers.with_one([&](Database& database) -> Result<T> {
            const EndOfReading end(database);
            SessionTables its_tables(database, options);
            std::optional<T> value;
            Cursor(database, Query::begin_reading).run();
            try {
                value = operation(its_tables);
            } catch (const std::bad_alloc&) {
                database.fail_for_lack_of_memory();
            }
            Cursor(database, Query::commit).run();
            if (!database.has_failed()) return *std::move(value);
            return database.failure(StoreErrc::store_failed);
        });
        if (auto lost = folder.files().complaint()) return *std::move(lost);
        return found;
    }

    const Clock& clock;
    const SqliteSessionStoreOptions options;
    StoreFolder folder;  // unlocked last
    DiskReserve reserve{folder.take_reserve(), reserved_octets};
    std::unique_ptr<Database> writer;
    ReadPool readers;
    SessionTables tables{*writer, options};
    GroupCommit commits{*writer, [this] {
                            publish_size();
                            return folder.files().complaint();
                        }};
    RoundTable rounds;  // one process has the folder, so rounds needn't outlive it
    std::atomic<std::size_t> sessions = 0;
    std::atomic<std::size_t> logout_records = 0;
};

Result<void> SqliteSessionStore::Impl::open_all() {
    if (auto logging = begin_logging(*writer, folder.file()); !logging) return logging;
    migrate(*writer, migrations());
    writer->make_shrinkable_if_small();
    writer->prepare();
    writer->wait_for_locks(patience);
    writer->take_over_checkpoints();
    publish_size();
    if (writer->has_failed()) return unusable(*writer, folder.file());
    if (auto remembered = folder.files().remember_log(); !remembered) return remembered.error();
    for (std::size_t i = 0; i < reader_count; ++i) {
        auto reader = Database::open(folder.file(), Database::Access::read_only);
        reader->prepare();
        reader->wait_for_locks(patience);
        static_cast<void>(SessionTables(*reader, options).size());  // opens the log
        if (reader->has_failed()) return unusable(*reader, folder.file());
        readers.add(std::move(reader));
    }
    if (auto lost = folder.files().complaint()) return fail(StoreErrc::store_unusable, std::move(lost->detail));
    reserve.restore();
    return Done{};
}

void SqliteSessionStore::Impl::publish_size() noexcept {
    const bool was_intact = !writer->has_failed();
    const Size size = tables.size();
    if (!was_intact || writer->has_failed()) return;
    sessions = size.sessions;
    logout_records = size.logout_records;
}

std::vector<LocalSessionID> SqliteSessionStore::Impl::those_of(const RoundID& round,
                                                               std::span<const LocalSessionID> some) const {
    std::vector<LocalSessionID> its;
    std::ranges::copy_if(some, std::back_inserter(its),
                         [&](const LocalSessionID& id) { return rounds.has(round, id); });
    return its;
}

Result<std::unique_ptr<SqliteSessionStore>> SqliteSessionStore::open(const Clock& clock,
                                                                     SqliteSessionStoreOptions options) try {
    auto folder = StoreFolder::open(options.folder);
    if (!folder) return folder.error();
    auto writer = Database::open(folder->file(), Database::Access::read_write);
    if (auto checked = check_kind(*writer, folder->file(), migrations(), application_id); !checked)
        return checked.error();
    auto impl = std::make_unique<Impl>(clock, std::move(options), *std::move(folder), std::move(writer));
    if (auto opened = impl->open_all(); !opened) return opened.error();
    return std::unique_ptr<SqliteSessionStore>(new SqliteSessionStore(std::move(impl)));
} catch (const std::bad_alloc&) {
    return fail(StoreErrc::store_unusable, "out of memory");
}

SqliteSessionStore::SqliteSessionStore(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

SqliteSessionStore::~SqliteSessionStore() = default;

Result<Admission> SqliteSessionStore::admit(const Session& session) {
    return or_store_failed([&]() -> Result<Admission> {
        if (auto formed = check_form(session, impl_->clock.now()); !formed) return std::move(formed).error();
        return impl_->write<Admission>([&](SessionTables& tables) -> Result<Admission> {
            if (!impl_->reserve.is_held() && !tables.session(session.id)) return disk_is_full();
            return tables.admit(session, impl_->clock.now());
        });
    });
}

Result<Admission> SqliteSessionStore::would_admit(const Session& session) {
    return or_store_failed([&] {
        return impl_->read<Admission>([&](SessionTables& tables) {
            const bool forbidden = tables.is_forbidden(session, impl_->clock.now());
            return forbidden ? Admission::refused_by_logout : Admission::admitted;
        });
    });
}

/// Rounds are granted while the writer is at work, so none is granted what another one has just completed. What isn't
/// on the disk was granted to no effect.
Result<BegunLogout> SqliteSessionStore::begin_logout(const LogoutOrder& order, const RoundClaim& claim) {
    return or_store_failed([&] {
        const auto begin = [&](SessionTables& tables) -> Result<BegunLogout> {
            const Instant now = impl_->clock.now();
            const bool needs_free_room = order.origin == LogoutOrigin::idp && !tables.has_begun(order.key);
            if (needs_free_room && !impl_->reserve.is_held()) return disk_is_full();
            auto begun = tables.begin_logout(order, now);
            if (!begun) return std::move(begun).error();
            Granted granted = grant(impl_->rounds, claim, std::move(begun->ending), now);
            if (!begun->is_repeat) {
                return BegunLogout(FreshLogout{std::move(granted.ending), std::move(granted.in_another_round)});
            }
            return BegunLogout(
                RepeatedLogout{begun->recorded, std::move(granted.ending), std::move(granted.in_another_round)});
        };
        auto result = order.origin == LogoutOrigin::here ? impl_->write_in_any_room<BegunLogout>(begin)
                                                         : impl_->write<BegunLogout>(begin);
        if (!result) impl_->rounds.give_back(claim.round);
        return result;
    });
}

Result<RepeatedLogout> SqliteSessionStore::resume_logout(const LogoutKey& key, const RoundClaim& claim) {
    return or_store_failed([&] {
        return impl_->write<RepeatedLogout>([&](SessionTables& tables) -> Result<RepeatedLogout> {
            auto awaited = tables.awaited_by(key);
            if (!awaited) return std::move(awaited).error();
            Granted granted = grant(impl_->rounds, claim, std::move(awaited->ending), impl_->clock.now());
            return RepeatedLogout{awaited->recorded, std::move(granted.ending), std::move(granted.in_another_round)};
        });
    });
}

/// In pieces, each a transaction: the sessions that an application reports gone may be forgotten one by one, and only
/// the last piece takes the report. After a crash in between, the logout isn't completed, and recovery finds the rest.
Result<LogoutOutcome> SqliteSessionStore::complete_logout(const LogoutKey& key, const RoundReport& report) {
    return or_store_failed([&]() -> Result<LogoutOutcome> {
        std::span<const LocalSessionID> gone = report.gone;
        for (; gone.size() > largest_piece; gone = gone.subspan(largest_piece)) {
            const auto forgotten = impl_->write_in_any_room<Done>([&](SessionTables& tables) -> Result<Done> {
                return tables.forget(key, impl_->those_of(report.round, gone.first(largest_piece)));
            });
            if (!forgotten) return forgotten.error();
        }
        auto outcome = impl_->write_in_any_room<LogoutOutcome>([&](SessionTables& tables) {
            return tables.complete_logout(key, report, impl_->those_of(report.round, gone));
        });
        // What isn't on the disk may be said once more, by the same round.
        if (!outcome) return outcome;
        if (report.at_work_until) impl_->rounds.keep(report.round, *report.at_work_until);
        if (!report.at_work_until) impl_->rounds.give_back(report.round);
        return outcome;
    });
}

Result<std::optional<Session>> SqliteSessionStore::find(const LocalSessionID& id) {
    return or_store_failed([&] {
        return impl_->read<std::optional<Session>>([&](SessionTables& tables) -> std::optional<Session> {
            auto stored = tables.session(id);
            if (!stored || !stored->is_alive(impl_->clock.now())) return std::nullopt;
            return std::move(stored->session);
        });
    });
}

Result<std::vector<UnfinishedLogout>> SqliteSessionStore::unfinished_logouts() {
    return or_store_failed([&] {
        return impl_->read<std::vector<UnfinishedLogout>>(
            [](SessionTables& tables) { return tables.unfinished_logouts(); });
    });
}

Result<std::vector<Session>> SqliteSessionStore::named_by(const SessionNaming& naming) {
    return or_store_failed([&] {
        return impl_->read<std::vector<Session>>(
            [&](SessionTables& tables) { return tables.named_by(naming, impl_->clock.now()); });
    });
}

Result<std::vector<NearMiss>> SqliteSessionStore::near_misses(const LogoutOrder& order) {
    return or_store_failed([&] {
        return impl_->read<std::vector<NearMiss>>(
            [&](SessionTables& tables) { return tables.near_misses(order, impl_->clock.now()); });
    });
}

/// A page's `next` has the number of its last session, and the greatest one when the walk began: logins in the
/// meantime don't make it longer.
Result<SessionPage> SqliteSessionStore::sessions_of(const saml::EntityID& idp, const std::string& after,
                                                    std::size_t count) {
    const auto place = after.empty() ? PagePlace{} : PagePlace::parse(after);
    if (!place || !std::in_range<std::int64_t>(place->first) || !std::in_range<std::int64_t>(place->second)) {
        return fail(StoreErrc::store_failed, "no page of sessions ended there");
    }
    const std::size_t wanted = std::clamp<std::size_t>(count, 1, largest_page);
    return or_store_failed([&] {
        return impl_->read<SessionPage>([&](SessionTables& tables) {
            const auto last = after.empty() ? tables.last_session() : static_cast<std::int64_t>(place->second);
            auto found =
                tables.sessions_of(idp, static_cast<std::int64_t>(place->first), last, wanted, impl_->clock.now());
            SessionPage page;
            if (found.size() == wanted) {
                page.next =
                    PagePlace{static_cast<std::uint64_t>(found.back().number), static_cast<std::uint64_t>(last)}.str();
            }
            page.sessions = sessions_in(std::move(found));
            return page;
        });
    });
}

Result<std::vector<saml::EntityID>> SqliteSessionStore::idps_of_sessions() {
    return or_store_failed([&] {
        return impl_->read<std::vector<saml::EntityID>>(
            [](SessionTables& tables) { return tables.idps_of_sessions(); });
    });
}

Result<void> SqliteSessionStore::keep_request(const KeptRequest& request) {
    const Result<Done> kept = or_store_failed([&] {
        return impl_->write<Done>([&](SessionTables& tables) -> Result<Done> {
            if (!impl_->reserve.is_held()) return disk_is_full();
            return tables.keep_request(request, impl_->clock.now());
        });
    });
    if (!kept) return kept.error();
    return Done{};
}

Result<std::vector<KeptRequest>> SqliteSessionStore::take_due_requests(Instant now, Instant until, std::size_t count) {
    return or_store_failed([&] {
        return impl_->write_in_any_room<std::vector<KeptRequest>>(
            [&](SessionTables& tables) -> Result<std::vector<KeptRequest>> {
                return tables.take_due_requests(now, until, count);
            });
    });
}

Result<void> SqliteSessionStore::drop_request(const LogoutKey& key) {
    const Result<Done> dropped = or_store_failed([&] {
        return impl_->write_in_any_room<Done>([&](SessionTables& tables) -> Result<Done> {
            tables.drop_request(key);
            return Done{};
        });
    });
    if (!dropped) return dropped.error();
    return Done{};
}

/// Pages and the log are given back when nothing else is left to do. On a full disk the log keeps its room, which
/// other programs would take from the logouts that may still be recorded.
std::size_t SqliteSessionStore::sweep_some() {
    std::size_t pages = 0;
    const auto swept = or_store_failed([&] {
        return impl_->write<std::size_t>([&](SessionTables& tables) -> Result<std::size_t> {
            impl_->reserve.restore();  // here, where no other caller writes
            const std::size_t records = tables.sweep(impl_->clock.now());
            pages = records == 0 ? impl_->writer->give_back_pages() : 0;
            return records;
        });
    });
    if (!swept) return 0;
    if (*swept == 0 && pages == 0 && impl_->reserve.is_held()) impl_->commits.empty_log_at_rest();
    return *swept;
}

SqliteSessionStore::Size SqliteSessionStore::size() const noexcept {
    return {impl_->sessions, impl_->logout_records};
}

}  // namespace slo::sp
