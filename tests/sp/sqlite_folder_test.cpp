// The SQLite engine's folder: whose it is, where it is, and who has it open.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "rounds.hpp"
#include "session_store_trial.hpp"
#include "slo/sp/store_error.hpp"
#include "sqlite/store_folder.hpp"
#include "sqlite_trial.hpp"

namespace slo::test {
namespace {

mode_t mode_of(const std::filesystem::path& path) {
    struct stat status {};
    BOOST_TEST_REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

void refused_with(const std::filesystem::path& folder, std::string_view remedy) {
    const FixedClock clock(noon);
    const Failure failure = refusal(clock, folder);
    BOOST_TEST((failure.code == sp::StoreErrc::store_unusable));
    BOOST_TEST(failure.detail.find(remedy) != std::string::npos, failure.detail);
    BOOST_TEST(failure.detail.find(folder.string()) != std::string::npos, failure.detail);
}

/// The last one is there only when the very first start was cut off.
constexpr const char* our_files[] = {"sessions.lock", "sessions.db", "sessions.db-wal", "sessions.db-shm",
                                     "sessions.db-journal"};

/// A folder in which a store was, with a file that a crash may have left.
struct UsedFolder {
    explicit UsedFolder(const char* name) : file(folder.path() / name) {
        const FixedClock clock(noon);
        static_cast<void>(open_store(clock, folder.path()));
        std::ofstream(file, std::ios::app).flush();
        make_private(file);
    }
    TemporaryFolder folder;
    std::filesystem::path file;
};

void refused_for(const std::filesystem::path& file, std::string_view remedy) {
    const FixedClock clock(noon);
    const Failure failure = refusal(clock, file.parent_path());
    BOOST_TEST((failure.code == sp::StoreErrc::store_unusable), file);
    BOOST_TEST(failure.detail.starts_with(file.string() + ": "), failure.detail);
    BOOST_TEST(failure.detail.find(remedy) != std::string::npos, failure.detail);
}

template <class Check>
bool holds_in_a_child(Check check) {
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            ::_exit(check() ? 0 : 1);
        } catch (const std::exception&) {
            ::_exit(2);
        }
    }
    int status = -1;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Whether check() holds in a process of a user that isn't root, which no mode stops.
template <class Check>
bool holds_for_an_ordinary_user(const std::filesystem::path& folder, Check check) {
    return holds_in_a_child([&] {
        constexpr uid_t nobody = 65534;
        if (::geteuid() != 0) return check();
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (::chown(entry.path().c_str(), nobody, nobody) != 0) return false;
        }
        if (::chown(folder.c_str(), nobody, nobody) != 0 || ::setuid(nobody) != 0) return false;
        return check();
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unit)
BOOST_AUTO_TEST_SUITE(sqlite_folder)

BOOST_AUTO_TEST_CASE(makes_a_folder_and_files_closed_to_other_users) {
    const TemporaryFolder parent;
    const FixedClock clock(noon);
    const auto folder = parent.path() / "made";
    const mode_t before = ::umask(0);
    const auto store = open_store(clock, folder);
    ::umask(before);
    BOOST_TEST(mode_of(folder) == 0700u);
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        BOOST_TEST(mode_of(entry.path()) == 0600u, entry.path());
        ++files;
    }
    BOOST_TEST(files == 5);  // the file, its log, the index of the log, the lock, the reserve
}

BOOST_AUTO_TEST_CASE(refuses_a_folder_that_others_may_read_or_write) {
    const TemporaryFolder folder;
    for (const mode_t mode : {0750u, 0720u, 0710u, 0704u, 0702u, 0701u}) {
        BOOST_TEST_REQUIRE(::chmod(folder.path().c_str(), mode) == 0);
        refused_with(folder.path(), "chmod 700");
    }
    BOOST_TEST_REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
    const FixedClock clock(noon);
    BOOST_TEST(sp::SqliteSessionStore::open(clock, options_in(folder.path())).has_value());
}

BOOST_AUTO_TEST_CASE(a_folder_of_another_user_is_refused) {
    BOOST_TEST(sp::complaint_about_folder(S_IFDIR | 0700, 7, 7) == "");
    BOOST_TEST(sp::complaint_about_folder(S_IFDIR | 0700, 8, 7).find("chown") != std::string::npos);
    BOOST_TEST(sp::complaint_about_folder(S_IFDIR | 0770, 7, 7).find("chmod 700") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(file_systems_of_other_machines_are_refused) {
    for (const std::uint64_t magic : {0x6969ULL, 0xFF534D42ULL, 0xFE534D42ULL, 0x517BULL, 0x01021997ULL, 0x65735546ULL,
                                      0x5346414FULL, 0x6B414653ULL, 0x00C36400ULL, 0x0BD00BD0ULL, 0x47504653ULL}) {
        BOOST_TEST(!sp::unfit_file_system(magic).empty(), magic);
    }
    constexpr std::uint64_t ext4 = 0xEF53;
    constexpr std::uint64_t xfs = 0x58465342;
    constexpr std::uint64_t btrfs = 0x9123683E;
    constexpr std::uint64_t tmpfs = 0x01021994;
    constexpr std::uint64_t overlay = 0x794C7630;
    for (const std::uint64_t magic : {ext4, xfs, btrfs, tmpfs, overlay}) {
        BOOST_TEST(sp::unfit_file_system(magic) == "");
    }
}

BOOST_AUTO_TEST_CASE(a_store_that_is_open_is_refused_to_the_next) {
    const TemporaryFolder folder;
    const FixedClock clock(noon);
    auto store = open_store(clock, folder.path());
    refused_with(folder.path(), "another process has this store open");
    store.reset();
    BOOST_TEST(sp::SqliteSessionStore::open(clock, options_in(folder.path())).has_value());
}

// A POSIX lock on the file would be gone as soon as any code in this process closes the file.
BOOST_AUTO_TEST_CASE(the_lock_outlives_another_look_at_the_file) {
    const TemporaryFolder folder;
    const FixedClock clock(noon);
    const auto store = open_store(clock, folder.path());
    static_cast<void>(std::ifstream(folder.path() / "sessions.db").get());
    static_cast<void>(std::ifstream(folder.path() / "sessions.lock").get());
    refused_with(folder.path(), "another process has this store open");
}

// A process that serves may have given up opening files; more than a checkpoint's worth of commits shows that none is
// needed.
BOOST_AUTO_TEST_CASE(opens_no_file_once_it_is_open) {
    const TemporaryFolder folder;
    const FixedClock clock(noon);
    BOOST_TEST(holds_in_a_child([&] {
        const auto store = open_store(clock, folder.path());
        constexpr rlimit no_more{.rlim_cur = 0, .rlim_max = 0};
        if (::setrlimit(RLIMIT_NOFILE, &no_more) != 0 || ::open("/", O_RDONLY) >= 0) return false;
        for (int i = 0; i < 1000; ++i) {
            const sp::Session session = session_of("s" + std::to_string(i));
            if (!store->admit(session) || !taken(store->find(session.id))) return false;
        }
        const auto begun = taken(begin_logout(*store, order_for_all("r")));
        if (std::get<sp::FreshLogout>(begun).ending.size() != 1000) return false;
        return taken(store->unfinished_logouts()).size() == 1 &&
               std::filesystem::file_size(folder.path() / "sessions.db") > 100'000;
    }));
}

BOOST_AUTO_TEST_CASE(refuses_a_folder_that_cannot_be_made) {
    const TemporaryFolder folder;
    refused_with(folder.path() / "missing" / "folder", "can't make the folder");
    std::ofstream(folder.path() / "file") << "x";
    refused_with(folder.path() / "file", "can't open the folder");
}

BOOST_AUTO_TEST_CASE(refuses_a_folder_or_file_that_it_cannot_write) {
    const TemporaryFolder folder;
    const FixedClock clock(noon);
    BOOST_TEST(holds_for_an_ordinary_user(folder.path(), [&] {
        if (::chmod(folder.path().c_str(), 0500) != 0) return false;
        return refusal(clock, folder.path()).detail.find("let this process write") != std::string::npos;
    }));
    const TemporaryFolder other;
    static_cast<void>(open_store(clock, other.path()));
    BOOST_TEST(holds_for_an_ordinary_user(other.path(), [&] {
        if (::chmod((other.path() / "sessions.db").c_str(), 0400) != 0) return false;
        return refusal(clock, other.path()).detail.find("let this process write") != std::string::npos;
    }));
}

BOOST_AUTO_TEST_CASE(refuses_files_that_others_may_read_or_write) {
    for (const char* name : our_files) {
        const UsedFolder trial(name);
        for (const mode_t mode : {0640u, 0620u, 0610u, 0604u, 0602u, 0601u}) {
            BOOST_TEST_REQUIRE(::chmod(trial.file.c_str(), mode) == 0);
            refused_for(trial.file, "chmod 600");
        }
        BOOST_TEST_REQUIRE(::chmod(trial.file.c_str(), 0600) == 0);
        const FixedClock clock(noon);
        BOOST_TEST(sp::SqliteSessionStore::open(clock, options_in(trial.folder.path())).has_value(), name);
    }
}

BOOST_AUTO_TEST_CASE(refuses_files_with_another_name) {
    for (const char* name : our_files) {
        const UsedFolder trial(name);
        std::filesystem::create_hard_link(trial.file, trial.folder.path() / "another");
        refused_for(trial.file, "has 2 names");
        std::filesystem::remove(trial.folder.path() / "another");
        const FixedClock clock(noon);
        BOOST_TEST(sp::SqliteSessionStore::open(clock, options_in(trial.folder.path())).has_value(), name);
    }
}

BOOST_AUTO_TEST_CASE(refuses_an_entry_that_is_no_regular_file) {
    for (const char* name : our_files) {
        const TemporaryFolder folder;
        const TemporaryFolder elsewhere;
        const auto file = folder.path() / name;
        std::filesystem::create_symlink(elsewhere.path() / "target", file);
        refused_for(file, "is a link");
        BOOST_TEST(!std::filesystem::exists(elsewhere.path() / "target"));
        std::filesystem::remove(file);
        BOOST_TEST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
        refused_for(file, "no file at all");
    }
}

BOOST_AUTO_TEST_CASE(files_of_another_user_are_refused) {
    struct stat ours {};
    ours.st_mode = S_IFREG | 0600;
    ours.st_uid = 7;
    ours.st_nlink = 1;
    BOOST_TEST(sp::complaint_about_file(ours, 7) == "");
    BOOST_TEST(sp::complaint_about_file(ours, 8).find("chown") != std::string::npos);
    if (::geteuid() != 0) return;
    for (const char* name : our_files) {
        const UsedFolder trial(name);
        BOOST_TEST_REQUIRE(::chown(trial.file.c_str(), 65534, 65534) == 0);
        refused_for(trial.file, "chown");
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::test
