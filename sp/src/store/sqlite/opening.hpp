// What the stores over a SQLite file do alike when they open it, and when they have read from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "database.hpp"
#include "schema.hpp"

namespace slo::sp {

/// unusable is `database`'s first error as one of open().
[[nodiscard]] Failure unusable(const Database& database, const std::filesystem::path& file);

/// check_kind refuses another program's file before a byte of it is changed; of ours, `id` is the application_id.
[[nodiscard]] Result<void> check_kind(Database& database, const std::filesystem::path& file,
                                      std::span<const Migration> steps, std::int64_t id);

/// begin_logging has the file written through a log. Errors: StoreErrc::store_unusable if its file system can't; others
/// are in `database`.
[[nodiscard]] Result<void> begin_logging(Database& database, const std::filesystem::path& file);

/// EndOfReading leaves a reader as the next caller must find it, also if there is no memory for the failure's text.
class EndOfReading {
public:
    explicit EndOfReading(Database& database) noexcept : database_(database) {}
    EndOfReading(const EndOfReading&) = delete;
    EndOfReading& operator=(const EndOfReading&) = delete;
    ~EndOfReading() {
        if (database_.in_transaction()) database_.roll_back();
        database_.forget_failure();
    }

private:
    Database& database_;
};

}  // namespace slo::sp
