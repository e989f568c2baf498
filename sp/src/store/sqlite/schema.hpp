// The tables of the SQLite engine, and how a file of an older version becomes one of today's.
#pragma once

#include <cstdint>
#include <span>

#include "database.hpp"

namespace slo::sp {

/// application_id is in the file's header ("SLOs"), so that no other program's database is taken for ours.
inline constexpr std::int64_t application_id = 0x534C4F73;

/// Migration is one step of the schema, from the version before to the next. All constants.
struct Migration {
    std::span<const char* const> statements;
    const char* stamp;  ///< sets user_version
};

/// migrations returns the steps; number n leads from version n to n + 1. A step never changes: it made old files.
[[nodiscard]] std::span<const Migration> migrations() noexcept;

/// flow_application_id ("SLOf") and flow_migrations are those of a file of pending sign-ons.
inline constexpr std::int64_t flow_application_id = 0x534C4F66;
[[nodiscard]] std::span<const Migration> flow_migrations() noexcept;

/// FileKind is what a file is before anything is written to it.
enum class FileKind { empty, ours, of_another_program, of_a_newer_version };
/// kind_of reads nothing but headers. `id` is the application_id of the files that are ours. Check
/// `database.has_failed()` first.
[[nodiscard]] FileKind kind_of(Database& database, std::size_t newest_version, std::int64_t id) noexcept;

/// migrate brings a file that is empty or ours to the last step's version, in one transaction. It writes even if
/// nothing has to be done, so that a file or disk that takes no writes is found at the start. Errors are in `database`,
/// which can't be used then.
void migrate(Database& database, std::span<const Migration> steps) noexcept;

}  // namespace slo::sp
