// One connection to the SQLite file, and its prepared statements.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "owned_sqlite.hpp"
#include "slo/saml/result.hpp"
#include "slo/sp/store_error.hpp"
#include "statements.hpp"

namespace slo::sp {

/// Database gathers errors: after the first one its statements do nothing and find no row, and the caller of an
/// operation checks once, at its end, and discards what it found. So no step of an operation can forget to check.
/// Used by one thread at a time.
class Database {
public:
    enum class Access { read_write, read_only };
    /// Whether a commit is on the disk when it returns, or after the next one that is, or after a checkpoint. Until
    /// then it outlives the process, but no power cut.
    enum class Syncing { at_commit, later };

    /// Opens `file`, which exists, and shuts what SQLite has for other purposes: a damaged or planted file is only
    /// data. Null: no memory. Errors are in the result.
    [[nodiscard]] static std::unique_ptr<Database> open(const std::filesystem::path& file, Access access);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// run executes a constant that takes no values.
    void run(const char* sql) noexcept;
    /// roll_back ends the transaction even after an error, which stays.
    void roll_back() noexcept;
    /// read_integer returns the first column of the first row of a constant that takes no values; 0 if there is none.
    [[nodiscard]] std::int64_t read_integer(const char* sql) noexcept;
    /// prepare prepares every Query. Cursors come after it; they do nothing after an error.
    void prepare() noexcept;
    /// prepare_for_flows prepares the shared ones and every FlowQuery instead.
    void prepare_for_flows() noexcept;
    /// set_syncing is for the commits from now on; not within a transaction. At first they are synced at_commit.
    void set_syncing(Syncing syncing) noexcept;

    [[nodiscard]] bool has_failed() const noexcept { return error_ != SQLITE_OK; }
    /// failure returns the first error, with SQLite's complaint and the remedy, and no value. has_failed() is true.
    [[nodiscard]] Failure failure(StoreErrc code) const;
    /// has_no_room says whether there was no room to write: then nothing of the transaction counts, not even after a
    /// crash, because its last page is missing.
    [[nodiscard]] bool has_no_room() const noexcept;
    void forget_failure() noexcept { error_ = SQLITE_OK; }
    /// fail_as_damaged notes that a record was read that this engine can't have written.
    void fail_as_damaged() noexcept { note(SQLITE_CORRUPT); }
    void fail_for_lack_of_memory() noexcept { note(SQLITE_NOMEM); }

    [[nodiscard]] bool in_transaction() const noexcept { return sqlite3_get_autocommit(database_.get()) == 0; }
    [[nodiscard]] std::int64_t last_number() const noexcept { return sqlite3_last_insert_rowid(database_.get()); }
    [[nodiscard]] std::size_t changes() const noexcept {
        return static_cast<std::size_t>(sqlite3_changes64(database_.get()));
    }
    /// wait_for_locks sets how long a statement waits while another program locks the file; by default, it doesn't.
    void wait_for_locks(std::chrono::milliseconds at_most) noexcept;
    /// take_over_checkpoints makes commits leave the log to checkpoint_if_due().
    void take_over_checkpoints() noexcept;
    /// checkpoint_if_due moves the log's pages into the file if there are many. A failed one is tried again later.
    void checkpoint_if_due() noexcept;
    /// empty_log empties a log of more than a MiB, if no reader is at work; it never waits.
    void empty_log() noexcept;

    /// make_shrinkable lets a file without any content record where its pages are used, so that it can become shorter.
    void make_shrinkable() noexcept;
    /// make_shrinkable_if_small does so for a file of an earlier version that holds little: that takes as much memory,
    /// and as much room in the log. Not while a reader is open. After a failure the file is as it was.
    void make_shrinkable_if_small() noexcept;
    /// give_back_pages gives free pages at the file's end back, if it has many; within a transaction that writes.
    /// Returns how many.
    std::size_t give_back_pages() noexcept;

private:
    friend class Cursor;
    explicit Database(OwnedDatabase database) noexcept : database_(std::move(database)) {}
    void note(int code) noexcept;
    void configure(Access access) noexcept;
    [[nodiscard]] OwnedStatement prepare(const char* sql) noexcept;
    [[nodiscard]] std::int64_t octets_of_log() noexcept;
    void checkpoint(int mode) noexcept;

    OwnedDatabase database_;
    std::array<OwnedStatement, query_count> statements_;  // finalized before the connection closes
    static_assert(flow_query_count <= query_count);
    Syncing syncing_ = Syncing::at_commit;
    int error_ = SQLITE_OK;
    int pages_in_log_ = 0;  ///< that aren't all in the file
    std::chrono::milliseconds patience_{0};
};

/// Cursor is one use of a prepared statement: bind its values in order, then step. Values are borrowed until its end.
class Cursor {
public:
    Cursor(Database& database, Query query) noexcept : Cursor(database, static_cast<std::size_t>(query)) {}
    Cursor(Database& database, FlowQuery query) noexcept : Cursor(database, static_cast<std::size_t>(query)) {}
    ~Cursor() {
        if (statement_ == nullptr) return;
        sqlite3_reset(statement_);  // repeats the error of a step, which is noted
        sqlite3_clear_bindings(statement_);
    }
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;

    Cursor& bind(std::int64_t value) noexcept;
    Cursor& bind(std::string_view text) noexcept;
    Cursor& bind_or_null(const std::optional<std::string>& text) noexcept;
    Cursor& bind_octets(std::string_view octets) noexcept;

    /// next says whether there is another row.
    [[nodiscard]] bool next() noexcept;
    /// run executes a statement that has no rows.
    void run() noexcept { static_cast<void>(next()); }

    [[nodiscard]] bool is_null(int column) const noexcept;
    [[nodiscard]] std::int64_t integer(int column) const noexcept;
    /// Valid until next().
    [[nodiscard]] std::string_view text(int column) const noexcept;
    [[nodiscard]] std::optional<std::string> optional_text(int column) const;

private:
    Cursor(Database& database, std::size_t query) noexcept
        : database_(database), statement_(database.statements_[query].get()) {
        if (statement_ == nullptr) database.note(SQLITE_MISUSE);  // prepare() failed, or was forgotten
    }

    Database& database_;
    sqlite3_stmt* statement_;
    int bound_ = 0;
};

}  // namespace slo::sp
