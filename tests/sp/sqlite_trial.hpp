// A SQLite store in a folder of its own, and its file seen from outside.
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "session_store_contract.hpp"
#include "slo/sp/sqlite_session_store.hpp"
#include "sqlite/owned_sqlite.hpp"
#include "temporary_folder.hpp"
#include "values.hpp"

namespace slo::test {

[[nodiscard]] inline sp::SqliteSessionStoreOptions options_in(const std::filesystem::path& folder,
                                                              const StoreSettings& settings = {}) {
    return {.folder = folder,
            .max_sessions = settings.max_sessions,
            .max_logout_records = settings.max_logout_records,
            .max_logout_records_per_idp = settings.max_logout_records_per_idp,
            .max_kept_requests = settings.max_kept_requests,
            .max_sessions_per_principal = settings.max_sessions_per_principal,
            .relogin = settings.relogin};
}

[[nodiscard]] inline std::unique_ptr<sp::SqliteSessionStore> open_store(const sp::Clock& clock,
                                                                        const std::filesystem::path& folder,
                                                                        const StoreSettings& settings = {}) {
    return taken(sp::SqliteSessionStore::open(clock, options_in(folder, settings)));
}

/// open()'s Failure for a folder that it must refuse.
[[nodiscard]] inline Failure refusal(const sp::Clock& clock, const std::filesystem::path& folder) {
    auto opened = sp::SqliteSessionStore::open(clock, options_in(folder));
    if (opened) throw std::logic_error("the folder wasn't refused");
    return opened.error();
}

/// As the engine wants its files, whichever program made them.
inline void make_private(const std::filesystem::path& file) {
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

/// The file as another program sees it, which makes it where it is missing.
class Sqlite {
public:
    explicit Sqlite(const std::filesystem::path& file) {
        sqlite3* opened = nullptr;
        const int result = sqlite3_open(file.c_str(), &opened);
        database_.reset(opened);
        if (result != SQLITE_OK) throw std::runtime_error("can't open the file");
        make_private(file);
    }
    /// Runs all statements in `sql`.
    void run(const std::string& sql) {
        if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return;
        throw std::runtime_error(sqlite3_errmsg(database_.get()));
    }
    /// The last column of each row, a line each.
    [[nodiscard]] std::string ask(const std::string& sql) {
        std::string lines;
        const auto add = [](void* text, int count, char** values, char**) {
            const char* const last = values[count - 1];
            *static_cast<std::string*>(text) += std::string(last != nullptr ? last : "NULL") + "\n";
            return 0;
        };
        if (sqlite3_exec(database_.get(), sql.c_str(), add, &lines, nullptr) == SQLITE_OK) return lines;
        throw std::runtime_error(sqlite3_errmsg(database_.get()));
    }

private:
    sp::OwnedDatabase database_;
};

}  // namespace slo::test
