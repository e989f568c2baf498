#include "database.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace slo::sp {
namespace {

// About 8 MiB: enough pages that a checkpoint writes most of them once for many commits.
constexpr int checkpoint_at_pages = 2000;

// What the next few logins write.
constexpr std::int64_t small_log_octets = std::int64_t{1} << 20;

// Free pages that are kept for the next logins: these, or an eighth of the file.
constexpr std::int64_t kept_free_pages = 256;

// SQLite looks through the list of free pages for each that it gives back, with 4 ns for each: so much of it in a
// piece.
constexpr std::int64_t looks_in_a_piece = 1'000'000;
constexpr std::int64_t largest_piece_of_pages = 32;

// 32 MiB.
constexpr std::int64_t small_file_pages = 8192;

/// What an operator can do about it.
std::string_view remedy(int code) noexcept {
    switch (code & 0xFF) {
        case SQLITE_FULL:
            return "the disk is full: make room";
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return "let this process write to the file and its folder";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "another program has the file locked: end it";
        case SQLITE_CORRUPT:
            return "the file is damaged: put back a copy, or move it away, which forgets all that is in it";
        case SQLITE_NOTADB:
            return "the file is no SQLite database: name another folder, or move the file away";
        case SQLITE_CANTOPEN:
            return "check the folder's path, its rights and the limit of open files";
        case SQLITE_IOERR:
            return "check the disk and the room on it";
        case SQLITE_NOMEM:
            return "give this process more memory";
        default:
            return "see SQLite's documentation of this result code";
    }
}

void set_switches(sqlite3* database) noexcept {
    constexpr std::pair<int, int> switches[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},
    };
    for (const auto& [name, value] : switches) sqlite3_db_config(database, name, value, nullptr);
}

void set_limits(sqlite3* database) noexcept {
    constexpr std::pair<int, int> limits[] = {
        {SQLITE_LIMIT_LENGTH, 1 << 20},  // ten times the largest record
        {SQLITE_LIMIT_SQL_LENGTH, 4096},    {SQLITE_LIMIT_COLUMN, 64},       {SQLITE_LIMIT_EXPR_DEPTH, 32},
        {SQLITE_LIMIT_COMPOUND_SELECT, 2},  {SQLITE_LIMIT_FUNCTION_ARG, 8},  {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_VARIABLE_NUMBER, 32}, {SQLITE_LIMIT_TRIGGER_DEPTH, 2}, {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    for (const auto& [name, value] : limits) sqlite3_limit(database, name, value);
}

}  // namespace

std::unique_ptr<Database> Database::open(const std::filesystem::path& file, Access access) {
    const int flags = (access == Access::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
    sqlite3* opened = nullptr;
    const int result = sqlite3_open_v2(file.c_str(), &opened, flags, nullptr);
    OwnedDatabase owned(opened);
    if (!owned) throw std::bad_alloc();
    std::unique_ptr<Database> database(new Database(std::move(owned)));
    database->note(result);
    database->configure(access);
    return database;
}

void Database::configure(Access access) noexcept {
    if (has_failed()) return;
    set_switches(database_.get());
    set_limits(database_.get());
    run("PRAGMA cell_size_check = ON");
    run("PRAGMA temp_store = MEMORY");
    run("PRAGMA mmap_size = 0");  // a disk's error would arrive as a signal
    run(access == Access::read_write ? "PRAGMA cache_size = -16384" : "PRAGMA cache_size = -4096");  // KiB
    if (access == Access::read_only) return;
    // FULL, and before there is a log: the end of the first journal is synced too. A power cut that brought it back
    // would make the file empty again.
    run("PRAGMA synchronous = EXTRA");
    run("PRAGMA secure_delete = FAST");
    run("PRAGMA journal_size_limit = 16777216");  // what a burst leaves of the log
}

void Database::note(int code) noexcept {
    if (error_ == SQLITE_OK) error_ = code;
}

bool Database::has_no_room() const noexcept {
    const bool is_over_quota = error_ == SQLITE_IOERR_WRITE && sqlite3_system_errno(database_.get()) == EDQUOT;
    return (error_ & 0xFF) == SQLITE_FULL || error_ == SQLITE_IOERR_SHMSIZE || is_over_quota;
}

Failure Database::failure(StoreErrc code) const {
    return fail(code, std::string(sqlite3_errstr(error_)) + " (SQLite's " + std::to_string(error_) + "); " +
                          std::string(remedy(error_)));
}

OwnedStatement Database::prepare(const char* sql) noexcept {
    if (has_failed()) return nullptr;
    sqlite3_stmt* statement = nullptr;
    note(sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
    return OwnedStatement(statement);
}

void Database::prepare() noexcept {
    for (std::size_t i = 0; i < query_count; ++i) statements_[i] = prepare(sql_of(static_cast<Query>(i)));
}

void Database::prepare_for_flows() noexcept {
    for (std::size_t i = 0; i < flow_query_count; ++i) {
        statements_[i] =
            prepare(i < shared_query_count ? sql_of(static_cast<Query>(i)) : sql_of(static_cast<FlowQuery>(i)));
    }
}

void Database::set_syncing(Syncing syncing) noexcept {
    if (syncing == syncing_) return;
    run(syncing == Syncing::at_commit ? "PRAGMA synchronous = EXTRA" : "PRAGMA synchronous = NORMAL");
    if (!has_failed()) syncing_ = syncing;
}

void Database::run(const char* sql) noexcept {
    static_cast<void>(read_integer(sql));
}

void Database::roll_back() noexcept {
    const int first_error = std::exchange(error_, SQLITE_OK);
    Cursor(*this, Query::rollback).run();
    if (first_error != SQLITE_OK) error_ = first_error;
}

std::int64_t Database::read_integer(const char* sql) noexcept {
    const OwnedStatement statement = prepare(sql);
    if (!statement) return 0;
    const int result = sqlite3_step(statement.get());
    if (result == SQLITE_ROW) return sqlite3_column_int64(statement.get(), 0);
    if (result != SQLITE_DONE) note(result);
    return 0;
}

void Database::wait_for_locks(std::chrono::milliseconds at_most) noexcept {
    patience_ = at_most;
    sqlite3_busy_timeout(database_.get(), static_cast<int>(at_most.count()));
}

void Database::take_over_checkpoints() noexcept {
    const auto remember = [](void* pages, sqlite3*, const char*, int count) noexcept {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
    };
    sqlite3_wal_hook(database_.get(), remember, &pages_in_log_);
}

void Database::checkpoint_if_due() noexcept {
    if (pages_in_log_ < checkpoint_at_pages) return;
    checkpoint(SQLITE_CHECKPOINT_PASSIVE);
}

void Database::checkpoint(int mode) noexcept {
    int pages = 0;
    int moved = 0;
    const int result = sqlite3_wal_checkpoint_v2(database_.get(), nullptr, mode, &pages, &moved);
    if (result == SQLITE_OK && moved == pages) pages_in_log_ = 0;
}

std::int64_t Database::octets_of_log() noexcept {
    sqlite3_file* log = nullptr;
    sqlite3_int64 octets = 0;
    sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log == nullptr || log->pMethods == nullptr) return 0;
    return log->pMethods->xFileSize(log, &octets) == SQLITE_OK ? octets : 0;
}

void Database::empty_log() noexcept {
    if (octets_of_log() <= small_log_octets) return;
    const auto patience = patience_;
    wait_for_locks(std::chrono::milliseconds(0));
    checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
    wait_for_locks(patience);
}

void Database::make_shrinkable() noexcept {
    run("PRAGMA auto_vacuum = INCREMENTAL");
}

void Database::make_shrinkable_if_small() noexcept {
    if (has_failed() || read_integer("PRAGMA auto_vacuum") != 0) return;
    if (read_integer("PRAGMA page_count") - read_integer("PRAGMA freelist_count") > small_file_pages) return;
    make_shrinkable();
    const int attached = sqlite3_limit(database_.get(), SQLITE_LIMIT_ATTACHED, 1);  // the copy
    run("VACUUM");
    sqlite3_limit(database_.get(), SQLITE_LIMIT_ATTACHED, attached);
    forget_failure();
    empty_log();
}

std::size_t Database::give_back_pages() noexcept {
    const auto number = [this](Query query) {
        Cursor row(*this, query);
        return row.next() ? row.integer(0) : 0;
    };
    if (pages_in_log_ >= checkpoint_at_pages) return 0;  // a reader keeps the log from being emptied
    const std::int64_t before = number(Query::free_pages);
    const std::int64_t surplus = before - std::max(kept_free_pages, number(Query::pages) / 8);
    if (surplus <= 0) return 0;
    const std::int64_t most = std::clamp<std::int64_t>(looks_in_a_piece / before, 1, largest_piece_of_pages);
    for (std::int64_t left = std::min(surplus, most); left > 0; --left) Cursor(*this, Query::give_back_a_page).run();
    return static_cast<std::size_t>(before - number(Query::free_pages));
}

Cursor& Cursor::bind(std::int64_t value) noexcept {
    if (database_.has_failed()) return *this;
    database_.note(sqlite3_bind_int64(statement_, ++bound_, value));
    return *this;
}

Cursor& Cursor::bind(std::string_view text) noexcept {
    if (database_.has_failed()) return *this;
    const char* const octets = text.empty() ? "" : text.data();  // a null pointer would be NULL
    database_.note(sqlite3_bind_text64(statement_, ++bound_, octets, text.size(), SQLITE_STATIC, SQLITE_UTF8));
    return *this;
}

Cursor& Cursor::bind_or_null(const std::optional<std::string>& text) noexcept {
    if (text) return bind(std::string_view(*text));
    ++bound_;  // unbound is NULL
    return *this;
}

Cursor& Cursor::bind_octets(std::string_view octets) noexcept {
    if (database_.has_failed()) return *this;
    database_.note(sqlite3_bind_blob64(statement_, ++bound_, octets.data(), octets.size(), SQLITE_STATIC));
    return *this;
}

bool Cursor::next() noexcept {
    if (database_.has_failed()) return false;
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result != SQLITE_DONE) database_.note(result);
    return false;
}

bool Cursor::is_null(int column) const noexcept {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Cursor::integer(int column) const noexcept {
    return sqlite3_column_int64(statement_, column);
}

std::string_view Cursor::text(int column) const noexcept {
    const auto* const octets = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return {octets, octets != nullptr ? static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)) : 0};
}

std::optional<std::string> Cursor::optional_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional(std::string(text(column)));
}

}  // namespace slo::sp
