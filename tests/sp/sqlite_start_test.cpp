// The SQLite engine's start over a disk that fails.
#include <boost/test/unit_test.hpp>

#include "faulty_disk.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"
#include "sqlite_trial.hpp"

namespace slo::test {

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(sqlite_start)

BOOST_AUTO_TEST_CASE(whichever_change_fails_at_the_start_the_next_start_succeeds) {
    const FixedClock clock(noon);
    int n = 1;
    for (;; ++n) {
        FaultyDisk disk;
        const TemporaryFolder folder;
        disk.fail_nth(n);
        auto opened = sp::SqliteSessionStore::open(clock, options_in(folder.path()));
        const bool has_failed = disk.has_failed();
        if (!opened) BOOST_TEST((opened.error().code == sp::StoreErrc::store_unusable));
        BOOST_TEST((opened.has_value() || has_failed));
        if (opened) (*opened).reset();
        disk.mend();
        BOOST_TEST(sp::SqliteSessionStore::open(clock, options_in(folder.path())).has_value());
        if (!has_failed) break;
    }
    BOOST_TEST(n > 5);
}

BOOST_AUTO_TEST_CASE(a_full_disk_at_the_start_is_told) {
    FaultyDisk disk;
    const TemporaryFolder folder;
    const FixedClock clock(noon);
    disk.fill_up();
    BOOST_TEST(refusal(clock, folder.path()).detail.find("make room") != std::string::npos);
    disk.mend();
    static_cast<void>(open_store(clock, folder.path()));
    disk.fill_up();  // even where nothing is to be written yet
    BOOST_TEST(refusal(clock, folder.path()).detail.find("make room") != std::string::npos);
}

// There SQLite keeps its journal instead of a log, and says nothing of it.
BOOST_AUTO_TEST_CASE(a_file_system_that_shares_no_memory_is_refused) {
    FaultyDisk disk;
    const TemporaryFolder folder;
    const FixedClock clock(noon);
    const std::string file = (folder.path() / "sessions.db").string();
    disk.share_no_memory();
    const Failure failure = refusal(clock, folder.path());
    BOOST_TEST((failure.code == sp::StoreErrc::store_unusable));
    BOOST_TEST(failure.detail == file + ": its file system shares no memory; name a local disk");
    disk.mend();
    BOOST_TEST(sp::SqliteSessionStore::open(clock, options_in(folder.path())).has_value());
}

// Changes between SQLite's making of the files and our check of them.
BOOST_AUTO_TEST_CASE(a_log_that_is_not_as_it_was_made_is_refused) {
    struct Harm {
        void (*happen)(const fs::path& file);
        const char* complaint;
    };
    const Harm harms[] = {
        {[](const fs::path& file) { fs::remove(file); },
         "SQLite has made no such file (No such file or directory); let nothing else work in the folder"},
        {[](const fs::path& file) { fs::permissions(file, fs::perms::group_read, fs::perm_options::add); },
         "chmod 600"},
        {[](const fs::path& file) { fs::create_hard_link(file, file.string() + ".another"); }, "has 2 names"},
    };
    for (const char* name : {"sessions.db-wal", "sessions.db-shm"}) {
        for (const Harm& harm : harms) {
            FaultyDisk disk;
            const TemporaryFolder folder;
            const FixedClock clock(noon);
            const fs::path file = folder.path() / name;
            disk.when_there_is_a_log([&] { harm.happen(file); });
            const Failure failure = refusal(clock, folder.path());
            BOOST_TEST((failure.code == sp::StoreErrc::store_unusable));
            BOOST_TEST(failure.detail.starts_with(file.string() + ": "), failure.detail);
            BOOST_TEST(failure.detail.find(harm.complaint) != std::string::npos, failure.detail);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_database_that_cannot_be_opened_is_told) {
    FaultyDisk disk;
    const TemporaryFolder folder;
    const FixedClock clock(noon);
    disk.open_nothing();
    const Failure failure = refusal(clock, folder.path());
    BOOST_TEST((failure.code == sp::StoreErrc::store_unusable));
    BOOST_TEST(failure.detail.find("check the folder's path, its rights and the limit of open files") !=
               std::string::npos);
    disk.mend();
    BOOST_TEST(sp::SqliteSessionStore::open(clock, options_in(folder.path())).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
