// Whether the files that SQLite has open are still the ones at their paths.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/saml/result.hpp"

namespace slo::sp {

/// FilesInPlace knows the files of an open database by their devices and numbers, which no other file gets as long as
/// these are open. SQLite goes on in a file that was removed, renamed or replaced, and what it commits there is gone
/// with the process; SQLITE_FCNTL_HAS_MOVED would tell of the database alone, and compare no devices. Thread-safe once
/// it remembers the log.
class FilesInPlace {
public:
    /// FilesInPlace takes the status `database` of the open file at `path`. `remedy`, static text, is for its loss.
    FilesInPlace(const std::filesystem::path& path, const struct stat& database, std::string_view remedy);

    /// remember_log notes the log and its index: SQLite opens them by their names, and keeps them open.
    /// Errors: StoreErrc::store_unusable.
    [[nodiscard]] Result<void> remember_log();

    /// complaint returns what happened to any of them and the remedy: StoreErrc::store_failed. None: each commit
    /// before this call is in the files at their paths.
    [[nodiscard]] std::optional<Failure> complaint() const;

private:
    struct File {
        std::string path;
        dev_t device;
        ino_t number;
        std::string_view remedy;
    };
    std::vector<File> files_;
};

}  // namespace slo::sp
