#include "opening.hpp"

#include "slo/sp/store_error.hpp"

namespace slo::sp {

Failure unusable(const Database& database, const std::filesystem::path& file) {
    Failure failure = database.failure(StoreErrc::store_unusable);
    failure.detail = file.string() + ": " + failure.detail;
    return failure;
}

Result<void> check_kind(Database& database, const std::filesystem::path& file, std::span<const Migration> steps,
                        std::int64_t id) {
    const FileKind kind = kind_of(database, steps.size(), id);
    if (database.has_failed()) return unusable(database, file);
    switch (kind) {
        case FileKind::empty:
            database.make_shrinkable();
            return Done{};
        case FileKind::ours:
            return Done{};
        case FileKind::of_another_program:
            return fail(StoreErrc::store_unusable,
                        file.string() + ": is another program's database; name another folder");
        case FileKind::of_a_newer_version:
            return fail(StoreErrc::store_unusable,
                        file.string() + ": was written by a newer version of this program; use that one");
    }
    return fail(StoreErrc::store_unusable);
}

Result<void> begin_logging(Database& database, const std::filesystem::path& file) {
    database.run("PRAGMA journal_mode = WAL");
    if (database.read_integer("SELECT journal_mode = 'wal' FROM pragma_journal_mode") == 0 && !database.has_failed()) {
        return fail(StoreErrc::store_unusable, file.string() + ": its file system shares no memory; name a local disk");
    }
    return Done{};
}

}  // namespace slo::sp
