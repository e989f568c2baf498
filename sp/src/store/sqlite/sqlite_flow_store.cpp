#include "slo/sp/sqlite_flow_store.hpp"

#include <chrono>
#include <new>
#include <utility>

#include "flow_rules.hpp"
#include "group_commit.hpp"
#include "opening.hpp"
#include "read_pool.hpp"
#include "schema.hpp"
#include "slo/sp/store_error.hpp"
#include "store_folder.hpp"
#include "store_guard.hpp"
#include "store_rules.hpp"
#include "stored_values.hpp"

namespace slo::sp {
namespace {

using Syncing = Database::Syncing;

constexpr std::size_t reader_count = 4;
constexpr std::int64_t sweep_batch = 64;
/// For a program that reads the file meanwhile, such as sqlite3 making a copy.
constexpr std::chrono::milliseconds patience{1000};

std::string octets_of(const saml::Digest128& digest) {
    std::string octets;
    for (const std::uint64_t half : {digest.high, digest.low}) {
        for (int shift = 56; shift >= 0; shift -= 8) octets.push_back(static_cast<char>(half >> shift & 0xFF));
    }
    return octets;
}

struct StoredFlow {
    std::string record;
    std::int64_t ends;
};

/// FlowTables are the operations within a transaction.
class FlowTables {
public:
    FlowTables(Database& database, const SqliteFlowStoreOptions& options) noexcept
        : database_(database), options_(options) {}

    std::optional<StoredFlow> flow(std::string_view name) { return flow_by(FlowQuery::flow_by_name, name); }
    std::optional<StoredFlow> take(std::string_view name) { return flow_by(FlowQuery::take_flow, name); }
    Result<Done> keep(std::string_view name, std::string_view record, Instant until, Instant now);
    Result<AssertionUse> claim(std::string_view name, Instant until, Instant now);
    std::size_t sweep_flows(Instant now) { return sweep(FlowQuery::sweep_flows, now); }
    std::size_t sweep_claims(Instant now) { return sweep(FlowQuery::sweep_claims, now); }

private:
    std::optional<StoredFlow> flow_by(FlowQuery query, std::string_view name);
    std::size_t sweep(FlowQuery query, Instant now);
    [[nodiscard]] bool has_room_for_flow(std::size_t weight);
    [[nodiscard]] bool has_room_for_claim();
    [[nodiscard]] std::size_t tally(int column);
    [[nodiscard]] Instant claims_floor();

    Database& database_;
    const SqliteFlowStoreOptions& options_;
};

std::optional<StoredFlow> FlowTables::flow_by(FlowQuery query, std::string_view name) {
    Cursor row(database_, query);
    row.bind_octets(name);
    if (!row.next()) return std::nullopt;
    StoredFlow stored{std::string(row.text(0)), row.integer(1)};
    while (row.next()) {  // the deletion is complete only behind its last row
    }
    return stored;
}

std::size_t FlowTables::sweep(FlowQuery query, Instant now) {
    Cursor(database_, query).bind(ticks(now)).bind(sweep_batch).run();
    return database_.has_failed() ? 0 : database_.changes();
}

std::size_t FlowTables::tally(int column) {
    Cursor row(database_, FlowQuery::tally);
    return row.next() ? static_cast<std::size_t>(row.integer(column)) : 0;
}

Instant FlowTables::claims_floor() {
    Cursor row(database_, FlowQuery::tally);
    return row.next() ? instant_at(row.integer(2)) : Instant::max();
}

bool FlowTables::has_room_for_flow(std::size_t weight) {
    return tally(0) + weight <= options_.max_flows;
}

bool FlowTables::has_room_for_claim() {
    return tally(1) < options_.max_claims;
}

Result<Done> FlowTables::keep(std::string_view name, std::string_view record, Instant until, Instant now) {
    const auto known = flow(name);
    if (known && known->ends > ticks(now)) {
        if (known->record == record && known->ends == ticks(until)) return Done{};
        return fail(StoreErrc::flow_handle_taken);
    }
    if (known) static_cast<void>(take(name));
    const std::size_t weight = weight_of_octets(record.size());
    while (!has_room_for_flow(weight)) {
        if (sweep_flows(now) == 0) {
            return fail(StoreErrc::store_full, "as many sign-ons are pending as the store takes");
        }
    }
    Cursor added(database_, FlowQuery::add_flow);
    added.bind_octets(name).bind(ticks(until));
    added.bind_octets(record.empty() ? std::string_view("", 0) : record);  // a null pointer would be NULL
    added.bind(static_cast<std::int64_t>(weight)).run();
    return Done{};
}

Result<AssertionUse> FlowTables::claim(std::string_view name, Instant until, Instant now) {
    std::optional<std::int64_t> known;
    {
        Cursor row(database_, FlowQuery::claim_by_name);
        row.bind_octets(name);
        if (row.next()) known = row.integer(0);
    }
    if (known && *known > ticks(now)) return AssertionUse::seen;
    if (auto checked = check_not_forgotten(until, claims_floor()); !checked) return std::move(checked).error();
    if (known) Cursor(database_, FlowQuery::remove_claim).bind_octets(name).run();
    while (!has_room_for_claim()) {
        if (sweep_claims(now) == 0) {
            return fail(StoreErrc::store_full, "as many used assertions are remembered as the store takes");
        }
    }
    Cursor(database_, FlowQuery::add_claim).bind_octets(name).bind(ticks(until)).run();
    return AssertionUse::first;
}

/// One that was lost with the file or its key would let assertions be used again.
Result<void> check_digest(Database& database, const saml::KeyedDigest& digest, const std::filesystem::path& file) {
    const std::string ours = octets_of(digest({"check"}));
    std::optional<std::string> theirs;
    {
        Cursor row(database, FlowQuery::digest_check);
        if (row.next()) theirs = row.optional_text(0);
    }
    if (!theirs) Cursor(database, FlowQuery::set_digest_check).bind_octets(ours).run();
    if (database.has_failed()) return unusable(database, file);
    if (!theirs || *theirs == ours) return Done{};
    return fail(StoreErrc::store_unusable,
                file.string() +
                    ": its names were made under another key; give this process that key, or move the file "
                    "away, which forgets pending sign-ons and assertions that were used lately");
}

}  // namespace

struct SqliteFlowStore::Impl {
    Impl(const Clock& its_clock, saml::KeyedDigest its_digest, SqliteFlowStoreOptions its_options,
         StoreFolder its_folder, std::unique_ptr<Database> its_writer)
        : clock(its_clock),
          digest(its_digest),
          options(std::move(its_options)),
          folder(std::move(its_folder)),
          writer(std::move(its_writer)) {}

    /// Opens everything that serving needs, so that the process may give up opening files.
    Result<void> open_all();
    std::string name_of(const FlowHandle& handle) const { return octets_of(digest({flow_digest_part, handle.str()})); }

    /// Runs operation(FlowTables&), which returns a Result<T>, in a transaction.
    template <class T, class Operation>
    Result<T> write(Syncing syncing, Operation operation) {
        std::optional<Result<T>> result;
        auto failure = commits.run([&] { result.emplace(operation(tables)); }, syncing);
        if (failure) return *std::move(failure);
        return *std::move(result);
    }
    /// What is there, if it hasn't expired.
    std::optional<std::string> living(std::optional<StoredFlow> stored) const {
        if (!stored || stored->ends <= ticks(clock.now())) return std::nullopt;
        return std::move(stored->record);
    }

    const Clock& clock;
    const saml::KeyedDigest digest;
    const SqliteFlowStoreOptions options;
    StoreFolder folder;  // unlocked last
    std::unique_ptr<Database> writer;
    ReadPool readers;
    FlowTables tables{*writer, options};
    GroupCommit commits{*writer, [this] { return folder.files().complaint(); }};
};

Result<void> SqliteFlowStore::Impl::open_all() {
    if (auto logging = begin_logging(*writer, folder.file()); !logging) return logging;
    migrate(*writer, flow_migrations());
    writer->prepare_for_flows();
    writer->wait_for_locks(patience);
    writer->take_over_checkpoints();
    if (auto checked = check_digest(*writer, digest, folder.file()); !checked) return checked;
    if (auto remembered = folder.files().remember_log(); !remembered) return remembered.error();
    for (std::size_t i = 0; i < reader_count; ++i) {
        auto reader = Database::open(folder.file(), Database::Access::read_only);
        reader->prepare_for_flows();
        reader->wait_for_locks(patience);
        Cursor(*reader, FlowQuery::tally).run();  // opens the log
        if (reader->has_failed()) return unusable(*reader, folder.file());
        readers.add(std::move(reader));
    }
    if (auto lost = folder.files().complaint()) return fail(StoreErrc::store_unusable, std::move(lost->detail));
    return Done{};
}

Result<std::unique_ptr<SqliteFlowStore>> SqliteFlowStore::open(const Clock& clock, saml::KeyedDigest digest,
                                                               SqliteFlowStoreOptions options) try {
    auto folder = StoreFolder::open(options.folder, StoreFiles::flows);
    if (!folder) return folder.error();
    auto writer = Database::open(folder->file(), Database::Access::read_write);
    if (auto checked = check_kind(*writer, folder->file(), flow_migrations(), flow_application_id); !checked) {
        return checked.error();
    }
    auto impl = std::make_unique<Impl>(clock, digest, std::move(options), *std::move(folder), std::move(writer));
    if (auto opened = impl->open_all(); !opened) return opened.error();
    return std::unique_ptr<SqliteFlowStore>(new SqliteFlowStore(std::move(impl)));
} catch (const std::bad_alloc&) {
    return fail(StoreErrc::store_unusable, "out of memory");
}

SqliteFlowStore::SqliteFlowStore(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

SqliteFlowStore::~SqliteFlowStore() = default;

Result<void> SqliteFlowStore::keep(const FlowHandle& handle, std::string_view record, Instant until) {
    const Result<Done> kept = or_store_failed([&]() -> Result<Done> {
        if (auto checked = check_flow(record, until, impl_->clock.now()); !checked) return std::move(checked).error();
        const std::string name = impl_->name_of(handle);
        return impl_->write<Done>(
            Syncing::later, [&](FlowTables& tables) { return tables.keep(name, record, until, impl_->clock.now()); });
    });
    if (!kept) return kept.error();
    return Done{};
}

Result<std::optional<std::string>> SqliteFlowStore::peek(const FlowHandle& handle) {
    return or_store_failed([&]() -> Result<std::optional<std::string>> {
        const std::string name = impl_->name_of(handle);
        auto found = impl_->readers.with_one([&](Database& database) -> Result<std::optional<StoredFlow>> {
            const EndOfReading end(database);
            auto stored = FlowTables(database, impl_->options).flow(name);
            if (database.has_failed()) return database.failure(StoreErrc::store_failed);
            return stored;
        });
        if (auto lost = impl_->folder.files().complaint()) return *std::move(lost);
        if (!found) return std::move(found).error();
        return impl_->living(*std::move(found));
    });
}

Result<std::optional<std::string>> SqliteFlowStore::take(const FlowHandle& handle) {
    return or_store_failed([&]() -> Result<std::optional<std::string>> {
        const std::string name = impl_->name_of(handle);
        auto stored = impl_->write<std::optional<StoredFlow>>(
            Syncing::later, [&](FlowTables& tables) -> Result<std::optional<StoredFlow>> { return tables.take(name); });
        if (!stored) return std::move(stored).error();
        return impl_->living(*std::move(stored));
    });
}

Result<AssertionUse> SqliteFlowStore::claim(const saml::EntityID& issuer, const saml::MessageID& assertion,
                                            Instant until) {
    return or_store_failed([&]() -> Result<AssertionUse> {
        const Instant now = impl_->clock.now();
        if (auto checked = check_end(until, now, longest_claim); !checked) return std::move(checked).error();
        const std::string name = octets_of(impl_->digest({claim_digest_part, issuer.str(), assertion.str()}));
        return impl_->write<AssertionUse>(Syncing::at_commit,
                                          [&](FlowTables& tables) { return tables.claim(name, until, now); });
    });
}

/// Pages and the log are given back when nothing else is left to do.
std::size_t SqliteFlowStore::forget_expired() {
    std::size_t pages = 0;
    const auto swept = or_store_failed([&] {
        return impl_->write<std::size_t>(Syncing::later, [&](FlowTables& tables) -> Result<std::size_t> {
            const Instant now = impl_->clock.now();
            const std::size_t records = tables.sweep_flows(now) + tables.sweep_claims(now);
            pages = records == 0 ? impl_->writer->give_back_pages() : 0;
            return records;
        });
    });
    if (!swept) return 0;
    if (*swept == 0 && pages == 0) impl_->commits.empty_log_at_rest();
    return *swept;
}

}  // namespace slo::sp
